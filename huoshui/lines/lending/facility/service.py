"""What is done to facilities: open, change the limit, freeze, appeal, decide, close; their days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import access, ids, money
from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.facts.commerce import service as commerce
from huoshui.lines.lending.facility import store
from huoshui.lines.lending.facility.down import Part, plan_down
from huoshui.lines.lending.facility.model import (
    APPEAL,
    FACILITY,
    FREEZE_MOST,
    LEVELS,
    Appeal,
    BadChange,
    BadFacility,
    Change,
    Facility,
    FacilityClosed,
    FacilityInUse,
    Kind,
    Level,
    NotFrozen,
    OwnFreeze,
    UnknownAppeal,
    UnknownFacility,
    UnknownFacilityChange,
    limit_of,
)
from huoshui.lines.lending.facility.way import Stand, Way, open_accounts, stands
from huoshui.lines.lending.time.calendar import DueRule

TURN_DUE = "facility.turn"
PARTS = 6
_DAY = timedelta(days=1)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A facility to be opened, with its first base in minor units, from a day on (today)."""

    level: Level
    currency: str
    amount: int
    name: str
    party: str = ""
    scene: str = ""
    parent: UUID | None = None
    since: date | None = None
    cause: str = "opened"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a limit: a base, an uplift, or an uplift for an achievement; from a day on (today)."""

    kind: Literal["base", "uplift", "achievement"]
    cause: str
    since: date | None = None
    until: date | None = None
    amount: int | None = None
    share_ppm: int | None = None
    evidence: str = ""


class Freezing(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze of what is not drawn, from today to its last day; of all of it without a share."""

    cause: str
    until: date
    share_ppm: int | None = None
    evidence: str = ""


class Turned(msgspec.Struct, frozen=True):
    """What was said, and how the facility stands since."""

    change: Change
    stand: Stand


def find(tx: Tx, facility_id: UUID) -> Facility:
    """One facility. Raises UnknownFacility."""
    found = store.facility(tx, facility_id)
    if found is None:
        raise UnknownFacility(kind="facility", id=ids.show("fac", facility_id))
    return found


def find_change(tx: Tx, change_id: UUID) -> Change:
    """One change of a limit. Raises UnknownFacilityChange."""
    found = store.change(tx, change_id)
    if found is None:
        raise UnknownFacilityChange(kind="facility_change", id=ids.show("fch", change_id))
    return found


def find_appeal(tx: Tx, appeal_id: UUID) -> Appeal:
    """One appeal. Raises UnknownAppeal."""
    found = store.appeal(tx, appeal_id)
    if found is None:
        raise UnknownAppeal(kind="facility_appeal", id=ids.show("fap", appeal_id))
    return found


def open_facility(tx: Tx, asked: Opening) -> Facility:
    """Open a facility with a base limit. Raises BadFacility, UnknownCurrency, UnknownFacility,
    FacilityClosed, UnknownBuyer, UnknownSeller, NotFound for a book that is not there."""
    access.this_book(tx)
    money.digits(asked.currency)
    _check_opening(tx, asked)
    made = Facility(
        id=tx.id("fac", f"{asked.party}/{asked.scene}/{asked.name}/{tx.now.isoformat()}"),
        parent_id=asked.parent, level=asked.level, party=asked.party, scene=asked.scene,
        name=asked.name, currency=asked.currency, state=FACILITY.initial, opened_at=tx.now,
    )  # fmt: skip
    store.add(tx, made)
    open_accounts(tx, made)
    tx.emit("facility.opened", made.shown, party=made.party, level=made.level, currency=made.currency)  # fmt: skip
    base = Asked(kind="base", cause=asked.cause, since=asked.since, amount=asked.amount)
    change_limit(tx, made.id, base)
    return made


def _check_opening(tx: Tx, asked: Opening) -> None:
    if asked.amount < 0:
        raise BadFacility(field="amount")
    if bool(asked.scene) != (asked.level == "scene"):
        raise BadFacility(field="scene")
    if not asked.party and asked.level != "group":
        raise BadFacility(field="party")
    if asked.party:
        commerce.demand_party(tx, asked.party)
    if asked.parent is None:
        return
    above = find(tx, asked.parent)
    if LEVELS.index(above.level) >= LEVELS.index(asked.level):
        raise BadFacility(field="parent")
    if above.level == "borrower" and above.party != asked.party:
        raise BadFacility(field="party")
    if above.currency != asked.currency:
        raise BadFacility(field="currency")
    if above.state != "open":
        raise FacilityClosed(facility=above.shown)


def change_limit(tx: Tx, facility_id: UUID, asked: Asked) -> Turned:
    """Say what moves a limit, from today or a later day on. Raises BadChange, FacilityClosed."""
    way = _way(tx, facility_id)
    since = asked.since or way.day
    if since < way.day:
        raise BadChange(field="since")
    _check(asked, since)
    change = _change(
        tx, way, asked.kind, since, asked.cause, until=asked.until, amount=asked.amount,
        share_ppm=asked.share_ppm, evidence=asked.evidence,
    )  # fmt: skip
    return _say(way, change, "facility.changed")


