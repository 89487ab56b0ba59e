"""The parameters of expected losses of a segment, as they are kept; and what follows from them. No I/O.

A segment is a product; parameters hold from a day on, until later ones do. A probability of default
is given for each year of a loan's life, seen from now; within a year it is spread evenly over the
loan's periods.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from operator import mul
from typing import Annotated, Literal

import msgspec

from huoshui.lines.lending.impairment.loss import Exposure, Loss, Scenario, Scenarios
from huoshui.lines.lending.impairment.stage import BadStaging, Stage, Staging
from huoshui.lines.lending.schedule.factor import Ratio

SCALE = 10**15  # loadings are whole numbers of so many parts of one
_HALF = SCALE // 2
_PERIODS_MOST = 1200
Times = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$")]
Part = Annotated[str, msgspec.Meta(pattern=r"^(0|1|0\.[0-9]{1,8})$")]


class Outlook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One course of things: its weight, LGD, and the probability of default of each year to come.

    The last year's stands for all later ones. `pd_risen` is that of loans whose risk has risen (stage
    2); the same where it is left out. Parts of one, as text.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    weight: Part
    lgd: Part
    pd_annual: Annotated[list[Part], msgspec.Meta(min_length=1, max_length=40)]
    pd_risen: Annotated[list[Part], msgspec.Meta(max_length=40)] = []

    def pd(self, stage: Stage) -> list[Fraction]:
        """The probabilities of default of a stage, year by year."""
        return [Fraction(p) for p in (self.pd_risen if stage == 2 else ()) or self.pd_annual]


class GradeOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grade of the scale, and the probability of default in a year that it stands for."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    pd: Part


class StagingTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What moves a loan between stages, in days; see `stage.Staging`.

    `grades` is the scale of borrowers' grades, the best first: a fall of `grades_down` of them, or a
    probability of default `pd_times` that of the beginning, is a significant rise of risk.
    """

    sicr_days: int = 30
    default_days: int = 90
    watch_days: int = 0
    cure_days: int = 90
    restructured_days: int = 0
    grades: Annotated[list[GradeOf], msgspec.Meta(max_length=40)] = []
    grades_down: int | None = None
    pd_times: Times | None = None
    pull_share: Part | None = None


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scenarios, the part of what is undrawn that is drawn before a default (CCF), and stages.

    `covers` lets covers that are integral to a loan's terms lower its LGD (IFRS 9 B5.5.55), in their order
    and by their basis.
    """

    scenarios: Annotated[list[Outlook], msgspec.Meta(min_length=1, max_length=10)]
    ccf: Part = "0"
    covers: Literal["ignored", "integral"] = "ignored"
    staging: StagingTable = StagingTable()

    def staged(self) -> Staging:
        """How stages are told. Raises BadStaging."""
        said = self.staging
        names = [each.name for each in said.grades]
        falls = said.grades_down is not None or said.pd_times is not None
        if len(set(names)) < len(names) or (falls and not names):
            raise BadStaging(field="grades")
        return Staging(
            said.sicr_days, said.default_days, said.grades_down,
            None if said.pd_times is None else Fraction(said.pd_times), said.watch_days,
            said.cure_days, said.restructured_days,
            None if said.pull_share is None else Fraction(said.pull_share),
        )  # fmt: skip

    def checked(self) -> Rules:
        """The same, if it can be. Raises BadScenarios, BadStaging."""
        self.staged()
        for stage in (1, 2):
            outlooks(self, Fraction(12), 12, stage)
        return self

    def lgd(self) -> Fraction:
        """What is lost of a loan in default, over all scenarios."""
        return sum((Fraction(e.weight) * Fraction(e.lgd) for e in self.scenarios), Fraction(0))


def outlooks(rules: Rules, a_year: Fraction, periods: int, stage: Stage = 1) -> Scenarios:
    """The scenarios with a probability of default for each period. Raises BadScenarios."""
    return Scenarios(
        tuple(
            Scenario(
                each.name, Fraction(each.weight), Fraction(each.lgd),
                _marginal(each.pd(stage), a_year, periods),
            )
            for each in rules.scenarios
        )
    )  # fmt: skip


def _marginal(annual: list[Fraction], a_year: Fraction, periods: int) -> tuple[Fraction, ...]:
    """What defaults in each period of what is there now: a year's part of those who live to see it."""
    found, alive, year = [], Fraction(1), 0
    for n in range(periods):
        if n // a_year > year:
            alive *= 1 - annual[min(year, len(annual) - 1)]
            year += 1
        found.append(alive * annual[min(year, len(annual) - 1)] / a_year)
    return tuple(found)


