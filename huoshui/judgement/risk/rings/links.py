"""Links between accounts: what two share, weighed by how few share it and how lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from math import exp, log2

from huoshui.judgement.risk.rings.model import DEGREE_MOST, STRENGTH, Touch

# A link must weigh so much: one device among twelve does, one network alone does not.
KEPT_LEAST = 0.25
_DAYS_OF_MEMORY = 180
Shared = dict[tuple[str, str], list[Touch]]
Links = dict[tuple[str, str], float]


def shared(touches: Iterable[Touch]) -> Shared:
    """Identifiers that more than one account touched, and too few for a public one."""
    by: Shared = defaultdict(list)
    for touch in touches:
        by[touch.kind, touch.identifier].append(touch)
    return {key: found for key, found in by.items() if 2 <= len(found) <= DEGREE_MOST[key[0]]}


def weight(kind: str, degree: int, age_h: float) -> float:
    """What one identifier of a kind says that so many accounts share, the older one so long ago.

    Strength ÷ log₂(1 + degree), as links of rare words weigh more (Adamic, Adar 2003), halved in
    four months.
    """
    return STRENGTH[kind] / log2(1 + degree) * exp(-age_h / 24 / _DAYS_OF_MEMORY)


def links(found: Shared, now_h: int) -> Links:
    """The weight between each two accounts that share enough."""
    summed: Links = defaultdict(float)
    for (kind, _), touches in found.items():
        for one, other in combinations(sorted(touches, key=lambda each: each.account), 2):
            age = now_h - min(one.last_h, other.last_h)
            summed[one.account, other.account] += weight(kind, len(touches), age)
    return {pair: total for pair, total in summed.items() if total >= KEPT_LEAST}
