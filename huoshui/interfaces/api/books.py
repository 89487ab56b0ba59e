"""The ledger over the API: accounts, transactions, trial balance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.core.money import Money
from huoshui.interfaces.api import ledger_views as views
from huoshui.interfaces.api.body import BadParameter, decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Word,
    after_id,
    enter,
    moment,
)
from huoshui.interfaces.api.owned import own_account
from huoshui.ledger import journal
from huoshui.ledger import service as ledger
from huoshui.ledger.chart import PATH, AccountKind
from huoshui.ledger.journal import Place
from huoshui.ledger.model import AMOUNT_MAX, Class, Side
from huoshui.lines.payments.chart import CHART, own_paths

MANUAL = "manual"
LEGS_ASKED_MAX = 500
Path = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra_json_schema={"pattern": f"^{PATH.pattern}$", "examples": ["bank:main"]},
    ),
]


class BelongsToLine(Problem):
    """An account or a transaction that a line of business keeps; the problem says what to do."""

    code = "belongs_to_line"
    status = 409


class AccountDiffers(Problem):
    """An account of that path and currency stands, with another class or other bounds."""

    code = "account_differs"
    status = 409


class AccountAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account to open; bounds are minor units of what came in less what went out.

    An account opens at zero, so its floor is not above it and its ceiling not below.
    """

    path: Path
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    class_: Class = msgspec.field(name="class")
    floor: Annotated[int, Meta(ge=-AMOUNT_MAX, le=0)] | None = None
    ceiling: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)] | None = None


class LegAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Move an amount from one account path to another; with `cap` what is there, up to that."""

    source: Path = msgspec.field(name="from")
    target: Path = msgspec.field(name="to")
    amount: Money
    cap: Side = ""


class ReverseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the transaction is named in the address."""


@reads("/accounts", "ledger:read", Page[views.AccountView], bound="rows")
def list_accounts(
    request: Ask,
    prefix: Word = "",
    kind: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.AccountView]:
    """Accounts by path."""
    path, _, currency = (after or "").partition("/")
    visit = enter(request)
    with visit.begin() as tx:
        rows = ledger.accounts(
            tx,
            prefix=prefix,
            kind=kind,
            after=path,
            after_currency=currency,
            limit=limit,
            among=own_paths(visit.bound),
        )
    following = f"{rows[-1].path}/{rows[-1].currency}" if len(rows) == limit else None
    return Page([views.account(row) for row in rows], following)


@reads("/accounts/{ref:str}", "ledger:read", views.AccountView, bound="rows")
def show_account(request: Ask, ref: Ref) -> views.AccountView:
    """One account by id."""
    visit = enter(request)
    with visit.begin() as tx:
        return views.account(own_account(tx, visit, ref))


@reads("/accounts/{ref:str}/transfers", "ledger:read", Page[views.LineView], bound="rows")
def list_transfers(
    request: Ask, ref: Ref, after: Cursor = None, limit: Limit = 50
) -> Page[views.LineView]:
    """An account's transfers, newest first, each with the balance once it stood."""
    visit = enter(request)
    before = _place(after)
    with visit.begin() as tx:
        account = own_account(tx, visit, ref)
        rows = journal.transfers(tx, account.id, before=before, limit=limit)
    following = str(rows[-1].place) if len(rows) == limit else None
    return Page([views.line(row) for row in rows], following)


@writes(
    "/accounts",
    "ledger:write",
    views.AccountView,
    asks=AccountAsked,
    idempotency="optional",
    bound="book",
)
def open_account(request: Ask, body: RawBody) -> Response[bytes]:
    """Open an account of your own; the same again answers the one that stands."""
    visit = enter(request)
    asked = decoded(body, AccountAsked)
    if CHART.kind_of(asked.path):
        raise BelongsToLine(object=asked.path)
    kind = AccountKind(MANUAL, asked.path, asked.class_, asked.floor, asked.ceiling)

    def use_case(tx: Tx) -> views.AccountView:
        row = ledger.open_account(tx, asked.path, asked.currency, kind)
        wished = (MANUAL, asked.class_, asked.floor, asked.ceiling)
        if (row.kind, row.class_, row.floor, row.ceiling) != wished:
            raise AccountDiffers(path=asked.path, currency=asked.currency)
        return views.account(row)

    return visit.answer(body, use_case)


@reads("/transactions", "ledger:read", Page[views.TransactionView], bound="book")
def list_transactions(
    request: Ask,
    reference: Word = "",
    account: Word = "",
    since: Time = None,
    until: Time = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.TransactionView]:
    """The journal, newest first."""
    with enter(request).begin() as tx:
        found = journal.page(
            tx,
            reference=reference,
            account=ids.read("acc", account) if account else None,
            since=moment(since),
            until=moment(until),
            after=after_id("txn", after),
            limit=limit,
        )
    following = ids.show("txn", found[-1].entry.id) if len(found) == limit else None
    return Page([views.transaction(posted) for posted in found], following)


@reads("/transactions/{ref:str}", "ledger:read", views.TransactionView, bound="book")
def show_transaction(request: Ask, ref: Ref) -> views.TransactionView:
    """One transaction."""
    with enter(request).begin() as tx:
        return views.transaction(journal.transaction(tx, ids.read("txn", ref)))


@moves(
    "/transactions/{ref:str}/reverse",
    "ledger:write",
    views.TransactionView,
    asks=ReverseAsked,
    bound="book",
)
def reverse_transaction(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Post the opposite of a transaction of your own, once."""
    visit = enter(request)
    decoded(body or b"{}", ReverseAsked)

    def use_case(tx: Tx) -> views.TransactionView:
        id_ = ids.read("txn", ref)
        if journal.transaction(tx, id_).entry.template != MANUAL:
            raise BelongsToLine(object=ref)
        reversal_id = tx.id("txn", f"reversal/{ref}")
        ledger.reverse(tx, id_, reversal_id=reversal_id)
        return views.transaction(journal.transaction(tx, reversal_id))

    return visit.answer(body, use_case)


@reads("/trial-balance", "ledger:read", views.TrialBalanceView, bound="book")
def trial_balance(request: Ask) -> views.TrialBalanceView:
    """Debits and credits by kind of account, and whether they are equal."""
    with enter(request).begin() as tx:
        return views.trial_balance(journal.trial_balance(tx))


def _place(cursor: str | None) -> Place | None:
    place = Place.read(cursor) if cursor else None
    if cursor and place is None:
        fault = FieldError("after", "cursor", {"value": cursor[:40]})
        raise BadParameter(name="after", errors=(fault,))
    return place


def own_accounts(tx: Tx, paths: Iterable[str], currency: str) -> None:
    """Refuse accounts that a line keeps. Raises UnknownAccount, BelongsToLine."""
    for path in sorted(set(paths)):
        if ledger.account_at(tx, path, currency).kind != MANUAL:
            raise BelongsToLine(object=path)


HANDLERS = [
    list_accounts, show_account, list_transfers, open_account, list_transactions,
    show_transaction, reverse_transaction, trial_balance,
]  # fmt: skip
