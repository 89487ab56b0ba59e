"""One payment: the states it may pass, its means and parts, what happened, what may be asked of it."""

from __future__ import annotations

from huoshui.core import events, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Figure,
    Frame,
    Id,
    Link,
    Moment,
    ObjectPage,
    Part,
    Row,
    Step,
    Table,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.disputes import dispute_table
from huoshui.interfaces.console.pages.order import account_cell, leg
from huoshui.interfaces.console.pages.payment_acts import Said, deeds, possible
from huoshui.interfaces.console.pages.payments import payment_state, refund_table
from huoshui.interfaces.console.shown import money
from huoshui.ledger import journal
from huoshui.ledger.journal import Posted
from huoshui.lines.payments.disputes import store as disputes
from huoshui.lines.payments.payment import service, store
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.rails import store as rails
from huoshui.lines.payments.rails.store import CallRow

_MOMENTS = 100
_PATH = ("requires_payment_method", "requires_confirmation", "requires_capture", "succeeded")
_PLACE = {
    "requires_action": 1, "processing": 1, "partially_captured": 2,
    **{name: place for place, name in enumerate(_PATH)},
}  # fmt: skip


def payment_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """A payment by its id; `said` is what was asked of it and refused. Raises BadId, UnknownPayment."""
    found = service.payment(tx, ids.read("pmt", key))
    amount = Money(found.amount, found.currency)
    refunds = store.refunds_of(tx, found.id)
    disputed = disputes.of_payment(tx, found.id)
    tables = [_tenders(frame, found), _parts(frame, found), _clearing(tx, frame, found)]
    tables += [refund_table(frame, refunds)] if refunds else []
    tables += [dispute_table(frame, disputed)] if disputed else []
    return ObjectPage(
        title=frame.say("payment.title", amount=money(amount, frame.lang)),
        lead=frame.say("payment.lead", means=len(found.tenders), parts=len(found.parts)),
        crumbs=(asked.home(frame), Link(frame.say("payments"), frame.to("payments"))),
        key=key,
        status=payment_state(frame, found.state),
        steps=_steps(frame, found),
        figures=_figures(frame, found),
        whole=_whole(frame, found),
        fields=_fields(frame, found),
        timeline=_timeline(tx, frame, key),
        tables=tuple(tables),
        deeds=deeds(frame, found, said),
        api_calls=(
            ApiCall(path=f"/v1/payments/{key}"),
            *(
                ApiCall(path=f"/v1/payments/{key}/{verb}?dry_run=true", method="POST", body="{}")
                for verb in possible(found)
            ),
        ),
    )


def _steps(frame: Frame, found: Payment) -> tuple[Step, ...]:
    """The way of most payments; one that ended elsewhere stops there."""
    if found.state in ("cancelled", "failed"):
        first = Step(text=payment_state(frame, _PATH[0]).text, state="done", at=found.created_at)
        end = Step(text=payment_state(frame, found.state).text, state="failed", at=found.updated_at)
        return (first, end)
    now = _PLACE[found.state]
    steps = []
    for place, name in enumerate(_PATH):
        text = payment_state(frame, found.state if place == now else name).text
        at = found.created_at if place == 0 else found.updated_at if place == now else None
        state = "now" if place == now else "done" if place < now else "ahead"
        steps.append(Step(text=text, state=state, at=at))  # type: ignore[arg-type]
    return tuple(steps)


def _figures(frame: Frame, found: Payment) -> tuple[Figure, ...]:
    unit = found.currency
    return (
        Figure(label=frame.say("payments.amount"), value=Money(found.amount, unit)),
        Figure(label=frame.say("payments.captured"), value=Money(found.captured, unit)),
        Figure(label=frame.say("payment.refunded"), value=Money(found.refunded, unit),
               tone="warn" if found.refunded else "neutral"),
        Figure(label=frame.say("payment.charged"), value=Money(found.charged, unit),
               tone="bad" if found.charged else "neutral"),
        Figure(label=frame.say("payment.kept"), value=Money(found.left, unit)),
    )  # fmt: skip


def _whole(frame: Frame, found: Payment) -> Whole:
    """Where the amount is: with each part, gone back, charged back, or not captured."""
    unit = found.currency
    pieces = [
        (asked.word(frame, "part", p.role), p.left, 1 + place % 3)
        for place, p in enumerate(found.parts)
    ]
    pieces += [
        (frame.say("payment.refunded"), found.refunded, 4),
        (frame.say("payment.charged"), found.charged, 5),
        (frame.say("payment.left"), found.amount - found.captured, 7),
    ]
    parts = tuple(
        Part(label=label, amount=Money(amount, unit), series=series)
        for label, amount, series in pieces
        if amount
    )
    return Whole(title=frame.say("payment.where"), parts=parts)


