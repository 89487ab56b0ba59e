"""Splits: a total cut into whole minor units, exactly, with a named owner of the odd unit.

Two cuts. `by_weight` is the forward one: each part the floor of its share, what is left over
to the residual owner. `backwards` gives back a partial amount over parts that were given out
before: in proportion to what each still holds, never more than it holds, the odd units to the
owner as far as it can bear them and then in order; so any sequence of partial amounts that
reaches the total leaves every part at zero.

Cuts by shares, with fixed parts, caps and floors, are the matter of `huoshui.ledger.allocation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from huoshui.core.errors import Problem


class SplitImpossible(Problem):
    """The total cannot be cut this way: `reason` says why."""

    code = "split_impossible"
    status = 422


def by_weight(total: int, weights: Sequence[int], owner: int) -> list[int]:
    """Cut `total` (minor units, not negative) by integer weights; the odd units go to `owner`.

    Raises SplitImpossible for a negative total or weight, no weight at all, or an owner that
    is not one of the parts.
    """
    whole = sum(weights)
    if total < 0 or whole <= 0 or min(weights) < 0 or not 0 <= owner < len(weights):
        raise SplitImpossible(reason=f"total {total}, weights {list(weights)}, owner {owner}")
    parts = [total * weight // whole for weight in weights]
    parts[owner] += total - sum(parts)
    return parts


def backwards(amount: int, holdings: Sequence[int], owner: int) -> list[int]:
    """Give back `amount` out of what the parts still hold (minor units, none negative).

    Each part gives at most what it holds. Raises SplitImpossible where together they hold less.
    """
    whole = sum(holdings)
    if amount < 0 or amount > whole or (holdings and min(holdings) < 0):
        raise SplitImpossible(reason=f"amount {amount} of {list(holdings)}")
    if amount == 0:
        return [0] * len(holdings)
    parts = [amount * held // whole for held in holdings]
    pour(amount - sum(parts), parts, holdings, (owner, *range(len(holdings))))
    return parts


def pour(amount: int, parts: list[int], most: Sequence[int | None], order: Iterable[int]) -> int:
    """Add `amount` to the parts in that order, each up to its `most` (None is without end).

    Changes `parts` and returns what no part could take.
    """
    for index in order:
        bound = most[index]
        taken = amount if bound is None else min(amount, max(0, bound - parts[index]))
        parts[index] += taken
        amount -= taken
    return amount
