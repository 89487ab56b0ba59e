"""Minimum payments of revolving credit."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.lines.lending.schedule import BadLoanTerms
from huoshui.lines.lending.schedule.minimum import Minimum, minimum_payment, paying_the_minimum

TENTH = Minimum(Fraction(1, 10), floor=5000)


def test_the_share_of_principal_and_all_interest() -> None:
    assert minimum_payment(TENTH, 100_000, interest=1500, charges=300) == 11_800
    assert minimum_payment(TENTH, 100_000, interest=1500, overdue=8000) == 9200 + 8000 + 1500


def test_the_share_of_all_that_is_owed() -> None:
    rule = Minimum(Fraction(1, 10), of="balance")
    assert minimum_payment(rule, 100_000, interest=1500) == 10_150
    assert minimum_payment(rule, 1000, interest=900) == 900


def test_the_floor_and_never_more_than_is_owed() -> None:
    assert minimum_payment(TENTH, 20_000) == 5000
    assert minimum_payment(TENTH, 3000, interest=30) == 3030


def test_paying_only_the_minimum_takes_long() -> None:
    rows = paying_the_minimum(TENTH, date(2026, 1, 15), 100_000, Fraction(18, 100))
    assert (rows[0].interest, rows[0].principal) == (1500, 10_000)
    assert sum(row.principal for row in rows) == 100_000
    assert rows[-1].balance == 0 and len(rows) == 18


def test_what_never_ends_and_rules_that_do_not_work_are_refused() -> None:
    with pytest.raises(BadLoanTerms):
        paying_the_minimum(Minimum(Fraction(1, 10**9)), date(2026, 1, 1), 10**9, Fraction(0))
    with pytest.raises(BadLoanTerms):
        Minimum(Fraction(0))


@given(
    st.fractions(Fraction(1, 100), Fraction(1), max_denominator=1000),
    st.integers(0, 10**6),
    st.sampled_from(["balance", "principal"]),
    st.tuples(st.integers(0, 10**8), st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_between_interest_and_all(share, floor, of, owed) -> None:
    asked = minimum_payment(Minimum(share, floor, of), *owed)
    assert owed[1] + owed[2] <= asked <= sum(owed)
