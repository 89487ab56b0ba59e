"""A claim that others fund with the platform: whose is what of every step. No I/O.

Shares are of running totals, by component, as of a joint loan: what was paid out and comes back is
principal first, what comes beyond it is the fee. A funder's part of a loss is what its principal, and then
its fee, lacks. In the end nothing is left with anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

import msgspec

from huoshui.catalog.model import Share, Word
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.lines.lending.funding import Funder, Sharing
from huoshui.lines.lending.waterfall import COMPONENTS

PLATFORM = "platform"


class FunderTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[funding.funders]]`: its part of what is paid out and of the fee, and what it pays of its fee for
    the servicing."""

    party: Word
    principal: Share
    fee: Share
    servicing: Share


class FundingTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[funding]`: who funds beside the platform, which has the rest and the odd units."""

    funders: Annotated[list[FunderTable], msgspec.Meta(max_length=8)] = []

    def sharing(self) -> Sharing:
        """The shares by component. Raises BadShares."""
        rest = {
            name: 1 - sum((_part(each, name) for each in self.funders), Fraction(0))
            for name in COMPONENTS
        }
        others = [
            Funder(each.party, {name: _part(each, name) for name in COMPONENTS})
            for each in self.funders
        ]
        return Sharing((Funder(PLATFORM, rest), *others))


def _part(of: FunderTable, component: str) -> Fraction:
    return Fraction(of.principal if component == "principal" else of.fee)


class Part(msgspec.Struct, frozen=True):
    """What a funder has of an assignment by now, minor units; `position` is what is still its own."""

    party: str
    lent: int = 0
    earned: int = 0
    returned: int = 0
    serviced: int = 0
    lost: int = 0
    recovered: int = 0

    @property
    def position(self) -> int:
        """What it lent and earned and has not got back."""
        return self.lent + self.earned - self.returned - self.serviced - self.lost

    @property
    def gain(self) -> int:
        """What it gains so far: its fee less servicing, less what it lost and did not recover."""
        return self.earned - self.serviced - self.lost + self.recovered


def parts(table: FundingTable, now: Assignment) -> tuple[Part, ...]:
    """What each funder has of an assignment; those of the table, in its order."""
    if not table.funders:
        return ()
    sharing = table.sharing()
    came = now.collected + now.repaid
    principal = min(came, now.paid)
    fee = came - principal
    lost_fee = min(now.loss, max(0, now.fee - fee))
    lost_principal = now.loss - lost_fee
    again = min(now.recovered, lost_principal)
    lent, back, gone, again_ = (
        sharing.of("principal", total)
        for total in (now.paid, principal, principal + lost_principal, again)
    )
    earned, fee_back, fee_gone, fee_again = (
        sharing.of("fee", total) for total in (now.fee, fee, fee + lost_fee, now.recovered - again)
    )
    found = []
    for each in table.funders:
        party = each.party
        serviced = int(fee_back[party] * Fraction(each.servicing))
        found.append(
            Part(
                party,
                lent[party],
                earned[party],
                back[party] + fee_back[party] - serviced,
                serviced,
                gone[party] - back[party] + fee_gone[party] - fee_back[party],
                again_[party] + fee_again[party],
            )
        )
    return tuple(found)


def moved(before: Sequence[Part], after: Sequence[Part]) -> list[tuple[str, str, int]]:
    """What a step moves: the funder, the name of what changed, and by how much; below 0 it goes back."""
    known = {part.party: part for part in before}
    changes = []
    for part in after:
        old = known.get(part.party, Part(part.party))
        for name in Part.__struct_fields__[1:]:
            amount = getattr(part, name) - getattr(old, name)
            if amount:
                changes.append((part.party, name, amount))
    return changes
