"""Sellers, products and buyers of the generated marketplace."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from huoshui.facts.commerce.model import Buyer, Product, Seller
from huoshui.facts.commerce.sample import words
from huoshui.facts.commerce.sample.demand import END, FIRST, ZONE

REPEAT = 0.52  # share of orders by somebody who has ordered before
OPEN_AT_START = 0.6  # share of sellers that are there from the first day


class Good(NamedTuple):
    """A product on sale."""

    key: str
    seller: str
    category: int
    price_minor: int
    weight_g: int


class Shop(NamedTuple):
    """A seller with its goods; `size` is its weight among all."""

    fact: Seller
    size: float
    goods: tuple[Good, ...]
    listed: tuple[Product, ...]


class Market:
    """Who sells what at a moment, and who buys."""

    def __init__(self, orders: int, random: Random) -> None:
        self._random = random
        count = max(8, int(orders**0.62))
        self._shops = sorted(
            (_shop(number, random) for number in range(1, count + 1)),
            key=lambda shop: shop.fact.occurred_at,
        )
        self._open = 0
        self._sizes: list[float] = []
        self._past = array("L")  # the buyer of each order so far
        self._buyers = 0

    def opened(self, moment: datetime) -> Iterator[Shop]:
        """The shops that have opened since the last call, and count from now on."""
        first = self._open
        while self._open < len(self._shops) and (
            self._shops[self._open].fact.occurred_at <= moment
        ):
            self._open += 1
        if self._open > first:
            self._sizes = list(accumulate(shop.size for shop in self._shops[: self._open]))
        yield from self._shops[first : self._open]

    def shop(self) -> Shop:
        """A shop, the large ones more often."""
        return self._random.choices(self._shops[: self._open], cum_weights=self._sizes)[0]

    def buyer(self, moment: datetime) -> tuple[str, Buyer | None, int]:
        """Who orders now: the key, the fact when it is new, and its city's number.

        Somebody who has ordered before is drawn from all orders so far, so that frequent buyers
        become more frequent: a heavy tail.
        """
        random = self._random
        if self._past and random.random() < REPEAT:
            number, fact = random.choice(self._past), None
        else:
            self._buyers += 1
            number, fact = self._buyers, _buyer(self._buyers, moment, random)
        self._past.append(number)
        return f"B{number:07d}", fact, _city(number)


def _city(number: int) -> int:
    """The buyer's city, from its number alone: nothing about buyers is kept."""
    place = number * 7_919 % _CITY_SHARES[-1]
    return next(n for n, share in enumerate(_CITY_SHARES) if place < share)


_CITY_SHARES = tuple(accumulate(share for _, _, _, share, _ in words.CITIES))


def _buyer(number: int, moment: datetime, random: Random) -> Buyer:
    city, region, postcode, _, _ = words.CITIES[_city(number)]
    return Buyer(
        key=f"B{number:07d}",
        occurred_at=moment - timedelta(minutes=random.randrange(1, 40)),
        city=city,
        region=region,
        postcode=f"{postcode}{random.randrange(1_000):03d}",
    )


def _shop(number: int, random: Random) -> Shop:
    category = random.choices(range(len(words.CATEGORIES)), [c.share for c in words.CATEGORIES])[0]
    size = random.lognormvariate(0, 1.4)
    city, region, postcode, _, _ = random.choice(words.CITIES[:18])
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZONE)
    later = 0.0 if number == 1 or random.random() < OPEN_AT_START else random.random() * 0.75
    fact = Seller(
        key=f"S{number:05d}",
        occurred_at=start + timedelta(seconds=int((END - start).total_seconds() * later)),
        name=_shop_name(number, category, random),
        city=city,
        region=region,
        postcode=f"{postcode}{random.randrange(1_000):03d}",
    )
    pairs = [_good(fact, category, n, random) for n in range(1, 4 + min(40, int(6 * size)))]
    return Shop(fact, size, tuple(good for good, _ in pairs), tuple(fact for _, fact in pairs))


def _shop_name(number: int, category: int, random: Random) -> str:
    first_zh, first_en = random.choice(words.SHOP_WORDS).split()
    kind_zh, kind_en = words.CATEGORIES[category].name.split()
    end_zh, end_en = random.choice(words.SHOP_ENDS).split()
    return f"{first_zh}{kind_zh}{end_zh} {first_en} {kind_en} {end_en} {number}"


def _good(seller: Seller, category: int, number: int, random: Random) -> tuple[Good, Product]:
    level = words.CATEGORIES[category]
    yuan = max(3, int(level.price_minor * random.lognormvariate(0, level.spread)) // 100)
    good = Good(
        key=f"P{seller.key[1:]}-{number:03d}",
        seller=seller.key,
        category=category,
        price_minor=yuan * 100 - random.choice((0, 0, 10, 1)),
        weight_g=max(50, int(level.weight_g * random.lognormvariate(0, 0.4))),
    )
    name = f"{random.choice(level.goods)} {random.choice(words.KINDS_OF_GOODS)}".strip()
    fact = Product(
        key=good.key,
        occurred_at=seller.occurred_at,
        name=name,
        category=level.name,
        weight_g=good.weight_g,
    )
    return good, fact