def _check(asked: Asked, since: date) -> None:
    if not asked.cause.strip():
        raise BadChange(field="cause")
    if asked.until is not None and asked.until < since:
        raise BadChange(field="until")
    if asked.kind == "base":
        if asked.amount is None or asked.amount < 0 or asked.share_ppm is not None:
            raise BadChange(field="amount")
        return
    if asked.until is None:
        raise BadChange(field="until")  # what lifts a limit falls back by itself
    if (asked.amount is None) == (asked.share_ppm is None) or not (asked.amount or asked.share_ppm):
        raise BadChange(field="amount")
    if asked.kind == "achievement" and not asked.evidence:
        raise BadChange(field="evidence")


def freeze(tx: Tx, facility_id: UUID, asked: Freezing) -> Turned:
    """Freeze what is not drawn, or a share of it as it is now, until its last day; it ends by itself.

    Raises BadChange for one without reason or that lasts too long, FacilityClosed.
    """
    way = _way(tx, facility_id)
    if not asked.cause.strip():
        raise BadChange(field="cause")
    if not way.day <= asked.until <= way.day + FREEZE_MOST:
        raise BadChange(field="until")
    amount = None
    if asked.share_ppm is not None:
        here = way.stands()[0]
        amount = max(0, here.limit - here.drawn) * asked.share_ppm // 1_000_000
        if amount <= 0:
            raise BadChange(field="share")
    change = _change(
        tx, way, "freeze", way.day, asked.cause, until=asked.until, amount=amount,
        share_ppm=asked.share_ppm, evidence=asked.evidence,
    )  # fmt: skip
    return _say(way, change, "facility.frozen")


def end(tx: Tx, change_id: UUID, cause: str) -> Turned:
    """End an uplift, an achievement or a freeze before its day, from today on.

    Raises UnknownFacilityChange, BadChange for what has ended or cannot be ended.
    """
    change = find_change(tx, change_id)
    way = _way(tx, change.facility_id)
    return _end(tx, way, change, cause)


def _end(tx: Tx, way: Way, change: Change, cause: str) -> Turned:
    ended = [each.ends for each in store.changes(tx, [change.facility_id])[change.facility_id]]
    over = change.until is not None and change.until < way.day
    if change.kind in ("base", "end") or change.id in ended or over:
        raise BadChange(field="change")
    said = _change(tx, way, "end", way.day, cause, ends=change.id)
    return _say(way, said, "facility.thawed" if change.kind == "freeze" else "facility.changed")


def appeal(tx: Tx, freeze_id: UUID, words: str) -> Appeal:
    """Say why a freeze is wrong. Raises NotFrozen, UnknownFacilityChange, Conflict for a second one."""
    change = find_change(tx, freeze_id)
    limit = limit_of(
        each for each in store.changes(tx, [change.facility_id])[change.facility_id]
        if freeze_id in (each.id, each.ends)
    )  # fmt: skip
    if change.kind != "freeze" or not any(each.holds(access.today(tx)) for each in limit.freezes):
        raise NotFrozen(id=change.shown)
    if not words.strip():
        raise BadChange(field="words")
    made = Appeal(
        id=tx.id("fap", f"{change.shown}/{tx.now.isoformat()}/{words}"), facility_id=change.facility_id,
        freeze_id=freeze_id, words=words, state=APPEAL.initial, made_at=tx.now, made_by=tx.actor,
    )  # fmt: skip
    store.add_appeal(tx, made)
    tx.emit("facility.appealed", ids.show("fac", made.facility_id), appeal=made.shown, freeze=change.shown)  # fmt: skip
    return made


def decide_appeal(tx: Tx, appeal_id: UUID, verb: Literal["grant", "reject"], answer: str) -> Appeal:
    """Answer an appeal; granted, the freeze ends at once.

    Who froze may think better of it, but does not reject an appeal against it.
    Raises UnknownAppeal, IllegalMove, BadChange, OwnFreeze.
    """
    if not answer.strip():
        raise BadChange(field="answer")
    change = find_change(tx, find_appeal(tx, appeal_id).freeze_id)
    way = Way(tx, change.facility_id)  # accounts before rows, as everywhere
    before = store.appeal(tx, appeal_id, lock=True)
    assert before is not None
    state = APPEAL.after(before.state, verb)
    if verb == "reject" and change.actor == tx.actor:
        raise OwnFreeze(maker=change.actor)
    after = msgspec.structs.replace(
        before, state=state, decided_at=tx.now, decided_by=tx.actor,
        answer=answer,
    )  # fmt: skip
    store.decide(tx, after)
    standing = [
        each.cause for each in way.limits[change.facility_id].freezes if each.holds(way.day)
    ]
    if verb == "grant" and standing and not _ended(tx, change, way.day):
        _end(tx, way, change, answer)
    tx.emit("facility.appeal_decided", ids.show("fac", after.facility_id), appeal=after.shown, state=after.state)  # fmt: skip
    return after


