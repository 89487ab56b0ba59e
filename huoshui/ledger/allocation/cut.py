"""An amount over parts: fixed, in order, shares, odd units, then caps and floors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from huoshui.ledger.allocation.model import (
    DEPTH_MAX,
    PARTS_MAX,
    AmountNegative,
    FixedExceedsTotal,
    FloorAboveCap,
    FloorsExceedTotal,
    Part,
    PartUnclear,
    RestUnplaced,
    Rule,
    SharesBelow,
    SharesExceed,
    SharesExceedRest,
    TooManyParts,
    TwoRemainders,
    UnknownOwner,
)
from huoshui.ledger.allocation.share import common
from huoshui.ledger.split import pour

DEFAULT = Rule()


def cut(total: int, parts: Sequence[Part], rule: Rule = DEFAULT) -> list[int]:
    """What each part takes of `total` minor units, in order; the sum is exact.

    Raises the refusals of `model`.
    """
    check_parts(parts, rule)
    if total < 0:
        raise AmountNegative(amount=total)
    return _cut(total, parts, rule)


def leaves(
    total: int, parts: Sequence[Part], rule: Rule, amounts: Sequence[int]
) -> Iterator[tuple[Part, int]]:
    """The parts that are not cut again, with what each takes once their outer parts took `amounts`."""
    for part, amount in zip(parts, amounts, strict=True):
        if part.parts:
            yield from leaves(amount, part.parts, rule, _cut(amount, part.parts, rule))
        else:
            yield part, amount


def check_parts(parts: Sequence[Part], rule: Rule) -> None:
    """Refuse parts that contradict themselves or each other, whatever the amount."""
    owners: set[str] = set()
    count = 0
    level = [(parts, 1)]
    while level:
        here, depth = level.pop()
        count += len(here)
        if count > PARTS_MAX or depth > DEPTH_MAX:
            raise TooManyParts(most=PARTS_MAX, depth=DEPTH_MAX)
        for part in here:
            _check_part(part)
            if part.fixed is None:
                owners.add(part.to)
            if part.parts:
                level.append((part.parts, depth + 1))
        _check_shares(here, rule)
    if rule.owner and rule.owner not in owners:
        raise UnknownOwner(owner=rule.owner)


def _check_part(part: Part) -> None:
    for number in (part.fixed, part.share, part.cap, part.floor):
        if number is not None and number < 0:
            raise AmountNegative(amount=number)
    if (part.fixed is not None) + (part.share is not None) + part.remaining > 1:
        raise PartUnclear(part=part.to, reason="fixed, share, remaining")
    if part.fixed is not None and (part.cap is not None or part.floor):
        raise PartUnclear(part=part.to, reason="fixed, cap, floor")
    if part.kept and part.parts:
        raise PartUnclear(part=part.to, reason="kept, parts")
    if part.cap is not None and part.floor > part.cap:
        raise FloorAboveCap(part=part.to, floor=part.floor, cap=part.cap)


def _check_shares(parts: Sequence[Part], rule: Rule) -> None:
    remainders = sum(part.remaining for part in parts)
    if remainders > 1:
        raise TwoRemainders(count=remainders)
    shares = [part.share for part in parts if part.share is not None]
    denominator = common(shares)
    whole = sum(_numerator(share, denominator) for share in shares)
    if whole > denominator:
        raise SharesExceed(sum=f"{Fraction(whole, denominator)}")
    alone = len(shares) == len(parts) or rule.shares_of == "rest"
    if shares and whole < denominator and not remainders and alone:
        raise SharesBelow(sum=f"{Fraction(whole, denominator)}")


def _cut(total: int, parts: Sequence[Part], rule: Rule) -> list[int]:
    amounts = [part.fixed or 0 for part in parts]
    rest = total - sum(amounts)
    if rest < 0:
        raise FixedExceedsTotal(fixed=total - rest, total=total)
    floors = sum(part.floor for part in parts)
    if floors > rest:
        raise FloorsExceedTotal(floors=floors, rest=rest)
    left = rest - _in_order(rest, parts, amounts)
    _shares(total if rule.shares_of == "total" else left, left, parts, rule, amounts)
    _bound(rest, parts, rule, amounts)
    return amounts


def _in_order(rest: int, parts: Sequence[Part], amounts: list[int]) -> int:
    """Let the parts in order take what is there, each up to its cap; what they took."""
    order = [index for index, part in enumerate(parts) if part.in_order]
    return rest - pour(rest, amounts, [part.cap for part in parts], order)


def _shares(base: int, left: int, parts: Sequence[Part], rule: Rule, amounts: list[int]) -> None:
    """Give each share its floor of `base`, the remaining part what they leave of `left`."""
    order = [i for i, part in enumerate(parts) if part.share is not None or part.remaining]
    if not order:
        return
    denominator = common(part.share for part in parts if part.share is not None)
    due = {i: base * _numerator(parts[i].share, denominator) for i in order}
    missing = left * denominator - sum(due.values())
    residual = _first(i for i in order if parts[i].remaining)
    if residual is not None:
        due[residual] = max(0, missing)
    elif missing >= denominator:  # more than the rounding of the shares can make up
        raise RestUnplaced(rest=missing // denominator)
    for i in order:
        amounts[i] = due[i] // denominator
    odd = left - sum(amounts[i] for i in order)
    if odd < 0:
        raise SharesExceedRest(shares=left - odd, rest=left)
    _give_odd(odd, due, denominator, parts, rule, amounts)


def _numerator(share: Fraction | None, denominator: int) -> int:
    return share.numerator * (denominator // share.denominator) if share is not None else 0


def _give_odd(
    odd: int,
    due: dict[int, int],
    denominator: int,
    parts: Sequence[Part],
    rule: Rule,
    amounts: list[int],
) -> None:
    """Give the odd units by the rule; `due` is what each share is exactly, by its part."""
    order = list(due)
    if rule.odd == "largest_share":
        amounts[max(order, key=lambda i: due[i])] += odd
    elif rule.odd == "owner":
        owner = _owner(parts, rule)
        amounts[owner if owner in due and owner is not None else order[0]] += odd
    else:
        if rule.odd == "largest_remainder":
            order.sort(key=lambda i: -(due[i] % denominator))
        for i in order[:odd]:
            amounts[i] += 1


def _bound(rest: int, parts: Sequence[Part], rule: Rule, amounts: list[int]) -> None:
    """Hold caps and floors; what they move goes to, or comes from, the owner and then the others."""
    free = [index for index, part in enumerate(parts) if part.fixed is None]
    for index in free:
        cap = parts[index].cap
        kept = amounts[index] if cap is None else min(amounts[index], cap)
        amounts[index] = max(kept, parts[index].floor)
    over = rest - sum(amounts[index] for index in free)
    owner = _owner(parts, rule)
    first = [] if owner is None else [owner]
    if over > 0:
        unplaced = pour(over, amounts, [part.cap for part in parts], first + free)
        if unplaced:
            raise RestUnplaced(rest=unplaced)
    elif over < 0:
        yielded = [0] * len(parts)
        spare = [amount - part.floor for amount, part in zip(amounts, parts, strict=True)]
        pour(-over, yielded, spare, first + free[::-1])
        amounts[:] = [amount - gone for amount, gone in zip(amounts, yielded, strict=True)]


def _owner(parts: Sequence[Part], rule: Rule) -> int | None:
    """The part that caps and floors fall back on: the named one, else the remaining one."""
    named = _first(i for i, p in enumerate(parts) if rule.owner == p.to and p.fixed is None)
    if rule.owner and named is not None:
        return named
    return _first(i for i, part in enumerate(parts) if part.remaining)


def _first(indexes: Iterable[int]) -> int | None:
    return next(iter(indexes), None)
