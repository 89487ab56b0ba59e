"""SQL of what checks reconciliation: accounts by their open items, lines and files by their sums."""

from __future__ import annotations

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.reconciliation.store import OPEN, OPEN_KINDS


class Explained(msgspec.Struct, frozen=True):
    """An account with its balance (out - in) and what its open items come to; minor units."""

    path: str
    currency: str
    balance: int
    items: int
    open: int

    @property
    def holds(self) -> bool:
        """Whether the open items explain the balance."""
        return self.balance == self.open


def explained(tx: Tx) -> list[Explained]:
    """Every account that files are held against: its balance beside its open items, from zero."""
    accounts = [
        id_
        for (id_,) in tx.tuples(
            "SELECT id FROM account WHERE book = %(book)s AND kind = ANY(%(kinds)s)",
            kinds=list(OPEN_KINDS),
        )
    ]
    return tx.rows(
        Explained,
        f"""
        WITH open AS ({OPEN})
        SELECT a.path, a.currency, a.out_ - a.in_ AS balance, count(o.txn_id) AS items,
               coalesce(sum(o.amount), 0)::bigint AS open
        FROM account a LEFT JOIN open o ON o.account_id = a.id
        WHERE a.book = %(book)s AND a.id = ANY(%(accounts)s)
        GROUP BY a.path, a.currency, a.out_, a.in_ ORDER BY a.path, a.currency
        """,
        accounts=accounts,
    )


def imported(tx: Tx) -> dict[str, tuple[int, int]]:
    """The sums of all files by currency: gross and net, minor units."""
    rows = tx.tuples(
        """SELECT currency, sum(gross)::bigint, sum(net)::bigint FROM statement_file
        WHERE book = %(book)s GROUP BY currency"""
    )
    return {currency: (gross, net) for currency, gross, net in rows}


def suspense_balances(tx: Tx, causes: list[str]) -> dict[tuple[str, str], int]:
    """in - out of suspense accounts by cause and currency, minor units."""
    rows = tx.tuples(
        """SELECT split_part(path, ':', 2), currency, in_ - out_ FROM account
        WHERE book = %(book)s AND path = ANY(%(paths)s)""",
        paths=[f"suspense:{cause}" for cause in causes],
    )
    return {(cause, currency): balance for cause, currency, balance in rows}