def _fields(frame: Frame, found: Payment) -> tuple[Figure, ...]:
    order = found.order_key
    return (
        Figure(label=frame.say("payments.made"), value=found.created_at),
        Figure(label=frame.say("payments.buyer"), value=found.buyer or None),
        Figure(
            label=frame.say("payments.order"),
            value=Link(asked.short(order), frame.to(f"orders/{order}")) if order else None,
        ),
        Figure(label=frame.say("payment.reference"), value=found.reference or None),
        Figure(label=frame.say("payment.action"), value=found.action or None),
        Figure(label=frame.say("payment.error"), value=found.error or None),
        Figure(label=frame.say("payment.expires"), value=found.expires_at),
    )


def _tenders(frame: Frame, found: Payment) -> Table:
    unit = found.currency
    rows = tuple(
        Row(
            cells=(
                t.rail,
                Money(t.amount, unit),
                Money(t.authorised, unit),
                Money(t.taken, unit),
                Money(-t.back, unit) if t.back else None,
                t.code,
            )
        )
        for t in found.tenders
    )
    names = ("payments.amount", "payment.authorised", "payments.captured", "payments.back")
    return Table(
        title=frame.say("payment.tenders"),
        columns=(
            Column(title=frame.say("payments.rail")),
            *(Column(title=frame.say(name), align="end") for name in names),
            Column(title=frame.say("payment.declined")),
        ),
        rows=rows,
    )


def _parts(frame: Frame, found: Payment) -> Table:
    unit = found.currency
    rows = tuple(
        Row(
            cells=(
                account_cell(frame, p.account, unit),
                asked.word(frame, "part", p.role),
                Money(p.amount, unit),
                Money(p.taken, unit),
                Money(-p.back, unit) if p.back else None,
            )
        )
        for p in found.parts
    )
    names = ("payments.amount", "payments.captured", "payments.back")
    return Table(
        title=frame.say("payment.parts"),
        columns=(
            Column(title=frame.say("payment.account"), wide=True),
            Column(title=frame.say("payment.role")),
            *(Column(title=frame.say(name), align="end") for name in names),
        ),
        rows=rows,
    )


def _clearing(tx: Tx, frame: Frame, found: Payment) -> Table:
    rows = []
    for each in store.clearing_of(tx, found.id)[:_MOMENTS]:
        txn, window = ids.show("txn", each.id), str(each.window_number)
        cells = (
            each.at,
            frame.say(f"clearing.{each.kind}"),
            Money(each.amount, each.currency),
            Link(window, frame.to(f"windows/{window}")),
            Id(txn, frame.to(f"transactions/{txn}")),
        )
        rows.append(Row(cells=cells))
    return Table(
        title=frame.say("payment.clearing"),
        columns=(
            Column(title=frame.say("journal.at")),
            Column(title=frame.say("payment.kind")),
            Column(title=frame.say("payments.amount"), align="end"),
            Column(title=frame.say("payment.window"), align="end"),
            Column(title=frame.say("journal.transaction")),
        ),
        rows=tuple(rows),
    )


def _timeline(tx: Tx, frame: Frame, key: str) -> tuple[Moment, ...]:
    """Its events, its postings and what was asked of rails, in the order in which they came."""
    moments = [
        Moment(at=e.at, title=i18n.text(f"event.{e.type}", frame.lang), detail=e.actor)
        for e in events.page(tx, object_id=key, limit=_MOMENTS)
    ]
    moments += [_posting(frame, each) for each in journal.page(tx, reference=key, limit=_MOMENTS)]
    moments += [_call(frame, row) for row in rails.of_subject(tx, key)[:_MOMENTS]]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _posting(frame: Frame, posted: Posted) -> Moment:
    entry = posted.entry
    href = frame.to(f"transactions/{ids.show('txn', entry.id)}")
    return Moment(
        at=entry.effective_at,
        title=i18n.text(f"template.{entry.template}", frame.lang),
        icon="landmark",
        tone="accent",
        amount=Money(sum(each.amount for each in posted.legs), entry.currency),
        legs=tuple(
            leg(frame, each.source, each.target, each.amount, entry.currency)
            for each in posted.legs
        ),
        link=Link(frame.say("order.transaction"), href),
    )


def _call(frame: Frame, row: CallRow) -> Moment:
    state = asked.word(frame, "state.rail_call", row.state)
    verb = asked.word(frame, "rail_calls.verb", row.verb)
    return Moment(
        at=row.created_at,
        title=frame.say("payment.call", verb=verb, rail=row.rail, state=state),
        detail=row.code,
        icon="arrow-right",
        tone="bad" if row.state == "declined" else "neutral",
        amount=Money(row.amount, row.currency),
        link=Link(frame.say("menu.rail_calls"), frame.to(f"rail-calls/{ids.show('rca', row.id)}")),
    )
