"""Splits: exact, never negative, and any sequence of partial amounts ends at zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.ledger.split import SplitImpossible, backwards, by_weight

amounts = st.integers(0, 10**15)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.data())
def test_by_weight_is_exact_and_the_owner_bears_the_odd_unit(
    total: int, weights: list[int], data: st.DataObject
) -> None:
    owner = data.draw(st.integers(0, len(weights) - 1))
    if not sum(weights):
        with pytest.raises(SplitImpossible):
            by_weight(total, weights, owner)
        return
    parts = by_weight(total, weights, owner)
    assert sum(parts) == total
    for index, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        floor = total * weight // sum(weights)
        assert part == floor or (index == owner and floor <= part < floor + len(weights))


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=10),
    st.lists(st.integers(0, 1000), max_size=8),
    st.integers(0, 9),
)
def test_any_sequence_of_partial_amounts_ends_at_zero(
    holdings: list[int], thousandths: list[int], owner: int
) -> None:
    held, owner = list(holdings), owner % len(holdings)
    for share in (*thousandths, 1000):
        amount = sum(held) * share // 1000
        given_back = backwards(amount, held, owner)
        assert sum(given_back) == amount
        assert all(0 <= part <= had for part, had in zip(given_back, held, strict=True))
        held = [had - part for had, part in zip(held, given_back, strict=True)]
    assert held == [0] * len(held)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(0, 5))
def test_one_unit_at_a_time_ends_at_zero_too(holdings: list[int], owner: int) -> None:
    held = list(holdings)
    while sum(held):
        given_back = backwards(1, held, owner % len(held))
        assert sorted(given_back) == [0] * (len(held) - 1) + [1]
        held = [had - part for had, part in zip(held, given_back, strict=True)]
        assert min(held) >= 0


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=10), st.data())
def test_what_goes_back_is_in_proportion_to_what_is_held(
    holdings: list[int], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(holdings)))
    parts = backwards(amount, holdings, 0)
    odd = amount - sum(amount * held // sum(holdings) for held in holdings)
    for part, held in zip(parts, holdings, strict=True):
        assert 0 <= part - amount * held // sum(holdings) <= odd < len(holdings) or amount == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: by_weight(-1, [1], 0),
        lambda: by_weight(1, [], 0),
        lambda: by_weight(1, [0, 0], 0),
        lambda: by_weight(1, [1, -1, 1], 0),
        lambda: by_weight(1, [1], 1),
        lambda: by_weight(1, [1], -1),
        lambda: backwards(3, [1, 1], 0),
        lambda: backwards(-1, [1], 0),
        lambda: backwards(1, [3, -1], 0),
    ],
)
def test_impossible_splits_are_refused_with_their_reason(call: object) -> None:
    with pytest.raises(SplitImpossible) as caught:
        call()  # type: ignore[operator]
    assert caught.value.facts["reason"]
