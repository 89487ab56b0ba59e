"""A million captured payments in one book, and settlement windows closed while they are taken.

The amounts are those of real tenders, repeated; the times are generated: they are those of the
world's own clock while it runs. Each batch of payments goes the way that the API's lane goes: one
transaction with its money, its events and what it clears.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.ledger import Leg, Transaction
from huoshui.ledger.verify import verify
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.lines.payments.chart import CHART, settlement_path, wallet_path
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.lines.payments.settlement import windows as settlement
from huoshui.scenarios import payment_flow

CURRENCY, BATCH, WRITERS = "BRL", 300, 2
BUYERS, SELLERS = 2_000, 300
FUNDS = 10**13


class Span(NamedTuple):
    """When something ran, in nanoseconds of the monotonic clock."""

    began: int
    ended: int

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.ended - self.began) / 1e6

    def meets(self, other: Span) -> bool:
        """Whether both ran at one moment."""
        return self.began < other.ended and other.began < self.ended


def amounts(file: Path) -> list[int]:
    """The amounts of a file of tenders (`payment_value`), minor units; zeros are no payments."""
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as rows:
        found = [int(Decimal(row["payment_value"]) * 100) for row in csv.DictReader(rows)]
    return [amount for amount in found if amount > 0]


class Campaign:
    """Writers that take payments, and one who closes windows and counts them meanwhile."""

    def __init__(self, database: Database, tenders: list[int], count: int) -> None:
        self._database = database
        self._amounts = itertools.cycle(tenders)
        self._left, self._made = count, 0
        self._count = count
        self._times = max(10, count // 25_000)  # how often a window is closed
        self._lock = threading.Lock()
        self.batches: list[Span] = []
        self.closes: list[Span] = []
        self.counts: list[Span] = []
        self.taken = 0
        self.broken: list[BaseException] = []

    def run(self) -> None:
        """Until all is taken."""
        writers = [
            threading.Thread(target=self._guard, args=(self._write,)) for _ in range(WRITERS)
        ]
        closer = threading.Thread(target=self._guard, args=(self._close,))
        for thread in (*writers, closer):
            thread.start()
        for thread in (*writers, closer):
            thread.join()
        if self.broken:
            raise self.broken[0]

    def _guard(self, task: Any) -> None:
        try:
            task()
        except BaseException as error:
            self.broken.append(error)

    def _next(self) -> list[tuple[int, int]]:
        """The numbers and amounts of the next batch; none at the end."""
        with self._lock:
            size = min(BATCH, self._left)
            self._left -= size
            first, self._made = self._made, self._made + size
            return [(first + n, next(self._amounts)) for n in range(size)]

    def _write(self) -> None:
        while (batch := self._next()) and not self.broken:
            began = time.monotonic_ns()

            def use_case(tx: Tx, batch: list[tuple[int, int]] = batch) -> None:
                commands = [payment(tx, number, amount) for number, amount in batch]
                for outcome in payment_flow.apply(tx, commands):
                    outcome.demand()

            self._database.run(use_case)
            with self._lock:
                self.batches.append(Span(began, time.monotonic_ns()))
                self.taken += sum(amount for _, amount in batch)

    def _close(self) -> None:
        """Close a window each time so many more are taken, then count it, as the due work does."""
        for number in range(1, self._times + 1):
            while len(self.batches) * BATCH < self._count * number // (self._times + 1):
                if self.broken:
                    return
                time.sleep(0.01)
            began = time.monotonic_ns()
            closed = self._database.run(settlement.close_window)
            self.closes.append(Span(began, time.monotonic_ns()))
            began = time.monotonic_ns()
            self._database.run(lambda tx, n=closed.number: settlement.count(tx, n))
            self.counts.append(Span(began, time.monotonic_ns()))


def payment(tx: Tx, number: int, amount: int) -> Create:
    """A balance payment of this number: 12 % is the platform's."""
    buyer, seller = f"byr_{number % BUYERS}", f"slr_{number % SELLERS}"
    commission = amount * 12 // 100
    parts = [Part(settlement_path(seller), "seller", amount - commission)]
    if commission:
        parts.append(Part("platform:commission", "commission", commission))
    return Create(
        id=tx.id("pmt", f"windows/{number}"), currency=CURRENCY, buyer=buyer, confirm=True,
        tenders=(Tender("balance", wallet_path(buyer), amount),), parts=tuple(parts),
    )  # fmt: skip


