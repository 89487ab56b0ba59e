"""Payout batches: those that wait for an approval, those under way, and one with its payouts."""

from __future__ import annotations

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    Action,
    ApiCall,
    Choice,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Lines,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Step,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.settlement import batches, store
from huoshui.lines.payments.settlement.machine import BATCH, PAYOUT
from huoshui.lines.payments.settlement.model import Batch, Payout

_TONES: dict[str, Tone] = {
    "draft": "warn", "approved": "accent", "sending": "accent", "sent": "accent",
    "partly": "warn", "done": "good", "cancelled": "neutral",
    "due": "neutral", "paid": "good", "failed": "bad", "returned": "bad",
}  # fmt: skip
_PATH = ("draft", "approved", "sent", "done")


def _state(frame: Frame, machine: str, name: str) -> Status:
    return Status(i18n.text(f"state.{machine}.{name}", frame.lang), _TONES[name])


def payout_state(frame: Frame, payout: Payout) -> Status:
    """The state of a payout."""
    return _state(frame, PAYOUT.name, payout.state)


def batches_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Payout batches, newest first."""
    limit, state = asked.limit(frame), frame.asked("state")
    state = state if state in BATCH.states else ""
    after = asked.cursor(frame, "pob")
    found = store.batches(tx, state=state, after=after, limit=limit + 1)
    more, first = asked.paged(frame, "pob", found)
    waiting = store.batches(tx, state="draft", limit=100)
    return ListPage(
        title=frame.say("batches"),
        lead=frame.say("batches.lead"),
        crumbs=(asked.home(frame),),
        totals=(
            Figure(
                label=frame.say("batches.waiting"),
                value=len(waiting),
                hint=frame.say("batches.waiting.means"),
                tone="warn" if waiting else "good",
                href=frame.to("payouts?state=draft"),
            ),
        ),
        filters=_filters(frame, state),
        table=Table(
            title=frame.say("batches"),
            columns=(
                Column(title=frame.say("batches.batch")),
                Column(title=frame.say("payouts.state")),
                Column(title=frame.say("batches.made")),
                Column(title=frame.say("batches.made_by")),
                Column(title=frame.say("batches.approved_by")),
                Column(title=frame.say("batches.payouts"), align="end"),
                Column(title=frame.say("order.amount"), align="end", money=True),
            ),
            rows=tuple(_row(frame, batch) for batch in found[:limit]),
            empty=Empty(title=frame.say("batches.none"), detail=frame.say("batches.none.detail")),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        deed=_make(frame),
        exports=asked.exported(frame, "payouts"),
        api_calls=(
            ApiCall(path="/v1/payout-batches?" + asked.query(state=state, limit=str(limit))),
            ApiCall(
                path="/v1/payout-batches?dry_run=true",
                method="POST",
                body=f'{{"currency":"{frame.currency}"}}',
                note=frame.say("batches.api"),
            ),
        ),
    )


def _filters(frame: Frame, state: str) -> tuple[Filter, ...]:
    return (
        Filter(
            name="state",
            label=frame.say("payouts.state"),
            kind="choice",
            value=state,
            choices=tuple(
                Choice(s, i18n.text(f"state.{BATCH.name}.{s}", frame.lang)) for s in BATCH.states
            ),
            placeholder=frame.say("batches.all"),
        ),
    )


def _make(frame: Frame) -> Deed | None:
    if not frame.may_settle:
        return None
    return Deed(
        label=frame.say("batches.make"),
        href=frame.to("payouts/make"),
        says=frame.say("batches.make.says", currency=frame.currency),
        fields=(("currency", frame.currency),),
    )


def _row(frame: Frame, batch: Batch) -> Row:
    key = ids.show("pob", batch.id)
    href = frame.to(f"payouts/{key}")
    return Row(
        key=key,
        href=href,
        cells=(
            Id(key, href),
            _state(frame, BATCH.name, batch.state),
            batch.made_at,
            who(frame, batch.made_by),
            who(frame, batch.approved_by),
            batch.payouts,
            Money(batch.amount, batch.currency),
        ),
    )


def who(frame: Frame, actor: str) -> str:
    """Who acted, as a reader knows them."""
    return frame.say(f"who.{actor}") if actor in ("system", "terms", "operator") else actor


def batch_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One batch with its payouts. Raises UnknownBatch, BadId."""
    batch = batches.load(tx, ids.read("pob", key))
    states = store.states(tx, batch.id)
    return ObjectPage(
        title=frame.say("batches.title", at=str(asked.day_of(frame, batch.made_at))),
        lead=frame.say("batches.lead"),
        crumbs=(asked.home(frame), Link(frame.say("batches"), frame.to("payouts"))),
        key=key,
        status=_state(frame, BATCH.name, batch.state),
        steps=_steps(frame, batch),
        figures=_figures(frame, batch, states),
        fields=_fields(frame, batch),
        tables=_left_out(frame, batch),
        lines=_payouts(tx, frame, batch, key),
        deed=_approve(frame, batch, key),
        deeds=_cancel(frame, batch, key),
        api_calls=(
            ApiCall(path=f"/v1/payout-batches/{key}"),
            ApiCall(path=f"/v1/payout-batches/{key}/payouts"),
            ApiCall(path=f"/v1/payout-batches/{key}/approve?dry_run=true", method="POST"),
        ),
    )


