"""Benchmarks: each starts what it needs, measures beside a peer or a limit, prints one object."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from huoshui.core import db, postgres
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.bench import (
    access,
    cards,
    console,
    credit,
    decision,
    devices,
    expr,
    features,
    ledger,
    lending,
    models,
    payments,
    replay,
    rings,
    whatif,
)
from huoshui.interfaces.cli.bench.figures import Bench, Measured
from huoshui.interfaces.cli.bench.ledger import scale as ledger_scale
from huoshui.interfaces.cli.terminal import say

# Log files of 16 MB that a run writes over: as many as it writes, quick or not.
_LOG_FILES_QUICK, _LOG_FILES = 96, 240
_WITHOUT_DATABASE = {"models", "capacity", "transfer", "device_fraud"}
BENCHES: dict[str, Bench] = {
    "access": access.measure,
    "cards": cards.measure,
    "console": console.measure,
    "decision": decision.measure,
    "devices": devices.measure,
    "expr": expr.measure,
    "features": features.measure,
    "ledger": ledger.measure,
    "credit": credit.measure,
    "lending": lending.measure,
    "models": models.measure,
    "capacity": models.capacity.measure,
    "transfer": models.transfer.measure,
    "device_fraud": models.device_fraud.measure,
    "payments": payments.measure,
    "replay": replay.measure,
    "rings": rings.measure,
    "whatif": whatif.measure,
}


class UnknownBench(Problem):
    """No benchmark of that name; the problem lists those that exist."""

    code = "unknown_bench"
    status = 404


class BenchRuns(Problem):
    """Another benchmark runs in this home: they would measure each other."""

    code = "bench_runs"
    status = 409


def run_bench(
    settings: Settings, name: str, *, json: bool, quick: bool, scale: int | None = None
) -> None:
    """Run one benchmark and keep its figures, or list them where no name is given.

    With `scale` it is the ledger's: how it is with that many transfers.
    """
    if not name:
        _list(json=json)
        return
    benches = BENCHES
    if scale is not None:
        benches = {"ledger": lambda own, _: ledger_scale.measure(own, scale)}
    if name not in benches:
        raise UnknownBench(name=name[:40], known=", ".join(benches))
    files = 0 if name in _WITHOUT_DATABASE else _LOG_FILES_QUICK if quick else _LOG_FILES
    with _home(settings, files) as own:
        found = benches[name](own, quick)
    document = found.document(name, machine())
    kept = kept_path(settings, name if scale is None else f"{name}-scale")
    kept.write_bytes(msgspec.json.encode(document))
    if json:
        terminal.print_json(document)
    else:
        _show(found)


@contextmanager
def _home(settings: Settings, log_files: int) -> Iterator[Settings]:
    """A home of its own with an empty database: the work that books of earlier runs make for a
    server would be measured too. Raises BenchRuns.
    """
    home = settings.home_path / "bench"
    home.mkdir(parents=True, exist_ok=True)
    own = msgspec.structs.replace(settings, home=str(home))
    with (home / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BenchRuns() from error
        postgres.stop(own)
        shutil.rmtree(home / "postgres", ignore_errors=True)
        try:
            if log_files and not own.database_url:  # a server that is somebody's is left as it is
                _settle_in(own, log_files)
            yield own
        finally:
            postgres.stop(own)
            shutil.rmtree(home / "postgres", ignore_errors=True)  # some GB, of no more use


def _settle_in(settings: Settings, log_files: int) -> None:
    """Let PostgreSQL have log files to write over, as a server that has run for a while has: it
    fills each new one with zeros first, and whoever comes to it waits for that.

    There are enough for the run, and no checkpoint comes within: behind one, each page is logged
    whole at its first change, and a short run would measure that.
    """
    size = f"{2 * log_files * 16}MB"  # a checkpoint comes when half of it is written
    with db.admin(postgres.url(settings)) as execute:
        for setting in ("min_wal_size", "max_wal_size"):
            execute(f"ALTER SYSTEM SET {setting} = '{size}'")
        execute("SELECT pg_reload_conf()")
        for _ in range(log_files):
            execute("SELECT pg_logical_emit_message(false, 'bench', 'a log file')")
            execute("SELECT pg_switch_wal()")
        execute("CHECKPOINT")


def kept_path(settings: Settings, name: str) -> Path:
    """Where the last figures of a benchmark are kept."""
    return settings.home_path / "bench" / f"{name}.json"


def machine() -> str:
    """What this machine is, in a few words, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"


def _list(*, json: bool) -> None:
    if json:
        terminal.print_json(list(BENCHES))
        return
    rows = [[name, say(f"bench.{name}")] for name in BENCHES]
    terminal.table([say("benchmark"), say("measures")], rows)


def _figure(value: float) -> str:
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.4g}"


def _show(found: Measured) -> None:
    rows = []
    for key, value in found.figures.items():
        target = found.targets.get(key)
        mark = ("✓" if target.met(value) else "✗") if target else ""
        rows.append([key, _figure(value), str(target or ""), mark])
    for peer, figures in found.peers.items():
        rows += [[f"{peer}: {key}", _figure(value), "", ""] for key, value in figures.items()]
    terminal.table([say("figure"), say("value"), say("target"), ""], rows, numbers=(1,))
    for note in found.notes:
        terminal.out.print(note, highlight=False)
