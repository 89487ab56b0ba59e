"""Facilities and appeals as lists: what was granted, what is used of it, who waits for an answer."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    Row,
    Several,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.devices import choice, state_of
from huoshui.lines.lending.facility import store
from huoshui.lines.lending.facility.model import APPEAL, FACILITY, LEVELS, Appeal
from huoshui.lines.lending.facility.way import Stand, stands

_AMOUNTS = ("limit", "drawn", "held", "available")
NAMES = ("name", "state", "level", *_AMOUNTS, "party", "id")


def facilities_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Facilities, newest first."""
    limit, state = asked.limit(frame), frame.asked("state")
    party, level = frame.asked("party"), frame.asked("level")
    found = store.facilities(
        tx, party=party, level=level, state=state, after=asked.cursor(frame, "fac"), limit=limit + 1
    )
    more, first = asked.paged(frame, "fac", found)
    rows = stands(tx, found[:limit])
    waiting = len(store.appeals(tx, state="open", limit=100))
    return ListPage(
        title=frame.say("facilities"),
        lead=frame.say("facilities.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("facilities"),
            columns=columns(frame),
            rows=tuple(row(frame, each) for each in rows),
            empty=Empty(
                title=frame.say("facilities.none"),
                detail=frame.say("facilities.none.detail"),
                command="huoshui facility open borrower 5000 --name … --party …",
            ),
        ),
        totals=_totals(frame, rows, waiting),
        links=(Link(frame.say("facilities.appeals"), frame.to("facility-appeals")),),
        filters=(
            Filter(name="party", label=frame.say("facilities.party"), value=party),
            Filter(
                name="level", label=frame.say("facilities.level"), kind="choice", value=level,
                placeholder=frame.say("devices.any"),
                choices=tuple(Choice(each, frame.say(f"facilities.level.{each}")) for each in LEVELS),
            ),
            choice(frame, "state", "facilities.state", state, FACILITY.states, machine="facility"),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "facilities"),
        api_calls=(
            ApiCall(
                path="/v1/facilities?"
                + asked.query(party=party, level=level, state=state, limit=str(min(limit, 100)))
            ),
        ),
    )  # fmt: skip


def columns(frame: Frame) -> tuple[Column, ...]:
    """The columns of facilities as a table."""
    return tuple(
        Column(
            title=frame.say(f"facilities.{name}"),
            align="end" if name in _AMOUNTS else "start",
            money=name in _AMOUNTS,
        )
        for name in NAMES
    )


def row(frame: Frame, each: Stand, *, depth: int = 0, strong: bool = False) -> Row:
    """A facility as a row, indented in a tree."""
    of, currency = each.facility, each.facility.currency
    href = frame.to(f"facilities/{of.shown}")
    return Row(
        key=of.shown,
        href=href,
        depth=depth,
        strong=strong,
        cells=(
            Link(of.name, href),
            tone_of(frame, each),
            frame.say(f"facilities.level.{of.level}"),
            *(Money(getattr(each, name), currency) for name in _AMOUNTS),
            Id(of.party) if of.party else None,
            Id(of.shown, href),
        ),
    )


def tone_of(frame: Frame, each: Stand) -> Status:
    """A facility's state; one under which more is drawn than its limit says so."""
    if each.over:
        return Status(frame.say("facilities.over"), "bad")
    if each.facility.state == "open" and each.limit > each.drawn and not each.available and not each.held:  # fmt: skip
        return Status(frame.say("facilities.frozen"), "warn")
    tone: Tone = "good" if each.facility.state == "open" else "neutral"
    return Status(state_of(frame, "facility", each.facility.state).text, tone)


def _totals(frame: Frame, rows: list[Stand], waiting: int) -> tuple[Figure, ...]:
    tops = [each for each in rows if each.facility.parent_id is None]
    currencies = sorted({each.facility.currency for each in tops})

    def total(name: str) -> Several:
        return Several(
            tuple(
                Money(sum(getattr(e, name) for e in tops if e.facility.currency == c), c)
                for c in currencies
            )
        )

    return (
        *(
            Figure(
                label=frame.say(f"facilities.{name}"),
                value=total(name),
                hint=frame.say("facilities.tops"),
            )
            for name in _AMOUNTS[:3]
        ),
        Figure(
            label=frame.say("facilities.waiting"),
            value=waiting,
            href=frame.to("facility-appeals?state=open"),
            tone="warn" if waiting else "neutral",
        ),
    )


def appeals_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Appeals against freezes, newest first; those that wait alone, where asked for."""
    limit, state = asked.limit(frame), frame.asked("state")
    found = store.appeals(tx, state=state, after=asked.cursor(frame, "fap"), limit=limit + 1)
    more, first = asked.paged(frame, "fap", found)
    return ListPage(
        title=frame.say("facilities.appeals"),
        lead=frame.say("facilities.appeals.lead"),
        crumbs=(asked.home(frame), Link(frame.say("facilities"), frame.to("facilities"))),
        table=appeal_table(frame, found[:limit]),
        filters=(choice(frame, "state", "facilities.state", state, APPEAL.states, machine="appeal"),),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "facility-appeals"),
        api_calls=(ApiCall(path="/v1/facility-appeals?" + asked.query(state=state)),),
    )  # fmt: skip


def appeal_table(frame: Frame, found: list[Appeal]) -> Table:
    """Appeals, each with what was said against it and for it."""
    names = ("facility", "words", "made_at", "state", "answer", "decided_at")
    return Table(
        title=frame.say("facilities.appeals"),
        columns=tuple(
            Column(title=frame.say(f"facilities.{name}"), wide=name in ("words", "answer"))
            for name in names
        ),
        rows=tuple(
            Row(
                key=each.shown,
                cells=(
                    Id(ids.show("fac", each.facility_id), _href(frame, each)),
                    each.words,
                    each.made_at,
                    appeal_state(frame, each.state),
                    each.answer,
                    each.decided_at,
                ),
                href=_href(frame, each),
            )
            for each in found
        ),
        empty=Empty(
            title=frame.say("facilities.no_appeals"),
            detail=frame.say("facilities.no_appeals.detail"),
        ),
    )


def appeal_state(frame: Frame, state: str) -> Status:
    """An appeal's state as a pill."""
    told = state_of(frame, "appeal", state)
    tones: dict[str, Tone] = {"open": "warn", "granted": "good"}
    return Status(told.text, tones.get(state, "neutral"))


def _href(frame: Frame, each: Appeal) -> str:
    return frame.to(f"facilities/{ids.show('fac', each.facility_id)}")
