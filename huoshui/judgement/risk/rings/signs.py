"""The signs of a ring: what strangers would hardly share or do together, each in bits."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import log2

from huoshui.judgement.risk.chance import beta_binomial_bits, binomial_bits, paid
from huoshui.judgement.risk.rings.background import Background, Key
from huoshui.judgement.risk.rings.model import Order, Ring, Sign

# One sign alone does not make a ring, however strong.
BITS_MOST = 20.0
_SPANS_H = (24, 72, 168, 720)
_HOURS_TOGETHER = 2
_NAMED_MOST = 6


def judged(members: Sequence[str], background: Background) -> Ring:
    """A community with its signs, the strongest first."""
    own = _within(members, background)
    orders = [order for member in members for order in background.orders.get(member, ())]
    signs = (
        _sharing_sign(own, background),
        _burst_sign(members, background),
        _seller_sign(orders, members, background),
        _together_sign(orders, background),
        _promotion_sign(orders, background),
    )
    kept = sorted((each for each in signs if each.bits > 0), key=lambda each: -each.bits)
    return Ring(tuple(members), tuple(kept), _held(own))


def _within(members: Sequence[str], background: Background) -> dict[Key, list[str]]:
    """What two members or more touched, and who."""
    own: dict[Key, list[str]] = defaultdict(list)
    for member in members:
        for key in background.touched.get(member, ()):
            own[key].append(member)
    return {key: who for key, who in own.items() if len(who) > 1}


def _held(own: dict[Key, list[str]]) -> dict[str, tuple[Key, ...]]:
    held: dict[str, list[Key]] = defaultdict(list)
    for key, members in own.items():
        for member in members:
            held[member].append(key)
    return {member: tuple(sorted(keys)[:_NAMED_MOST]) for member, keys in held.items()}


def _sharing_sign(own: dict[Key, list[str]], background: Background) -> Sign:
    """The rarest kind of sharing of the ring: most accounts on one identifier."""
    best = Sign("shared_identifier", 0.0, 0, 0)
    for (kind, name), members in own.items():
        rate = background.sharing.get((kind, len(members)), 1.0)
        bits = min(BITS_MOST, -log2(rate))
        if bits > best.bits:
            best = Sign("shared_identifier", bits, len(members), len(members), f"{kind}:{name}")
    return best


def _burst_sign(members: Sequence[str], background: Background) -> Sign:
    """Members opened in one span, against how many of all accounts were opened in it."""
    opened = sorted(background.opened[member] for member in members)
    best = Sign("opened_together", 0.0, 0, len(opened))
    for span in _SPANS_H:
        for first, start in enumerate(opened):
            count = bisect_right(opened, start + span) - first
            if count < 3:
                continue
            rate = _opened_rate(background, start, span)
            bits = binomial_bits(count - 1, len(opened) - 1, rate)
            bits = min(BITS_MOST, paid(bits, len(opened) * len(_SPANS_H)))
            if bits > best.bits:
                best = Sign("opened_together", bits, count, len(opened), str(span))
    return best


def _opened_rate(background: Background, start: int, span: int) -> float:
    inside = bisect_right(background.openings, start + span) - bisect_right(
        background.openings, start - 1
    )
    return (inside + 1) / (len(background.openings) + 2)


def _seller_sign(orders: Sequence[Order], members: Sequence[str], background: Background) -> Sign:
    """Members that bought of one seller, against the part of orders which that seller has."""
    buyers: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        buyers[order.seller].add(order.account)
    mean = max(1.0, len(orders) / max(1, len(members)))
    best = Sign("one_seller", 0.0, 0, len(members))
    for seller, who in buyers.items():
        if len(who) < 3:
            continue
        rate = min(0.999, mean * background.sellers[seller])
        bits = min(BITS_MOST, paid(binomial_bits(len(who), len(members), rate), len(buyers)))
        if bits > best.bits:
            best = Sign("one_seller", bits, len(who), len(members), seller)
    return best


def _together_sign(orders: Sequence[Order], background: Background) -> Sign:
    """Orders of one seller that followed one another within hours, against that seller's pace."""
    by: dict[str, list[int]] = defaultdict(list)
    for order in orders:
        by[order.seller].append(order.at_h)
    best = Sign("ordered_together", 0.0, 0, len(orders))
    for seller, hours in by.items():
        if len(hours) < 3:
            continue
        hours.sort()
        close = sum(b - a <= _HOURS_TOGETHER for a, b in pairwise(hours))
        rate = _close_rate(background.times[seller], hours)
        bits = min(BITS_MOST, paid(binomial_bits(close, len(hours) - 1, rate), len(by)))
        if bits > best.bits:
            best = Sign("ordered_together", bits, close + 1, len(hours), seller)
    return best


def _close_rate(times: list[int], hours: list[int]) -> float:
    """How likely the next of so many orders comes within hours where they fall as all do."""
    span = max(1, times[-1] - times[0])
    return min(0.95, max(0.02, _HOURS_TOGETHER * len(hours) / span))


def _promotion_sign(orders: Sequence[Order], background: Background) -> Sign:
    """Orders on promotions, against their part in all orders."""
    promoted = sum(order.promoted for order in orders)
    bits = beta_binomial_bits(promoted, len(orders), *background.promoted)
    return Sign("promotions", min(BITS_MOST, bits), promoted, len(orders))