def open_book(tx: Tx) -> None:
    """A book whose buyers have money."""
    access.open_book(
        tx, access.Book(1, "windows", "Windows", CURRENCY, "America/Sao_Paulo", generated=True)
    )
    payments.start(tx, Terms())
    funds = [
        Transaction(
            id=tx.id("txn", f"fund/{n}"), template="t", reference="", currency=CURRENCY,
            legs=(Leg("suspense:funds", wallet_path(f"byr_{n}"), FUNDS),), effective_at=tx.now,
        )
        for n in range(BUYERS)
    ]  # fmt: skip
    for result in ledger.post(tx, funds, CHART):
        result.demand()


def run(home: Path, file: Path, count: int) -> dict[str, Any]:
    """The whole campaign in a home of its own; its figures."""
    tenders = amounts(file)
    worlds = Worlds.start(Settings(home=str(home)))
    database = worlds.database(SANDBOX)
    with database.begin() as tx:
        open_book(tx)
    campaign = Campaign(database, tenders, count)
    started = time.monotonic()
    campaign.run()
    seconds = time.monotonic() - started
    started = time.monotonic()
    with database.begin() as tx:
        held = check(tx, campaign, count)
    checking = time.monotonic() - started
    worlds.close()
    return {
        "payments": count,
        "amounts": f"those of {len(tenders):,} real tenders, repeated; zeros left out",
        "times": "generated",
        "payments_per_s": round(count / seconds),
        "seconds_paying": round(seconds),
        "seconds_checking": round(checking),
        "batch": BATCH,
        "writers": WRITERS,
        **figures(campaign),
        **held,
    }


def figures(campaign: Campaign) -> dict[str, Any]:
    """How long closes took, and batches that met one beside those that met none."""
    met = [b for b in campaign.batches if any(b.meets(c) for c in campaign.closes)]
    counted = [b for b in campaign.batches if any(b.meets(c) for c in campaign.counts)]
    busy = set(met) | set(counted)
    calm = [b for b in campaign.batches if b not in busy]
    closes = [c.ms for c in campaign.closes]
    return {
        "closes": len(closes),
        "close_ms": [round(ms, 1) for ms in closes],
        "close_ms_max": round(max(closes), 1),
        "count_ms_max": round(max(c.ms for c in campaign.counts), 1),
        "batch_p50_ms": _percentile(campaign.batches, 50),
        "batch_p99_ms_without": _percentile(calm, 99),
        "batch_p99_ms_during_closes": _percentile(met, 99),
        "batch_p99_ms_during_counts": _percentile(counted, 99),
        "batches_during_closes": len(met),
        "p99_ratio": round(_percentile(met, 99) / (_percentile(calm, 99) or 1), 2),
    }


def _percentile(spans: list[Span], percent: int) -> float:
    times = sorted(span.ms for span in spans)
    return round(times[min(len(times) - 1, len(times) * percent // 100)], 1) if times else 0.0


def check(tx: Tx, campaign: Campaign, count: int) -> dict[str, Any]:
    """Every payment clears in one window, and windows, payments and ledger come to one sum."""
    last = settlement.open_window(tx).number
    reports = [settlement.report(tx, number) for number in range(1, last)]
    totals = [total for report in reports if report for total in report.totals]
    open_ = settlement.preview(tx).totals
    cleared = sum(t.count for t in (*totals, *open_))
    amount = sum(t.amount for t in (*totals, *open_))
    rows, windows = tx.tuples(
        """SELECT count(*), count(w.number) FROM clearing c
        LEFT JOIN settlement_window w ON w.book = c.book AND w.number = c.window_number
        WHERE c.book = %(book)s"""
    )[0]
    captured = tx.value("SELECT sum(captured)::bigint FROM payment WHERE book = %(book)s")
    differs = [n for n in range(1, last) if settlement.check(tx, n)]
    found = {path: net for path, net in _nets(tx)}
    parts = sum(n for p, n in found.items() if p.startswith("merchant:")) + found.get(
        "platform:commission", 0
    )
    wallets = sum(FUNDS - n for p, n in found.items() if p.startswith("wallet:"))
    checked = verify(tx)
    sums_agree = amount == captured == campaign.taken == parts == wallets
    once = cleared == rows == windows == count and None not in reports and not differs
    return {
        "amount": amount,
        "every_clearing_in_one_window": once,
        "totals_tie_to_the_ledger": sums_agree,
        "verified": checked.holds and sums_agree and once,
    }


def _nets(tx: Tx) -> Iterator[tuple[str, int]]:
    for path, net in tx.tuples("SELECT path, in_ - out_ FROM account WHERE book = %(book)s"):
        yield path, int(net)
