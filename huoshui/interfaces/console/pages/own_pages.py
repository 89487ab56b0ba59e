"""Own pages of sellers and buyers: which addresses are out, until when; opened here, and ended."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts import pages
from huoshui.facts.pages import PartyPage
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked

SCOPE = "parties:write"
DAYS = 30
_TONES: dict[str, Tone] = {"open": "good", "expired": "warn", "ended": "neutral"}


def days_of(typed: str) -> int:
    """For how many days an address is good, as typed; 30 where nothing is, 0 for no number."""
    text = typed.strip()[:6]
    return int(text) if text.isdecimal() else 0 if text else DAYS


def own_pages_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Own pages, newest first; of one party where one is named."""
    shown, party = asked.limit(frame), frame.asked("party")
    found = pages.pages(tx, party, asked.cursor(frame, "ptp"), shown + 1)
    more, first = asked.paged(frame, "ptp", found)
    rows = tuple(_row(tx, frame, each) for each in found[:shown])
    names = ("id", "party", "state", "made", "by", "ends")
    return ListPage(
        title=frame.say("own_pages"),
        lead=frame.say("own_pages.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("own_pages"),
            columns=tuple(Column(title=frame.say(f"own_pages.{name}")) for name in names),
            rows=rows,
            empty=Empty(
                title=frame.say("own_pages.none"), detail=frame.say("own_pages.none.detail")
            ),
        ),
        filters=(Filter(name="party", label=frame.say("own_pages.party"), value=party),),
        deed=_open(frame, party) if frame.writes(SCOPE) else None,
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "own-pages"),
        api_calls=(
            ApiCall(path="/v1/party-pages?" + asked.query(party=party, limit=str(min(shown, 100)))),
            ApiCall(path="/v1/party-pages", method="POST"),
        ),
    )


def _row(tx: Tx, frame: Frame, found: PartyPage) -> Row:
    href = frame.to(f"own-pages/{found.shown}")
    return Row(
        key=found.shown,
        href=href,
        cells=(
            Id(found.shown, href), _party(frame, found), _state(tx, frame, found), found.made_at,
            found.made_by, found.ends_at,
        ),
    )  # fmt: skip


def _party(frame: Frame, found: PartyPage) -> Id:
    sells = found.party.startswith("slr_")
    return Id(found.party, frame.to(f"sellers/{found.party}") if sells else "")


def _state(tx: Tx, frame: Frame, found: PartyPage) -> Status:
    state = "ended" if found.ended_at else "open" if found.opens(tx.now) else "expired"
    return Status(frame.say(f"own_pages.state.{state}"), _TONES[state])


def _open(frame: Frame, party: str) -> Deed:
    return Deed(
        title=frame.say("own_pages.open"),
        label=frame.say("own_pages.open.do"),
        says=frame.say("own_pages.open.says"),
        href=frame.to("own-pages/open"),
        inputs=(
            Input(
                name="party", label=frame.say("own_pages.party"), value=party,
                hint=frame.say("own_pages.party.hint"),
            ),
            Input(name="days", label=frame.say("own_pages.days"), value=str(DAYS), needed=False),
        ),
    )  # fmt: skip


def own_page_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One own page; its address is told nowhere again. Raises UnknownPartyPage."""
    found = pages.find_page(tx, ids.read("ptp", key))
    says = {
        name: frame.say(f"own_pages.{name}") for name in ("party", "made", "by", "ends", "ended")
    }
    return ObjectPage(
        title=frame.say("own_pages.one"),
        lead=frame.say("own_pages.lead"),
        crumbs=(asked.home(frame), Link(frame.say("own_pages"), frame.to("own-pages"))),
        key=found.shown,
        status=_state(tx, frame, found),
        fields=(
            Figure(label=says["party"], value=_party(frame, found)),
            Figure(label=says["made"], value=found.made_at),
            Figure(label=says["by"], value=found.made_by),
            Figure(label=says["ends"], value=found.ends_at),
            Figure(label=says["ended"], value=found.ended_at),
        ),
        deeds=_end(tx, frame, found),
        api_calls=(ApiCall(path=f"/v1/party-pages/{found.shown}/end", method="POST"),),
    )


def _end(tx: Tx, frame: Frame, found: PartyPage) -> tuple[Deed, ...]:
    if not found.opens(tx.now) or not frame.writes(SCOPE):
        return ()
    return (
        Deed(
            label=frame.say("own_pages.end"),
            says=frame.say("own_pages.end.says"),
            href=frame.to(f"own-pages/{found.shown}/end"),
            icon="x",
            grave=True,
        ),
    )
