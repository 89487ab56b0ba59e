"""Who bears a loss: covers in their order, then the funders. No I/O.

Each cover pays a share of a basis that its contract names. `gross` is the loss before anybody paid;
`net` is what is left of it once recoveries and the covers before it are taken off. Which components
count is part of the contract as well: an insurer may bear principal and interest, a fund principal
alone. Since order and basis change who pays what, neither has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.core.errors import Problem
from huoshui.lines.lending.waterfall import Component

Basis = Literal["gross", "net"]
Amounts = Mapping[Component, int]


class BadCovers(Problem):
    """A cover that cannot be; the problem names it and the field."""

    code = "bad_covers"
    status = 422


class Cover(msgspec.Struct, frozen=True):
    """A contract that bears `share` of the `basis` of the loss of some components, up to `most`."""

    name: str
    share: Fraction
    basis: Basis
    components: tuple[Component, ...]
    most: int | None = None


class Borne(msgspec.Struct, frozen=True):
    """What each cover bears of each component, and what is left to the funders."""

    covers: dict[str, dict[Component, int]]
    left: dict[Component, int]

    @property
    def total(self) -> int:
        """All of it: the loss."""
        paid = sum(sum(each.values()) for each in self.covers.values())
        return paid + sum(self.left.values())


class Covers(msgspec.Struct, frozen=True):
    """Covers in the order in which they pay. Raises BadCovers."""

    covers: tuple[Cover, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for each in self.covers:
            wrong = {
                "name": not each.name or each.name in seen,
                "share": not 0 < each.share <= 1,
                "components": not each.components
                or len(set(each.components)) != len(each.components),
                "most": each.most is not None and each.most < 0,
            }
            for field, is_wrong in wrong.items():
                if is_wrong:
                    raise BadCovers(cover=each.name[:60], field=field)
            seen.add(each.name)

    def borne(
        self, gross: Amounts, recovered: Amounts, granted: Mapping[str, Fraction] | None = None
    ) -> Borne:
        """Who bears a loss of which so much was recovered by now; minor units.

        What a cover bears is what its contract says. `granted` is the part of it that a cover has accepted,
        all of it where it is not named: a later net cover reckons with that alone, so that what an earlier
        one refused is left for it.

        A recovery lessens what is left first of all, so that nobody pays more than was lost in the
        end. What a cover pays is rounded down, and never more than is left.
        """
        left = {name: amount - recovered.get(name, 0) for name, amount in gross.items()}
        if any(amount < 0 for amount in (*left.values(), *recovered.values())):
            raise BadCovers(cover="", field="recovered")
        paid: dict[str, dict[Component, int]] = {}
        for cover in self.covers:
            paid[cover.name] = _paid(cover, gross, left)
            part = (granted or {}).get(cover.name, Fraction(1))
            for name, amount in paid[cover.name].items():
                left[name] -= amount * part.numerator // part.denominator
        return Borne(paid, left)

    def moved(self, gross: Amounts, before: Amounts, after: Amounts) -> dict[str, int]:
        """What each cover still pays (above 0) or gets back where more is recovered."""
        old, new = self.borne(gross, before).covers, self.borne(gross, after).covers
        return {name: sum(new[name].values()) - sum(old[name].values()) for name in new}


def _paid(cover: Cover, gross: Amounts, left: Amounts) -> dict[Component, int]:
    found: dict[Component, int] = {}
    room = cover.most
    for name in cover.components:
        basis = gross if cover.basis == "gross" else left
        due = min(int(basis.get(name, 0) * cover.share), left.get(name, 0))
        if room is not None:
            due = min(due, room)
            room -= due
        if due:
            found[name] = due
    return found
