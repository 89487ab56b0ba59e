"""`facility …`: limits, freezes, appeals, and what is reserved, drawn and restored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

import msgspec

from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where, done
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.facility import port, service, store
from huoshui.lines.lending.facility.model import (
    PPM,
    Appeal,
    BadChange,
    Level,
    limit_of,
)
from huoshui.lines.lending.facility.port import Exposure
from huoshui.lines.lending.facility.service import Asked, Freezing, Opening, Turned
from huoshui.lines.lending.facility.way import Stand, narrowest, stands

Told = dict[str, Any]


class OpenAsked(msgspec.Struct, frozen=True):
    """A facility as it is typed; the limit in major units."""

    level: Level
    limit: str
    currency: str
    name: str
    party: str
    scene: str
    parent: str


class ListAsked(msgspec.Struct, frozen=True):
    """Which facilities."""

    party: str
    level: str
    state: str
    limit: int


class ChangeAsked(msgspec.Struct, frozen=True):
    """A change of a limit as it is typed; the amount in major units, 0.5 is a half of the base."""

    kind: Literal["base", "uplift", "achievement"]
    cause: str
    amount: str
    share: str
    since: str
    until: str
    evidence: str


class ReserveAsked(msgspec.Struct, frozen=True):
    """How much, in major units, for how long, and for what."""

    amount: str
    minutes: int
    reference: str


def _day(text: str, field: str) -> date | None:
    """A day as it is typed. Raises BadChange."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadChange(field=field) from error


def _ppm(text: str) -> int | None:
    try:
        return int(Decimal(text) * PPM) if text else None
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise BadChange(field="share") from error


def run_open(settings: Settings, where: Where, asked: OpenAsked, *, json: bool) -> None:
    """Open a facility."""
    opening = Opening(
        level=asked.level, currency=asked.currency, name=asked.name, party=asked.party,
        amount=money.parse_amount(asked.limit, asked.currency), scene=asked.scene,
        parent=ids.read("fac", asked.parent) if asked.parent else None,
    )  # fmt: skip
    found = done(
        settings, where, lambda tx: stands(tx, [service.open_facility(tx, opening)])[0]
    )  # fmt: skip
    _tell([found], json=json, one=True)


def run_list(settings: Settings, where: Where, asked: ListAsked, *, json: bool) -> None:
    """Facilities, newest first."""

    def look(tx: Tx) -> list[Stand]:
        rows = store.facilities(
            tx, party=asked.party, level=asked.level, state=asked.state, limit=asked.limit
        )
        return stands(tx, rows)

    _tell(done(settings, where, look), json=json)


def run_show(settings: Settings, where: Where, ref: str, parts: int, *, json: bool) -> None:
    """One facility: the way up, what is below, the limit over time, the plan to come down."""
    id_ = ids.read("fac", ref)

    def look(tx: Tx) -> tuple[list[Stand], list[Stand], list[Told], list[Told]]:
        found = service.find(tx, id_)
        limit = limit_of(store.changes(tx, [id_])[id_])
        points = [
            {"since": f"{day}", "limit": limit.at(day), "causes": list(limit.causes(day))}
            for day in limit.changes(date.min)
        ]
        plan = [{"due": f"{p.due}", "amount": p.amount} for p in service.plan(tx, found.id, parts)]
        way, below = stands(tx, store.way_up(tx, id_)), stands(tx, store.below(tx, id_))
        return way, below, points, plan

    way, below, points, plan = done(settings, where, look)
    drawable, currency = narrowest(way).available, way[0].facility.currency
    if json:
        terminal.print_json(
            _told(way[0])
            | {"drawable": drawable, "above": [_told(s) for s in way[1:]],
               "below": [_told(s) for s in below], "limits": points, "plan": plan}
        )  # fmt: skip
        return
    _table([*reversed(way), *below])
    terminal.fields([(say("facility.drawable"), f"{Money(drawable, currency)}")])
    terminal.table(
        [say("facility.since"), say("facility.limit"), say("facility.causes")],
        [[p["since"], f"{Money(p['limit'], currency)}", ", ".join(p["causes"])] for p in points],
        numbers=(1,),
    )
    if plan:
        terminal.table(
            [say("facility.due"), say("facility.amount")],
            [[p["due"], f"{Money(p['amount'], currency)}"] for p in plan],
            numbers=(1,),
        )


def run_change(
    settings: Settings, where: Where, ref: str, asked: ChangeAsked, *, json: bool
) -> None:
    """Change a limit."""
    id_ = ids.read("fac", ref)

    def act(tx: Tx) -> Turned:
        currency = service.find(tx, id_).currency
        amount = money.parse_amount(asked.amount, currency) if asked.amount else None
        said = Asked(
            kind=asked.kind, cause=asked.cause, amount=amount, share_ppm=_ppm(asked.share),
            since=_day(asked.since, "since"), until=_day(asked.until, "until"),
            evidence=asked.evidence,
        )  # fmt: skip
        return service.change_limit(tx, id_, said)

    _turned(done(settings, where, act), json=json)


def run_freeze(
    settings: Settings, where: Where, ref: str, asked: tuple[str, str, str], *, json: bool
) -> None:
    """Freeze what is not drawn."""
    cause, until, share = asked
    last = _day(until, "until")
    if last is None:
        raise BadChange(field="until")
    said = Freezing(cause=cause, until=last, share_ppm=_ppm(share))
    id_ = ids.read("fac", ref)
    _turned(done(settings, where, lambda tx: service.freeze(tx, id_, said)), json=json)


