"""One order: the states it went through, where its money went, and everything that happened."""

from __future__ import annotations

from datetime import datetime

from huoshui.core import events, ids
from huoshui.core.db import Tx
from huoshui.core.events import Event
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.store import ItemRow, OrderRow, TenderRow, Told
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Figure,
    Frame,
    Id,
    Leg,
    Link,
    Moment,
    ObjectPage,
    Part,
    Path,
    Row,
    Span,
    Step,
    Table,
    Tone,
    Whole,
)
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import journal
from huoshui.ledger.journal import Posted
from huoshui.lines.payments.escrow import service as payments
from huoshui.lines.payments.escrow.model import Escrow
from huoshui.lines.payments.settlement.model import Payout
from huoshui.scenarios.replay import store as replay_store

LEGS_SHOWN = 100
_ICONS = {
    "order": "receipt-text",
    "tender": "wallet",
    "shipment": "truck",
    "delivery": "package",
    "confirmation": "package-check",
    "cancellation": "circle-x",
    "return": "undo-2",
    "review": "star",
}
_POSTINGS: dict[str, tuple[str, Tone]] = {
    "order_paid": ("wallet", "accent"),
    "order_paid_late": ("wallet", "warn"),
    "order_released": ("hand-coins", "good"),
    "order_refunded": ("undo-2", "warn"),
    "seller_paid_out": ("banknote", "good"),
    "reversal": ("undo-2", "bad"),
}
_SERIES = {"seller": 1, "commission": 3, "freight": 2, "tax": 5, "surcharge": 6, "held": 7}
_TOLD = ("order", "shipment", "delivery", "confirmation", "cancellation", "return", "review")


def order_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """An order by its id or the marketplace's key. Raises UnknownOrder."""
    order = commerce.order(tx, key)
    shown_id = ids.show("ord", order.id)
    money = payments.money_of(tx, order.id)
    items = commerce.items(tx, order.key)
    tenders = commerce.tenders(tx, order.key)
    posted = journal.page(tx, reference=shown_id, limit=LEGS_SHOWN)
    escrow = money.escrow
    state = asked.state(frame, escrow.state if escrow else "none")
    return ObjectPage(
        title=frame.say("order.title", key=asked.short(order.key)),
        lead=_lead(frame, order, items),
        crumbs=(asked.home(frame), Link(frame.say("orders"), frame.to("orders"))),
        key=shown_id,
        status=state,
        steps=_steps(frame, order, escrow, money.payouts),
        figures=_figures(frame, order, escrow, money.payouts),
        whole=_whole(frame, escrow),
        fields=_fields(frame, order),
        timeline=_timeline(tx, frame, order, posted, money.payouts),
        tables=(_item_table(frame, items), _tender_table(frame, tenders)),
        api_calls=_api_calls(frame, shown_id, escrow),
    )


def _lead(frame: Frame, order: OrderRow, items: list[ItemRow]) -> str:
    sellers = len({item.seller_key for item in items})
    return frame.say("order.lead", items=order.items, sellers=sellers)


def _steps(
    frame: Frame, order: OrderRow, escrow: Escrow | None, payouts: tuple[Payout, ...]
) -> tuple[Step, ...]:
    paid = escrow.taken_at if escrow else None
    if escrow and escrow.state in ("refunded", "void") and not escrow.released_at:
        name = "refunded" if escrow.state == "refunded" else "void"
        end = Step(text=frame.say(f"step.{name}"), state="failed", at=escrow.closed_at)
        known = (("placed", order.placed_at), ("paid", paid), ("shipped", order.shipped_at))
        return (*(_done(frame, name, at) for name, at in known if at), end)
    states: list[tuple[str, datetime | None]] = [
        ("placed", order.placed_at),
        ("paid", paid),
        ("shipped", order.shipped_at),
        ("delivered", order.delivered_at),
        ("released", escrow.released_at if escrow else None),
        ("paid_out", payouts[0].at if payouts else None),
    ]
    if escrow and escrow.state == "refunded":
        states[-1] = ("refunded", escrow.closed_at)
    return _reached(frame, states)


def _done(frame: Frame, name: str, at: datetime) -> Step:
    return Step(text=frame.say(f"step.{name}"), state="done", at=at)


def _reached(frame: Frame, states: list[tuple[str, datetime | None]]) -> tuple[Step, ...]:
    """Each state as done or ahead; the last one that was reached is where the order stands."""
    last = max((i for i, (_, at) in enumerate(states) if at), default=0)
    return tuple(
        Step(
            text=frame.say(f"step.{name}"),
            state="now" if i == last else "done" if at else "ahead",
            at=at,
        )
        for i, (name, at) in enumerate(states)
    )


