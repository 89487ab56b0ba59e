"""The watch list: who is watched or held to be unlikely to pay, why and how long; entries put and taken off."""

from __future__ import annotations

from datetime import date

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
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
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages import said as said_by
from huoshui.lines.lending import marks
from huoshui.lines.lending.marks import WATCH, Mark, store
from huoshui.lines.lending.marks.model import KINDS, BadMark, Kind, UnknownMark

SCOPE = "loans:service"
Said = said_by.Said[str]
_NAMES = ("party", "kind", "since", "until", "reason", "state", "actor")


def watch_list_page(tx: Tx, frame: Frame, _: str = "", said: Said | None = None) -> ListPage:
    """Entries, newest first; those that hold today alone, unless all are asked for."""
    limit, party, kind = asked.limit(frame), frame.asked("party"), frame.asked("kind")
    which = frame.asked("which") or "holding"
    found = store.marks(
        tx, party=party, kind=kind, holding=access.today(tx) if which == "holding" else None,
        after=asked.cursor(frame, "mrk"), limit=limit + 1,
    )  # fmt: skip
    more, first = asked.paged(frame, "mrk", found)
    rows = found[:limit]
    return ListPage(
        title=frame.say("watch_list"),
        lead=frame.say("watch_list.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        table=table(frame, frame.say("watch_list"), rows),
        filters=_filters(frame, party, kind, which),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "watch-list"),
        deeds=putting(frame, party, said),
        api_calls=(ApiCall(path="/v1/watch-list?" + asked.query(party=party, kind=kind)),),
    )


def _filters(frame: Frame, party: str, kind: str, which: str) -> tuple[Filter, ...]:
    return (
        Filter(name="party", label=frame.say("watch_list.party"), value=party, placeholder="slr_…"),
        Filter(
            name="kind", label=frame.say("watch_list.kind"), value=kind, kind="choice",
            placeholder=frame.say("devices.any"), choices=_kinds(frame),
        ),
        Filter(
            name="which", label=frame.say("watch_list.which"), value=which, kind="choice",
            choices=tuple(
                Choice(each, frame.say(f"watch_list.which.{each}")) for each in ("holding", "all")
            ),
        ),
    )  # fmt: skip


def _kinds(frame: Frame) -> tuple[Choice, ...]:
    return tuple(Choice(each, frame.say(f"watch_list.kind.{each}")) for each in KINDS)


def table(frame: Frame, title: str, rows: list[Mark]) -> Table:
    """Entries as a table."""
    return Table(
        title=title,
        columns=tuple(
            Column(title=frame.say(f"watch_list.{name}"), wide=name == "reason") for name in _NAMES
        ),
        rows=tuple(_row(frame, each) for each in rows),
        empty=Empty(title=frame.say("watch_list.none"), detail=frame.say("watch_list.none.detail")),
    )


def _row(frame: Frame, each: Mark) -> Row:
    href = frame.to(f"watch-list/{each.shown}")
    cells = (
        Id(each.party, frame.to(f"borrowers/{each.party}")),
        Link(frame.say(f"watch_list.kind.{each.kind}"), href), each.since, each.until, each.reason,
        state_of(frame, each), each.actor,
    )  # fmt: skip
    return Row(key=each.shown, href=href, cells=cells)


def state_of(frame: Frame, each: Mark) -> Status:
    """Whether an entry stands."""
    name = i18n.text(f"state.party_mark.{each.state}", frame.lang)
    tone = "neutral" if each.state == "removed" else "bad" if each.kind != "watched" else "warn"
    return Status(name, tone)  # type: ignore[arg-type]


