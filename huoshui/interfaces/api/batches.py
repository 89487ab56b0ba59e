"""Many commands in one request: each with its own result, chains that stand all or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.money import Money
from huoshui.interfaces.api.body import BadBody, decoded
from huoshui.interfaces.api.books import MANUAL, LegAsked, Path
from huoshui.interfaces.api.contract import hot
from huoshui.interfaces.api.door import Ask, Visit
from huoshui.interfaces.api.lane import Move, through
from huoshui.interfaces.api.postings import At, Reference, in_effect, kind_of, legs_of
from huoshui.interfaces.api.problems import language
from huoshui.interfaces.api.refusals import BELONGS_TO_LINE, CURRENCIES_MIXED, fault
from huoshui.interfaces.api.views import FieldErrorView
from huoshui.ledger import Capture, Command, Extend, Leg, Release, Result, Sheet, Transaction
from huoshui.ledger.lane import chains
from huoshui.ledger.model import OnHold, Side

COMMANDS_MAX = 500
AHEAD_MAX = timedelta(minutes=5)  # how far a caller's clock may be ahead of the world's
AGE_MAX = timedelta(days=30)  # of an id that does not stand yet: it belongs into the open parts
Id = Annotated[str, Meta(pattern="^txn_[0-7][0-9a-hjkmnp-tv-z]{25}$")]


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verb"):
    id: Id | None = None
    linked: bool = False


class PostCommand(_Asked, frozen=True, kw_only=True, tag="post"):
    """Legs that stand all or none, all of one currency."""

    legs: list[LegAsked]
    reference: Reference = ""
    effective_at: At | None = None


class HoldCommand(_Asked, frozen=True, kw_only=True, tag="hold"):
    """An amount to reserve, for `timeout_s` seconds (0 is without end)."""

    source: Path = msgspec.field(name="from")
    target: Path = msgspec.field(name="to")
    amount: Money
    reference: Reference = ""
    timeout_s: int = 0
    cap: Side = ""
    close: Side = ""


class CaptureCommand(_Asked, frozen=True, kw_only=True, tag="capture"):
    """An amount of a hold to move, all that remains without one."""

    hold: Id
    amount: Money | None = None
    final: bool = True


class ReleaseCommand(_Asked, frozen=True, kw_only=True, tag="release"):
    """A hold to free; an amount is checked against what remains."""

    hold: Id
    amount: Money | None = None


class ExtendCommand(_Asked, frozen=True, kw_only=True, tag="extend"):
    """A hold that is to run for so many seconds from now."""

    hold: Id
    timeout_s: int


CommandAsked = PostCommand | HoldCommand | CaptureCommand | ReleaseCommand | ExtendCommand


class BatchAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Commands, done in their order; `linked` joins one with the next: all of a chain or none.

    An `id` of your own (txn_ and a UUIDv7, made now) makes a command known in any later batch: the
    same again answers `exists`, and an id that was refused for a passing reason is used up.
    """

    commands: Annotated[list[CommandAsked], Meta(min_length=1, max_length=COMMANDS_MAX)]


class CommandResult(msgspec.Struct, frozen=True):
    """What became of a command: `created`, `exists`, or why not. `amounts` is what its legs moved,
    held or freed; a cap may have made it less than was asked.
    """

    id: str
    code: str
    amounts: list[Money]
    error: FieldErrorView | None


class BatchResults(msgspec.Struct, frozen=True):
    """The results of a batch, in its order."""

    results: list[CommandResult]


class _Read(msgspec.Struct, frozen=True):
    """A command as it was read: how it is made, its currency, and a fault that is seen already."""

    make: Callable[[Tx, UUID], Command]
    id: UUID | None
    money: Money | None = None
    mixed: bool = False


@hot("/transactions/batch", BatchResults, bound="book", asks=BatchAsked)
async def post_batch(request: Ask, body: RawBody) -> Response[bytes]:
    """Up to 500 commands of any verb, each with its own result; `linked` ones stand all or none.

    The answer is 200 whatever the results: read the code of each.
    """
    lang = language(request)

    def read(visit: Visit) -> Move:
        asked = decoded(body, BatchAsked).commands
        found = [_read(command, n, visit.name) for n, command in enumerate(asked)]

        def commands(tx: Tx, name: str) -> list[Command]:
            made = [r.id or tx.id("txn", f"manual/{name}/{n}") for n, r in enumerate(found)]
            return [r.make(tx, id_) for r, id_ in zip(found, made, strict=True)]

        def answer(tx: Tx, sheet: Sheet, commands: list[Command]) -> BatchResults:
            told = _decide(tx, sheet, found, commands)
            return BatchResults([_view(told_, n, lang) for n, told_ in enumerate(told)])

        legs = sum(len(c.legs) if isinstance(c, PostCommand) else 1 for c in asked)
        return Move(max(legs, len(asked)), commands, answer, named=True)

    return await through(request, body, read)


# What became of a command, by its code: the ledger's, or one of a fault that was seen before.
Told = tuple[Command, str, Result | None]


