"""Small groups that converge on one seller: what is left of a ring that cut its links to itself.

A ring that gives each member a device of its own still shares here a card, there an address, and so
falls into pairs and threes. That one pair buys of one seller says nothing; that nine pairs do, does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log1p

from huoshui.judgement.risk.chance import paid, poisson_bits
from huoshui.judgement.risk.rings.background import Background
from huoshui.judgement.risk.rings.model import Order

_BITS_LEAST = 6.0
_GROUPS_LEAST = 2
_SPAN_H = 14 * 24
Group = tuple[str, ...]
Place = tuple[str, int]


def converging(groups: Sequence[Group], background: Background) -> list[Group]:
    """Groups that meet at a seller more often than chance has it, joined; the rest as they are."""
    met = {place: found for place, found in _met(groups, background).items() if len(found) > 1}
    expected = _expected(groups, background, met)
    joined, taken, looks = [], set(), _looks(background)
    for place in sorted(met, key=lambda each: (-len(met[each]), each)):
        free = [n for n in met[place] if n not in taken]
        bits = paid(poisson_bits(len(free), expected[place]), looks)
        if len(free) >= _GROUPS_LEAST and bits >= _BITS_LEAST:
            taken.update(free)
            joined.append(tuple(sorted({name for n in free for name in groups[n]})))
    return joined + [group for n, group in enumerate(groups) if n not in taken]


def _looks(background: Background) -> int:
    """How many places there are to meet at."""
    hours = [hour for times in background.times.values() for hour in (times[0], times[-1])] or [0]
    return len(background.sellers) * max(1, (max(hours) - min(hours)) // (_SPAN_H // 2))


def _met(groups: Sequence[Group], background: Background) -> dict[Place, list[int]]:
    """For each seller and span the groups of which two members or more ordered there then."""
    met: dict[Place, list[int]] = defaultdict(list)
    for n, group in enumerate(groups):
        buyers: Counter[Place] = Counter()
        for member in group:
            buyers.update({p for order in background.orders.get(member, ()) for p in _spans(order)})
        for place, count in buyers.items():
            if count > 1:
                met[place].append(n)
    return met


def _spans(order: Order) -> tuple[Place, ...]:
    """The spans that an order falls in: each begins half a span after the one before."""
    half = order.at_h // (_SPAN_H // 2)
    return (order.seller, half - 1), (order.seller, half)


def _expected(
    groups: Sequence[Group], background: Background, places: Iterable[Place]
) -> dict[Place, float]:
    """How many groups would meet at each place if members chose places as everybody does."""
    shapes = Counter(
        tuple(sorted(len(background.orders.get(member, ())) for member in group))
        for group in groups
    )
    return {
        place: sum(
            times * _two_or_more(shape, _share(place, background))
            for shape, times in shapes.items()
        )
        for place in places
    }


def _share(place: Place, background: Background) -> float:
    """The part of all orders that a seller had in a span."""
    seller, half = place
    times = background.times[seller]
    begin = half * (_SPAN_H // 2)
    inside = bisect_left(times, begin + _SPAN_H) - bisect_left(times, begin)
    return background.sellers[seller] * inside / len(times)


def _two_or_more(orders: Sequence[int], share: float) -> float:
    """The chance that two members or more order of a seller with that share of all orders."""
    none, one = 1.0, 0.0
    for count in orders:
        buys = 1 - exp(count * log1p(-min(share, 0.999)))
        none, one = none * (1 - buys), one * (1 - buys) + none * buys
    return max(0.0, 1 - none - one)
