"""The orders of a marketplace and where the money of each one is."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.store import OrderRow
from huoshui.interfaces.console.page import (
    Action,
    ApiCall,
    Choice,
    Column,
    Empty,
    Filter,
    Frame,
    Link,
    ListPage,
    Row,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.escrow import store as payments_store
from huoshui.lines.payments.escrow.model import ESCROW, Escrow


def orders_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Orders, newest first, by state of their money, seller, buyer and day of purchase."""
    shown = asked.limit(frame)
    found = _found(tx, frame, shown + 1)
    escrows = payments_store.escrows(tx, [order.id for order in found[:shown]])
    rows = tuple(_row(frame, order, escrows.get(order.id)) for order in found[:shown])
    more, first = asked.paged(frame, "ord", found)
    return ListPage(
        title=frame.say("orders"),
        lead=frame.say("orders.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("orders"), columns=_columns(frame), rows=rows, empty=_empty(frame)
        ),
        filters=_filters(frame),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "orders"),
        actions=_actions(frame),
        api_calls=(ApiCall(path="/v1/orders?" + _api_query(frame)),),
    )


def _found(tx: Tx, frame: Frame, limit: int) -> list[OrderRow]:
    after, state = asked.cursor(frame, "ord"), frame.asked("state")
    if state not in ESCROW.states:
        return commerce.orders(
            tx,
            buyer=frame.asked("buyer"),
            seller=frame.asked("seller"),
            since=asked.day_start(frame, "from"),
            until=asked.day_start(frame, "to", days=1),
            after=after,
            limit=limit,
        )
    order_ids = payments_store.in_state(tx, state, after=after, limit=limit)
    return commerce.orders_by_id(tx, order_ids)


def _columns(frame: Frame) -> tuple[Column, ...]:
    basis, assumed = asked.basis(frame), asked.assumed(frame)
    return (
        Column(title=frame.say("orders.order")),
        Column(title=frame.say("orders.placed")),
        Column(title=frame.say("orders.state")),
        Column(title=frame.say("orders.delivered")),
        Column(title=frame.say("orders.items"), align="end"),
        Column(title=frame.say("orders.total"), align="end", basis=basis, money=True),
        Column(title=frame.say("orders.paid"), align="end", money=True),
        Column(title=frame.say("orders.refunded"), align="end", basis=assumed, money=True),
    )


def _row(frame: Frame, order: OrderRow, escrow: Escrow | None) -> Row:
    href = frame.to(f"orders/{ids.show('ord', order.id)}")
    delivered = order.delivered_at or (
        frame.say("orders.cancelled") if order.cancelled_at else None
    )
    return Row(
        key=ids.show("ord", order.id),
        href=href,
        cells=(
            Link(order.key, href),
            order.placed_at,
            asked.state(frame, escrow.state) if escrow else frame.say("orders.no_money"),
            delivered,
            order.items,
            Money(order.total_minor, order.currency),
            Money(escrow.taken, escrow.currency) if escrow else None,
            Money(-escrow.refunded, escrow.currency) if escrow and escrow.refunded else None,
        ),
    )


def _filters(frame: Frame) -> tuple[Filter, ...]:
    states = tuple(Choice(name, frame.say(f"state.{name}")) for name in ESCROW.states)
    return (
        Filter(
            name="state",
            label=frame.say("orders.state"),
            kind="choice",
            value=frame.asked("state"),
            choices=states,
        ),
        *asked.days(frame),
        Filter(
            name="seller",
            label=frame.say("orders.seller"),
            value=frame.asked("seller"),
            placeholder=frame.say("orders.seller_key"),
        ),
        Filter(
            name="buyer",
            label=frame.say("orders.buyer"),
            value=frame.asked("buyer"),
            placeholder=frame.say("orders.buyer_key"),
        ),
    )


def _actions(frame: Frame) -> tuple[Action, ...]:
    if not frame.may_write:
        return ()
    return (
        Action(
            label=frame.say("orders.confirm"),
            href=frame.to("act/confirm"),
            icon="package-check",
        ),
    )


def _empty(frame: Frame) -> Empty:
    if any(frame.asked(name) for name in ("state", "seller", "buyer", "from", "to")):
        return Empty(
            title=frame.say("orders.none_found"),
            detail=frame.say("orders.none_found.detail"),
            action=Link(frame.say("filter.clear"), frame.path),
        )
    return Empty(
        title=frame.say("orders.none"),
        detail=frame.say("orders.none.detail"),
        command="huoshui replay --orders DIR",
    )


def _api_query(frame: Frame) -> str:
    return asked.query(
        seller=frame.asked("seller"),
        buyer=frame.asked("buyer"),
        since=_instant(frame, "from", 0),
        until=_instant(frame, "to", 1),
        after=frame.asked("after"),
        limit=str(asked.limit(frame)),
    )


def _instant(frame: Frame, name: str, days: int) -> str:
    at = asked.day_start(frame, name, days=days)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def order_ids(keys: tuple[str, ...]) -> list[UUID]:
    """The ids behind the public ids of chosen rows. Raises BadId."""
    return [ids.read("ord", key) for key in keys]
