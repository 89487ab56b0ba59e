"""The reconciliation queue, one line of a file with what it may belong to, and the files."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    Action,
    ApiCall,
    Cell,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Lines,
    Link,
    ListPage,
    ObjectPage,
    Path,
    Row,
    Several,
    Span,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.batches import who
from huoshui.lines.payments.reconciliation import File, Item, Line, intake, queue, store, suggest
from huoshui.lines.payments.reconciliation.check import IN_SUSPENSE
from huoshui.lines.payments.settlement import store as settlement_store

_TONES: dict[str, Tone] = {
    "new": "neutral", "suspense": "warn", "asked": "warn", "matched": "good", "booked": "good",
    "split": "neutral", "written_off": "neutral",
}  # fmt: skip
_CAUSES = ("unknown", "amount_differs", "nothing_open", "several_candidates", "arrived")
_SHOWN_NAME = 24


def line_state(frame: Frame, state: str) -> Status:
    """The state of a line."""
    return Status(frame.say(f"lines.state.{state}"), _TONES[state])


def queue_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Lines that wait in suspense, newest first; or those of another state."""
    limit = asked.limit(frame)
    state = frame.asked("state")
    states = IN_SUSPENSE if state not in _TONES else (state,)
    found = store.lines(
        tx,
        states=states,
        cause=frame.asked("cause"),
        rail=frame.asked("rail"),
        after=asked.cursor(frame, "stl"),
        limit=limit + 1,
    )
    more, first = asked.paged(frame, "stl", found)
    return ListPage(
        title=frame.say("queue"),
        lead=frame.say("queue.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("files"), frame.to("files"), "file-text"),),
        totals=_totals(tx, frame),
        filters=_filters(frame, state),
        table=Table(
            title=frame.say("queue"),
            columns=_columns(frame),
            rows=tuple(_row(tx, frame, line) for line in found[:limit]),
            empty=Empty(
                title=frame.say("queue.none"),
                detail=frame.say("queue.none.detail"),
                command="huoshui reconcile FILE --rail card",
            ),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "reconciliation"),
        actions=(
            (Action(label=frame.say("queue.match"), href=frame.to("act/match-lines")),)
            if frame.may_settle and states == IN_SUSPENSE
            else ()
        ),
        api_calls=(
            ApiCall(path="/v1/reconciliation/lines?" + asked.query(state=state or "suspense")),
            ApiCall(path="/v1/reconciliation/check", note=frame.say("queue.api")),
        ),
    )


def _totals(tx: Tx, frame: Frame) -> tuple[Figure, ...]:
    waits = [s for s in store.sums(tx) if s.state in IN_SUSPENSE]
    amounts: dict[str, int] = {}
    for each in waits:
        amounts[each.currency] = amounts.get(each.currency, 0) + each.gross
    days = settlement_store.settlement_terms(tx).alarm_days
    aged = store.ages(tx, [tx.now - timedelta(days=n) for n in days])
    return (
        Figure(
            label=frame.say("queue.waits"),
            value=sum(each.lines for each in waits),
            tone="warn" if waits else "good",
        ),
        Figure(
            label=frame.say("queue.money"),
            value=Several(tuple(Money(a, c) for c, a in amounts.items())) if amounts else 0,
        ),
        *(
            Figure(
                label=frame.say("queue.aged", days=count),
                value=number,
                tone="bad" if number else "neutral",
            )
            for count, number in zip(days, aged, strict=True)
        ),
    )


def _filters(frame: Frame, state: str) -> tuple[Filter, ...]:
    return (
        Filter(
            name="state",
            label=frame.say("lines.state"),
            kind="choice",
            value=state if state in _TONES else "",
            choices=tuple(Choice(s, frame.say(f"lines.state.{s}")) for s in _TONES),
            placeholder=frame.say("queue.waiting"),
        ),
        Filter(
            name="cause",
            label=frame.say("lines.cause"),
            kind="choice",
            value=frame.asked("cause"),
            choices=tuple(Choice(c, frame.say(f"lines.cause.{c}")) for c in _CAUSES),
            placeholder=frame.say("queue.any"),
        ),
        Filter(name="rail", label=frame.say("lines.rail"), value=frame.asked("rail")),
    )


def _columns(frame: Frame) -> tuple[Column, ...]:
    return (
        Column(title=frame.say("lines.line")),
        Column(title=frame.say("lines.state")),
        Column(title=frame.say("lines.cause")),
        Column(title=frame.say("lines.age")),
        Column(title=frame.say("lines.at")),
        Column(title=frame.say("lines.kind")),
        Column(title=frame.say("lines.reference"), wide=True),
        Column(title=frame.say("lines.gross"), align="end", money=True),
        Column(title=frame.say("lines.net"), align="end", money=True),
    )


def _row(tx: Tx, frame: Frame, line: Line) -> Row:
    key = ids.show("stl", line.id)
    href = frame.to(f"reconciliation/{key}")
    return Row(
        key=key,
        href=href,
        cells=(
            Link(f"#{line.number}", href),
            line_state(frame, line.state),
            asked.word(frame, "lines.cause", line.cause),
            Span(int((tx.now - line.since).total_seconds())),
            line.at,
            line.kind,
            Path(line.reference or line.note),
            Money(line.gross, line.currency),
            Money(line.net, line.currency),
        ),
    )


def line_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One line of a file. Raises UnknownLine, BadId."""
    line = queue.load_line(tx, ids.read("stl", key))
    file = intake.load(tx, line.file_id)
    waits = line.state == "suspense"
    return ObjectPage(
        title=frame.say("lines.title", number=line.number, file=file.name[:_SHOWN_NAME]),
        lead=frame.say("lines.lead"),
        crumbs=(asked.home(frame), Link(frame.say("queue"), frame.to("reconciliation"))),
        key=key,
        status=line_state(frame, line.state),
        steps=_steps(frame, line, file),
        figures=(
            Figure(label=frame.say("lines.gross"), value=Money(line.gross, line.currency)),
            Figure(label=frame.say("lines.fee"), value=Money(line.fee, line.currency)),
            Figure(label=frame.say("lines.net"), value=Money(line.net, line.currency)),
        ),
        fields=_fields(frame, line, file),
        lines=_suggestions(tx, frame, line) if waits else None,
        tables=_matched(tx, frame, line),
        deed=_deed(frame, line, key),
        deeds=_deeds(frame, line, key),
        notes=(frame.say("lines.note"),) if waits else (),
        api_calls=_calls(line, key),
    )


def _calls(line: Line, key: str) -> tuple[ApiCall, ...]:
    calls = [
        ApiCall(path=f"/v1/reconciliation/lines/{key}"),
        ApiCall(path=f"/v1/reconciliation/lines/{key}/suggestions"),
    ]
    if line.match_id:
        match = ids.show("mat", line.match_id)
        calls.append(ApiCall(path=f"/v1/reconciliation/matches/{match}"))
    if line.state == "suspense":
        calls.append(
            ApiCall(
                path=f"/v1/reconciliation/lines/{key}/split?dry_run=true",
                method="POST",
                body=f'{{"amounts":[{line.gross - 1},1]}}',
            )
        )
    return tuple(calls)


def _steps(frame: Frame, line: Line, file: File) -> tuple[Step, ...]:
    ended = line.state in ("matched", "booked", "written_off", "split")
    return (
        Step(text=frame.say("files.imported"), state="done", at=file.imported_at),
        Step(text=frame.say("lines.state.suspense"), state="done" if ended else "now"),
        Step(
            text=frame.say(f"lines.state.{line.state if ended else 'matched'}"),
            state="done" if ended else "ahead",
        ),
    )


def _fields(frame: Frame, line: Line, file: File) -> tuple[Figure, ...]:
    arrived = None
    if line.arrival_id:
        href = frame.to(f"transactions/{ids.show('txn', line.arrival_id)}")
        arrived = Link(frame.say("order.transaction"), href)
    return (
        Figure(label=frame.say("lines.cause"), value=asked.word(frame, "lines.cause", line.cause)),
        Figure(label=frame.say("lines.kind"), value=line.kind),
        Figure(label=frame.say("lines.reference"), value=Code(line.reference)),
        Figure(label=frame.say("lines.subject"), value=Code(line.subject)),
        Figure(label=frame.say("lines.batch"), value=line.batch),
        Figure(label=frame.say("lines.remark"), value=line.note),
        Figure(label=frame.say("lines.at"), value=line.at),
        Figure(label=frame.say("lines.rail"), value=line.rail),
        Figure(label=frame.say("lines.target"), value=Path(file.target)),
        Figure(label=frame.say("lines.arrival"), value=arrived),
        Figure(label=frame.say("lines.asked_by"), value=who(frame, line.asked_by)),
        Figure(label=frame.say("lines.reason"), value=line.reason),
    )


def _suggestions(tx: Tx, frame: Frame, line: Line) -> Lines:
    found = suggest(tx, line)
    return Lines(
        table=Table(
            title=frame.say("lines.suggestions"),
            columns=(
                *_item_columns(frame),
                Column(title=frame.say("lines.why")),
                Column(
                    title=frame.say("lines.difference"),
                    align="end",
                    hint=frame.say("lines.difference.means"),
                ),
            ),
            rows=tuple(
                Row(
                    key=item_key(line, each.item),
                    cells=(
                        *_item_cells(frame, each.item, line.currency),
                        frame.say(f"lines.why.{each.why}"),
                        Money(each.difference, line.currency),
                    ),
                )
                for each in found
            ),
            note="" if found else frame.say("lines.no_suggestions"),
        ),
        actions=(
            (Action(label=frame.say("lines.match"), href=frame.to("act/match-items")),)
            if frame.may_settle and found
            else ()
        ),
    )


def item_key(line: Line, item: Item) -> str:
    """What names a suggestion in a form: the line and the open item."""
    names = (("stl", line.id), ("txn", item.txn_id), ("acc", item.account_id))
    return "~".join([*(ids.show(prefix, id_) for prefix, id_ in names), str(item.leg)])


def _item_columns(frame: Frame) -> tuple[Column, ...]:
    return (
        Column(title=frame.say("lines.expected")),
        Column(title=frame.say("windows.account")),
        Column(title=frame.say("lines.reference"), wide=True),
        Column(title=frame.say("order.at")),
        Column(title=frame.say("order.amount"), align="end"),
    )


def _item_cells(frame: Frame, item: Item, currency: str) -> tuple[Cell, ...]:
    transaction = ids.show("txn", item.txn_id)
    return (
        Path(transaction, frame.to(f"transactions/{transaction}")),
        Path(item.path),
        Path(item.reference),
        item.at,
        Money(item.amount, currency),
    )


def _matched(tx: Tx, frame: Frame, line: Line) -> tuple[Table, ...]:
    if not line.match_id:
        return ()
    match = queue.load_match(tx, line.match_id)
    rule = frame.say(f"lines.rule.{match.rule}")
    return (
        Table(
            title=frame.say("lines.matched_with"),
            columns=_item_columns(frame),
            rows=tuple(
                Row(cells=_item_cells(frame, item, match.currency))
                for item in store.items_of_match(tx, match.id)
            ),
            note=frame.say("lines.by_rule", rule=rule, actor=who(frame, match.actor)),
        ),
    )


def _deed(frame: Frame, line: Line, key: str) -> Deed | None:
    if line.state == "matched" and frame.may_settle:
        return Deed(
            label=frame.say("lines.undo"),
            href=frame.to(f"reconciliation/{key}/undo"),
            says=frame.say("lines.undo.says"),
            icon="undo-2",
        )
    if line.state == "asked" and frame.may_approve:
        return Deed(
            label=frame.say("lines.approve"),
            href=frame.to(f"reconciliation/{key}/approve"),
            says=frame.say("lines.approve.says", actor=who(frame, line.asked_by)),
        )
    if line.state == "suspense" and frame.may_settle:
        return Deed(
            label=frame.say("lines.ask"),
            href=frame.to(f"reconciliation/{key}/write-off"),
            says=frame.say("lines.ask.says"),
            icon="x",
        )
    return None


def _deeds(frame: Frame, line: Line, key: str) -> tuple[Deed, ...]:
    if line.state != "asked" or not frame.may_approve:
        return ()
    return (
        Deed(
            label=frame.say("lines.refuse"),
            href=frame.to(f"reconciliation/{key}/refuse"),
            says=frame.say("lines.refuse.says"),
            icon="undo-2",
        ),
    )
