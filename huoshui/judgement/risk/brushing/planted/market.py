"""Sellers honest and not, and their sales."""

from __future__ import annotations

from random import Random

import msgspec

from huoshui.judgement.risk.brushing.model import Sale

SIZES = (20, 60, 200, 600)


class Level(msgspec.Struct, frozen=True):
    """How a seller hides: the fake part of its sales, and the part of those that show each sign."""

    fake: float
    tied: float
    empty: float
    kept: float
    hasty: float
    new: float
    often: float


LEVELS = (
    Level(0.80, 0.70, 0.95, 0.60, 0.90, 0.60, 0.80),
    Level(0.50, 0.30, 0.80, 0.40, 0.60, 0.40, 0.50),
    Level(0.30, 0.10, 0.40, 0.20, 0.30, 0.20, 0.20),
    Level(0.15, 0.03, 0.10, 0.10, 0.15, 0.10, 0.05),
)


class Planted(msgspec.Struct):
    """The sales; which are fake; and the level and size of each seller that fakes."""

    sales: list[Sale]
    fake: set[str]
    fakers: dict[str, tuple[int, int]]


def market(sellers: int, each: int, seed: int) -> Planted:
    """So many honest sellers, and so many that fake of each size at each level."""
    random = Random(seed)
    made = Planted([], set(), {})
    for _ in range(sellers):
        size = min(3_000, 5 + int(random.paretovariate(0.8) * 10))
        _sales(made, random, _name(random, "slr"), size, _honest(random), None)
    for level in range(len(LEVELS)):
        for size in SIZES:
            for _ in range(each):
                seller = _name(random, "slr")
                made.fakers[seller] = (level, size)
                _sales(made, random, seller, size, _honest(random), LEVELS[level])
    return made


class _Habit(msgspec.Struct, frozen=True):
    """What is usual of an honest seller's sales: rates, and grams of its goods."""

    grams: int
    light: float
    kept: float
    hasty: float
    new: float
    often: float
    tied: float


def _honest(random: Random) -> _Habit:
    def rate(mean: float, strength: float) -> float:
        return random.betavariate(mean * strength, (1 - mean) * strength)

    return _Habit(
        grams=random.choice((15, 40, 250, 400, 900, 2_500)),
        light=rate(0.01, 60),
        kept=rate(0.10, 30) if random.random() < 0.15 else rate(0.02, 60),
        hasty=rate(0.15, 20),
        new=rate(0.25, 15) if random.random() < 0.1 else rate(0.06, 40),
        often=rate(0.30, 12) if random.random() < 0.08 else rate(0.03, 50),
        tied=rate(0.006, 80),
    )


def _sales(
    made: Planted, random: Random, seller: str, size: int, habit: _Habit, hides: Level | None
) -> None:
    for _ in range(size):
        fake = hides is not None and random.random() < hides.fake
        how = _faking(hides, habit) if fake and hides else habit
        sale = _sale(random, seller, how)
        made.sales.append(sale)
        if fake:
            made.fake.add(sale.order)


def _faking(hides: Level, habit: _Habit) -> _Habit:
    return _Habit(
        habit.grams, max(habit.light, hides.empty), max(habit.kept, hides.kept),
        max(habit.hasty, hides.hasty), max(habit.new, hides.new), max(habit.often, hides.often),
        max(habit.tied, hides.tied),
    )  # fmt: skip


def _sale(random: Random, seller: str, habit: _Habit) -> Sale:
    declared = int(habit.grams * random.uniform(0.7, 1.5))
    real = random.uniform(0.02, 0.2) if random.random() < habit.light else random.uniform(0.8, 1.25)
    reviewed = random.random() < 0.35
    hasty = random.random() < habit.hasty
    minutes = random.randrange(61) if hasty else random.randrange(61, 14 * 1440)
    return Sale(
        order=_name(random, "ord"), seller=seller, buyer=_name(random, "byr"),
        tied=random.random() < habit.tied, kept=random.random() < habit.kept,
        weight_g=max(1, int(declared * real)) if random.random() < 0.9 else None,
        declared_g=declared if random.random() < 0.95 else None,
        reviewed_min=minutes if reviewed else None,
        buyer_age_h=random.randrange(72) if random.random() < habit.new else 5_000,
        nth=4 if random.random() < habit.often else 1,
    )  # fmt: skip


def _name(random: Random, kind: str) -> str:
    return f"{kind}_{random.getrandbits(48):012x}"