def run_end(settings: Settings, where: Where, ref: str, cause: str, *, json: bool) -> None:
    """End an uplift, an achievement or a freeze before its day."""
    id_ = ids.read("fch", ref)
    _turned(done(settings, where, lambda tx: service.end(tx, id_, cause)), json=json)


def run_appeals(settings: Settings, where: Where, state: str, limit: int, *, json: bool) -> None:
    """Appeals, newest first."""
    _appeals(done(settings, where, lambda tx: store.appeals(tx, state=state, limit=limit)), json=json)  # fmt: skip


def run_appeal(settings: Settings, where: Where, ref: str, words: str, *, json: bool) -> None:
    """Appeal against a freeze."""
    id_ = ids.read("fch", ref)
    _appeals([done(settings, where, lambda tx: service.appeal(tx, id_, words))], json=json)


def run_decide(
    settings: Settings, where: Where, ref: str, verb: Literal["grant", "reject"], answer: str,
    *, json: bool,
) -> None:  # fmt: skip
    """Answer an appeal."""
    id_ = ids.read("fap", ref)
    decided = done(settings, where, lambda tx: service.decide_appeal(tx, id_, verb, answer))
    _appeals([decided], json=json)


def run_reserve(
    settings: Settings, where: Where, ref: str, asked: ReserveAsked, *, json: bool
) -> None:
    """Reserve for a drawdown."""
    id_ = ids.read("fac", ref)

    def act(tx: Tx) -> Exposure:
        amount = money.parse_amount(asked.amount, service.find(tx, id_).currency)
        until = tx.now + timedelta(minutes=asked.minutes)
        return port.reserve(tx, id_, amount, until, reference=asked.reference)

    _exposed(done(settings, where, act), json=json)


def run_draw(settings: Settings, where: Where, ref: str, amount: str, *, json: bool) -> None:
    """Draw a reservation."""
    id_ = ids.read("rsv", ref)

    def act(tx: Tx) -> Exposure:
        currency = service.find(tx, port.find(tx, id_).facility_id).currency
        return port.draw(tx, id_, money.parse_amount(amount, currency) if amount else None)

    _exposed(done(settings, where, act), json=json)


def run_release(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """Release a reservation."""
    id_ = ids.read("rsv", ref)
    _exposed(done(settings, where, lambda tx: port.release(tx, id_)), json=json)


def run_restore(
    settings: Settings, where: Where, ref: str, amount: str, reference: str, *, json: bool
) -> None:
    """Restore what was repaid; the same reference again changes nothing."""
    id_ = ids.read("fac", ref)

    def act(tx: Tx) -> Exposure:
        minor = money.parse_amount(amount, service.find(tx, id_).currency)
        cause: UUID = ids.derived(id_, f"cli/restore/{reference}")
        return port.restore(tx, id_, minor, cause=cause, reference=reference)

    _exposed(done(settings, where, act), json=json)


def _told(s: Stand) -> Told:
    of = s.facility
    return {
        "id": of.shown, "parent": ids.show("fac", of.parent_id) if of.parent_id else None,
        "level": of.level, "party": of.party, "scene": of.scene, "name": of.name,
        "state": of.state, "currency": of.currency, "limit": s.limit, "drawn": s.drawn,
        "held": s.held, "available": s.available, "over": s.over,
    }  # fmt: skip


def _tell(found: list[Stand], *, json: bool, one: bool = False) -> None:
    if json:
        terminal.print_json(_told(found[0]) if one else [_told(each) for each in found])
        return
    _table(found)


def _table(found: list[Stand]) -> None:
    rows = [
        [s.facility.shown, say(f"facility.level.{s.facility.level}"), s.facility.name,
         *(f"{Money(amount, s.facility.currency)}" for amount in (s.limit, s.drawn, s.held, s.available))]
        for s in found
    ]  # fmt: skip
    names = ("facility", "level", "name", "limit", "drawn", "held", "available")
    terminal.table([say(f"facility.{name}") for name in names], rows, numbers=(3, 4, 5, 6))


def _turned(turned: Turned, *, json: bool) -> None:
    if json:
        terminal.print_json(
            _told(turned.stand)
            | {"change": turned.change.shown, "kind": turned.change.kind, "cause": turned.change.cause}
        )  # fmt: skip
        return
    terminal.fields([(say("facility.change"), turned.change.shown)])
    _table([turned.stand])


def _appeals(found: list[Appeal], *, json: bool) -> None:
    if json:
        terminal.print_json([
            {"id": a.shown, "facility": ids.show("fac", a.facility_id),
             "freeze": ids.show("fch", a.freeze_id), "words": a.words, "state": a.state,
             "answer": a.answer, "made_at": a.made_at, "made_by": a.made_by}
            for a in found
        ])  # fmt: skip
        return
    rows = [
        [a.shown, ids.show("fch", a.freeze_id), say(f"facility.appeal.{a.state}"), a.words, a.answer]
        for a in found
    ]  # fmt: skip
    names = ("appeal", "freeze", "state", "words", "answer")
    terminal.table([say(f"facility.{name}") for name in names], rows)


def _exposed(done: Exposure, *, json: bool) -> None:
    made = done.reservation
    if json:
        terminal.print_json({
            "reservation": made.shown if made else None, "amount": done.amount,
            "currency": done.currency, "available": done.available, "again": done.again,
            "way": [_told(each) for each in done.stands],
        })  # fmt: skip
        return
    if made:
        terminal.fields([(say("facility.reservation"), made.shown)])
    _table(list(done.stands))
