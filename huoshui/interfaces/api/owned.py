"""Accounts as their owners see them: the marketplace all of them, a seller its settlement account."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.api.door import Visit
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account, UnknownAccount
from huoshui.lines.payments.chart import own_paths


def own_account(tx: Tx, visit: Visit, ref: str) -> Account:
    """One account by its id, if it is the caller's to see. Raises BadId and UnknownAccount."""
    id_: UUID = ids.read("acc", ref)
    paths = own_paths(visit.bound)
    found = ledger.account(tx, id_)
    if paths is not None and found.path not in paths:
        raise UnknownAccount(account=ref)
    return found
