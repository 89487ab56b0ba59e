"""The sellers of a marketplace, and one of them: what it is owed, its payouts and its orders."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.store import OrderRow, SellerRow
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.batches import payout_state
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account
from huoshui.lines.payments.chart import settlement_path
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.model import Payout

_RECENT = 20


def sellers_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Sellers, newest first."""
    shown = asked.limit(frame)
    key, after = frame.asked("key"), asked.cursor(frame, "slr")
    found = commerce.sellers(tx, key=key, after=after, limit=shown + 1)
    more, first = asked.paged(frame, "slr", found)
    rows = tuple(_row(frame, seller) for seller in found[:shown])
    return ListPage(
        title=frame.say("sellers"),
        lead=frame.say("sellers.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("sellers"),
            columns=tuple(
                Column(title=frame.say(f"sellers.{name}"))
                for name in ("key", "name", "city", "region", "joined")
            ),
            rows=rows,
            empty=Empty(title=frame.say("sellers.none"), detail=frame.say("orders.none.detail")),
        ),
        filters=(Filter(name="key", label=frame.say("sellers.key"), value=key),),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "sellers"),
        api_calls=(ApiCall(path="/v1/sellers?" + asked.query(key=key, limit=str(shown))),),
    )


def _row(frame: Frame, seller: SellerRow) -> Row:
    href = frame.to(f"sellers/{ids.show('slr', seller.id)}")
    cells = (Link(seller.key, href), seller.name, seller.city, seller.region, seller.joined_at)
    return Row(key=seller.key, href=href, cells=cells)


def seller_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One seller by its id or the marketplace's key. Raises UnknownSeller."""
    seller = commerce.seller(tx, key)
    shown_id = ids.show("slr", seller.id)
    path = settlement_path(shown_id)
    accounts = ledger.accounts(tx, prefix=path, after=path[:-1], limit=5)
    payouts = payout_store.payouts(tx, seller=seller.id, limit=_RECENT)
    orders = commerce.orders(tx, seller=seller.key, limit=_RECENT)
    return ObjectPage(
        title=seller.name or asked.short(seller.key),
        lead=", ".join(text for text in (seller.city, seller.region) if text),
        crumbs=(asked.home(frame), Link(frame.say("sellers"), frame.to("sellers"))),
        key=shown_id,
        status=Status(frame.say("sellers.selling"), "accent"),
        figures=tuple(each for account in accounts for each in _figures(frame, account)),
        fields=(
            Figure(label=frame.say("sellers.key"), value=Id(seller.key)),
            Figure(label=frame.say("sellers.joined"), value=seller.joined_at),
            *(
                Figure(
                    label=frame.say("sellers.account"),
                    value=Link(account.path, frame.to(f"accounts/{ids.show('acc', account.id)}")),
                )
                for account in accounts
            ),
        ),
        tables=(_payout_table(frame, payouts), _order_table(frame, orders)),
        links=(Link(frame.say("sellers.orders"), frame.to(f"orders?seller={seller.key}")),),
        deeds=_own_page(frame, shown_id),
        api_calls=(
            ApiCall(path="/v1/sellers?" + asked.query(key=seller.key)),
            ApiCall(path="/v1/payouts?" + asked.query(seller=shown_id)),
        ),
    )


def _own_page(frame: Frame, seller: str) -> tuple[Deed, ...]:
    """A page of its own can be opened for the seller by whoever grants access."""
    if not frame.writes("parties:write"):
        return ()
    return (
        Deed(
            label=frame.say("sellers.own_page.open"),
            says=frame.say("sellers.own_page.says"),
            href=frame.to(f"sellers/{seller}/own-page"),
            icon="users",
        ),
    )


def _figures(frame: Frame, account: Account) -> tuple[Figure, ...]:
    assumed = asked.assumed(frame)
    owed, currency = account.balance, account.currency
    return (
        Figure(
            label=frame.say("sellers.owed"),
            value=Money(owed, currency),
            basis=assumed,
            hint=frame.say("sellers.owed.negative") if owed < 0 else "",
        ),
        Figure(
            label=frame.say("sellers.earned"), value=Money(account.in_, currency), basis=assumed
        ),
        Figure(label=frame.say("sellers.gone"), value=Money(account.out_, currency), basis=assumed),
    )


def _payout_table(frame: Frame, payouts: list[Payout]) -> Table:
    rows = tuple(
        Row(
            cells=(
                Id(ids.show("pay", payout.id)),
                payout.at,
                Money(payout.amount, payout.currency),
                payout_state(frame, payout),
                _moved_by(frame, payout),
            )
        )
        for payout in payouts
    )
    return Table(
        title=frame.say("sellers.payouts"),
        columns=(
            Column(title=frame.say("sellers.payout")),
            Column(title=frame.say("order.at")),
            Column(title=frame.say("order.amount"), align="end", basis=asked.assumed(frame)),
            Column(title=frame.say("payouts.state")),
            Column(title=frame.say("journal.transaction")),
        ),
        rows=rows,
        note="" if rows else frame.say("sellers.no_payouts"),
    )


def _moved_by(frame: Frame, payout: Payout) -> Link | None:
    if payout.txn_id is None:
        return None
    href = frame.to(f"transactions/{ids.show('txn', payout.txn_id)}")
    return Link(frame.say("order.transaction"), href)


def _order_table(frame: Frame, orders: list[OrderRow]) -> Table:
    rows = tuple(
        Row(
            href=frame.to(f"orders/{ids.show('ord', order.id)}"),
            cells=(
                Link(order.key, frame.to(f"orders/{ids.show('ord', order.id)}")),
                order.placed_at,
                order.delivered_at,
                Money(order.total_minor, order.currency),
            ),
        )
        for order in orders
    )
    return Table(
        title=frame.say("sellers.recent"),
        columns=(
            Column(title=frame.say("orders.order")),
            Column(title=frame.say("orders.placed")),
            Column(title=frame.say("orders.delivered")),
            Column(title=frame.say("orders.total"), align="end", basis=asked.basis(frame)),
        ),
        rows=rows,
        note="" if rows else frame.say("orders.none_found"),
    )
