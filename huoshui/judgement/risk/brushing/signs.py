"""The signs of fake orders: each a share of a seller's sales, against all sellers' shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import log2

import msgspec

from huoshui.judgement.risk.brushing.model import SIGNS, Sale, Seller, Sign
from huoshui.judgement.risk.chance import beta_binomial_bits, fitted

# One sign alone does not make a fraud, however strong.
BITS_MOST = 10.0
_SALES_LEAST = 5


class Market(msgspec.Struct, frozen=True):
    """How each sign's share varies over all sellers: the Beta(a, b) of each."""

    usual: dict[str, tuple[float, float]]
    sales: dict[str, list[Sale]]

    @staticmethod
    def of(sales: Iterable[Sale]) -> Market:
        """Count the market once."""
        by: dict[str, list[Sale]] = defaultdict(list)
        for sale in sales:
            by[sale.seller].append(sale)
        usual = {}
        for name in SIGNS:
            counts = [_count(name, each) for each in by.values()]
            usual[name] = fitted([each for each in counts if each[1]])
        return Market(usual, dict(by))


def judged(seller: str, market: Market) -> Seller:
    """A seller with its signs."""
    sales = market.sales[seller]
    if len(sales) < _SALES_LEAST:
        return Seller(seller, len(sales), ())
    found = [_sign(name, sales, market) for name in SIGNS]
    kept = sorted((each for each in found if each.bits > 0), key=lambda each: -each.bits)
    return Seller(seller, len(sales), tuple(kept))


def shows(sale: Sale, seller: Seller) -> tuple[str, ...]:
    """Which of its seller's signs one sale shows itself."""
    return tuple(sign.name for sign in seller.signs if SIGNS[sign.name](sale))


def suspicion(sale: Sale, seller: Seller) -> float:
    """How much one sale of a judged seller looks made up, in bits: what its seller's signs say,
    those that it shows itself; a good sale of a bad seller shows none.
    """
    return sum(
        (1 - 2**-sign.bits) * log2(max(1.0, sign.lift))
        for sign in seller.signs
        if SIGNS[sign.name](sale)
    )


def _count(name: str, sales: Sequence[Sale]) -> tuple[int, int]:
    shown = [found for sale in sales if (found := SIGNS[name](sale)) is not None]
    return sum(shown), len(shown)


def _sign(name: str, sales: Sequence[Sale], market: Market) -> Sign:
    count, of = _count(name, sales)
    a, b = market.usual[name]
    bits = min(BITS_MOST, beta_binomial_bits(count, of, a, b))
    return Sign(name, bits, count, of, (count / of) / (a / (a + b)) if of else 1.0)
