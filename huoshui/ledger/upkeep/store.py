"""SQL of the ledger's upkeep."""

from __future__ import annotations

from huoshui.core.db import Tx


def is_put_off(tx: Tx, kind: str) -> bool:
    """Whether work of a kind waits, or has been given up and waits for somebody."""
    found: bool = tx.value(
        "SELECT EXISTS (SELECT FROM work WHERE book = %(book)s AND kind = %(kind)s)", kind=kind
    )
    return found
