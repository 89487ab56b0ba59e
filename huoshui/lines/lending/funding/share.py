"""A joint loan (联合贷): what each funder has of every component. No I/O.

Shares are of the running total, not of each payment: after any payments a funder has its share of all
that came, rounded down, and the odd units are the first's. So ten payments of one unit are shared as one
of ten, and giving back what came leaves nothing with anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm

import msgspec

from huoshui.core.errors import Problem
from huoshui.ledger.split import by_weight
from huoshui.lines.lending.waterfall import COMPONENTS, Component


class BadShares(Problem):
    """Shares that do not come to the whole, or name somebody twice; the problem says of what."""

    code = "bad_funding_shares"
    status = 422


class Funder(msgspec.Struct, frozen=True):
    """Who funds, and which part of each component is its own; a part of one."""

    party: str
    parts: Mapping[Component, Fraction]


class Sharing(msgspec.Struct, frozen=True):
    """All funders of a loan; the first is the owner of odd units. Raises BadShares."""

    funders: tuple[Funder, ...]

    def __post_init__(self) -> None:
        names = [each.party for each in self.funders]
        if not names or len(set(names)) != len(names):
            raise BadShares(of="party")
        for component in COMPONENTS:
            parts = [each.parts.get(component, Fraction(0)) for each in self.funders]
            if sum(parts) != 1 or min(parts) < 0:
                raise BadShares(of=component)

    def of(self, component: Component, total: int) -> dict[str, int]:
        """What of a running total of a component is whose; minor units, 0 or more."""
        parts = [each.parts.get(component, Fraction(0)) for each in self.funders]
        whole = lcm(*(part.denominator for part in parts))
        cut = by_weight(total, [int(part * whole) for part in parts], 0)
        return {each.party: amount for each, amount in zip(self.funders, cut, strict=True)}

    def moved(self, component: Component, before: int, after: int) -> dict[str, int]:
        """What each gets where a running total goes from one amount to another; below 0 it gives."""
        old, new = self.of(component, before), self.of(component, after)
        return {party: new[party] - old[party] for party in new}