def _figures(
    frame: Frame, order: OrderRow, escrow: Escrow | None, payouts: tuple[Payout, ...]
) -> tuple[Figure, ...]:
    total = Money(order.total_minor, order.currency)
    found = [
        Figure(label=frame.say("order.total"), value=total, basis=asked.basis(frame)),
    ]
    if escrow is None:
        return tuple(found)
    kept = sum(p.left for p in escrow.parts if p.role in ("commission", "surcharge"))
    found += [
        Figure(
            label=frame.say("order.paid"),
            value=Money(escrow.taken, escrow.currency),
            basis=asked.basis(frame),
        ),
        Figure(
            label=frame.say("order.kept"),
            value=Money(kept, escrow.currency) if escrow.planned else None,
            basis=asked.assumed(frame),
        ),
        Figure(
            label=frame.say("order.refunded"),
            value=Money(escrow.refunded, escrow.currency),
            tone="warn" if escrow.refunded else "neutral",
        ),
    ]
    if payouts and escrow.taken_at:
        waited = int((payouts[0].at - escrow.taken_at).total_seconds())
        label = frame.say("order.waited")
        found.append(Figure(label=label, value=Span(waited), basis=asked.assumed(frame)))
    return tuple(found)


def _whole(frame: Frame, escrow: Escrow | None) -> Whole | None:
    """Where the money is: in escrow, or split, less what went back."""
    if escrow is None or not escrow.taken:
        return None
    released = escrow.released_at is not None
    amounts: dict[str, int] = {}
    for share in escrow.parts if released else ():
        amounts[share.role] = amounts.get(share.role, 0) + share.left
    if not released:
        amounts["held"] = escrow.taken - escrow.refunded
    parts = [
        Part(
            label=frame.say(f"part.{role}"),
            amount=Money(amount, escrow.currency),
            series=_SERIES.get(role, 7),
        )
        for role, amount in amounts.items()
        if amount
    ]
    if escrow.refunded:
        back = Money(escrow.refunded, escrow.currency)
        parts.append(Part(label=frame.say("part.refunded"), amount=back, series=4))
    title = frame.say("order.whole")
    return Whole(title=title, parts=tuple(parts), basis=asked.assumed(frame) if released else None)


def _fields(frame: Frame, order: OrderRow) -> tuple[Figure, ...]:
    basis = asked.basis(frame)
    buyer = Link(order.buyer_key, frame.to(f"orders?buyer={order.buyer_key}"))
    return (
        Figure(label=frame.say("order.key"), value=Id(order.key)),
        Figure(label=frame.say("orders.buyer"), value=buyer),
        Figure(label=frame.say("orders.placed"), value=order.placed_at, basis=basis),
        Figure(label=frame.say("order.promised"), value=order.estimated_at, basis=basis),
        Figure(label=frame.say("orders.delivered"), value=order.delivered_at, basis=basis),
        Figure(label=frame.say("order.currency"), value=order.currency),
    )


def _timeline(
    tx: Tx, frame: Frame, order: OrderRow, posted: list[Posted], payouts: tuple[Payout, ...]
) -> tuple[Moment, ...]:
    """Facts, movements of money, payouts and what was missed, in the order in which they came."""
    told = [t for t in commerce.history(tx, order.key) if t.kind in _TOLD]
    seen = events.page(tx, object_id=ids.show("ord", order.id), limit=LEGS_SHOWN)
    assumed = _assumes_cancellations(tx, told)
    moments = [_fact(frame, t, assumed=assumed) for t in told]
    moments += [_posting(frame, each) for each in posted]
    moments += [_payout(frame, each) for each in payouts]
    moments += [_missed(frame, each) for each in seen if _is_missed(each)]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _assumes_cancellations(tx: Tx, told: list[Told]) -> bool:
    """Olist's tables say that an order was cancelled, not when: the replay assumed the day."""
    if not any(t.kind == "cancellation" for t in told):
        return False
    row = replay_store.replay(tx)
    return row is not None and row.sections.get("source", {}).get("layout") == "olist"


def _fact(frame: Frame, told: Told, *, assumed: bool) -> Moment:
    corrected = frame.say("order.corrected", n=told.version) if told.version > 1 else ""
    detail = {
        "review": lambda: "★" * int(told.body["score"]),
        "cancellation": lambda: str(told.body["reason"]),
        "return": lambda: str(told.body["reason"]),
        "shipment": lambda: str(told.body["carrier"]),
    }.get(told.kind, str)()
    late = frame.say("order.known_later") if told.recorded_at > told.occurred_at else ""
    return Moment(
        at=told.occurred_at,
        title=frame.say(f"fact.{told.kind}"),
        detail=" · ".join(text for text in (detail, corrected, late) if text),
        icon=_ICONS[told.kind],
        tone="bad" if told.kind == "cancellation" else "neutral",
        basis="assumed" if assumed and told.kind == "cancellation" else asked.basis(frame),
    )


