"""The life of one generated order: placed, paid, shipped, delivered, and what may come between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import msgspec

from huoshui.core.money import Money
from huoshui.facts.commerce.model import (
    Cancellation,
    Confirmation,
    Delivery,
    Fact,
    Item,
    Order,
    Return,
    Review,
    Shipment,
    Tender,
)
from huoshui.facts.commerce.sample import words
from huoshui.facts.commerce.sample.demand import festival, spring_slump
from huoshui.facts.commerce.sample.shops import Good, Market

CURRENCY = "CNY"
FREE_FREIGHT_FROM = 9_900

# Shares of orders, in a thousand.
UNPAID, CALLED_OFF, LOST, COUPON, SPLIT_TENDER = 24, 31, 3, 22, 118
CONFIRMED, REVIEWED, LATE = 450, 360, 62
RETURNED_LATE, RETURNED_IN_PART = 160, 350


class Basket(msgspec.Struct, frozen=True):
    """What was ordered: the items with their goods, and what is due for them."""

    items: tuple[Item, ...]
    goods: tuple[Good, ...]
    due: int


def life(key: str, moment: datetime, market: Market, random: Random) -> Iterator[Fact]:
    """Every fact of one order placed at this moment, the buyer first when it is new."""
    buyer, fact, city = market.buyer(moment)
    if fact is not None:
        yield fact
    transit_more = words.CITIES[city][4]
    promised = (moment + timedelta(days=random.randrange(4, 7) + transit_more)).replace(
        hour=23, minute=59, second=59
    )
    yield Order(key=key, occurred_at=moment, buyer=buyer, currency=CURRENCY, estimated_at=promised)
    basket = _basket(key, moment, market, random)
    yield from basket.items
    if _chance(random, UNPAID):
        at = moment + timedelta(minutes=30)
        yield Cancellation(key=key, occurred_at=at, order=key, reason="超时未付 Not paid in time")
        return
    tenders = list(_tenders(key, moment, basket.due, random))
    yield from tenders
    paid_at = tenders[0].occurred_at
    if _chance(random, CALLED_OFF):
        at = paid_at + timedelta(minutes=random.randrange(20, 2_400))
        yield Cancellation(key=key, occurred_at=at, order=key, reason="买家取消 Called off")
        return
    paid = sum(tender.amount.amount for tender in tenders)
    yield from _journey(key, paid_at, promised, transit_more, basket, paid, random)


def _chance(random: Random, per_mille: int) -> bool:
    return random.randrange(1_000) < per_mille


def _basket(key: str, moment: datetime, market: Market, random: Random) -> Basket:
    shop = market.shop()
    goods: list[Good] = []
    for _ in range(random.choices((1, 2, 3, 4), (72, 19, 6, 3))[0]):
        goods.append(random.choice(shop.goods))
        if _chance(random, 250):
            shop = market.shop()
    percent = 100
    if festival(moment.date()) > 1:
        percent -= random.randrange(5, 30)
    quantities = [random.choices((1, 2, 3), (88, 9, 3))[0] for _ in goods]
    prices = [
        good.price_minor * quantity * percent // 100
        for good, quantity in zip(goods, quantities, strict=True)
    ]
    free = sum(prices) >= FREE_FREIGHT_FROM or _chance(random, 350)
    items = tuple(
        Item(
            key=f"{key}-{n}",
            occurred_at=moment,
            order=key,
            product=good.key,
            seller=good.seller,
            price=Money(price, CURRENCY),
            freight=Money(0 if free else _freight(good, quantity, random), CURRENCY),
            quantity=quantity,
        )
        for n, (good, price, quantity) in enumerate(zip(goods, prices, quantities, strict=True), 1)
    )
    due = sum(item.price.amount + item.freight.amount for item in items)
    return Basket(items, tuple(goods), due)


def _freight(good: Good, quantity: int, random: Random) -> int:
    return random.choice((600, 800, 1_000)) + good.weight_g * quantity // 1_000 * 150


def _tenders(key: str, moment: datetime, due: int, random: Random) -> Iterator[Tender]:
    """One tender mostly; else a voucher or balance first and the rest by card or wallet. A
    platform's coupon makes the tenders less than what is due."""
    at = moment + timedelta(seconds=random.randrange(8, 1_700 if _chance(random, 80) else 180))
    if _chance(random, COUPON):
        due -= min(due // 4, random.choice((500, 1_000, 2_000, 3_000)))
    first = 0
    if _chance(random, SPLIT_TENDER):
        first = min(due - 1, random.randrange(1, 1 + due // 2) if due > 1 else 0)
    if first > 0:
        method = random.choice(("voucher", "balance"))
        yield _tender(f"{key}-1", key, at, method, first, 1)
    method = random.choices(("wallet", "card", "balance"), (58, 36, 6))[0]
    instalments = 1
    if method == "card" and due >= 100_000:
        instalments = random.choices((1, 3, 6, 12), (45, 25, 15, 15))[0]
    yield _tender(f"{key}-{2 if first else 1}", key, at, method, due - first, instalments)


def _tender(
    key: str, order: str, at: datetime, method: str, amount: int, instalments: int
) -> Tender:
    return Tender(
        key=key,
        occurred_at=at,
        order=order,
        method=method,
        amount=Money(amount, CURRENCY),
        instalments=instalments,
    )


def _journey(
    key: str,
    paid_at: datetime,
    promised: datetime,
    transit_more: int,
    basket: Basket,
    paid: int,
    random: Random,
) -> Iterator[Fact]:
    shipped = paid_at + timedelta(minutes=int(1_100 * random.lognormvariate(0, 0.55)))
    if spring_slump(shipped.date()):
        shipped += timedelta(days=random.randrange(1, 9))
    yield Shipment(key=key, occurred_at=shipped, order=key, carrier=random.choice(words.CARRIERS))
    if _chance(random, LOST):
        at = shipped + timedelta(days=random.randrange(15, 28))
        yield Cancellation(key=key, occurred_at=at, order=key, reason="包裹遗失 Parcel lost")
        return
    delivered = shipped + timedelta(
        hours=random.randrange(18, 76) + 20 * transit_more, minutes=random.randrange(60)
    )
    if festival(shipped.date()) > 2:
        delivered += timedelta(hours=random.randrange(6, 60))
    if _chance(random, LATE):
        delivered = max(delivered, promised) + timedelta(hours=random.randrange(3, 150))
    yield Delivery(key=key, occurred_at=delivered, order=key)
    yield from _afterwards(key, delivered, delivered > promised, basket, paid, random)


def _afterwards(
    key: str, delivered: datetime, late: bool, basket: Basket, paid: int, random: Random
) -> Iterator[Fact]:
    returns = list(_returns(key, delivered, basket, paid, random))
    yield from returns
    confirmed = delivered + timedelta(minutes=random.randrange(30, 9 * 1_440))
    kept = all(confirmed < fact.occurred_at for fact in returns)
    if kept and _chance(random, CONFIRMED):
        yield Confirmation(key=key, occurred_at=confirmed, order=key)
    if _chance(random, REVIEWED):
        scores = (
            (30, 15, 15, 20, 20) if returns else (16, 12, 20, 26, 26) if late else (2, 2, 7, 24, 65)
        )
        score = random.choices((1, 2, 3, 4, 5), scores)[0]
        yield Review(
            key=key,
            occurred_at=delivered + timedelta(minutes=random.randrange(60, 14 * 1_440)),
            order=key,
            score=score,
            comment=random.choice(words.COMMENTS[score]),
        )


def _returns(
    key: str, delivered: datetime, basket: Basket, paid: int, random: Random
) -> Iterator[Return]:
    """Goods that come back: mostly within a week, some weeks later, some only in part. Refunds
    never go above what was paid."""
    left = paid
    for item, good in zip(basket.items, basket.goods, strict=True):
        if not _chance(random, words.CATEGORIES[good.category].returned_per_mille):
            continue
        late = _chance(random, RETURNED_LATE)
        minutes = random.randrange(8 * 1_440, 30 * 1_440) if late else random.randrange(120, 10_080)
        amount = item.price.amount
        if _chance(random, RETURNED_IN_PART):
            amount = amount * random.choice((20, 30, 50, 50)) // 100
        amount = min(amount, left)
        if amount <= 0:
            continue
        left -= amount
        yield Return(
            key=item.key,
            occurred_at=delivered + timedelta(minutes=minutes),
            order=key,
            item=item.key,
            amount=Money(amount, CURRENCY),
            reason=random.choice(words.RETURN_REASONS),
        )
