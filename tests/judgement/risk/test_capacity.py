"""The ability to pay: income less debts and essentials; spending never raises it."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import i18n
from huoshui.judgement.risk.capacity import CashFlow, Credit, Income, ability, limit_of
from huoshui.judgement.risk.capacity.ability import BadCashFlow

amounts = st.integers(0, 10_000_000)
flows = st.builds(
    CashFlow,
    income=st.lists(
        st.builds(Income, amounts, st.sampled_from(["salary", "business", "loan", "own_transfer"]), st.booleans()),
        max_size=4,
    ).map(tuple),
    debt_service_minor=amounts,
    essentials_minor=amounts,
    spend_minor=st.one_of(st.none(), amounts),
)  # fmt: skip


def test_a_life_on_credit_is_seen_and_its_limit_rests_on_income():
    """18,000 are spent a month and 6,500 verified, which is what loans pay out."""
    used = Credit(lines_open=9, utilisation=Fraction(93, 100), minimum_payments=6)
    flow = CashFlow((Income(650_000, "loan"),), 180_000, 250_000, 1_800_000)
    found = ability(flow, used)
    assert found.pseudo_middle_class
    assert found.signs == ("spend", "borrowed", "utilisation", "minimum", "lines")
    assert limit_of(found, 12, Fraction(1, 100), Fraction(1, 2)) == 0
    earned = ability(msgspec.structs.replace(flow, income=(Income(650_000, "salary"),)), used)
    assert earned.pseudo_middle_class
    assert earned.capacity_minor == 650_000 - 180_000 - 250_000


def test_who_earns_what_they_spend_is_not_flagged():
    used = Credit(lines_open=2, utilisation=Fraction(2, 10), minimum_payments=0)
    found = ability(CashFlow((Income(4_200_000, "salary"),), 300_000, 800_000, 1_800_000), used)
    assert not found.pseudo_middle_class and found.signs == ()
    assert found.spend_ratio == Fraction(3, 7)
    assert limit_of(found, 12, Fraction(0), Fraction(1, 2)) == 12 * 3_100_000 // 2


@settings(max_examples=60)
@given(flows, amounts)
def test_spending_changes_neither_capacity_nor_limit(flow, spend):
    more = msgspec.structs.replace(flow, spend_minor=spend)
    assert ability(more).capacity_minor == ability(flow).capacity_minor


@settings(max_examples=60)
@given(flows, amounts)
def test_borrowed_and_unverified_money_is_no_income(flow, amount):
    for extra in (Income(amount, "loan"), Income(amount, "salary", verified=False)):
        more = msgspec.structs.replace(flow, income=(*flow.income, extra))
        assert ability(more).capacity_minor == ability(flow).capacity_minor


@settings(max_examples=60)
@given(flows, st.integers(1, 60), st.fractions(0, Fraction(3, 100), max_denominator=1_000))
def test_the_limit_is_what_the_instalments_repay(flow, months, rate):
    found = ability(flow)
    limit = limit_of(found, months, rate, Fraction(1, 2))
    owed = Fraction(limit)
    for _ in range(months):
        owed = owed * (1 + rate) - Fraction(found.capacity_minor, 2)
    assert owed <= 0 < owed + (1 + rate) ** months or not found.capacity_minor


@pytest.mark.parametrize(
    "flow", [CashFlow((Income(-1, "salary"),), 0, 0), CashFlow((), -1, 0), CashFlow((), 0, -1), CashFlow((), 0, 0, -1)]
)  # fmt: skip
def test_what_cannot_be_is_refused(flow):
    with pytest.raises(BadCashFlow):
        ability(flow)


def test_each_sign_is_said_in_both_languages():
    for name in ("spend", "service", "borrowed", "utilisation", "minimum", "lines"):
        assert i18n.catalogue().keys() >= {f"capacity.sign.{name}"}
