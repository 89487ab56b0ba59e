"""The ledger over the API: accounts, transactions, trial balance."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import CurrencyMix, Money
from huoshui.interfaces.api import views
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    decoded,
    door_of,
    moment,
    moving,
)
from huoshui.ledger import service as ledger
from huoshui.ledger.chart import AccountKind
from huoshui.ledger.model import LEGS_MAX, Class, Leg, Transaction

MANUAL = "manual"


class BelongsToLine(Problem):
    """An account or a transaction that a line of business keeps; the problem says what to do."""

    code = "belongs_to_line"
    status = 409


class AccountAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account to open; bounds are minor units of what came in less what went out."""

    path: Annotated[str, Meta(min_length=1, max_length=200)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    class_: Class = msgspec.field(name="class")
    floor: int | None = None
    ceiling: int | None = None


class LegAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Move an amount from one account path to another."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    amount: Money


class TransactionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Legs that stand all or none, all of one currency."""

    legs: Annotated[list[LegAsked], Meta(min_length=1, max_length=LEGS_MAX)]
    reference: Annotated[str, Meta(max_length=100)] = ""


@get("/accounts", sync_to_thread=True)
def list_accounts(
    request: Ask, prefix: str = "", kind: str = "", after: Cursor = None, limit: Limit = 50
) -> Page[views.AccountView]:
    """Accounts by path."""
    with door_of(request).begin(request, "ledger:read") as tx:
        rows = ledger.accounts(tx, prefix=prefix, kind=kind, after=after or "", limit=limit)
    following = rows[-1].path if len(rows) == limit else None
    return Page([views.account(row) for row in rows], following)


@get("/accounts/{ref:str}", sync_to_thread=True)
def show_account(request: Ask, ref: str) -> views.AccountView:
    """One account by id."""
    with door_of(request).begin(request, "ledger:read") as tx:
        return views.account(ledger.account(tx, ids.read("acc", ref)))


@get("/accounts/{ref:str}/transfers", sync_to_thread=True)
def list_transfers(
    request: Ask, ref: str, after: Cursor = None, limit: Limit = 50
) -> Page[views.LineView]:
    """An account's transfers, newest first, each with the balance once it stood."""
    before = int(after) if after and after.isdigit() else None
    with door_of(request).begin(request, "ledger:read") as tx:
        rows = ledger.transfers(tx, ids.read("acc", ref), before=before, limit=limit)
    following = str(rows[-1].version) if len(rows) == limit else None
    return Page([views.line(row) for row in rows], following)


@post("/accounts", sync_to_thread=True, status_code=200)
def open_account(request: Ask, body: bytes) -> views.AccountView:
    """Open an account of your own; the same again answers the one that stands."""
    asked = decoded(body, AccountAsked)
    kind = AccountKind(MANUAL, asked.path, asked.class_, asked.floor, asked.ceiling)
    with door_of(request).begin(request, "ledger:write") as tx:
        return views.account(ledger.open_account(tx, asked.path, asked.currency, kind))


@get("/transactions", sync_to_thread=True)
def list_transactions(
    request: Ask,
    reference: str = "",
    account: str = "",
    since: str | None = None,
    until: str | None = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.TransactionView]:
    """The journal, newest first."""
    with door_of(request).begin(request, "ledger:read") as tx:
        found = ledger.journal(
            tx,
            reference=reference,
            account=ids.read("acc", account) if account else None,
            since=moment(since),
            until=moment(until),
            after=ids.read("txn", after) if after else None,
            limit=limit,
        )
    following = ids.show("txn", found[-1].entry.id) if len(found) == limit else None
    return Page([views.transaction(posted) for posted in found], following)


@get("/transactions/{ref:str}", sync_to_thread=True)
def show_transaction(request: Ask, ref: str) -> views.TransactionView:
    """One transaction."""
    with door_of(request).begin(request, "ledger:read") as tx:
        return views.transaction(ledger.transaction(tx, ids.read("txn", ref)))


@post("/transactions", sync_to_thread=True, status_code=200)
def post_transaction(request: Ask, body: bytes) -> Response[Any]:
    """Post legs between accounts of your own; the lines' accounts move by their own verbs."""
    asked = decoded(body, TransactionAsked)

    def use_case(tx: Tx) -> views.TransactionView:
        transaction = _transaction(tx, request, asked)
        _own_accounts(tx, transaction)
        ledger.post(tx, [transaction])[0].demand()
        return views.transaction(ledger.transaction(tx, transaction.id))

    return moving(request, "ledger:write", body, use_case)


@post("/transactions/{ref:str}/reverse", sync_to_thread=True, status_code=200)
def reverse_transaction(request: Ask, ref: str, body: bytes) -> Response[Any]:
    """Post the opposite of a transaction of your own, once."""

    def use_case(tx: Tx) -> views.TransactionView:
        id_ = ids.read("txn", ref)
        if ledger.transaction(tx, id_).entry.template != MANUAL:
            raise BelongsToLine(object=ref)
        reversal_id = tx.id("txn", f"reversal/{ref}")
        ledger.reverse(tx, id_, reversal_id=reversal_id)
        return views.transaction(ledger.transaction(tx, reversal_id))

    return moving(request, "ledger:write", body, use_case)


@get("/trial-balance", sync_to_thread=True)
def trial_balance(request: Ask) -> views.TrialBalanceView:
    """Debits and credits by kind of account, and whether they are equal."""
    with door_of(request).begin(request, "ledger:read") as tx:
        return views.trial_balance(ledger.trial_balance(tx))


def _transaction(tx: Tx, request: Ask, asked: TransactionAsked) -> Transaction:
    currencies = sorted({leg.amount.currency for leg in asked.legs})
    if len(currencies) > 1:
        raise CurrencyMix(first=currencies[0], second=currencies[1])
    key = request.headers.get("idempotency-key", "dry-run")
    return Transaction(
        id=tx.id("txn", f"manual/{key}"),
        template=MANUAL,
        reference=asked.reference,
        currency=currencies[0],
        legs=tuple(Leg(leg.source, leg.target, leg.amount.amount) for leg in asked.legs),
        effective_at=tx.now,
    )


def _own_accounts(tx: Tx, transaction: Transaction) -> None:
    paths = {path for leg in transaction.legs for path in (leg.source, leg.target)}
    for path in sorted(paths):
        if ledger.account_at(tx, path, transaction.currency).kind != MANUAL:
            raise BelongsToLine(object=path)


HANDLERS = [
    list_accounts, show_account, list_transfers, open_account, list_transactions,
    show_transaction, post_transaction, reverse_transaction, trial_balance,
]  # fmt: skip
