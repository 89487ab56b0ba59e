"""Payments over rails with every fault, while the processes that carry them are killed.

Goal: whatever is lost, late, twice or wrong, and whoever dies, every payment comes to a right end
and the books are what the rails really did. Method: shoppers over HTTP to the real server, the
simulators as a program of their own with all faults mixed, SIGKILL to server, simulators and
PostgreSQL; at the end every payment is held against the simulators' own ledger.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from huoshui import ledger
from huoshui.core import access, postgres
from huoshui.core.access import SCOPES
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.webhooks import signing
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.ledger import Leg, Transaction
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.lines.payments.chart import CHART, wallet_path
from huoshui.lines.payments.rails.simulator.store import Store
from tests import ground, programs
from tests.campaigns import audit, chaos
from tests.campaigns.chaos import Clocks, Killer
from tests.campaigns.shoppers import BUYERS, POOR, SHOPPERS, Caller, Shopper, Tally, plan
from tests.programs import Program

PAYMENTS = int(os.environ.get("HUOSHUI_PAYMENTS", "200"))
KILLS = int(os.environ.get("HUOSHUI_KILLS", str(4 + PAYMENTS // 400)))
SEED = int(os.environ.get("HUOSHUI_SEED", "0")) or random.SystemRandom().randrange(2**32)
REPORT = os.environ.get("HUOSHUI_REPORT", "")
END_S = 600 + PAYMENTS  # far more than any machine needs
RAILS = ("card", "transfer", "qr")
FAULTS = {
    "slow": "0.02", "lost_answer": "0.05", "lost_request": "0.05", "outage": "0.03",
    "late_success": "0.04", "late_decline": "0.02", "pending": "0.04", "wrong_amount": "0.02",
    "declined": "0.04", "duplicate_notice": "0.08", "notice_out_of_order": "0.08",
    "notice_first": "0.03", "no_notice": "0.03", "action": "0.02",
}  # fmt: skip


class Scene:
    """The programs of a campaign, and the sandbox that they share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(home=str(folder / "home"))
        worlds = Worlds.start(self.settings)
        self.database = Database(worlds.database(SANDBOX).url).open()
        worlds.close()
        programs.careless(self.database.url)
        self.key = open_market(self.database)
        self.server = programs.server(folder, programs.free_port())
        self.simulator = simulators(folder, programs.free_port(), self.server.url)
        settings_file(folder, self.simulator.url)

    def start(self) -> None:
        """Start the programs and wait until they answer."""
        self.simulator.start()
        self.server.start()

    def close(self) -> None:
        """End everything."""
        self.server.stop()
        self.simulator.stop()
        self.database.close()
        postgres.stop(self.settings)

    def ledger(self) -> dict[str, Any]:
        """What the simulators really did."""
        told: dict[str, Any] = httpx.get(f"{self.simulator.url}/_sim/ledger", timeout=60).json()
        return told


def open_market(database: Database) -> str:
    """A book with buyers who have money, and a key to it."""
    with database.begin(book=1) as tx:
        access.open_book(tx, ground.book(1))
        payments.start(tx, Terms())
        funds = dict.fromkeys(map(wallet_path, BUYERS), audit.FUNDS)
        for path, amount in (*funds.items(), (wallet_path(POOR), audit.POOR_FUNDS),
                             ("voucher:spring", audit.FUNDS)):  # fmt: skip
            _fund(tx, path, amount)
        return access.make_key(tx, SANDBOX, "shoppers", frozenset(SCOPES))[1]


def _fund(tx: Tx, path: str, amount: int) -> None:
    transaction = Transaction(
        id=tx.id("txn", f"fund/{path}"), template="t", reference="", currency="CNY",
        legs=(Leg("suspense:test", path, amount),), effective_at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [transaction], CHART)[0].demand()


def simulators(folder: Path, port: int, server: str) -> Program:
    """`huoshui rails simulate` with every fault at once."""
    faults = [word for name, share in FAULTS.items() for word in ("--fault", f"{name}={share}")]
    notify = f"{server}/v1/rails/{{rail}}/notices?world={SANDBOX}"
    arguments = [
        "rails", "simulate", "--port", str(port), "--directory", str(folder / "simulator"),
        "--seed", str(SEED), "--notify", notify, "--later-ms", "150", "--late-ms", "1500",
        "--slow-ms", "400", "--json", *faults,
    ]  # fmt: skip
    return Program(folder, port, "/_sim/files/card/2025-01-01", arguments)