def _posting(frame: Frame, posted: Posted) -> Moment:
    entry = posted.entry
    icon, tone = _POSTINGS.get(entry.template, ("landmark", "neutral"))
    observed = entry.template in ("order_paid", "order_paid_late")
    return Moment(
        at=entry.effective_at,
        title=asked.word(frame, "posting", entry.template),
        icon=icon,
        tone=tone,
        amount=Money(moved(posted), entry.currency),
        basis=asked.basis(frame) if observed else asked.assumed(frame),
        legs=tuple(leg(frame, each.source, each.target, each.amount, entry.currency)
                   for each in posted.legs),
        link=Link(
            frame.say("order.transaction"),
            frame.to(f"transactions/{ids.show('txn', entry.id)}"),
        ),
    )  # fmt: skip


def moved(posted: Posted) -> int:
    """What a transaction moved, in minor units: a refund passes through escrow, and counts once."""
    if posted.entry.template == "order_refunded":
        return sum(leg.amount for leg in posted.legs if leg.target.startswith("rail:"))
    if posted.entry.template == "order_released":
        return sum(leg.amount for leg in posted.legs if leg.source == "escrow")
    return sum(leg.amount for leg in posted.legs)


def leg(frame: Frame, source: str, target: str, amount: int, currency: str) -> Leg:
    """One movement with links to both accounts."""
    return Leg(
        source=account_cell(frame, source, currency),
        target=account_cell(frame, target, currency),
        amount=Money(amount, currency),
    )


def account_link(frame: Frame, path: str, currency: str) -> Link:
    """The address of an account by its path."""
    return Link(path, frame.to(f"accounts/{path}?currency={currency}"))


def account_cell(frame: Frame, path: str, currency: str) -> Path:
    """An account in a table: shortened on screen, whole in an export."""
    return Path(path, account_link(frame, path, currency).href)


def _payout(frame: Frame, payout: Payout) -> Moment:
    seller = ids.show("slr", payout.seller_id)
    return Moment(
        at=payout.at,
        title=frame.say("posting.seller_paid_out"),
        detail=frame.say("order.payout_covers"),
        icon="banknote",
        tone="good",
        amount=Money(payout.amount, payout.currency),
        basis=asked.assumed(frame),
        link=Link(frame.say("order.seller"), frame.to(f"sellers/{seller}")),
    )


def _is_missed(event: Event) -> bool:
    return event.type == "delivery.missed" or event.type.endswith("_refused")


def _missed(frame: Frame, event: Event) -> Moment:
    code = str(event.data.get("code", ""))
    return Moment(
        at=event.at,
        title=asked.word(frame, "event", event.type),
        detail=asked.word(frame, "refused", code) if code else "",
        icon="triangle-alert",
        tone="warn",
    )


def _item_table(frame: Frame, items: list[ItemRow]) -> Table:
    rows = tuple(
        Row(
            cells=(
                item.product_key,
                Link(item.seller_key, frame.to(f"sellers/{ids.show('slr', item.seller_id)}")),
                item.quantity,
                Money(item.price_minor, item.currency),
                Money(item.freight_minor, item.currency),
            )
        )
        for item in items
    )
    return Table(
        title=frame.say("order.items"),
        columns=(
            Column(title=frame.say("order.product"), wide=True),
            Column(title=frame.say("orders.seller"), wide=True),
            Column(title=frame.say("order.quantity"), align="end"),
            Column(title=frame.say("order.price"), align="end", basis=asked.basis(frame)),
            Column(title=frame.say("order.freight"), align="end", basis=asked.basis(frame)),
        ),
        rows=rows,
        note="" if rows else frame.say("order.no_items"),
    )


def _tender_table(frame: Frame, tenders: list[TenderRow]) -> Table:
    rows = tuple(
        Row(
            cells=(
                asked.word(frame, "method", tender.method),
                tender.occurred_at,
                tender.instalments,
                Money(tender.amount_minor, tender.currency),
            )
        )
        for tender in tenders
    )
    return Table(
        title=frame.say("order.tenders"),
        columns=(
            Column(title=frame.say("order.method")),
            Column(title=frame.say("order.at")),
            Column(title=frame.say("order.instalments"), align="end"),
            Column(title=frame.say("order.amount"), align="end", basis=asked.basis(frame)),
        ),
        rows=rows,
        note="" if rows else frame.say("order.no_tenders"),
    )


def _api_calls(frame: Frame, shown_id: str, escrow: Escrow | None) -> tuple[ApiCall, ...]:
    calls = [
        ApiCall(path=f"/v1/orders/{shown_id}?expand=items,tenders,money,history"),
        ApiCall(path=f"/v1/transactions?reference={shown_id}", note=frame.say("journal")),
    ]
    if escrow and escrow.state == "held":
        calls.append(
            ApiCall(
                method="POST",
                path=f"/v1/orders/{shown_id}/confirm?dry_run=true",
                note=frame.say("orders.confirm"),
            )
        )
    return tuple(calls)
