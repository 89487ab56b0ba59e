"""Expected credit loss: PD × LGD × EAD, discounted at the effective rate, by scenario. No I/O.

All is exact until the end: probabilities, losses and rates are ratios, amounts whole minor units. The
sum over scenarios is rounded once, drawn and undrawn apart, by a rule with a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import msgspec

from huoshui.core.errors import Problem
from huoshui.lines.lending.impairment.stage import Stage
from huoshui.lines.lending.schedule.terms import Rounding, round_ratio

DIGITS = 28
_PERIODS_OF_STAGE_1 = 12


class BadScenarios(Problem):
    """A scenario or exposure that cannot be; the problem names it and the field."""

    code = "bad_scenarios"
    status = 422


class Scenario(msgspec.Struct, frozen=True):
    """One course of things: its weight, what part of a loss is not regained (LGD), and the chance of
    default in each period (marginal PD, seen from now), as parts of one. The last counts no further.
    """

    name: str
    weight: Fraction
    lgd: Fraction
    pd: tuple[Fraction, ...]


class Scenarios(msgspec.Struct, frozen=True):
    """Scenarios whose weights are one in sum. Raises BadScenarios."""

    scenarios: tuple[Scenario, ...]

    def __post_init__(self) -> None:
        if sum(each.weight for each in self.scenarios) != 1:
            raise BadScenarios(name="", field="weight")
        for each in self.scenarios:
            checks = {
                "weight": 0 <= each.weight <= 1,
                "lgd": 0 <= each.lgd <= 1,
                "pd": all(part >= 0 for part in each.pd) and sum(each.pd) <= 1,
            }
            for field, good in checks.items():
                if not good:
                    raise BadScenarios(name=each.name[:40], field=field)


class Exposure(msgspec.Struct, frozen=True):
    """What would be owed at a default in each period to come (EAD), in minor units.

    `undrawn` could still be drawn in each period; `ccf` is the part of it that is, before a default
    (credit conversion factor). `rate` is the effective rate of one period. Raises BadScenarios.
    """

    drawn: tuple[int, ...]
    rate: Fraction
    undrawn: tuple[int, ...] = ()
    ccf: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        checks = {
            "drawn": all(each >= 0 for each in self.drawn),
            "undrawn": all(each >= 0 for each in self.undrawn),
            "rate": self.rate > -1,
            "ccf": 0 <= self.ccf <= 1,
        }
        for field, good in checks.items():
            if not good:
                raise BadScenarios(name="", field=field)


class Loss(msgspec.Struct, frozen=True):
    """What is expected to be lost, in minor units: of what is drawn, and of what may still be."""

    drawn: int
    undrawn: int = 0

    @property
    def total(self) -> int:
        """Both."""
        return self.drawn + self.undrawn


def periodic(rate_annual: Decimal | Fraction, periods_a_year: int) -> Fraction:
    """The effective rate of a period: (1 + yearly rate)^(1/periods) - 1, to 28 digits."""
    with localcontext() as context:
        context.prec = DIGITS
        annual = Fraction(rate_annual)
        grown = 1 + Decimal(annual.numerator) / Decimal(annual.denominator)
        return Fraction((grown.ln() / periods_a_year).exp() - 1)


def expected(
    stage: Stage, exposure: Exposure, scenarios: Scenarios, rounding: Rounding = "half_up",
    *, periods_of_stage_1: int = _PERIODS_OF_STAGE_1,
) -> Loss:  # fmt: skip
    """The loss expected of a loan: of the next twelve months in stage 1, of its whole life in stage 2.

    In stage 3 default has come: its loss is LGD of what is owed now.
    """
    if stage == 3:
        owed = exposure.drawn[0] if exposure.drawn else 0
        lgd = sum((each.weight * each.lgd for each in scenarios.scenarios), Fraction(0))
        return Loss(_rounded(owed * lgd, rounding))
    periods = periods_of_stage_1 if stage == 1 else None
    parts = [Fraction(0), Fraction(0)]
    for each in scenarios.scenarios:
        chance = [part * each.lgd * each.weight for part in each.pd[:periods]]
        parts[0] += _worth(chance, exposure.drawn, exposure.rate)
        parts[1] += _worth(chance, exposure.undrawn, exposure.rate) * exposure.ccf
    return Loss(_rounded(parts[0], rounding), _rounded(parts[1], rounding))


def _worth(chance: Sequence[Fraction], amounts: Sequence[int], rate: Fraction) -> Fraction:
    """The present value of what is lost in each period, at its end."""
    total = Fraction(0)
    for part, amount in reversed(list(zip(chance, amounts, strict=False))):
        total = (total + part * amount) / (1 + rate)
    return total


def expected_of_default(
    owed: int, regained: Sequence[tuple[int, int]], rate: Fraction, rounding: Rounding = "half_up"
) -> Loss:
    """The loss of a loan in default by what it is expected to bring: (period, amount) each."""
    worth = sum((Fraction(amount) / (1 + rate) ** at for at, amount in regained), Fraction(0))
    return Loss(max(0, owed - _rounded(worth, rounding)))


def _rounded(amount: Fraction, rounding: Rounding) -> int:
    return round_ratio(amount.numerator, amount.denominator, rounding)
