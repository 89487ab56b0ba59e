"""Writes a generated marketplace into a directory, in Huoshui's own layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from huoshui.core.errors import Problem
from huoshui.facts.commerce.model import Fact, Order
from huoshui.facts.commerce.reading.staged import Progress
from huoshui.facts.commerce.reading.writing import Writer
from huoshui.facts.commerce.sample.demand import END, ZONE, moments
from huoshui.facts.commerce.sample.orders import life
from huoshui.facts.commerce.sample.shops import Market

ORDERS_MOST = 5_000_000
TELL_EVERY = 500

SETTINGS = """\
# A generated marketplace: no order, seller or buyer in it is real.

[marketplace]
name = { en = "Qinghe Market (generated)", zh = "青禾集市（生成数据）" }
currency = "CNY"
time_zone = "Asia/Shanghai"
generated = true

[payments]
# Left to its defaults: commission, tax, confirmation time-out and payout calendar are assumed.
"""
ORIGIN = """\
These tables are generated: huoshui sample --orders {orders} --seed {seed}
No order, seller, buyer or product in them is real. The same command writes the same bytes.

本目录中的数据为程序生成：huoshui sample --orders {orders} --seed {seed}
其中的订单、商家、买家和商品均非真实。同一命令写出的内容逐字节相同。
"""


class DirectoryTaken(Problem):
    """The directory holds files that are not from here."""

    code = "directory_taken"
    status = 409


class Sampled(msgspec.Struct, frozen=True):
    """What was written."""

    directory: Path
    orders: int
    seed: int
    facts: int


def generate(directory: Path, orders: int, seed: int, progress: Progress | None = None) -> Sampled:
    """Write a marketplace of so many orders. Raises DirectoryTaken, ValueError."""
    if not 1 <= orders <= ORDERS_MOST:
        raise ValueError(f"orders: {orders} is not between 1 and {ORDERS_MOST}")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / "ORIGIN").is_file():
        raise DirectoryTaken(directory=str(directory))
    facts = 0
    with Writer(directory, ZONE) as writer:
        for fact in _facts(orders, Random(seed), progress):
            writer.add(fact)
            facts += 1
    (directory / "marketplace.toml").write_text(SETTINGS, encoding="utf-8")
    origin = ORIGIN.format(orders=orders, seed=seed)
    (directory / "ORIGIN").write_text(origin, encoding="utf-8")
    return Sampled(directory, orders, seed, facts)


def _facts(orders: int, random: Random, progress: Progress | None) -> Iterator[Fact]:
    """Every fact until the history ends; what would happen later is not known yet."""
    market = Market(orders, random)
    for number, moment in enumerate(moments(orders, random), 1):
        for shop in market.opened(moment):
            yield shop.fact
            yield from shop.listed
        for fact in life(f"{moment:%Y%m%d}-{number:07d}", moment, market, random):
            if isinstance(fact, Order) or fact.occurred_at <= END:
                yield fact
        if progress and number % TELL_EVERY == 0:
            progress("write", number, orders)
    if progress:
        progress("write", orders, orders)
