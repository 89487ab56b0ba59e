"""Where the time of a payment goes, without HTTP: decided in this process, written by PostgreSQL."""

from __future__ import annotations

import cProfile
import pstats
import time
from typing import Any

from huoshui.interfaces.cli.bench.ledger.books import Books
from huoshui.lines.payments.chart import settlement_path, wallet_path
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.lines.payments.payment.service import apply

_BATCH = 48


def shares(books: Books, seconds: float) -> dict[str, float]:
    """Microseconds of a payment in batches of 48: in all, and of it spent waiting for PostgreSQL."""
    done, waited, spent = 0, 0.0, 0.0
    until = time.perf_counter() + seconds / 2
    while time.perf_counter() < until:
        profile = cProfile.Profile()
        started = time.perf_counter()
        profile.enable()
        with books.database.begin(book=books.number) as tx:
            apply(tx, [_create(tx, done + n) for n in range(_BATCH)])
        profile.disable()
        spent += time.perf_counter() - started
        waited += _waited(profile)
        done += _BATCH
    return {
        "stage_batch_of_48_us_per_payment": spent / done * 1e6,
        "stage_of_it_waiting_for_postgresql_us": waited / done * 1e6,
    }


def _create(tx: Any, number: int) -> Create:
    amount = 100 + number % 9_000
    buyer = f"byr_{number % 1_000}"
    return Create(
        id=tx.id("pmt", ""), currency="CNY", buyer=buyer, confirm=True,
        tenders=(Tender("balance", wallet_path(buyer), amount),),
        parts=(
            Part(settlement_path(f"slr_{number % 20}"), "seller", amount - 12),
            Part("platform:commission", "commission", 11), Part("tax:payable", "tax", 1),
        ),
    )  # fmt: skip


def _waited(profile: cProfile.Profile) -> float:
    found: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    names = ("wait_c", "wait", "select", "poll")
    waits = [
        total for (_, _, name), (_, _, total, _, _) in found.items()
        if name in names or "wait_c" in name or "method 'poll'" in name
    ]  # fmt: skip
    return float(sum(waits))
