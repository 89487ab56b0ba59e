"""The verification of a replay: the ledger and every order's money, recomputed from transfers."""

from __future__ import annotations

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.ledger import verify as ledger_verify
from huoshui.ledger.verify import Fault
from huoshui.lines.payments.escrow import verify as payments_verify
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.reconciliation import check


class Verification(msgspec.Struct, frozen=True):
    """What was recomputed, what disagreed, and the hash of what moved where on which day."""

    transfers: int
    accounts: int
    orders: int
    faults: tuple[Fault, ...]
    holds: bool
    ledger_hash: str


def verify_replay(tx: Tx, terms: Terms) -> Verification:
    """Counters, running balances, trial balance, every order's legs and its split, every file."""
    books = ledger_verify.verify(tx)
    orders = payments_verify.verify_orders(tx, terms)
    faults = (*books.faults, *orders.faults, *_unexplained(tx))
    zone = access.this_book(tx).time_zone
    return Verification(
        books.transfers,
        books.accounts,
        orders.orders,
        faults,
        not faults,
        ledger_verify.ledger_hash(tx, zone),
    )


def _unexplained(tx: Tx) -> list[Fault]:
    """What of rails' files does not come to what the books say."""
    return [
        Fault(each.check, each.place, str(each.stored), str(each.counted))
        for each in check(tx).faults
    ]
