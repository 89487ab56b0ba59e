"""The ledger's hot verbs on one object: post, hold, capture, release, extend. And reading holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, cast, get_args

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.money import CurrencyMix, Money
from huoshui.interfaces.api import ledger_views as views
from huoshui.interfaces.api.body import BadBody, BadParameter, decoded
from huoshui.interfaces.api.books import LEGS_ASKED_MAX, MANUAL, BelongsToLine, LegAsked, Path
from huoshui.interfaces.api.contract import hot, reads
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, Ref, Visit, Word, enter
from huoshui.interfaces.api.lane import Move, through
from huoshui.interfaces.api.refusals import refusal
from huoshui.ledger import (
    Capture,
    Command,
    Extend,
    Leg,
    Release,
    Result,
    Sheet,
    Transaction,
)
from huoshui.ledger import service as ledger
from huoshui.ledger.history.service import START
from huoshui.ledger.journal import search
from huoshui.ledger.model import HoldState, OnHold, Side, UnknownAccount, UnknownHold

Reference = Annotated[str, Meta(max_length=100)]
At = Annotated[datetime, Meta(tz=True)]
State = Annotated[
    str,
    QueryParameter(
        name="state", max_length=200, description="One of " + ", ".join(get_args(HoldState))
    ),
]


class TransactionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Legs that stand all or none, all of one currency; in effect now, or at an earlier time."""

    legs: Annotated[list[LegAsked], Meta(min_length=1, max_length=LEGS_ASKED_MAX)]
    reference: Reference = ""
    effective_at: At | None = None


class HoldAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount to reserve, for `timeout_s` seconds (0 is without end).

    With `cap` it takes what is there, up to the amount. With `close` that side's account is closed
    while the hold is open, and for good once it is captured.
    """

    source: Path = msgspec.field(name="from")
    target: Path = msgspec.field(name="to")
    amount: Money
    reference: Reference = ""
    timeout_s: int = 0
    cap: Side = ""
    close: Side = ""


class CaptureAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a hold to move, all that remains without an amount.

    A final capture frees the rest; one that is not leaves it held for the next.
    """

    amount: Money | None = None
    final: bool = True


class ReleaseAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Free all that a hold still reserves; an amount is checked against that."""

    amount: Money | None = None


class ExtendAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many seconds from now a hold is to run; 0 is without end."""

    timeout_s: int


@hot("/transactions", views.TransactionView, bound="book", asks=TransactionAsked)
async def post_transaction(request: Ask, body: RawBody) -> Response[bytes]:
    """Post legs between accounts of your own; the lines' accounts move by their own verbs."""

    def read(visit: Visit) -> Move:
        asked = decoded(body, TransactionAsked)
        currency = one_currency(asked.legs)
        effective_at = in_effect(asked.effective_at)

        def make(tx: Tx, name: str) -> Command:
            return Transaction(
                id=tx.id("txn", f"manual/{name}"),
                template=MANUAL,
                reference=asked.reference,
                currency=currency,
                legs=legs_of(asked.legs),
                effective_at=effective_at or tx.now,
                actor=visit.name,
            )

        return _single(make, _posted, weight=len(asked.legs))

    return await through(request, body, read)


@hot("/holds", views.HoldView, bound="book", asks=HoldAsked)
async def hold_amount(request: Ask, body: RawBody) -> Response[bytes]:
    """Reserve an amount between accounts of your own, until it is captured, released or runs out.

    A hold never draws credit: it takes what stands on the account, whatever its floor.
    """

    def read(visit: Visit) -> Move:
        asked = decoded(body, HoldAsked)

        def make(tx: Tx, name: str) -> Command:
            return Transaction(
                id=tx.id("txn", f"manual/{name}"),
                template=MANUAL,
                reference=asked.reference,
                currency=asked.amount.currency,
                legs=(Leg(asked.source, asked.target, asked.amount.amount, asked.cap),),
                effective_at=tx.now,
                hold=True,
                timeout_s=asked.timeout_s,
                close=asked.close,
                actor=visit.name,
            )

        return _single(make, lambda sheet, result: views.held(sheet.holds[result.command.id]))

    return await through(request, body, read)


