"""Limits by the day, and the room along the way up of a tree of facilities."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.lines.lending.facility import (
    Base,
    Freeze,
    Limit,
    Node,
    Tree,
    Uplift,
    Used,
    plan_down,
)
from huoshui.lines.lending.facility.limit import BadLimit
from huoshui.lines.lending.facility.tree import BadTree

DAY0 = date(2026, 1, 1)
GROUP, BORROWER, SCENE = (UUID(int=n) for n in (1, 2, 3))


def day(n: int) -> date:
    return DAY0 + timedelta(days=n)


SEASONAL = Limit(
    (Base(since=day(0), cause="base", amount=100_001),),
    (Uplift(since=day(30), until=day(59), cause="festival", share=Fraction(1, 2)),),
)


def test_a_season_lifts_a_limit_by_half_and_falls_back() -> None:
    assert [SEASONAL.at(day(n)) for n in (-1, 0, 29, 30, 59, 60)] == [
        0, 100_001, 100_001, 150_001, 150_001, 100_001,
    ]  # fmt: skip
    assert SEASONAL.changes(day(0)) == [day(30), day(60)]
    assert SEASONAL.causes(day(40)) == ("base", "festival")


def test_the_base_that_began_last_counts_and_achievements_add_up() -> None:
    limit = Limit(
        (Base(since=day(0), cause="first", amount=100), Base(since=day(9), cause="second", amount=70)),
        (Uplift(since=day(5), cause="course", amount=30), Uplift(since=day(9), until=day(9), cause="festival", share=Fraction(1, 2))),
    )  # fmt: skip
    assert [limit.at(day(n)) for n in (4, 5, 8, 9, 10)] == [100, 130, 130, 70 + 30 + 35, 100]


def test_a_freeze_stops_the_undrawn_part_alone_until_its_last_day() -> None:
    limit = Limit(
        SEASONAL.bases, (),
        (Freeze(since=day(3), until=day(4), cause="a warm truck"),
         Freeze(since=day(2), until=day(9), cause="low stock", amount=15_000)),
    )  # fmt: skip
    tree = Tree([Node(GROUP, None, limit)], {GROUP: Used(drawn=40_001, held=1_000)})
    assert [tree.room(GROUP, day(n)).available for n in (1, 2, 3, 5, 10)] == [
        59_000, 44_000, 0, 44_000, 59_000,
    ]  # fmt: skip
    assert tree.over(GROUP, day(3)) == 0


def test_a_fall_back_below_what_is_drawn_is_brought_down_by_a_plan() -> None:
    tree = Tree([Node(GROUP, None, SEASONAL)], {GROUP: Used(drawn=130_003)})
    assert (tree.over(GROUP, day(59)), tree.room(GROUP, day(59)).available) == (0, 19_998)
    over = tree.over(GROUP, day(60))
    assert (over, tree.room(GROUP, day(60)).available) == (30_002, 0)
    plan = plan_down(over, day(60), 4)
    assert [part.amount for part in plan] == [7_501, 7_501, 7_500, 7_500]
    assert [part.due for part in plan] == [date(2026, n, 2) for n in (4, 5, 6, 7)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Base(since=day(1), until=day(0), cause="x", amount=1),
        lambda: Base(since=day(1), cause="x", amount=-1),
        lambda: Uplift(since=day(1), cause="x"),
        lambda: Uplift(since=day(1), cause="x", share=Fraction(1), amount=1),
        lambda: Freeze(since=day(1), cause="x", amount=0),
    ],
)
def test_a_piece_that_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(BadLimit):
        make()  # type: ignore[operator]


def test_a_way_up_that_goes_round_or_nowhere_is_refused() -> None:
    for parent in (GROUP, BORROWER):
        with pytest.raises(BadTree):
            Tree([Node(GROUP, parent, SEASONAL)], {})


amounts = st.integers(0, 10**12)
days = st.integers(0, 40).map(day)


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    bases = draw(
        st.lists(
            st.builds(Base, since=days, cause=st.just("b"), amount=amounts), min_size=1, max_size=3
        )
    )
    shares = st.fractions(Fraction(1, 100), 1, max_denominator=100)
    uplifts = draw(
        st.lists(st.builds(Uplift, since=days, cause=st.just("u"), share=shares), max_size=2)
    )
    freezes = draw(
        st.lists(
            st.builds(
                Freeze, since=days, cause=st.just("f"), amount=st.none() | st.integers(1, 10**12)
            ),
            max_size=2,
        )
    )
    return Limit(tuple(bases), tuple(uplifts), tuple(freezes))  # fmt: skip


@given(limits(), limits(), limits(), st.lists(amounts, min_size=6, max_size=6), days)
def test_drawing_all_the_room_breaks_no_limit_and_leaves_none(
    group: Limit, borrower: Limit, scene: Limit, use: list[int], on: date
) -> None:
    facilities = [Node(GROUP, None, group), Node(BORROWER, GROUP, borrower), Node(SCENE, BORROWER, scene)]  # fmt: skip
    used = {id_: Used(*use[2 * n : 2 * n + 2]) for n, id_ in enumerate((GROUP, BORROWER, SCENE))}
    room = Tree(facilities, used).room(SCENE, on)
    assert room.available >= 0
    own = used[SCENE]
    tree = Tree(facilities, used | {SCENE: Used(own.drawn, own.held + room.available)})
    assert tree.room(SCENE, on).available == 0
    if room.available:
        for facility in facilities:
            in_all = tree.used(facility.id)
            assert in_all.drawn + in_all.held <= facility.limit.at(on)
    assert Tree(facilities, used).room(GROUP, on).available >= room.available


@given(limits(), days)
def test_between_its_changes_a_limit_stays_as_it_is(limit: Limit, on: date) -> None:
    until = next(iter(limit.changes(on)), on + timedelta(days=30))
    for n in range((until - on).days):
        later = on + timedelta(days=n)
        assert (limit.at(later), limit.thawed(1000, later)) == (
            limit.at(on),
            limit.thawed(1000, on),
        )


@given(st.integers(0, 10**9), st.integers(-1, 200))
def test_a_plan_comes_to_what_is_over(over: int, parts: int) -> None:
    plan = plan_down(over, DAY0, parts)
    assert sum(part.amount for part in plan) == over
    assert all(part.amount > 0 for part in plan)
    assert not plan or plan[0].amount - plan[-1].amount in (0, 1)
