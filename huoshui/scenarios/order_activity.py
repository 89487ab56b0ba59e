"""What facts of orders tell of buyers and merchants, as activities, in the commit that keeps the facts.

A decision a moment later sees them. What concerns several merchants is told once for each, the first as
part 0, so that a merchant has all of its own and a buyer's can be counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts import activity
from huoshui.facts.activity import Activity, ActivityRefused
from huoshui.facts.commerce import store as facts
from huoshui.facts.commerce.model import (
    Buyer,
    Cancellation,
    Delivery,
    Item,
    Return,
    Review,
    Seller,
    Tender,
)
from huoshui.facts.commerce.service import Ingested
from huoshui.facts.commerce.store import ItemRow, OrderParty
from huoshui.scenarios.order_back import ORDER_RAIL

_TELLING = (Buyer, Seller, Item, Tender, Delivery, Cancellation, Return, Review)
_MINUTE_S = 60


def told(tx: Tx, news: Sequence[Ingested]) -> None:
    """Record what these facts tell; a correction tells nothing again."""
    new = [n for n in news if n.outcome == "created" and isinstance(n.fact, _TELLING)]
    if not new:
        return
    keys = sorted({key for n in new if (key := str(getattr(n.fact, "order", "")))})
    asked_orders, asked_items = facts.ask_parties_of_orders(tx, keys), facts.ask_items(tx, keys)
    orders = {each.key: each for each in asked_orders()}
    lines: dict[str, list[ItemRow]] = {}
    for item in asked_items():
        lines.setdefault(item.order_key, []).append(item)
    tell = _Telling(orders, lines)
    placed = tell.placed([n for n in new if isinstance(n.fact, Item)])
    made = [each for n in new for each in tell.of(n)] + placed
    later = []
    for start in range(0, len(made), activity.ACTIVITIES_MAX):
        later += _taken(tx, made[start : start + activity.ACTIVITIES_MAX])
    if later:
        activity.record(tx, later)


def _taken(tx: Tx, made: Sequence[Activity]) -> list[Activity]:
    """Keep activities; lines that come behind the first of their merchant extend the order instead."""
    extended = []
    for each, result in zip(made, activity.take(tx, made), strict=True):
        if result.errors:
            raise ActivityRefused(row=0, kind=each.kind, errors=result.errors)
        if result.outcome == "exists" and each.kind == "order.placed":
            key = f"{each.key}/{each.attributes['items']}/{each.known_at or each.occurred_at}"
            extended.append(
                msgspec.structs.replace(each, kind="order.extended", attributes={}, key=key)
            )
    return extended


class _Telling:
    """What turning facts into activities needs to know: who is in an order, and its lines."""

    def __init__(self, orders: dict[str, OrderParty], lines: dict[str, list[ItemRow]]) -> None:
        self.orders, self.lines = orders, lines

    def of(self, new: Ingested) -> list[Activity]:
        """The activities that one fact tells, but for the placing of an order."""
        fact = new.fact
        match fact:
            case Buyer():
                return [self._opened(new, buyer=ids.show("byr", _id(new)))]
            case Seller():
                return [self._opened(new, merchant=ids.show("slr", _id(new)))]
            case Tender():
                return self._paid(new, fact) if fact.method != ORDER_RAIL else []
            case Delivery():
                return self._parts(new, "order.delivered", self._late(fact), fact.order)
            case Cancellation():
                return self._parts(new, "order.cancelled", {}, fact.order)
            case Review():
                return self._parts(new, "review.written", self._reviewed(fact), fact.order)
            case Return():
                return self._returned(new, fact)
            case _:
                return []

    def placed(self, new: Sequence[Ingested]) -> list[Activity]:
        """Orders as their lines tell them: one activity for each merchant."""
        groups: dict[tuple[str, str], list[Ingested]] = {}
        for each in new:
            assert isinstance(each.fact, Item), "lines alone place orders"
            groups.setdefault((each.fact.order, each.fact.seller), []).append(each)
        return [self._one_placed(order, seller, some) for (order, seller), some in groups.items()]

    def _one_placed(self, order: str, seller: str, new: list[Ingested]) -> Activity:
        items = [each.fact for each in new if isinstance(each.fact, Item)]
        sellers = self._sellers(order)
        by_key = {line.seller_key: line.seller_id for line in self.lines[order]}
        said = {
            "part": sellers.index(by_key[seller]), "items": len(items),
            "quantity": sum(item.quantity for item in items),
        }  # fmt: skip
        made = self._about(new[-1], "order.placed", said, order, by_key[seller])
        return msgspec.structs.replace(
            made, key=f"{order}/{seller}"[: activity.REF_MAX], currency=items[0].price.currency,
            amount_minor=sum(item.price.amount + item.freight.amount for item in items),
        )  # fmt: skip

    def _opened(self, new: Ingested, **who: str) -> Activity:
        at, known = _times(new)
        key = f"{new.kind}/{new.fact.key}"
        opened = Activity(kind="account.opened", key=key, occurred_at=at, known_at=known)
        return msgspec.structs.replace(opened, **who)

    def _paid(self, new: Ingested, fact: Tender) -> list[Activity]:
        """One activity; its merchant is named where there is one alone."""
        said = {"method": fact.method, "instalments": fact.instalments}
        sellers = self._sellers(fact.order)
        alone = sellers[0] if len(sellers) == 1 else None
        return [_worth(self._about(new, "payment.captured", said, fact.order, alone), fact.amount)]

    def _parts(
        self, new: Ingested, kind: str, said: dict[str, Any], order: str
    ) -> list[Activity]:  # fmt: skip
        """One activity for each merchant of an order."""
        return [
            self._about(new, kind, said | {"part": part}, order, seller)
            for part, seller in enumerate(self._sellers(order) or [None])
        ]

    def _returned(self, new: Ingested, fact: Return) -> list[Activity]:
        line = next((i for i in self.lines.get(fact.order, []) if i.key == fact.item), None)
        seller = line.seller_id if line else None
        said = {"cause": fact.reason} if fact.reason else {}
        return [_worth(self._about(new, "refund.made", said, fact.order, seller), fact.amount)]

    def _late(self, fact: Delivery) -> dict[str, Any]:
        promised = self.orders[fact.order].estimated_at
        return {"late_days": (fact.occurred_at - promised).days} if promised else {}

    def _reviewed(self, fact: Review) -> dict[str, Any]:
        delivered = self.orders[fact.order].delivered_at
        seconds = (fact.occurred_at - delivered).total_seconds() if delivered else None
        behind = {} if seconds is None else {"minutes_after_delivery": int(seconds // _MINUTE_S)}
        return {"score": fact.score} | behind

    def _sellers(self, order: str) -> Sequence[UUID | None]:
        return list(dict.fromkeys(line.seller_id for line in self.lines.get(order, [])))

    def _about(
        self, new: Ingested, kind: str, said: dict[str, Any], order: str, seller: UUID | None
    ) -> Activity:
        there = self.orders[order]
        at, known = _times(new)
        return Activity(
            kind=kind, key=f"{new.kind}/{new.fact.key}/{said.get('part', 0)}", attributes=said,
            buyer=ids.show("byr", there.buyer_id), order=ids.show("ord", there.id),
            merchant=ids.show("slr", seller) if seller else None, occurred_at=at, known_at=known,
        )  # fmt: skip


def _worth(made: Activity, amount: Money) -> Activity:
    return msgspec.structs.replace(made, amount_minor=amount.amount, currency=amount.currency)


def _id(new: Ingested) -> UUID:
    assert new.id is not None, "only a refused fact has no id"
    return new.id


def _times(new: Ingested) -> tuple[datetime, datetime | None]:
    """When it happened, at the latest when it was heard; and that, where the clock stands still."""
    assert new.recorded_at is not None, "what is new was recorded"
    known = new.recorded_at if new.fact.known_at else None
    return min(new.fact.occurred_at, new.recorded_at), known
