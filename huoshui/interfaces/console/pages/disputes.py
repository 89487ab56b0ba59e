"""Disputes: those that wait for an answer, and one with its evidence."""

from __future__ import annotations

from huoshui.core import events, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Deed,
    Empty,
    Figure,
    FigureGroup,
    Filter,
    Frame,
    Id,
    Input,
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
from huoshui.interfaces.console.shown import money
from huoshui.lines.payments.disputes import DISPUTE, allowed, service, store
from huoshui.lines.payments.disputes.model import FILE_MOST, FILES_MOST, Dispute, Evidence
from huoshui.lines.payments.disputes.paper import Ordered

_TONES: dict[str, Tone] = {
    "needs_response": "warn", "under_review": "accent", "won": "good", "lost": "bad",
}  # fmt: skip


def dispute_state(frame: Frame, name: str) -> Status:
    """The state of a dispute."""
    return Status(i18n.text(f"state.dispute.{name}", frame.lang), _TONES.get(name, "neutral"))


def disputes_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Disputes, newest first, by state and rail."""
    limit, state, rail = asked.limit(frame), frame.asked("state"), frame.asked("rail")
    state = state if state in DISPUTE.states else ""
    after = asked.cursor(frame, "dpt")
    found = store.page(tx, state=state, rail=rail, after=after, limit=limit + 1)
    more, first = asked.paged(frame, "dpt", found)
    states = tuple(Choice(name, dispute_state(frame, name).text) for name in DISPUTE.states)
    query = asked.query(state=state, rail=rail, limit=str(min(limit, 100)))
    return ListPage(
        title=frame.say("disputes"),
        lead=frame.say("disputes.lead"),
        crumbs=(asked.home(frame), Link(frame.say("payments"), frame.to("payments"))),
        totals=_totals(tx, frame),
        filters=(
            Filter(name="state", label=frame.say("payments.state"), kind="choice", value=state,
                   choices=states, placeholder=frame.say("payments.any")),
            Filter(name="rail", label=frame.say("payments.rail"), value=rail),
        ),
        table=dispute_table(frame, found[:limit]),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "disputes"),
        api_calls=(ApiCall(path=f"/v1/disputes?{query}"),),
    )  # fmt: skip


def _totals(tx: Tx, frame: Frame) -> tuple[Figure, ...]:
    sums = store.sums(tx)
    waiting = sum(each.count for each in sums if each.state == DISPUTE.initial)
    return (
        Figure(
            label=frame.say("disputes.waiting"),
            value=waiting,
            hint=frame.say("disputes.waiting.means"),
            href=frame.to(f"disputes?state={DISPUTE.initial}"),
            tone="warn" if waiting else "good",
        ),
        *(
            Figure(
                label=dispute_state(frame, each.state).text,
                value=Money(each.amount, each.currency),
                hint=str(each.count),
            )
            for each in sums
        ),
    )


def dispute_table(frame: Frame, found: list[Dispute]) -> Table:
    """Disputes as a table."""
    rows = []
    for each in found:
        key = ids.show("dpt", each.id)
        payment = ids.show("pmt", each.payment_id)
        href = frame.to(f"disputes/{key}")
        cells = (
            Id(key, href), Id(payment, frame.to(f"payments/{payment}")), each.rail,
            dispute_state(frame, each.state), each.opened_at, each.due_at,
            Money(each.amount, each.currency), Money(each.own, each.currency), each.reason,
        )  # fmt: skip
        rows.append(Row(key=key, href=href, cells=cells))
    return Table(
        title=frame.say("disputes"),
        columns=(
            Column(title=frame.say("disputes.dispute")),
            Column(title=frame.say("payments.payment")),
            Column(title=frame.say("payments.rail")),
            Column(title=frame.say("payments.state")),
            Column(title=frame.say("disputes.opened")),
            Column(title=frame.say("disputes.due")),
            Column(title=frame.say("payments.amount"), align="end", money=True),
            Column(title=frame.say("disputes.own"), align="end", money=True),
            Column(title=frame.say("dispute.reason")),
        ),
        rows=tuple(rows),
        empty=Empty(title=frame.say("disputes.none"), detail=frame.say("disputes.none.detail")),
    )


def dispute_page(tx: Tx, frame: Frame, key: str, problem: str = "") -> ObjectPage:
    """A dispute by its id; `problem` says why a file was refused. Raises BadId, UnknownDispute."""
    found = service.dispute(tx, ids.read("dpt", key))
    given = store.evidence(tx, found.id)
    paper = service.paper_of(tx, found)
    amount = Money(found.amount, found.currency)
    return ObjectPage(
        title=frame.say("dispute.title", amount=money(amount, frame.lang)),
        lead=frame.say("disputes.lead"),
        crumbs=(asked.home(frame), Link(frame.say("disputes"), frame.to("disputes"))),
        links=(
            Link(frame.say("dispute.print"), frame.to(f"disputes/{key}/evidence.html"), "download"),
        ),
        key=key,
        status=dispute_state(frame, found.state),
        steps=_steps(frame, found),
        figures=(
            Figure(label=frame.say("payments.amount"), value=amount),
            Figure(label=frame.say("disputes.own"), value=Money(found.own, found.currency)),
            Figure(
                label=frame.say("disputes.borne"),
                value=Money(found.amount - found.own, found.currency),
                tone="bad" if found.amount > found.own else "neutral",
            ),
            Figure(label=frame.say("disputes.due"), value=found.due_at),
        ),
        fields=_fields(frame, found),
        groups=order_group(frame, paper.order) if paper.order else (),
        timeline=tuple(
            Moment(at=e.at, title=i18n.text(f"event.{e.type}", frame.lang), detail=e.actor)
            for e in reversed(events.page(tx, object_id=key, limit=50))
        ),
        tables=(_evidence(frame, key, given),),
        deeds=(*_give(frame, found, key, problem), *_deeds(frame, found, key, len(given))),
        notes=(problem,) if problem and found.state != DISPUTE.initial else (),
        api_calls=(
            ApiCall(path=f"/v1/disputes/{key}"),
            ApiCall(path=f"/v1/disputes/{key}/file", note=frame.say("dispute.paper")),
            *(
                ApiCall(path=f"/v1/disputes/{key}/{verb}?dry_run=true", method="POST", body="{}")
                for verb in allowed(found.state)
            ),
        ),
    )


def _steps(frame: Frame, found: Dispute) -> tuple[Step, ...]:
    first = Step(
        text=dispute_state(frame, "needs_response").text,
        state="now" if found.state == "needs_response" else "done",
        at=found.opened_at,
    )
    review = Step(
        text=dispute_state(frame, "under_review").text,
        state="now" if found.state == "under_review" else "done" if found.submitted_at else "ahead",
        at=found.submitted_at,
    )
    if found.closed_at is None:
        return (first, review, Step(text=dispute_state(frame, "won").text, state="ahead"))
    end = Step(
        text=dispute_state(frame, found.state).text,
        state="now" if found.state == "won" else "failed",
        at=found.closed_at,
    )
    return (first, review, end) if found.submitted_at else (first, end)


def _fields(frame: Frame, found: Dispute) -> tuple[Figure, ...]:
    payment = ids.show("pmt", found.payment_id)
    call = ids.show("rca", found.call_id)
    by = frame.say(f"dispute.by.{found.closed_by}") if found.closed_by else None
    return (
        Figure(
            label=frame.say("payments.payment"), value=Id(payment, frame.to(f"payments/{payment}"))
        ),
        Figure(label=frame.say("payments.rail"), value=found.rail),
        Figure(label=frame.say("payment.reference"), value=Id(found.reference)),
        Figure(label=frame.say("menu.rail_calls"), value=Id(call, frame.to(f"rail-calls/{call}"))),
        Figure(label=frame.say("dispute.reason"), value=found.reason or None),
        Figure(
            label=frame.say("dispute.paper"), value=Id(found.paper.hex()) if found.paper else None
        ),
        Figure(label=frame.say("dispute.sent_as"), value=found.sent_as or None),
        Figure(label=frame.say("dispute.closed_by"), value=by),
    )


def order_group(frame: Frame, order: Ordered) -> tuple[FigureGroup, ...]:
    """When an order was sent, arrived and was confirmed."""
    return (
        FigureGroup(
            frame.say("dispute.ordered"),
            (
                Figure(
                    label=frame.say("payments.order"),
                    value=Link(asked.short(order.key), frame.to(f"orders/{order.key}")),
                ),
                Figure(label=frame.say("payments.buyer"), value=order.buyer),
                Figure(label=frame.say("dispute.shipped"), value=order.shipped_at),
                Figure(label=frame.say("dispute.delivered"), value=order.delivered_at),
                Figure(label=frame.say("dispute.confirmed"), value=order.confirmed_at),
            ),
        ),
    )


def _evidence(frame: Frame, key: str, given: list[Evidence]) -> Table:
    names = ("dispute.file", "dispute.type", "dispute.size", "dispute.note", "journal.at")
    return Table(
        title=frame.say("dispute.evidence"),
        columns=(
            *(
                Column(title=frame.say(name), align="end" if name == "dispute.size" else "start")
                for name in names
            ),
            Column(title="SHA-256"),
        ),
        rows=tuple(
            Row(
                cells=(
                    Link(e.name, frame.to(f"disputes/{key}/evidence/{e.number}")),
                    e.media_type,
                    e.size,
                    e.note,
                    e.at,
                    Id(e.hash.hex()),
                )
            )
            for e in given
        ),
        note="" if given else frame.say("dispute.no_evidence"),
    )


def _give(frame: Frame, found: Dispute, key: str, problem: str) -> tuple[Deed, ...]:
    """The form that gives a file, while something can be said."""
    if not frame.may_write or found.state != DISPUTE.initial:
        return ()
    return (
        Deed(
            title=frame.say("dispute.give"),
            label=frame.say("dispute.give.do"),
            href=frame.to(f"disputes/{key}/evidence"),
            says=frame.say("dispute.give.says", most=FILES_MOST, size_mb=FILE_MOST // 1024**2),
            inputs=(
                Input(name="file", kind="file", label=frame.say("dispute.file")),
                Input(name="note", label=frame.say("dispute.note"), needed=False),
            ),
            icon="file-text",
            problem=problem,
        ),
    )


def _deeds(frame: Frame, found: Dispute, key: str, files: int) -> tuple[Deed, ...]:
    if not frame.may_write:
        return ()
    amount = money(Money(found.amount, found.currency), frame.lang)
    return tuple(
        Deed(
            label=frame.say(f"dispute.{verb}"),
            href=frame.to(f"disputes/{key}/{verb}"),
            says=frame.say(f"dispute.{verb}.says", n=files)
            if verb == "submit"
            else frame.say(f"dispute.{verb}.says", amount=amount),
            icon="check" if verb == "submit" else "x",
        )
        for verb in allowed(found.state)
    )