def _steps(frame: Frame, batch: Batch) -> tuple[Step, ...]:
    times = {"draft": batch.made_at, "approved": batch.approved_at, "sent": batch.sent_at,
             "done": batch.ended_at if batch.state == "done" else None}  # fmt: skip
    now = {"sending": "sent", "partly": "sent"}.get(batch.state, batch.state)
    steps = []
    for name in _PATH:
        shown = batch.state if name == "sent" and batch.state == "partly" else name
        text = i18n.text(f"state.{BATCH.name}.{shown}", frame.lang)
        done = times[name] is not None
        steps.append(
            Step(text=text, at=times[name],
                 state="now" if name == now and name != "done" else "done" if done else "ahead")
        )  # fmt: skip
    if batch.state == "cancelled":
        text = i18n.text(f"state.{BATCH.name}.cancelled", frame.lang)
        return (steps[0], Step(text=text, state="failed", at=batch.ended_at))
    return tuple(steps)


def _figures(frame: Frame, batch: Batch, states: dict[str, int]) -> tuple[Figure, ...]:
    return (
        Figure(
            label=frame.say("batches.amount"),
            value=Money(batch.amount, batch.currency),
            hint=frame.say("batches.count", n=batch.payouts),
        ),
        *(
            Figure(
                label=i18n.text(f"state.{PAYOUT.name}.{name}", frame.lang),
                value=states[name],
                tone=_TONES[name] if name in ("failed", "returned") else "neutral",
            )
            for name in PAYOUT.states
            if states.get(name)
        ),
    )


def _fields(frame: Frame, batch: Batch) -> tuple[Figure, ...]:
    by_hand = frame.say("batches.by_hand")
    return (
        Figure(label=frame.say("batches.made_by"), value=who(frame, batch.made_by)),
        Figure(label=frame.say("batches.approved_by"), value=who(frame, batch.approved_by)),
        Figure(label=frame.say("batches.send_at"), value=batch.send_at),
        Figure(label=frame.say("batches.rail"), value=batch.rail or by_hand),
    )


def _left_out(frame: Frame, batch: Batch) -> tuple[Table, ...]:
    if not batch.left_out:
        return ()
    return (
        Table(
            title=frame.say("batches.left_out"),
            columns=(
                Column(title=frame.say("batches.seller")),
                Column(title=frame.say("order.amount"), align="end"),
                Column(title=frame.say("batches.why")),
            ),
            rows=tuple(
                Row(
                    cells=(
                        Id(each.seller, frame.to(f"sellers/{each.seller}")),
                        Money(each.amount, batch.currency),
                        frame.say(f"batches.why.{each.why}"),
                    )
                )
                for each in batch.left_out[:50]
            ),
        ),
    )


def _payouts(tx: Tx, frame: Frame, batch: Batch, key: str) -> Lines:
    limit, after = asked.limit(frame), asked.cursor(frame, "pay")
    found = store.payouts(tx, batch_id=batch.id, after=after, limit=limit + 1)
    more, first = asked.paged(frame, "pay", found)
    back = any(payout.state in ("failed", "returned") for payout in found)
    return Lines(
        table=Table(
            title=frame.say("batches.payouts"),
            columns=(
                Column(title=frame.say("sellers.payout")),
                Column(title=frame.say("batches.seller")),
                Column(title=frame.say("payouts.state")),
                Column(title=frame.say("order.amount"), align="end"),
                Column(title=frame.say("order.at")),
                Column(title=frame.say("batches.reason")),
                Column(title=frame.say("journal.transaction")),
            ),
            rows=tuple(_payout_row(frame, payout) for payout in found[:limit]),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        actions=(
            (Action(label=frame.say("batches.retry"), href=frame.to("act/retry-payouts")),)
            if back and frame.may_settle
            else ()
        ),
    )


def _payout_row(frame: Frame, payout: Payout) -> Row:
    seller = ids.show("slr", payout.seller_id)
    transaction = None
    if payout.txn_id:
        href = frame.to(f"transactions/{ids.show('txn', payout.txn_id)}")
        transaction = Link(frame.say("order.transaction"), href)
    reason = asked.word(frame, "payout_reason", payout.reason) if payout.reason else ""
    return Row(
        key=ids.show("pay", payout.id),
        cells=(
            Id(ids.show("pay", payout.id)),
            Id(seller, frame.to(f"sellers/{seller}")),
            payout_state(frame, payout),
            Money(payout.amount, payout.currency),
            payout.at,
            reason,
            transaction,
        ),
    )


def _approve(frame: Frame, batch: Batch, key: str) -> Deed | None:
    if "approve" not in BATCH.allowed(batch.state) or not frame.may_approve:
        return None
    return Deed(
        label=frame.say("batches.approve"),
        href=frame.to(f"payouts/{key}/approve"),
        says=frame.say("batches.approve.says", maker=who(frame, batch.made_by)),
    )


def _cancel(frame: Frame, batch: Batch, key: str) -> tuple[Deed, ...]:
    if "cancel" not in BATCH.allowed(batch.state) or not frame.may_settle:
        return ()
    return (
        Deed(
            label=frame.say("batches.cancel"),
            href=frame.to(f"payouts/{key}/cancel"),
            says=frame.say("batches.cancel.says"),
            icon="x",
        ),
    )
