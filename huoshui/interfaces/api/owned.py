"""Accounts as their owners see them: the marketplace all of them, a seller its settlement account."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.core.db import Tx
from huoshui.interfaces.api.door import Visit
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account, UnknownAccount
from huoshui.lines.payments.chart import own_paths


def account_paths(bound: Bound) -> list[str] | None:
    """The paths that a caller sees; None where it sees all."""
    if bound.whole:
        return None
    sellers = (ids.show("slr", seller) for seller in bound.sellers)
    return own_paths(sellers, (ids.show("byr", buyer) for buyer in bound.buyers))


def own_account(tx: Tx, visit: Visit, ref: str) -> Account:
    """One account by its id, if it is the caller's to see. Raises BadId and UnknownAccount."""
    id_: UUID = ids.read("acc", ref)
    paths = account_paths(visit.bound)
    found = ledger.account(tx, id_)
    if paths is not None and found.path not in paths:
        raise UnknownAccount(account=ref)
    return found
