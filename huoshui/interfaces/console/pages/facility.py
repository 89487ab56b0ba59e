"""One facility: its tree, its limit over time with what is used of it, freezes, appeals, and forms."""

from __future__ import annotations

from datetime import date, timedelta

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Column,
    Empty,
    Figure,
    Frame,
    Id,
    Link,
    ObjectPage,
    Part,
    Row,
    Series,
    Status,
    Table,
    Unit,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.facilities import appeal_table, columns, row, tone_of
from huoshui.interfaces.console.pages.facility_acts import Said, deeds
from huoshui.ledger import service as ledger
from huoshui.ledger.history.service import HistoryArchived, balance_at
from huoshui.ledger.model import UnknownAccount
from huoshui.lines.lending.facility import chart as accounts
from huoshui.lines.lending.facility import port, service, store
from huoshui.lines.lending.facility.limit import Limit
from huoshui.lines.lending.facility.model import PPM, Change, Facility, limit_of
from huoshui.lines.lending.facility.way import Stand, narrowest, stands

_POINTS = 40
_AHEAD = timedelta(days=14)
_DAY = timedelta(days=1)


def facility_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One facility. Raises BadId, UnknownFacility."""
    found = service.find(tx, ids.read("fac", key))
    way, below = stands(tx, store.way_up(tx, found.id)), stands(tx, store.below(tx, found.id))
    here, said_of = way[0], store.changes(tx, [found.id])[found.id]
    limit = limit_of(said_of)
    appeals = store.appeals(tx, facility=found.id, limit=50)
    return ObjectPage(
        title=found.name,
        lead=frame.say("facility.lead"),
        crumbs=(asked.home(frame), Link(frame.say("facilities"), frame.to("facilities"))),
        key=found.shown,
        status=tone_of(frame, here),
        figures=_figures(frame, here, way),
        whole=_whole(frame, here),
        charts=(_curve(tx, frame, found, limit),),
        fields=_fields(frame, found, limit, access.today(tx)),
        tables=(
            _tree(frame, way, below),
            _changes(tx, frame, said_of, found),
            *((_plan(tx, frame, here),) if here.over else ()),
            appeal_table(frame, appeals),
            _reservations(tx, frame, found),
        ),
        deeds=deeds(frame, found, [each for each in appeals if each.state == "open"],
                    _endable(said_of, access.today(tx)), said),
        api_calls=(
            ApiCall(path=f"/v1/facilities/{found.shown}"),
            ApiCall(path=f"/v1/facilities/{found.shown}/changes"),
            ApiCall(
                path=f"/v1/facilities/{found.shown}/freeze?dry_run=true", method="POST",
                body=f'{{"cause": "…", "until": "{access.today(tx) + _AHEAD}"}}',
            ),
        ),
    )  # fmt: skip


def _endable(said: list[Change], day: date) -> list[Change]:
    """What could be ended before its day: uplifts and freezes that still run."""
    ended = {each.ends for each in said}
    return [
        each
        for each in said
        if each.kind not in ("base", "end") and each.id not in ended
        and (each.until is None or each.until >= day)
    ]  # fmt: skip


def _figures(frame: Frame, here: Stand, way: list[Stand]) -> tuple[Figure, ...]:
    currency, least = here.facility.currency, narrowest(way)
    figures = [
        Figure(label=frame.say(f"facilities.{name}"), value=Money(getattr(here, name), currency))
        for name in ("limit", "drawn", "held")
    ]
    hint = "" if least is here else frame.say("facility.narrowest", name=least.facility.name)
    figures.append(
        Figure(
            label=frame.say("facility.drawable"), value=Money(least.available, currency), hint=hint
        )
    )
    if here.over:
        figures.append(
            Figure(
                label=frame.say("facility.over"), value=Money(here.over, currency), tone="bad",
                hint=frame.say("facility.over.means"),
            )
        )  # fmt: skip
    return tuple(figures)


def _whole(frame: Frame, here: Stand) -> Whole:
    currency = here.facility.currency
    rest = max(0, here.limit - here.drawn - here.held - here.available)
    parts = (("drawn", here.drawn), ("held", here.held), ("available", here.available), ("stopped", rest))  # fmt: skip
    return Whole(
        title=frame.say("facility.whole"),
        parts=tuple(
            Part(label=frame.say(f"facilities.{name}"), amount=Money(amount, currency), series=n)
            for n, (name, amount) in enumerate(parts, 1)
        ),
    )


def _curve(tx: Tx, frame: Frame, of: Facility, limit: Limit) -> Chart:
    """The limit by day, past and to come, with what was drawn and reserved at the ends of days."""
    on = access.today(tx)
    days = _days(of, limit, on, of.opened_at.astimezone(access.zone_of(tx)).date())
    used = [_used(tx, of, day) if day <= on else (None, None) for day in days]
    return Chart(
        key="limit",
        question=frame.say("facility.curve"),
        summary=frame.say("facility.curve.summary"),
        x=tuple(days),
        x_title=frame.say("overview.day"),
        series=(
            Series(name=frame.say("facilities.drawn"), values=tuple(d for d, _ in used),
                   shape="bar", stack="used", colour=1),
            Series(name=frame.say("facilities.held"), values=tuple(h for _, h in used),
                   shape="bar", stack="used", colour=2),
            Series(name=frame.say("facilities.limit"), values=tuple(limit.at(d) for d in days),
                   shape="line", colour=3),
        ),
        unit=Unit(kind="money", currency=of.currency),
        wide=True,
        api_call=ApiCall(path=f"/v1/facilities/{of.shown}"),
    )  # fmt: skip


def _days(of: Facility, limit: Limit, on: date, opened: date) -> list[date]:
    """Days to draw: evenly from the opening to behind the last change, and each day of a change."""
    turns = limit.changes(opened - _DAY)
    last = max(on, *turns) + _AHEAD if turns else on + _AHEAD
    step = max(1, -(-(last - opened).days // _POINTS))
    even = {opened + timedelta(days=n) for n in range(0, (last - opened).days + 1, step)}
    near = {day for turn in turns[:_POINTS] for day in (turn - _DAY, turn) if day >= opened}
    return sorted(even | near | {on})


def _used(tx: Tx, of: Facility, day: date) -> tuple[int | None, int | None]:
    """What was drawn and held at the end of a day; None where history is archived."""
    at = min(access.midnight(tx, day + _DAY), tx.now)
    try:
        drawn = ledger.account_at(tx, accounts.path(of.shown, accounts.DRAWN), of.currency)
        open_ = ledger.account_at(tx, accounts.path(of.shown, accounts.OPEN), of.currency)
        held = balance_at(tx, open_.id, at).held_out
        return balance_at(tx, drawn.id, at).balance, held or 0
    except (HistoryArchived, UnknownAccount):
        return None, None


def _fields(frame: Frame, of: Facility, limit: Limit, on: date) -> tuple[Figure, ...]:
    turns = limit.changes(on)
    return (
        Figure(label=frame.say("facilities.level"), value=frame.say(f"facilities.level.{of.level}")),
        Figure(label=frame.say("facilities.party"), value=Id(of.party) if of.party else None),
        Figure(label=frame.say("facilities.scene"), value=of.scene or None),
        Figure(label=frame.say("facility.opened_at"), value=of.opened_at),
        Figure(label=frame.say("facility.because"), value=", ".join(limit.causes(on)) or None),
        Figure(label=frame.say("facility.next"), value=turns[0] if turns else None),
    )  # fmt: skip


def _tree(frame: Frame, way: list[Stand], below: list[Stand]) -> Table:
    """The way up, the facility itself, and all below it, indented."""
    rows = [
        row(frame, each, depth=n, strong=each is way[0]) for n, each in enumerate(reversed(way))
    ]
    depths = {way[0].facility.id: len(way) - 1}
    children: dict[object, list[Stand]] = {}
    for each in below:
        children.setdefault(each.facility.parent_id, []).append(each)
        depths[each.facility.id] = depths[each.facility.parent_id or each.facility.id] + 1

    def grow(parent: object) -> None:
        for each in children.get(parent, []):
            rows.append(row(frame, each, depth=depths[each.facility.id]))
            grow(each.facility.id)

    grow(way[0].facility.id)
    return Table(title=frame.say("facility.tree"), columns=columns(frame), rows=tuple(rows))


def _changes(tx: Tx, frame: Frame, said: list[Change], of: Facility) -> Table:
    """All that moves the limit, newest first, freezes with their reasons."""
    names = ("kind", "now", "since", "until", "amount", "cause", "evidence", "recorded_at", "actor")
    ended, on = {each.ends: each for each in said}, access.today(tx)
    return Table(
        title=frame.say("facility.changes"),
        columns=tuple(
            Column(
                title=frame.say(f"facility.{name}"), wide=name == "cause",
                align="end" if name == "amount" else "start",
            )
            for name in names
        ),
        rows=tuple(
            Row(
                key=each.shown,
                cells=(
                    frame.say(f"facility.kind.{each.kind}"),
                    _now(frame, each, ended.get(each.id), on),
                    each.since,
                    each.until,
                    _moved_by(frame, each, of),
                    each.cause,
                    Id(each.evidence) if each.evidence else None,
                    each.recorded_at,
                    each.actor,
                ),
            )
            for each in reversed(said)
        ),
    )  # fmt: skip


def _moved_by(frame: Frame, each: Change, of: Facility) -> Money | str | None:
    if each.amount is not None:
        return Money(each.amount, of.currency)
    if each.share_ppm is not None:
        return f"+{each.share_ppm * 100 / PPM:g} %"
    return frame.say("facility.all") if each.kind == "freeze" else None


def _now(frame: Frame, each: Change, ended: Change | None, on: date) -> Status | None:
    """Whether a change is in force."""
    if each.kind == "end":
        return None
    if ended is not None and ended.since <= on:
        return Status(frame.say("facility.now.ended"))
    if each.since > on:
        return Status(frame.say("facility.now.ahead"), "accent")
    if each.until is not None and each.until < on:
        return Status(frame.say("facility.now.over"))
    return Status(frame.say("facility.now.holds"), "warn" if each.kind == "freeze" else "good")


def _plan(tx: Tx, frame: Frame, here: Stand) -> Table:
    """How what is drawn comes down to the limit: an offer."""
    return Table(
        title=frame.say("facility.plan"),
        note=frame.say("facility.plan.note"),
        columns=(
            Column(title=frame.say("facility.due")),
            Column(title=frame.say("facility.amount"), align="end", money=True),
        ),
        rows=tuple(
            Row(cells=(part.due, Money(part.amount, here.facility.currency)))
            for part in service.plan(tx, here.facility.id)
        ),
    )


def _reservations(tx: Tx, frame: Frame, of: Facility) -> Table:
    names = ("id", "amount", "held", "state", "until", "reference")
    made = store.reservations(tx, facility=of.id, limit=20)
    return Table(
        title=frame.say("facility.reservations"),
        columns=tuple(
            Column(
                title=frame.say(f"facilities.{name}" if name in ("id", "held", "state") else f"facility.{name}"),
                align="end" if name in ("amount", "held") else "start",
                money=name in ("amount", "held"),
            )
            for name in names
        ),
        rows=tuple(
            Row(
                cells=(
                    Id(fate.reservation.shown),
                    Money(fate.reservation.amount, fate.currency),
                    Money(fate.held, fate.currency),
                    Status(
                        frame.say(f"facility.fate.{fate.state}"),
                        "accent" if fate.state == "held" else "neutral",
                    ),
                    fate.reservation.until,
                    fate.reservation.reference,
                )
            )
            for fate in port.fates(tx, made)
        ),
        empty=Empty(
            title=frame.say("facility.no_reservations"),
            detail=frame.say("facility.no_reservations.detail"),
        ),
    )  # fmt: skip
