"""Shares and covers: every unit is somebody's, whatever comes in whichever order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.lines.lending.funding import BadCovers, BadShares, Cover, Covers, Funder, Sharing
from huoshui.lines.lending.waterfall import COMPONENTS, Component

JOINT = Sharing(
    (
        Funder("bank", {"principal": Fraction(7, 10), "interest": Fraction(65, 100), "fee": Fraction(0), "penalty": Fraction(7, 10)}),
        Funder("platform", {"principal": Fraction(3, 10), "interest": Fraction(35, 100), "fee": Fraction(1), "penalty": Fraction(3, 10)}),
    )
)  # fmt: skip
ALL: tuple[Component, ...] = ("principal", "interest")
INSURER = Cover("insurer", Fraction(4, 5), "net", ALL)
FUND = Cover("fund", Fraction(1, 10), "gross", ("principal",))
LOSS: dict[Component, int] = {"principal": 100_000, "interest": 5_001}


def test_a_joint_loan_is_shared_by_component() -> None:
    assert JOINT.of("principal", 100_001) == {"bank": 70_001, "platform": 30_000}
    assert JOINT.of("interest", 1_001) == {"bank": 651, "platform": 350}
    assert JOINT.of("fee", 77) == {"bank": 0, "platform": 77}


def test_ten_payments_of_one_unit_are_shared_as_one_of_ten() -> None:
    got = {"bank": 0, "platform": 0}
    for n in range(10):
        for party, amount in JOINT.moved("principal", n, n + 1).items():
            got[party] += amount
    assert got == {"bank": 7, "platform": 3}


def test_whether_a_fund_pays_before_the_insurer_changes_who_bears_what() -> None:
    first = Covers((INSURER, FUND)).borne(LOSS, {})
    assert first.covers == {
        "insurer": {"principal": 80_000, "interest": 4_000},
        "fund": {"principal": 10_000},
    }
    assert first.left == {"principal": 10_000, "interest": 1_001}
    second = Covers((FUND, INSURER)).borne(LOSS, {})
    assert second.covers == {
        "fund": {"principal": 10_000},
        "insurer": {"principal": 72_000, "interest": 4_000},
    }
    assert second.left == {"principal": 18_000, "interest": 1_001}
    assert first.total == second.total == 105_001  # fmt: skip


def test_a_recovery_goes_back_to_who_paid() -> None:
    covers = Covers((INSURER, FUND))
    assert covers.moved(LOSS, {}, {"principal": 50_000}) == {"insurer": -40_000, "fund": 0}
    assert covers.moved(LOSS, {"principal": 50_000}, {"principal": 100_000}) == {"insurer": -40_000, "fund": -10_000}  # fmt: skip


def test_a_cover_pays_no_more_than_its_most() -> None:
    capped = Covers((Cover("insurer", Fraction(1), "net", ALL, most=100_002),))
    assert capped.borne(LOSS, {}).covers["insurer"] == {"principal": 100_000, "interest": 2}


@pytest.mark.parametrize(
    ("cover", "field"),
    [
        (Cover("", Fraction(1), "net", ALL), "name"),
        (Cover("x", Fraction(0), "net", ALL), "share"),
        (Cover("x", Fraction(2), "net", ALL), "share"),
        (Cover("x", Fraction(1), "net", ()), "components"),
        (Cover("x", Fraction(1), "net", ALL, most=-1), "most"),
    ],
)
def test_a_cover_that_cannot_be_is_refused(cover: Cover, field: str) -> None:
    with pytest.raises(BadCovers) as refused:
        Covers((cover,))
    assert refused.value.facts["field"] == field


def test_names_and_recoveries_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadCovers):
        Covers((INSURER, INSURER))
    with pytest.raises(BadCovers):
        Covers((INSURER,)).borne(LOSS, {"principal": 100_001})
    with pytest.raises(BadShares):
        Sharing((JOINT.funders[0],))
    with pytest.raises(BadShares):
        Sharing((*JOINT.funders, JOINT.funders[0]))


amounts = st.integers(0, 10**12)
shares = st.fractions(Fraction(1, 100), 1, max_denominator=100)


@st.composite
def sharings(draw: st.DrawFn) -> Sharing:
    count = draw(st.integers(1, 4))
    weights = {
        name: draw(st.lists(st.integers(0, 9), min_size=count, max_size=count).filter(any))
        for name in COMPONENTS
    }
    return Sharing(
        tuple(
            Funder(f"f{n}", {name: Fraction(each[n], sum(each)) for name, each in weights.items()})
            for n in range(count)
        )
    )


@given(sharings(), st.sampled_from(COMPONENTS), st.lists(amounts, max_size=12))
def test_what_came_and_went_is_somebodys_to_the_unit(
    sharing: Sharing, component: Component, totals: list[int]
) -> None:
    got: dict[str, int] = dict.fromkeys((each.party for each in sharing.funders), 0)
    before = 0
    for after in [*totals, 0]:
        moved = sharing.moved(component, before, after)
        assert sum(moved.values()) == after - before
        for party, amount in moved.items():
            got[party] += amount
            assert got[party] >= 0
        assert got == sharing.of(component, after)
        before = after
    assert not any(got.values())


covers = st.lists(
    st.builds(
        Cover, name=st.uuids().map(str), share=shares, basis=st.sampled_from(("gross", "net")),
        components=st.lists(st.sampled_from(COMPONENTS), min_size=1, unique=True).map(tuple),
        most=st.none() | amounts,
    ),
    max_size=4,
).map(lambda found: Covers(tuple(found)))  # fmt: skip
losses: st.SearchStrategy[Any] = st.dictionaries(st.sampled_from(COMPONENTS), amounts)


@given(covers, losses, st.lists(st.fractions(0, 1), min_size=2, max_size=2))
def test_a_loss_is_borne_to_the_unit_and_nobody_pays_more_for_a_recovery(
    covers: Covers, gross: dict[Component, int], parts: list[Fraction]
) -> None:
    less, more = sorted(parts)
    before, after = (
        {name: int(amount * part) for name, amount in gross.items()} for part in (less, more)
    )
    for recovered in (before, after):
        borne = covers.borne(gross, recovered)
        assert borne.total == sum(gross.values()) - sum(recovered.values())
        assert all(amount >= 0 for amount in borne.left.values())
        for cover in covers.covers:
            paid = sum(borne.covers[cover.name].values())
            assert paid >= 0 and (cover.most is None or paid <= cover.most)
    assert all(amount <= 0 for amount in covers.moved(gross, before, after).values())
