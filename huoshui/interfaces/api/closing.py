"""Closing over the API: accounts closed, reopened and bounded by hand, and periods."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.api import ledger_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.books import MANUAL, BelongsToLine
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, Ref, enter, moment
from huoshui.ledger import accounts, periods
from huoshui.ledger import service as ledger
from huoshui.ledger.model import AMOUNT_MAX, Account

Bound = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]


class CloseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an account is closed or opened again; the journal of events keeps it."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class BoundsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both bounds of an account from now on, minor units of in - out; null is without bound."""

    floor: Bound | None
    ceiling: Bound | None


class PeriodAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first day that stays open; every day of the book before it is sealed for good."""

    until: date


@writes(
    "/accounts/{ref:str}/close",
    "ledger:close",
    views.AccountView,
    asks=CloseAsked,
    idempotency="optional",
    bound="book",
)
def close_account(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Close an account of your own: nothing moves on it but the release of what is held."""
    visit = enter(request)
    asked = decoded(body, CloseAsked)

    def use_case(tx: Tx) -> views.AccountView:
        return views.account(accounts.close_account(tx, _own(tx, ref).id, asked.reason))

    return visit.answer(body, use_case)


@writes(
    "/accounts/{ref:str}/reopen",
    "ledger:close",
    views.AccountView,
    asks=CloseAsked,
    idempotency="optional",
    bound="book",
)
def reopen_account(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Open a closed account of your own again."""
    visit = enter(request)
    asked = decoded(body, CloseAsked)

    def use_case(tx: Tx) -> views.AccountView:
        return views.account(accounts.reopen_account(tx, _own(tx, ref).id, asked.reason))

    return visit.answer(body, use_case)


@writes(
    "/accounts/{ref:str}/bounds",
    "ledger:close",
    views.AccountView,
    asks=BoundsAsked,
    idempotency="optional",
    bound="book",
)
def bound_account(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Set the floor and the ceiling of an account of your own."""
    visit = enter(request)
    asked = decoded(body, BoundsAsked)

    def use_case(tx: Tx) -> views.AccountView:
        id_ = _own(tx, ref).id
        return views.account(accounts.set_bounds(tx, id_, asked.floor, asked.ceiling))

    return visit.answer(body, use_case)


@reads("/periods", "ledger:read", Page[views.PeriodView], bound="book")
def list_periods(request: Ask, after: Cursor = None, limit: Limit = 50) -> Page[views.PeriodView]:
    """Sealed periods, newest first."""
    visit = enter(request)
    before = moment(after)
    with visit.begin() as tx:
        rows = periods.periods(tx, before=before, limit=limit)
    following = rows[-1].until.isoformat() if len(rows) == limit else None
    return Page([views.period(row) for row in rows], following)


@writes(
    "/periods",
    "ledger:close",
    views.PeriodView,
    asks=PeriodAsked,
    idempotency="optional",
    bound="book",
)
def close_period(request: Ask, body: RawBody) -> Response[bytes]:
    """Seal every day before `until`: nothing takes effect in them any more. It is never undone."""
    visit = enter(request)
    asked = decoded(body, PeriodAsked)
    return visit.answer(body, lambda tx: views.period(periods.close_period(tx, asked.until)))


def _own(tx: Tx, ref: str) -> Account:
    """An account that no line keeps. Raises UnknownAccount, BelongsToLine."""
    account = ledger.account(tx, ids.read("acc", ref))
    if account.kind != MANUAL:
        raise BelongsToLine(object=account.path)
    return account


HANDLERS = [
    close_account, reopen_account, bound_account, list_periods, close_period
]  # fmt: skip
