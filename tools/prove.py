"""The long campaigns: a replay of 100,000 orders with its memory, replays killed at random; the
ledger under storms and kills, against its model for an hour, and verified at ten million transfers;
payments against their model for an hour, over rails with all faults while processes are killed, and
a million of them in windows; expressions in Python against SQL; lives of loans against their fold;
days of a loan book whose closing is killed; decisions made again.

Each writes its figures, with the date and the commit, to docs/proofs/. Run by `make prove`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROOFS = ROOT / "docs" / "proofs"
_SHARED = 75  # lives that are shared among partners in daily work
_TIMES = 20  # as many examples as daily work in one run of a machine


def main() -> None:
    """Run the campaigns that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], default=[])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--transfers", type=int, default=10_000_000)
    parser.add_argument("--payments", type=int, default=10_000, help="of the campaign faults")
    parser.add_argument("--captures", type=int, default=1_000_000, help="of the campaign windows")
    parser.add_argument(
        "--tenders", type=Path, default=os.environ.get("HUOSHUI_TENDERS"),
        help="a CSV file of real tenders, for the campaign windows",
    )  # fmt: skip
    parser.add_argument("--loans", type=int, default=50_000, help="of the campaign days")
    parser.add_argument("--lives", type=int, default=10_000, help="of the campaign lives")
    parser.add_argument("--decisions", type=int, default=10_000, help="of the campaign decisions")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    for name in asked.campaigns or CAMPAIGNS:
        with tempfile.TemporaryDirectory(prefix="huoshui-prove-") as home:
            try:
                figures = CAMPAIGNS[name](Home(Path(home)), asked)
                if figures:
                    _keep(name, figures)
            finally:
                Home(Path(home)).run("down")