def putting(frame: Frame, party: str, said: Said | None) -> tuple[Deed, ...]:
    """The form by which a borrower is put on the list."""
    if not frame.writes(SCOPE):
        return ()
    own = said if said and said.verb == "put" else None

    def of(name: str, otherwise: str = "") -> str:
        return own.of(name) if own else otherwise

    say = frame.say
    day = say("loan.field.day.hint")
    return (
        Deed(
            title=say("watch_list.put"), label=say("watch_list.put.do"),
            says=say("watch_list.put.says"), href=frame.to("watch-list/-/put"), icon="check",
            inputs=(
                Input(name="party", label=say("watch_list.party"), value=of("party", party),
                      hint=say("watch_list.party.hint")),
                Input(name="kind", label=say("watch_list.kind"), kind="choice", choices=_kinds(frame),
                      value=of("kind", KINDS[0])),
                Input(name="reason", label=say("watch_list.reason"), value=of("reason")),
                Input(name="since", label=say("watch_list.since"), value=of("since"), needed=False,
                      hint=day),
                Input(name="until", label=say("watch_list.until"), value=of("until"), needed=False,
                      hint=say("watch_list.until.hint")),
            ),
            problem=own.problem if own else "",
        ),
    )  # fmt: skip


def put(tx: Tx, said: Said) -> Mark:
    """Put a borrower on the list as a form says. Raises BadMark, MarkLate."""
    kind: Kind = "unlikely_to_pay" if said.of("kind") == "unlikely_to_pay" else "watched"
    return marks.put(
        tx, said.of("party"), kind, said.of("reason"), since=_day(said, "since"),
        until=_day(said, "until"),
    )  # fmt: skip


def _day(said: Said, name: str) -> date | None:
    try:
        return date.fromisoformat(said.of(name)) if said.of(name) else None
    except ValueError as error:
        raise BadMark(field=name) from error


def mark_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One entry. Raises BadId, UnknownMark."""
    found = store.mark(tx, ids.read("mrk", key))
    if found is None:
        raise UnknownMark(kind="party mark", id=key)
    fields = (
        ("party", Id(found.party, frame.to(f"borrowers/{found.party}"))),
        ("since", found.since), ("until", found.until), ("reason", found.reason),
        ("actor", found.actor), ("recorded_at", found.recorded_at), ("ended_on", found.ended_on),
        ("ended_by", found.ended_by or None), ("ended_why", found.ended_why or None),
    )  # fmt: skip
    return ObjectPage(
        title=frame.say(f"watch_list.kind.{found.kind}"),
        lead=found.reason,
        crumbs=(asked.home(frame), Link(frame.say("watch_list"), frame.to("watch-list"))),
        key=found.shown,
        status=state_of(frame, found),
        fields=tuple(
            Figure(label=frame.say(f"watch_list.{name}"), value=value) for name, value in fields
        ),
        deeds=_deeds(frame, found, said),
        api_calls=(
            ApiCall(path=f"/v1/watch-list/{found.shown}/remove", method="POST", body='{"why": ""}'),
        ),
    )


def _deeds(frame: Frame, found: Mark, said: Said | None) -> tuple[Deed, ...]:
    if not frame.writes(SCOPE):
        return ()
    verb = WATCH.allowed(found.state)[0]
    why = Input(name="why", label=frame.say("watch_list.ended_why"), needed=False)
    return (
        Deed(
            title=i18n.text(f"verb.party_mark.{verb}", frame.lang),
            label=i18n.text(f"verb.party_mark.{verb}", frame.lang),
            says=frame.say(f"watch_list.{verb}.says"),
            href=frame.to(f"watch-list/{found.shown}/{verb}"),
            inputs=(why,) if verb == "remove" else (),
            icon="undo-2" if verb == "restore" else "check",
            problem=said.problem if said and said.verb == verb else "",
        ),
    )


def move(tx: Tx, key: str, said: Said) -> Mark:
    """Take an entry off, or undo that. Raises NotFound, UnknownMark, IllegalMove, MarkLate."""
    id_ = ids.read("mrk", key)
    if said.verb == "remove":
        return marks.remove(tx, id_, said.of("why"))
    if said.verb == "restore":
        return marks.restore(tx, id_)
    raise NotFound(kind="page", id=said.verb[:40])
