"""Threads that pay on the same accounts wait for each other's commits, and for nothing else."""

from __future__ import annotations

import threading
from functools import partial

from huoshui.core.db import Database, Tx
from huoshui.ledger import Leg, Transaction, service
from huoshui.lines.payments.chart import CHART, settlement_path, wallet_path
from huoshui.lines.payments.escrow import Terms, start
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.lines.payments.payment.service import apply
from tests import ground

THREADS, BATCHES, SIZE = 4, 12, 25


def test_threads_on_the_same_accounts_all_come_to_an_end(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        start(tx, Terms())
        legs = tuple(Leg("suspense:test", wallet_path(f"b{n}"), 10**9) for n in range(SIZE))
        funding = Transaction(
            id=tx.id("txn", "fund"), template="wallet_topped_up", reference="", currency="CNY",
            legs=legs, effective_at=tx.now,
        )  # fmt: skip
        service.post(tx, [funding], CHART)[0].demand()
    broken: list[BaseException] = []

    def pay(number: int) -> None:
        try:
            for batch in range(BATCHES):
                sandbox.run(partial(paid, number=number, batch=batch), book=book)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=pay, args=(n,), daemon=True) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not broken
    assert not any(thread.is_alive() for thread in threads)
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx)[settlement_path("s1")] == THREADS * BATCHES * SIZE * 100


def paid(tx: Tx, number: int, batch: int) -> None:
    """A batch of payments to one seller: every thread wants its accounts."""
    commands = [
        Create(
            id=tx.id("pmt", f"{number}/{batch}/{n}"), currency="CNY", buyer=f"b{n}", confirm=True,
            tenders=(Tender("balance", wallet_path(f"b{n}"), 100),),
            parts=(Part(settlement_path("s1"), "seller", 100),),
        )
        for n in range(SIZE)
    ]  # fmt: skip
    for outcome in apply(tx, commands):
        outcome.demand()