def _decide(tx: Tx, sheet: Sheet, found: list[_Read], commands: list[Command]) -> list[Told]:
    told: list[Told] = []
    for chain in chains(commands):
        read = found[len(told) : len(told) + len(chain)]
        told += _chain(tx, sheet, read, chain)
    for (command, code, _), asked in zip(told, found, strict=True):
        if asked.id is None and code != "created":
            sheet.burns.pop(command.id, None)  # made for this attempt, and known to nobody
    return told


def _chain(tx: Tx, sheet: Sheet, read: list[_Read], chain: tuple[Command, ...]) -> list[Told]:
    faults = [_fault(tx, sheet, c, r) for r, c in zip(read, chain, strict=True)]
    first = next((n for n, code in enumerate(faults) if code), None)
    if first is None:
        return [(r.command, r.code, r) for r in sheet.decide(chain)]
    return [(c, faults[n] if n == first else "linked_failed", None) for n, c in enumerate(chain)]


def _fault(tx: Tx, sheet: Sheet, command: Command, read: _Read) -> str:
    """What forbids a command before the ledger is asked, or nothing."""
    if read.id is not None and read.id not in sheet.standing:
        if read.id > ids.uuid7(tx.now + AHEAD_MAX, bytes(10)):
            return "id_in_future"
        if read.id < ids.uuid7(tx.now - AGE_MAX, bytes(10)):
            return "id_too_old"
    if not isinstance(command, Transaction):
        return _foreign_hold(sheet, command, read)
    for path in {path for leg in command.legs for path in (leg.source, leg.target)}:
        stands = (path, command.currency) in sheet.rows
        if stands and kind_of(tx, path, command.currency) != MANUAL:
            return BELONGS_TO_LINE
    return CURRENCIES_MIXED if read.mixed else ""


def _foreign_hold(sheet: Sheet, command: OnHold, read: _Read) -> str:
    held = sheet.holds.get(command.hold)
    if held is None:
        return ""
    if held.hold.template != MANUAL:
        return BELONGS_TO_LINE
    other = read.money is not None and read.money.currency != held.hold.currency
    return "currency_differs_from_accounts" if other else ""


def _view(told: Told, number: int, lang: str) -> CommandResult:
    command, code, result = told
    error = None
    if code not in ("created", "exists"):
        found = fault(command, code, result.account if result else "", within=f"/commands/{number}")
        error = FieldErrorView(found.pointer, found.code, found.detail(lang))
    amounts = [Money(m.amount, m.currency) for m in result.moved] if result else []
    return CommandResult(ids.show("txn", command.id), code, amounts, error)


def _read(asked: CommandAsked, number: int, actor: str) -> _Read:
    id_ = ids.read("txn", asked.id) if asked.id else None
    if id_ and id_.version != 7:
        pointer = f"/commands/{number}/id"
        raise BadBody(field=pointer, errors=(FieldError(pointer, "bad_id"),))
    match asked:
        case PostCommand():
            return _read_post(asked, number, id_, actor)
        case HoldCommand():
            return _read_hold(asked, id_, actor)
    return _read_on_hold(asked, id_, actor)


def _read_post(asked: PostCommand, number: int, id_: UUID | None, actor: str) -> _Read:
    at = in_effect(asked.effective_at, f"/commands/{number}/effective_at")
    currencies = {leg.amount.currency for leg in asked.legs}

    def make(tx: Tx, id_: UUID) -> Command:
        return Transaction(
            id=id_,
            template=MANUAL,
            reference=asked.reference,
            currency=min(currencies, default=""),
            legs=legs_of(asked.legs),
            effective_at=at or tx.now,
            linked=asked.linked,
            actor=actor,
        )

    return _Read(make, id_, mixed=len(currencies) > 1)


def _read_hold(asked: HoldCommand, id_: UUID | None, actor: str) -> _Read:
    def make(tx: Tx, id_: UUID) -> Command:
        return Transaction(
            id=id_,
            template=MANUAL,
            reference=asked.reference,
            currency=asked.amount.currency,
            legs=(Leg(asked.source, asked.target, asked.amount.amount, asked.cap),),
            effective_at=tx.now,
            hold=True,
            timeout_s=asked.timeout_s,
            close=asked.close,
            linked=asked.linked,
            actor=actor,
        )

    return _Read(make, id_)


def _read_on_hold(
    asked: CaptureCommand | ReleaseCommand | ExtendCommand, id_: UUID | None, actor: str
) -> _Read:
    hold, linked = ids.read("txn", asked.hold), asked.linked
    match asked:
        case CaptureCommand():
            amount = asked.amount.amount if asked.amount else None
            final = asked.final
            return _Read(
                lambda _, id_: Capture(
                    id=id_, hold=hold, amount=amount, final=final, linked=linked, actor=actor
                ),
                id_,
                asked.amount,
            )
        case ReleaseCommand():
            freed = asked.amount.amount if asked.amount else 0
            return _Read(
                lambda _, id_: Release(id=id_, hold=hold, amount=freed, linked=linked, actor=actor),
                id_,
                asked.amount,
            )
    seconds = asked.timeout_s
    return _Read(
        lambda _, id_: Extend(id=id_, hold=hold, timeout_s=seconds, linked=linked, actor=actor), id_
    )


HANDLERS: list[Any] = [post_batch]
