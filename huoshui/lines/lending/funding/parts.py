"""What of a loan is whose: every partner's part of its running totals. No I/O.

A loan's totals are summed from its own entries. Each part is a function of the totals by now, not of a
step: whatever came late or was undone, the parts come to the whole, and what nobody owes any more
leaves nothing with anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec

from huoshui.lines.lending.funding.tables import (
    COMPONENT,
    MERCHANT,
    PLATFORM,
    LoanFunder,
    LossPart,
    PartnerTables,
)
from huoshui.lines.lending.postings import Posting
from huoshui.lines.lending.waterfall import Component

LOAN = "loan"
FUNDER, SUBSIDY = "funder", "subsidy"
LOSS_PARTS: tuple[LossPart, ...] = ("principal", "interest", "charges")
Key = tuple[str, str, str]  # role, party, what of it
Amounts = Mapping[LossPart, int]


class Whole(msgspec.Struct, frozen=True):
    """A loan's totals in minor units, as its entries make them.

    `drawn` was paid out, `lent` of it is a claim; `accrued` earned by days and charges, `less` of it
    given back or waived; `back` was paid, `lost` charged off, `again` recovered after that; `given`
    is goodwill.
    """

    drawn: int = 0
    lent: int = 0
    accrued_interest: int = 0
    accrued_charges: int = 0
    less_interest: int = 0
    less_charges: int = 0
    off_interest: int = 0
    off_charges: int = 0
    back_principal: int = 0
    back_interest: int = 0
    back_charges: int = 0
    lost_principal: int = 0
    lost_interest: int = 0
    lost_charges: int = 0
    again_principal: int = 0
    again_interest: int = 0
    again_charges: int = 0
    given: int = 0

    @property
    def interest(self) -> int:
        """Interest that stands as earned."""
        return self.accrued_interest - self.less_interest

    @property
    def charges(self) -> int:
        """Charges that stand as earned."""
        return self.accrued_charges - self.less_charges

    def lost(self) -> dict[LossPart, int]:
        """What was charged off, by component."""
        return {
            "principal": self.lost_principal,
            "interest": self.lost_interest,
            "charges": self.lost_charges,
        }

    def again(self) -> dict[LossPart, int]:
        """What of the loss was recovered, by component; never more than was lost of it."""
        found: dict[LossPart, int] = {
            "principal": self.again_principal,
            "interest": self.again_interest,
            "charges": self.again_charges,
        }
        lost = self.lost()
        return {name: max(0, min(amount, lost[name])) for name, amount in found.items()}

    def after(self, postings: Iterable[Posting]) -> Whole:
        """The totals after more entries of the loan; accruals are told apart, by `accrued`."""
        moved: Counter[str] = Counter()
        for posting in postings:
            for field, amount, sign in _MOVES.get(posting.template, ()):
                moved[field] += sign * posting.amounts.get(amount, 0)
        changed = {name: getattr(self, name) + amount for name, amount in moved.items()}
        return msgspec.structs.replace(self, **changed)

    @property
    def borrower(self) -> int:
        """What the borrower gains: what it did not pay, less what it cost."""
        unpaid = sum(self.lost().values()) + self.given
        again = self.again_principal + self.again_interest + self.again_charges
        return unpaid - again - self.interest - self.charges


_THREE = ("principal", "interest", "charges")
_ALL = (*_THREE, "excess")


def _to(field: str, names: Iterable[str], sign: int = 1) -> tuple[tuple[str, str, int], ...]:
    return tuple((f"{field}_{name}", name, sign) for name in names)


def _sum(field: str, names: Iterable[str], sign: int = 1) -> tuple[tuple[str, str, int], ...]:
    return tuple((field, name, sign) for name in names)


_BACK, _AGAIN = _to("back", _THREE), _to("again", _THREE)
# Income that is given back is cash that a funder gives: it takes part of it, as of what came in.
_MOVES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "drawn": (
        *_sum("lent", ["principal"]),
        *_sum("drawn", ["principal", "own"]),
        *_to("back", ["interest", "charges"]),
    ),
    "repaid": _BACK,
    "repaid_lost": _AGAIN,
    "refunded_lost": _AGAIN,
    "goodwill": (*_BACK, *_sum("given", _ALL)),
    "goodwill_lost": (*_AGAIN, *_sum("given", _ALL)),
    "interest_given_back": (
        *_BACK,
        *_sum("less_interest", _ALL),
        *_sum("off_interest", _ALL),
    ),
    "interest_given_back_lost": (
        *_AGAIN,
        *_sum("less_interest", _ALL),
        *_sum("off_interest", _ALL),
    ),
    "charge_given_back": (*_BACK, *_sum("less_charges", _ALL), *_sum("off_charges", _ALL)),
    "charge_given_back_lost": (
        *_AGAIN,
        *_sum("less_charges", _ALL),
        *_sum("off_charges", _ALL),
    ),
    "charge_waived": _sum("less_charges", ["charges"]),
    "penalty_waived": _sum("less_charges", ["charges"]),
    "credit_paid_out": _sum("lent", ["principal"]),
    "charged_back": _to("back", _THREE, -1),
    "charged_back_lost": _to("again", _THREE, -1),
    "charged_off": _to("lost", _THREE),
    "written_off": _to("lost", _THREE),
}


def parts(tables: PartnerTables, whole: Whole, covered: Amounts) -> dict[Key, int]:
    """What each partner has of a loan by now, in minor units; `covered` is what covers have paid of it."""
    found: dict[Key, int] = {}
    subsidy = tables.subsidy.of(whole.interest) if tables.subsidy else 0
    if tables.subsidy:
        found[SUBSIDY, tables.subsidy.party, "subsidised"] = subsidy
    if tables.premium:
        for who, amount in tables.premium.parts(whole.drawn).items():
            found["insurer", tables.premium.party, f"premium_{who}"] = amount
    if tables.funding.funders:
        others = tables.losses is not None and tables.losses.rest == "funders"
        for funder in tables.funding.funders:
            own = _Own(funder, whole, subsidy)
            told = own.parts(covered) if others else own.held_harmless()
            found |= {(FUNDER, funder.party, name): amount for name, amount in told.items()}
    return found


class _Own:
    """One funder's part of a loan's totals; `beside` is interest that others than the borrower pay.

    As `Sharing` cuts them: rounded down, the odd units are the platform's.
    """

    def __init__(self, funder: LoanFunder, whole: Whole, beside: int) -> None:
        self.funder, self.whole, self.beside = funder, whole, beside
        self.shares = {name: funder.part(name) for name in COMPONENT.values()}

    def of(self, component: Component, total: int) -> int:
        """Its part of a total, which may be below zero."""
        share = self.shares[component]
        part = abs(total) * share.numerator // share.denominator
        return part if total >= 0 else -part

    def three(self, amounts: Amounts) -> int:
        """Its part of amounts by component."""
        return sum(self.of(COMPONENT[name], amounts.get(name, 0)) for name in LOSS_PARTS)

    def parts(self, covered: Amounts) -> dict[str, int]:
        """What it lent, earned, got back, pays for servicing, lost, and has of what made that good."""
        w, of = self.whole, self.of
        income = of("interest", w.back_interest - w.off_interest + self.beside)
        income += of("fee", w.back_charges - w.off_charges)
        serviced = int(max(0, income) * Fraction(self.funder.servicing))
        return {
            "lent": of("principal", w.lent),
            "earned_interest": of("interest", w.interest + self.beside),
            "earned_charges": of("fee", w.charges),
            "returned": of("principal", w.back_principal) + income - serviced,
            "serviced": serviced,
            "lost_principal": self._lost("principal", w.back_principal, w.lost_principal),
            "lost_interest": self._lost(
                "interest", w.back_interest - w.off_interest + self.beside, w.lost_interest
            ),
            "lost_charges": self._lost("fee", w.back_charges - w.off_charges, w.lost_charges),
            "recovered": self.three(w.again()),
            "covered": self.three(covered),
        }

    def held_harmless(self) -> dict[str, int]:
        """As `parts`, where the platform bears every loss: the funder gets back what it would lose."""
        found = self.parts({})
        lost = sum(found[f"lost_{name}"] for name in LOSS_PARTS)
        less = {f"lost_{name}": 0 for name in LOSS_PARTS}
        return found | less | {"returned": found["returned"] + lost, "recovered": 0, "covered": 0}

    def _lost(self, component: Component, back: int, lost: int) -> int:
        # What came back and what was lost are shared as one: in the end they are what was lent.
        return self.of(component, back + lost) - self.of(component, back)


def gain(role: str, kinds: Mapping[str, int]) -> int:
    """What a partner gains so far, in minor units."""
    return sum(sign * kinds.get(name, 0) for name, sign in _GAINS.get(role, {}).items())


_COVER = {
    "premium_borrower": 1, "premium_merchant": 1, "premium_platform": 1, "accepted": -1,
}  # fmt: skip
_GAINS: dict[str, dict[str, int]] = {
    FUNDER: {
        "earned_interest": 1, "earned_charges": 1, "serviced": -1, "lost_principal": -1,
        "lost_interest": -1, "lost_charges": -1, "recovered": 1, "covered": 1,
    },
    "insurer": _COVER,
    "government": _COVER,
    "guarantor": _COVER,
    SUBSIDY: {"subsidised": -1},
    MERCHANT: {"premium": -1},
    "borrower": {"gain": 1, "premium": -1},
    PLATFORM: {"gain": 1},
}  # fmt: skip