class Home:
    """A state directory of its own and the commands that are run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {**os.environ, "HUOSHUI_HOME": str(path), "HUOSHUI_LANGUAGE": "en"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "huoshui", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )

    def run(self, *arguments: str) -> str:
        """Run a command to its end; what it printed."""
        return self.start(*arguments).communicate()[0]

    def postmaster(self) -> int | None:
        """The process id of the embedded server."""
        file = self.path / "postgres" / "postmaster.pid"
        try:
            return int(file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None


def scale(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Replay many generated orders and watch the memory of the replay and of PostgreSQL."""
    sample = home.path / "sample"
    home.run("sample", str(sample), "--orders", str(asked.orders), "--seed", "7")
    command = home.start("replay", "--orders", str(sample), "--name", "scale", "--json")
    watch = Watch(command.pid, home)
    watch.start()
    found = json.loads(command.communicate()[0])
    watch.over.set()
    watch.join()
    half = len(watch.replay) // 2
    return {
        "orders": found["orders"],
        "orders_per_s": found["orders_per_s"],
        "seconds": found["seconds"],
        "verified": found["verified"],
        "transfers": found["verification"]["transfers"],
        "ledger_hash": found["ledger_hash"],
        "replay_peak_rss_mb": found["peak_rss_mb"],
        "replay_rss_mb_at_quarter": watch.replay[len(watch.replay) // 4],
        "replay_rss_mb_at_half": watch.replay[half],
        "replay_rss_mb_at_end": watch.replay[-1],
        "postgres_peak_pss_mb": max(watch.postgres, default=0),
        "database_mb": _folder_mb(home.path / "postgres"),
    }


def kills(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Replay once untouched; then kill -9 at random moments until the end: the hash must agree."""
    chance = random.Random(asked.seed)
    sample = home.path / "sample"
    orders = min(asked.orders, 10_000)
    home.run("sample", str(sample), "--orders", str(orders), "--seed", "11")
    arguments = ("replay", "--orders", str(sample), "--json", "--name")
    started = time.monotonic()
    whole = json.loads(home.run(*arguments, "whole"))
    length_s = time.monotonic() - started
    killed = 0
    while killed < asked.kills:
        command = home.start(*arguments, "killed")
        wait_s = chance.uniform(0.05, 1.2) * length_s / asked.kills
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(timeout=wait_s)
            break
        command.send_signal(signal.SIGKILL)
        command.wait()
        killed += 1
    again = json.loads(home.run(*arguments, "killed"))
    return {
        "orders": orders,
        "seed": asked.seed,
        "kills": killed,
        "ledger_hash": whole["ledger_hash"],
        "ledger_hash_after_kills": again["ledger_hash"],
        "equal": whole["ledger_hash"] == again["ledger_hash"] and again["verified"],
    }


def storm(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Kill the process that writes, and PostgreSQL, in turns under load: every answer holds."""
    report, over_http = home.path / "storm.json", home.path / "http.json"
    _pytest(
        "tests/ledger/test_storm.py", "tests/ledger/test_storm_http.py", "-k", "killed",
        HUOSHUI_ROUNDS=str(asked.rounds), HUOSHUI_REPORT=str(report),
        HUOSHUI_REPORT_HTTP=str(over_http),
    )  # fmt: skip
    found: dict[str, Any] = _read(report) | _read(over_http)
    return found


def faults(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Payments over rails with every fault, server, simulators and PostgreSQL killed meanwhile."""
    report = home.path / "faults.json"
    _pytest(
        "tests/campaigns/test_faults.py",
        HUOSHUI_PAYMENTS=str(asked.payments), HUOSHUI_SEED=str(asked.seed),
        HUOSHUI_REPORT=str(report),
    )  # fmt: skip
    return _read(report)


def windows(home: Home, asked: argparse.Namespace) -> dict[str, Any] | None:
    """Captured payments of the amounts of real tenders, windows closed under that load."""
    if not asked.tenders or not Path(asked.tenders).exists():
        print("windows: left out: no file of tenders (--tenders FILE or HUOSHUI_TENDERS)")
        return None
    sys.path.insert(0, str(ROOT))
    from tools import windows as campaign

    return campaign.run(home.path, Path(asked.tenders), asked.captures)


def days(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Days of a loan book whose closing is killed at random, beside one that nobody killed."""
    sys.path.insert(0, str(ROOT))
    from tools import days as campaign

    return campaign.run(home.path, asked.loans, asked.kills, asked.seed)


def _read(report: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def machine(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """The ledger's state machine against its model, for so many minutes with fresh seeds."""
    return _for_minutes("tests/ledger/test_sheet_machine.py", asked, examples=45)


def payments(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Payments, refunds, disputes against their model, for so many minutes with fresh seeds."""
    return _for_minutes("tests/lines/payments/test_payment_machine.py", asked, examples=30)


def expressions(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Random expressions over random rows, in Python and in SQL, for so many minutes."""
    return _for_minutes("tests/core/expr/test_sql.py", asked, examples=40)


def _for_minutes(file: str, asked: argparse.Namespace, *, examples: int) -> dict[str, Any]:
    """Run a file of tests again and again, each time with another seed, which is printed.

    `examples` is what its machine is tried on in daily work.
    """
    chance, runs = random.Random(asked.seed), 0
    until = time.monotonic() + asked.minutes * 60
    while time.monotonic() < until:
        seed = chance.randrange(2**32)
        print(f"{file} --hypothesis-seed={seed}", flush=True)
        _pytest(file, f"--hypothesis-seed={seed}", HUOSHUI_EXAMPLES=str(_TIMES))
        runs += 1
    return {
        "minutes": asked.minutes, "seed": asked.seed, "runs": runs,
        "examples": runs * examples * _TIMES, "verified": True,
    }  # fmt: skip


def ledger(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Fill a book with so many transfers, measure as it grows, verify all of it from zero."""
    told = home.run("bench", "ledger", "--scale", str(asked.transfers), "--json")
    found: dict[str, Any] = json.loads(told)["figures"]
    return found | {"transfers": asked.transfers, "verified": found["verify_holds"] == 1}


def _pytest(*arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **environment})


def lives(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Random lives of loans: what is posted step by step is the fold of all events, each time; and what
    partners have of them comes to the loans' own movements.
    """
    sys.path.insert(0, str(ROOT))
    from tests.lines.lending.loan import walks

    started = time.monotonic()
    found = walks.campaign(asked.seed, asked.lives, steps=9)
    _pytest(
        "tests/lines/lending/partners/test_partners.py", "-k", "movements",
        HUOSHUI_EXAMPLES=str(max(1, asked.lives // _SHARED)), HUOSHUI_LOAN_SEED=str(asked.seed),
    )  # fmt: skip
    shared = asked.lives // _SHARED * _SHARED
    return found | {
        "shared_lives": shared, "seed": asked.seed, "seconds": round(time.monotonic() - started),
    }  # fmt: skip


def decisions(home: Home, asked: argparse.Namespace) -> dict[str, Any]:
    """Decisions made again in a fresh process after facts, lists, rules and policy moved on."""
    started = time.monotonic()
    _pytest(
        "tests/judgement/risk/test_made_again.py", "-k", "byte",
        HUOSHUI_DECISIONS=str(asked.decisions),
    )  # fmt: skip
    return {
        "decisions": asked.decisions,
        "differ": 0,
        "altered_found": 1,
        "seconds": round(time.monotonic() - started),
    }


CAMPAIGNS = {
    "scale": scale, "kills": kills, "storm": storm, "machine": machine, "ledger": ledger,
    "payments": payments, "expressions": expressions, "faults": faults, "windows": windows,
    "lives": lives, "days": days, "decisions": decisions,
}  # fmt: skip


class Watch(threading.Thread):
    """Samples resident memory once a second: of the replay, and of PostgreSQL's processes."""

    def __init__(self, pid: int, home: Home) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.replay: list[int] = []
        self.postgres: list[int] = []
        self._pid = pid
        self._home = home

    def run(self) -> None:
        """Until told to end."""
        while not self.over.wait(1.0):
            with contextlib.suppress(OSError, ValueError):
                self.replay.append(_kb(Path(f"/proc/{self._pid}/status"), "VmRSS:") // 1024)
            postmaster = self._home.postmaster()
            if postmaster:
                pids = [postmaster, *_children(postmaster)]
                self.postgres.append(sum(_pss(pid) for pid in pids) // 1024)


def _children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _pss(pid: int) -> int:
    """Proportional set size in kB: shared memory counted once over all that share it."""
    try:
        return _kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
    except (OSError, ValueError):
        return 0


def _kb(file: Path, field: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise ValueError(field)


def _folder_mb(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) // 10**6


def _keep(name: str, figures: dict[str, Any]) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    now = datetime.now(UTC)
    document = {
        "campaign": name,
        "date": f"{now:%Y-%m-%d}",
        "commit": commit,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "command": f"make prove ({name})",
        "figures": figures,
    }
    PROOFS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2)
    (PROOFS / f"{now:%Y-%m-%d}-{name}.json").write_text(text + "\n")
    print(text)
    if figures.get("verified") is False or figures.get("equal") is False:
        raise SystemExit(f"{name}: not proved")


if __name__ == "__main__":
    main()