@hot(
    "/holds/{ref:str}/capture",
    views.HoldMovedView,
    bound="book",
    asks=CaptureAsked,
    body_needed=False,
)
async def capture_hold(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Move an amount of a hold, or all that remains."""

    def read(visit: Visit) -> Move:
        asked = decoded(body or b"{}", CaptureAsked)
        hold = ids.read("txn", ref)
        amount = asked.amount.amount if asked.amount else None

        def make(tx: Tx, name: str) -> Command:
            id_ = tx.id("txn", f"manual/{name}")
            return Capture(id=id_, hold=hold, amount=amount, final=asked.final, actor=visit.name)

        return _single(make, _on_hold, money=asked.amount)

    return await through(request, body, read)


@hot(
    "/holds/{ref:str}/release",
    views.HoldMovedView,
    bound="book",
    asks=ReleaseAsked,
    body_needed=False,
)
async def release_hold(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Free what a hold still reserves."""

    def read(visit: Visit) -> Move:
        asked = decoded(body or b"{}", ReleaseAsked)
        hold = ids.read("txn", ref)
        amount = asked.amount.amount if asked.amount else 0

        def make(tx: Tx, name: str) -> Command:
            return Release(
                id=tx.id("txn", f"manual/{name}"), hold=hold, amount=amount, actor=visit.name
            )

        return _single(make, _on_hold, money=asked.amount)

    return await through(request, body, read)


@hot("/holds/{ref:str}/extend", views.HoldMovedView, bound="book", asks=ExtendAsked)
async def extend_hold(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Let an open hold run for so many seconds from now."""

    def read(visit: Visit) -> Move:
        asked = decoded(body, ExtendAsked)
        hold = ids.read("txn", ref)

        def make(tx: Tx, name: str) -> Command:
            id_ = tx.id("txn", f"manual/{name}")
            return Extend(id=id_, hold=hold, timeout_s=asked.timeout_s, actor=visit.name)

        return _single(make, _on_hold)

    return await through(request, body, read)


@reads("/holds", "ledger:read", Page[views.HoldView], bound="book")
def list_holds(
    request: Ask,
    state_: State = "",
    account: Word = "",
    reference: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.HoldView]:
    """Holds, newest first: open, captured, released or expired.

    A page may be shorter than asked for and still have a next one.
    """
    visit = enter(request)
    if state_ and state_ not in get_args(HoldState):
        fault = FieldError("state", "choice", {"value": state_[:40]})
        raise BadParameter(name="state", errors=(fault,))
    with visit.begin() as tx:
        found = search.holds(
            tx,
            state=state_,
            account=ids.read("acc", account) if account else None,
            reference=reference,
            after=after or "",
            limit=limit,
        )
    return Page([views.hold(row) for row in found.holds], found.next or None)


@reads("/holds/{ref:str}", "ledger:read", views.HoldView, bound="book")
def show_hold(request: Ask, ref: Ref) -> views.HoldView:
    """One hold, with what became of it."""
    with enter(request).begin() as tx:
        return views.hold(*search.hold(tx, ids.read("txn", ref)))


def one_currency(legs: list[LegAsked]) -> str:
    """The currency of all the legs. Raises CurrencyMix."""
    currencies = sorted({leg.amount.currency for leg in legs})
    if len(currencies) > 1:
        raise CurrencyMix(first=currencies[0][:12], second=currencies[1][:12])
    return currencies[0]


def legs_of(asked: list[LegAsked]) -> tuple[Leg, ...]:
    """Legs as the ledger has them."""
    return tuple(Leg(leg.source, leg.target, leg.amount.amount, leg.cap) for leg in asked)


def in_effect(at: datetime | None, pointer: str = "/effective_at") -> datetime | None:
    """An effective time, UTC. Raises BadBody for one before the first statement could begin."""
    if at is None:
        return None
    with suppress(OverflowError):
        if at >= START:
            return at.astimezone(UTC)
    wrong = FieldError(pointer, "time_out_of_range", {"text": at.isoformat()})
    raise BadBody(field=pointer, errors=(wrong,))


def kind_of(tx: Tx, path: str, currency: str) -> str:
    """The kind of an account that stands: it never changes, so the process asks once."""
    place = ("kind", tx.book, path, currency)
    kind = tx.known(place)
    if kind is None:
        kind = ledger.account_at(tx, path, currency).kind
        tx.learn(place, kind)
    return str(kind)


def _single(
    make: Callable[[Tx, str], Command],
    show: Callable[[Sheet, Result], msgspec.Struct],
    *,
    weight: int = 1,
    money: Money | None = None,
) -> Move:
    """One command, whose id is made for the attempt: what is refused burns nothing."""

    def answer(tx: Tx, sheet: Sheet, commands: list[Command]) -> msgspec.Struct:
        [command] = commands
        if isinstance(command, Transaction):
            _own_accounts(tx, sheet, command)
        else:
            _own_hold(sheet, command, money)
        [result] = sheet.decide(commands)
        if not result.stands:
            sheet.burns.pop(command.id, None)
            raise refusal(result)
        return show(sheet, result)

    return Move(weight, lambda tx, name: [make(tx, name)], answer)


def _own_accounts(tx: Tx, sheet: Sheet, command: Transaction) -> None:
    """Raises UnknownAccount, and BelongsToLine for an account that a line keeps."""
    for path in sorted({path for leg in command.legs for path in (leg.source, leg.target)}):
        if (path, command.currency) not in sheet.rows:
            raise UnknownAccount(account=path[:200])
        if kind_of(tx, path, command.currency) != MANUAL:
            raise BelongsToLine(object=path)


def _own_hold(sheet: Sheet, command: OnHold, money: Money | None) -> None:
    """Raises UnknownHold, BelongsToLine, and CurrencyMix for an amount in another currency."""
    held, shown = sheet.holds.get(command.hold), ids.show("txn", command.hold)
    if held is None:
        raise UnknownHold(kind="hold", id=shown)
    if held.hold.template != MANUAL:
        raise BelongsToLine(object=shown)
    if money and money.currency != held.hold.currency:
        raise CurrencyMix(first=held.hold.currency, second=money.currency[:12])


def _posted(_: Sheet, result: Result) -> views.TransactionView:
    command = cast(Transaction, result.command)
    return views.made(result.moved, [(leg.source, leg.target) for leg in command.legs])


def _on_hold(sheet: Sheet, result: Result) -> views.HoldMovedView:
    held = sheet.holds[cast(OnHold, result.command).hold]
    sides = [(held.source.path, held.target.path)]
    return views.HoldMovedView(views.held(held), views.made(result.moved, sides))


HANDLERS: list[Any] = [
    post_transaction, hold_amount, capture_hold, release_hold, extend_hold, list_holds, show_hold
]  # fmt: skip
