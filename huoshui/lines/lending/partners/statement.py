"""Who gains what: the statement of each partner of a product. No I/O.

What one gains another bears: over all parties of a product the gains come to nothing. What the platform
has set aside for losses to come is no loss yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from huoshui.lines.lending.funding.parts import LOAN, gain
from huoshui.lines.lending.funding.tables import MERCHANT, PLATFORM
from huoshui.lines.lending.partners.store import PartSum

_ROLES = (PLATFORM, "funder", "insurer", "government", "guarantor", "subsidy", MERCHANT, "borrower")


class Statement(msgspec.Struct, frozen=True):
    """What a party has of a product's loans, by kind, and what it gains by now; minor units."""

    product: str
    currency: str
    role: str
    party: str
    items: dict[str, int]
    gain: int

    @property
    def position(self) -> int:
        """Of a funder: what it lent and earned and has not got back."""
        names = ("returned", "serviced", "lost_principal", "lost_interest", "lost_charges")
        inward = sum(self.items.get(n, 0) for n in ("lent", "earned_interest", "earned_charges"))
        return inward - sum(self.items.get(name, 0) for name in names)


def statements(parts: Iterable[PartSum], own: Iterable[PartSum]) -> list[Statement]:
    """The statements of all parties of all products, from their parts and the platform's accounts."""
    found: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for each in parts:
        if each.role == LOAN:
            continue
        found[each.product, each.currency, each.role, each.party][each.kind] = each.amount
        if each.kind == "premium_borrower":
            _bear(found, each, "borrower")
        if each.kind == "premium_merchant":
            _bear(found, each, MERCHANT)
    for each in own:
        items = found[each.product, each.currency, PLATFORM, PLATFORM]
        items[each.kind] = each.amount
    made = []
    for (product, currency, role, party), items in found.items():
        told = sum(items.values()) if role == PLATFORM else gain(role, items)
        made.append(Statement(product, currency, role, party, items, told))
    return sorted(
        made, key=lambda each: (each.product, each.currency, _ROLES.index(each.role), each.party)
    )


def _bear(found: dict[tuple[str, str, str, str], dict[str, int]], of: PartSum, who: str) -> None:
    items = found[of.product, of.currency, who, who]
    items["premium"] = items.get("premium", 0) + of.amount