class Facing(msgspec.Struct, frozen=True):
    """What of a loan is at risk on a day, in minor units.

    `gross` is its carrying amount: principal owed, and earned interest and charges not paid. `ahead`
    is the principal that each period to come repays, in order. `rate` is the effective rate of a
    period, of which a year has `a_year`; `undrawn` could still be drawn.
    """

    gross: int
    owed: int
    ahead: tuple[int, ...]
    rate: Ratio
    a_year: Ratio
    undrawn: int = 0

    def exposure(self, ccf: Fraction) -> Exposure:
        """What would be owed at a default in each period: now the carrying amount, then principal."""
        left = [self.owed - paid for paid in accumulate(self.ahead[:-1])]
        drawn = tuple(max(0, each) for each in (self.gross, *left))
        return Exposure(drawn, Fraction(*self.rate), (self.undrawn,) * len(drawn), ccf)


class Loadings(msgspec.Struct, frozen=True):
    """What is expected to be lost of 1 owed in each period, at its present value, in SCALE parts.

    `first` of what is owed now, `behind[k]` of what is owed from period k + 1 on.
    """

    first: int
    behind: tuple[int, ...]
    undrawn: int


@lru_cache(maxsize=20_000)
def _loadings(key: bytes, rate: Ratio, a_year: Ratio, periods: int, stage: Stage) -> Loadings:
    rules = msgspec.json.decode(key, type=Rules)
    if stage == 3:
        return Loadings(_scaled(rules.lgd()), (), 0)
    year = -(-a_year[0] // a_year[1])
    count = min(periods, year, _PERIODS_MOST) if stage == 1 else min(periods, _PERIODS_MOST)
    count = max(1, count)
    worth, each_period = Fraction(1), Fraction(1) / (1 + Fraction(*rate))
    parts = [Fraction(0)] * count
    for scenario in outlooks(rules, Fraction(*a_year), count, stage).scenarios:
        for n, part in enumerate(scenario.pd):
            parts[n] += part * scenario.lgd * scenario.weight
    scaled = []
    for part in parts:
        worth *= each_period
        worth = Fraction(_scaled(worth), SCALE)  # whole numbers stay short
        scaled.append(_scaled(part * worth))
    behind = list(accumulate(reversed(scaled[1:])))[::-1]
    whole = sum(scaled)
    return Loadings(scaled[0], tuple(behind), _scaled(Fraction(whole, SCALE) * Fraction(rules.ccf)))


def _scaled(part: Fraction) -> int:
    return (2 * part.numerator * SCALE + part.denominator) // (2 * part.denominator)


class Segment:
    """A segment's parameters made ready for many loans; `scale` has each grade's place and PD."""

    __slots__ = ("key", "lgd", "rules", "scale", "staging")

    def __init__(self, rules: Rules) -> None:
        self.rules, self.staging = rules, rules.staged()
        self.key, self.lgd = msgspec.json.encode(rules), rules.lgd()
        self.scale = {
            each.name: (at, Fraction(each.pd)) for at, each in enumerate(rules.staging.grades)
        }

    @property
    def integral(self) -> bool:
        """Whether covers that are integral to the terms lower what is lost."""
        return self.rules.covers == "integral"

    def loss(self, stage: Stage, facing: Facing) -> Loss:
        """What is expected to be lost: as `loss.expected` has it, with its weights rounded to SCALE."""
        ahead, gross = facing.ahead, max(0, facing.gross)
        by = _loadings(self.key, facing.rate, facing.a_year, len(ahead) or 1, stage)
        behind = by.behind
        amount = by.first * gross
        if behind:
            amount += behind[0] * facing.owed - sum(map(mul, ahead, behind))
        drawn = max(0, min(gross, (amount + _HALF) // SCALE))
        undrawn = (by.undrawn * facing.undrawn + _HALF) // SCALE if facing.undrawn else 0
        return Loss(drawn, undrawn)
