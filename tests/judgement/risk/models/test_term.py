"""Hazards by month, and a probability spread over them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.judgement.risk.models import term


def test_a_life_table_of_a_known_case():
    """Ten cases: two go bad in month 1, three are repaid after it, one of five goes bad in month 2."""
    ended = [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    bad = [True, True, False, False, False, True, False, False, False, False]
    first, second = term.life_table(ended, bad)
    assert (first.at_risk, first.hazard, second.at_risk, second.hazard) == (10, 0.2, 5, 0.2)
    assert math.isclose(second.cumulative, 1 - 0.8 * 0.8)
    assert first.low < 0.2 < first.high


@settings(max_examples=40)
@given(
    st.floats(0.001, 0.95),
    st.lists(st.floats(0.0001, 0.5), min_size=1, max_size=36),
    st.integers(1, 48),
)
def test_a_spread_sums_to_its_probability(probability, hazards, months):
    found = term.spread(probability, hazards, months)
    assert len(found) == months and min(found) > 0
    assert math.isclose(sum(found), probability, rel_tol=1e-9)


def test_a_shape_that_fits_already_is_kept():
    hazards = [0.01, 0.03, 0.02]
    alive, total = 1.0, 0.0
    for each in hazards:
        total, alive = total + alive * each, alive * (1 - each)
    assert [round(e, 9) for e in term.spread(total, hazards, 3)] == [
        0.01,
        round(0.99 * 0.03, 9),
        round(0.99 * 0.97 * 0.02, 9),
    ]


@pytest.mark.parametrize("wrong", [([], []), ([1], []), ([0], [True])])
def test_what_has_no_months_is_refused(wrong):
    with pytest.raises(term.BadTerm):
        term.life_table(*wrong)
    with pytest.raises(term.BadTerm):
        term.spread(1.0, [0.1], 3)