def settings_file(folder: Path, url: str) -> None:
    """The rails in the server's settings, as an operator writes them."""
    secret = signing.shown(random.Random(SEED).randbytes(32))
    (folder / "simulator").mkdir(exist_ok=True)
    store = Store(folder / "simulator" / "simulator.sqlite")
    with store.writing():
        store.set("secret", secret)
    store.close()
    lines = ["simulate_rails = false"]
    for rail in RAILS:
        lines += [f"[rails.{rail}]", f'url = "{url}"', f'secret = "{secret}"', 'timeout_s = "5"']
    (folder / "huoshui.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def scene() -> Iterator[Scene]:
    """All programs running."""
    with programs.folder() as folder:
        made = Scene(folder)
        try:
            made.start()
            yield made
        finally:
            made.close()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in Linux's /proc")
def test_every_payment_comes_to_a_right_end(scene: Scene) -> None:
    print(f"HUOSHUI_SEED={SEED} HUOSHUI_PAYMENTS={PAYMENTS}")
    started = time.monotonic()
    tally = Tally()
    killer = Killer(
        scene.server, scene.simulator, scene.settings, tally, random.Random(SEED),
        payments=PAYMENTS, kills=KILLS,
    )  # fmt: skip
    clocks = Clocks(scene.database, scene.simulator)
    shop(scene, tally, killer, clocks)
    programs.wait_until(lambda: settled(scene), "not everything has settled", END_S)
    clocks.over.set()
    clocks.join()
    told = scene.ledger()
    scene.server.stop()
    with scene.database.begin(book=1) as tx:
        figures = audit.check(tx, told)
        check_acknowledged(tx, tally)
    check_verified(scene)
    report(figures, killer, tally, started)


def shop(scene: Scene, tally: Tally, killer: Killer, clocks: Clocks) -> None:
    """Let the shoppers do all that they want, while things die."""
    shoppers = [
        Shopper(
            Caller(scene.server.url, scene.key, tally), SEED,
            [plan(SEED, number) for number in range(first, PAYMENTS, SHOPPERS)],
        )
        for first in range(SHOPPERS)
    ]  # fmt: skip
    for thread in (*shoppers, killer, clocks):
        thread.start()
    until = time.monotonic() + END_S
    for thread in (*shoppers, killer):
        while thread.is_alive():
            thread.join(timeout=0.2)
            if tally.broken:
                raise tally.broken[0]
            assert time.monotonic() < until, "shoppers do not come to an end"
    if tally.broken:
        raise tally.broken[0]


OPEN = """
SELECT (SELECT count(*) FROM rail_call
        WHERE book = %(book)s AND state NOT IN ('succeeded', 'declined', 'dropped'))
     + (SELECT count(*) FROM payment_refund WHERE book = %(book)s AND state = 'pending')
     + (SELECT count(*) FROM rail_notice WHERE book = %(book)s AND done_at IS NULL)
"""


def settled(scene: Scene) -> bool:
    """Whether nothing is open on either side; moves the clocks on where something is."""
    try:
        with scene.database.begin(book=1) as tx:
            open_ = tx.value(OPEN)  # type: ignore[arg-type]
        if not open_ and not scene.ledger()["hooks_unsent"]:
            return not pending(scene)
        chaos.advance(scene.database, chaos.MINUTES)
        httpx.post(f"{scene.simulator.url}/_sim/clock", json={"advance": "10m"}, timeout=60)
    except (Problem, httpx.HTTPError, sqlite3.Error):
        return False
    return False


def pending(scene: Scene) -> bool:
    """Whether the simulators have something that is not done yet."""
    return any(d["verdict"] in ("pending", "action") for d in scene.ledger()["deeds"])


def check_acknowledged(tx: Tx, tally: Tally) -> None:
    """What a shopper was told is there, once: payments by their plan, refunds by their id."""
    made = dict(
        tx.tuples("SELECT reference, count(*) FROM payment WHERE book = %(book)s GROUP BY 1")
    )
    assert made == {f"{SEED}/{number}": 1 for number in range(PAYMENTS)}
    assert len(set(tally.opened.values())) == PAYMENTS
    rows = tx.tuples("SELECT key, amount FROM payment_refund WHERE book = %(book)s")
    stored = {key.removeprefix("request/"): amount for key, amount in rows}
    assert stored == {key: refund["amount"]["amount"] for key, refund in tally.refunds.items()}


def check_verified(scene: Scene) -> None:
    """`huoshui verify` recomputes all of it from zero."""
    done = subprocess.run(
        [sys.executable, "-m", "huoshui", "verify", "--world", SANDBOX, "--json"],
        cwd=scene.folder, env=programs.environment(scene.settings.home_path),
        capture_output=True, text=True, timeout=END_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["holds"] is True


def report(figures: dict[str, Any], killer: Killer, tally: Tally, started: float) -> None:
    """The figures, for `make prove`."""
    told = {
        "payments": PAYMENTS, "seed": SEED, "seconds": round(time.monotonic() - started),
        "kills": killer.killed, "requests_made_again": tally.retried,
        "refused": tally.refused, "refunds": len(tally.refunds), **figures, "verified": True,
    }  # fmt: skip
    print(json.dumps(told, indent=2))
    if REPORT:
        Path(REPORT).write_text(json.dumps(told), encoding="utf-8")
