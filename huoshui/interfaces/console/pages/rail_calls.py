"""Calls to rails: the list, one of them with what its rail told, and the notices that came in."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Code,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    Moment,
    ObjectPage,
    Row,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.rails import rail_name
from huoshui.lines.payments.rails import CALL, inbox_store, registry, store
from huoshui.lines.payments.rails.inbox_store import NoticeRow
from huoshui.lines.payments.rails.store import CallRow

CALL_TONES: dict[str, Tone] = {
    "due": "neutral",
    "sent": "accent",
    "unknown": "warn",
    "pending": "accent",
    "succeeded": "good",
    "declined": "bad",
    "dropped": "neutral",
}
NOTICE_TONES: dict[str, Tone] = {
    "new": "accent",
    "waiting": "warn",
    "applied": "good",
    "repeated": "neutral",
    "contradicted": "bad",
    "unknown": "bad",
}


def rail_calls_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Calls, newest first, of one rail, state or payment."""
    shown = asked.limit(frame)
    given = {name: frame.asked(name) for name in ("rail", "state", "subject")}
    found = store.page(tx, **given, after=asked.cursor(frame, "rca"), limit=shown + 1)
    more, first = asked.paged(frame, "rca", found)
    rows = tuple(_row(frame, each) for each in found[:shown])
    names = ("call", "rail", "verb", "amount", "moved", "state", "code", "subject", "created")
    ends = ("amount", "moved")
    return ListPage(
        title=frame.say("menu.rail_calls"),
        lead=frame.say("rail_calls.lead"),
        crumbs=(asked.home(frame), Link(frame.say("menu.rails"), frame.to("rails"))),
        table=Table(
            title=frame.say("menu.rail_calls"),
            columns=tuple(
                Column(
                    title=frame.say(f"rail_calls.{name}"),
                    align="end" if name in ends else "start",
                    money=name in ends,
                )
                for name in names
            ),
            rows=rows,
            empty=Empty(
                title=frame.say("rail_calls.none"), detail=frame.say("rail_calls.none.detail")
            ),
        ),
        filters=(
            _rail_filter(frame),
            _state_filter(frame, "rail_call", CALL.states),
            Filter(name="subject", label=frame.say("rail_calls.subject"), value=given["subject"]),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "rail-calls"),
        api_calls=(ApiCall(path="/v1/rails/calls?" + asked.query(**given, limit=str(shown))),),
    )


def _rail_filter(frame: Frame) -> Filter:
    return Filter(
        name="rail",
        label=frame.say("rails.rail"),
        kind="choice",
        value=frame.asked("rail"),
        choices=tuple(Choice(name, rail_name(frame, name)) for name in registry.outside()),
        placeholder=frame.say("rail_calls.any"),
    )


def _state_filter(frame: Frame, noun: str, states: tuple[str, ...]) -> Filter:
    return Filter(
        name="state",
        label=frame.say("rail_calls.state"),
        kind="choice",
        value=frame.asked("state"),
        choices=tuple(Choice(each, _state(frame, noun, each)) for each in states),
        placeholder=frame.say("rail_calls.any"),
    )


def _state(frame: Frame, noun: str, state: str) -> str:
    return frame.say(f"state.{noun}.{state}")


def _status(frame: Frame, row: CallRow) -> Status:
    tone: Tone = "warn" if row.flag else CALL_TONES[row.state]
    return Status(_state(frame, "rail_call", row.state), tone)


def _why(frame: Frame, row: CallRow) -> str:
    """The code in words, and what is odd about the call."""
    told = [asked.word(frame, "decline", row.code)] if row.code else []
    if row.flag:
        told.append(frame.say(f"rail_calls.flag.{row.flag}"))
    return ", ".join(told)


def _row(frame: Frame, row: CallRow) -> Row:
    key = ids.show("rca", row.id)
    href = frame.to(f"rail-calls/{key}")
    moved = None if row.answered is None else Money(row.answered, row.currency)
    return Row(
        key=key,
        href=href,
        cells=(
            Id(key, href),
            rail_name(frame, row.rail),
            frame.say(f"rail_calls.verb.{row.verb}"),
            Money(row.amount, row.currency),
            moved,
            _status(frame, row),
            _why(frame, row),
            Code(asked.short(row.subject)),
            row.created_at,
        ),
    )