def _ended(tx: Tx, change: Change, day: date) -> bool:
    listed = store.changes(tx, [change.facility_id])[change.facility_id]
    over = change.until is not None and change.until < day
    return over or any(each.ends == change.id for each in listed)


def close(tx: Tx, facility_id: UUID) -> Facility:
    """Let nothing more be drawn, for good. Raises FacilityInUse, IllegalMove."""
    way = Way(tx, facility_id)
    here, facility = way.stands()[0], way.lowest
    state = FACILITY.after(facility.state, "close")
    if here.drawn or here.held:
        raise FacilityInUse(facility=facility.shown, drawn=here.drawn, held=here.held)
    after = msgspec.structs.replace(facility, state=state, closed_at=tx.now)
    store.close(tx, after)
    tx.emit("facility.closed", after.shown, party=after.party)
    return after


def plan(
    tx: Tx, facility_id: UUID, parts: int = PARTS, rule: DueRule | None = None
) -> tuple[Part, ...]:
    """How what is drawn comes down to a limit that fell below it; empty where it did not.

    An offer: nothing falls due by it, and nobody is in default by it. Raises UnknownFacility.
    """
    here = stands(tx, [find(tx, facility_id)])[0]
    return plan_down(here.over, access.today(tx), parts, rule)


def turn(tx: Tx, items: list[Item]) -> None:
    """Due work: a day has begun on which a limit changes: what is open follows, and it is told."""
    for item in items:
        facility_id = ids.read("fac", item.payload["facility"])
        way = Way(tx, facility_id)
        way.align()
        way.flush()
        limit, here = way.limits[facility_id], way.stands()[0]
        for each in limit.freezes:
            if each.until == way.day - _DAY:
                tx.emit("facility.thawed", here.facility.shown, cause=each.cause, by="expiry")
        if limit.at(way.day) != limit.at(way.day - _DAY):
            tx.emit(
                "facility.turned", here.facility.shown, day=way.day.isoformat(), limit=here.limit,
                before=limit.at(way.day - _DAY), currency=way.currency,
            )  # fmt: skip
        _tell_over(way)


WORK: dict[str, Run] = {TURN_DUE: turn}


def _way(tx: Tx, facility_id: UUID) -> Way:
    """The way of a facility whose limit is to be changed. Raises UnknownFacility, FacilityClosed."""
    way = Way(tx, facility_id)
    if way.lowest.state != "open":
        raise FacilityClosed(facility=way.lowest.shown)
    return way


def _change(
    tx: Tx, way: Way, kind: Kind, since: date, cause: str, *, until: date | None = None,
    amount: int | None = None, share_ppm: int | None = None, evidence: str = "",
    ends: UUID | None = None,
) -> Change:  # fmt: skip
    number = way.said[way.lowest.id] + 1
    return Change(
        id=tx.id("fch", f"{way.lowest.shown}/{number}"), number=number, facility_id=way.lowest.id, kind=kind,
        since=since, until=until, amount=amount, share_ppm=share_ppm, cause=cause,
        evidence=evidence, ends=ends, recorded_at=tx.now, actor=tx.actor,
    )  # fmt: skip


def _say(way: Way, change: Change, event: str) -> Turned:
    """Write a change, bring what is open in line, and wake up on the days on which it changes again."""
    tx = way.tx
    store.add_change(tx, change)
    way.read_limits()
    way.align()
    way.flush()
    for day in way.limits[way.lowest.id].changes(way.day):
        tx.later(TURN_DUE, f"{way.lowest.shown}/{day}", access.midnight(tx, day), facility=way.lowest.shown)  # fmt: skip
    here = way.stands()[0]
    tx.emit(
        event, way.lowest.shown, change=change.shown, what=change.kind, cause=change.cause,
        since=change.since.isoformat(), until=change.until.isoformat() if change.until else "",
        limit=here.limit, currency=way.currency,
    )  # fmt: skip
    _tell_over(way)
    return Turned(change, here)


def _tell_over(way: Way) -> None:
    """Where more is drawn than the limit allows, say so, with the plan that is offered."""
    here = way.stands()[0]
    if not here.over:
        return
    parts = plan_down(here.over, way.day, PARTS)
    way.tx.emit(
        "facility.over", here.facility.shown, over=here.over, limit=here.limit, drawn=here.drawn,
        currency=way.currency,
        plan=[{"due": part.due.isoformat(), "amount": part.amount} for part in parts],
    )  # fmt: skip
