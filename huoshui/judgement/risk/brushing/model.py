"""A sale as fake orders are found in it, and what is found of a seller."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

_WEIGHED_LEAST_G = 100
_EMPTY_PART = 0.25
_HASTY_MIN = 60
_NEW_H = 72
_OFTEN = 3


class Sale(msgspec.Struct, frozen=True):
    """A delivered order. Weights in grams, None where nobody weighed or declared.

    `tied`: the buyer shares a device, card or network with the seller. `kept`: the money went back
    and no goods came back. `reviewed_min`: minutes from delivery to the review, None without one.
    `buyer_age_h`: age of the buyer's account at the order. `nth`: the buyer's so manyeth of the
    seller.
    """

    order: str
    seller: str
    buyer: str
    tied: bool = False
    kept: bool = False
    weight_g: int | None = None
    declared_g: int | None = None
    reviewed_min: int | None = None
    buyer_age_h: int = 10_000
    nth: int = 1


def _empty(sale: Sale) -> bool | None:
    if sale.weight_g is None or sale.declared_g is None or sale.declared_g < _WEIGHED_LEAST_G:
        return None
    return sale.weight_g < sale.declared_g * _EMPTY_PART


def _hasty(sale: Sale) -> bool | None:
    return None if sale.reviewed_min is None else sale.reviewed_min <= _HASTY_MIN


# What a sale shows: true, false, or nothing where it cannot be known.
SIGNS: dict[str, Callable[[Sale], bool | None]] = {
    "tied_buyers": lambda sale: sale.tied,
    "empty_parcels": _empty,
    "refunds_kept": lambda sale: sale.kept,
    "hasty_reviews": _hasty,
    "new_buyers": lambda sale: sale.buyer_age_h < _NEW_H,
    "same_buyers": lambda sale: sale.nth > _OFTEN,
}


class Sign(msgspec.Struct, frozen=True):
    """So many of a seller's sales show it, of so many that could; its surprise in bits, and how
    much more often than elsewhere in all (`lift`, a ratio).
    """

    name: str
    bits: float
    count: int
    of: int
    lift: float


class Seller(msgspec.Struct, frozen=True):
    """A seller and its signs, the strongest first."""

    id: str
    sales: int
    signs: tuple[Sign, ...]

    @property
    def bits(self) -> float:
        """How surprising its sales are in all."""
        return sum(each.bits for each in self.signs)