def rail_call_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One call: its state drawn, what was asked and moved, what the rail told. Raises NotFound."""
    row = store.call(tx, ids.read("rca", key))
    if row is None:
        raise NotFound(kind="rail call", id=key[:64])
    notices = inbox_store.of_call(tx, row.id)
    return ObjectPage(
        title=f"{rail_name(frame, row.rail)} · {frame.say(f'rail_calls.verb.{row.verb}')}",
        lead=_why(frame, row),
        crumbs=(
            asked.home(frame),
            Link(frame.say("menu.rails"), frame.to("rails")),
            Link(frame.say("menu.rail_calls"), frame.to("rail-calls")),
        ),
        key=key,
        status=_status(frame, row),
        steps=_steps(frame, row),
        figures=_figures(frame, row),
        fields=_fields(frame, row),
        timeline=tuple(_moment(frame, each) for each in notices),
        links=(Link(frame.say("rail_calls.same"), frame.to(f"rail-calls?subject={row.subject}")),),
        api_calls=(ApiCall(path=f"/v1/rails/calls/{key}"),),
    )


def _steps(frame: Frame, row: CallRow) -> tuple[Step, ...]:
    def text(state: str) -> str:
        return _state(frame, "rail_call", state)

    steps = [
        Step(text=text("due"), state="done" if row.state != "due" else "now", at=row.created_at)
    ]
    if row.state == "due":
        return (*steps, Step(text=text("sent"), state="ahead"))
    if row.asked_at:
        steps.append(
            Step(text=text("sent"), state="now" if row.state == "sent" else "done", at=row.asked_at)
        )
    if row.state in ("unknown", "pending"):
        steps.append(Step(text=text(row.state), state="now"))
    if row.settled_at:
        bad = row.state == "declined"
        steps.append(
            Step(text=text(row.state), state="failed" if bad else "now", at=row.settled_at)
        )
    else:
        steps.append(Step(text=frame.say("rail_calls.final"), state="ahead"))
    return tuple(steps)


def _figures(frame: Frame, row: CallRow) -> tuple[Figure, ...]:
    moved = None if row.answered is None else Money(row.answered, row.currency)
    odd = row.flag == "amount_differs"
    return (
        Figure(label=frame.say("rail_calls.amount"), value=Money(row.amount, row.currency)),
        Figure(
            label=frame.say("rail_calls.moved"),
            value=moved,
            hint=frame.say("rail_calls.flag.amount_differs") if odd else "",
            tone="warn" if odd else "neutral",
        ),
        Figure(label=frame.say("rail_calls.attempts"), value=row.attempts),
        Figure(label=frame.say("rail_calls.look"), value=row.look_at),
    )


def _fields(frame: Frame, row: CallRow) -> tuple[Figure, ...]:
    cells: tuple[tuple[str, Cell], ...] = (
        ("subject", Code(row.subject)),
        ("tender", row.tender),
        ("reference", Id(row.reference) if row.reference else None),
        ("about", Id(row.about) if row.about else None),
        ("code", Code(row.code) if row.code else None),
        ("action", Code(row.action) if row.action else None),
    )
    return tuple(
        Figure(label=frame.say(f"rail_calls.{name}"), value=cell)
        for name, cell in cells
        if cell is not None
    )


def _moment(frame: Frame, row: NoticeRow) -> Moment:
    times = f" · {frame.say('rail_notices.again', n=row.repeats)}" if row.repeats else ""
    return Moment(
        at=row.received_at,
        title=frame.say(f"rail_notices.kind.{row.kind}"),
        detail=f"{_state(frame, 'rail_notice', row.state)} · {row.event}{times}",
        icon="file-text",
        tone=NOTICE_TONES[row.state],
    )


def rail_notices_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """What rails told by themselves, newest first."""
    shown = asked.limit(frame)
    given = {name: frame.asked(name) for name in ("rail", "state")}
    found = inbox_store.page(tx, **given, after=asked.cursor(frame, "rnt"), limit=shown + 1)
    more, first = asked.paged(frame, "rnt", found)
    rows = tuple(_notice_row(frame, each) for each in found[:shown])
    names = ("event", "rail", "kind", "state", "call", "repeats", "received")
    return ListPage(
        title=frame.say("rails.notices"),
        lead=frame.say("rail_notices.lead"),
        crumbs=(asked.home(frame), Link(frame.say("menu.rails"), frame.to("rails"))),
        table=Table(
            title=frame.say("rails.notices"),
            columns=tuple(
                Column(
                    title=frame.say(f"rail_notices.{name}"),
                    align="end" if name == "repeats" else "start",
                )
                for name in names
            ),
            rows=rows,
            empty=Empty(
                title=frame.say("rail_notices.none"), detail=frame.say("rail_calls.none.detail")
            ),
        ),
        filters=(_rail_filter(frame), _state_filter(frame, "rail_notice", tuple(NOTICE_TONES))),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "rail-notices"),
        api_calls=(ApiCall(path="/v1/rails/notices?" + asked.query(**given, limit=str(shown))),),
    )


def _notice_row(frame: Frame, row: NoticeRow) -> Row:
    call = ids.show("rca", row.call_id) if row.call_id else ""
    return Row(
        key=ids.show("rnt", row.id),
        cells=(
            Id(row.event),
            rail_name(frame, row.rail),
            frame.say(f"rail_notices.kind.{row.kind}"),
            Status(_state(frame, "rail_notice", row.state), NOTICE_TONES[row.state]),
            Id(call, frame.to(f"rail-calls/{call}")) if call else None,
            row.repeats,
            row.received_at,
        ),
    )
