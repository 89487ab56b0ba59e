"""Allocation: exact, bounded, in the order that is promised, and refused by name."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from huoshui.core.errors import Problem
from huoshui.ledger.allocation import Part, Rule, cut, read_share
from huoshui.ledger.allocation.model import DEPTH_MAX, PARTS_MAX, Odd
from huoshui.ledger.split import by_weight

T = TypeVar("T")
totals = st.integers(0, 10**15) | st.integers(0, 50)
small = st.integers(0, 60)
ODD: tuple[Odd, ...] = ("in_order", "largest_remainder", "largest_share", "owner")
REST = Part(remaining=True)


def pct(text: str, **words: object) -> Part:
    return Part(share=read_share(text), **words)  # type: ignore[arg-type]


def tried(call: Callable[[], T]) -> tuple[T | None, str]:
    """What a call gives, or the code of its refusal."""
    try:
        return call(), ""
    except Problem as refused:
        return None, refused.code


def code_of(problem: pytest.ExceptionInfo[Problem]) -> str:
    return problem.value.code


@st.composite
def share_mixes(draw: st.DrawFn) -> list[Part]:
    """Shares that make the whole, with or without a remaining part, in any order."""
    weights = draw(st.lists(st.integers(0, 1000), min_size=1, max_size=8))
    spare = draw(st.none() | st.integers(0, 1000))
    whole = sum(weights) + (spare or 0)
    assume(whole)
    parts = [Part(to=f"p{i}", share=Fraction(w, whole)) for i, w in enumerate(weights)]
    if spare is not None:
        parts.append(Part(to="rest", remaining=True))
    return draw(st.permutations(parts))


@st.composite
def mixes(draw: st.DrawFn) -> list[Part]:
    """Parts of every sort; some contradict each other."""
    parts = draw(share_mixes() | st.just([]))
    bounds = st.none() | small
    for i, part in enumerate(parts):
        if draw(st.booleans()):
            floor = draw(small)
            cap = draw(st.none() | st.integers(floor, 100))
            parts[i] = Part(
                to=part.to, share=part.share, remaining=part.remaining, cap=cap, floor=floor
            )
    parts += [Part(to="fix", fixed=draw(small)) for _ in range(draw(st.integers(0, 2)))]
    parts += [Part(to="turn", cap=draw(bounds)) for _ in range(draw(st.integers(0, 2)))]
    return draw(st.permutations(parts))


rules = st.builds(Rule, odd=st.sampled_from(ODD), shares_of=st.sampled_from(("total", "rest")))


@given(st.integers(0, 400), mixes(), rules)
def test_a_cut_is_exact_and_within_its_bounds_or_refused(
    total: int, parts: list[Part], rule: Rule
) -> None:
    amounts, code = tried(lambda: cut(total, parts, rule))
    assert (code == "fixed_exceeds_total") == (sum(p.fixed or 0 for p in parts) > total)
    if amounts is None:
        assert code in {
            "fixed_exceeds_total", "floors_exceed_total", "rest_unplaced", "shares_exceed_rest",
        }  # fmt: skip
        return
    assert sum(amounts) == total
    for part, amount in zip(parts, amounts, strict=True):
        assert amount >= 0
        if part.fixed is not None:
            assert amount == part.fixed
        else:
            assert part.floor <= amount
            assert part.cap is None or amount <= part.cap


@given(totals, share_mixes())
def test_in_order_is_the_floor_and_one_odd_unit_each_from_the_first_on(
    total: int, parts: list[Part]
) -> None:
    """The rule of Formance's Allocate, in other words."""
    given_shares = sum((p.share for p in parts if p.share is not None), Fraction(0))
    shares = [1 - given_shares if p.share is None else p.share for p in parts]
    floors = [int(total * share) for share in shares]
    odd = total - sum(floors)
    assert cut(total, parts) == [f + (i < odd) for i, f in enumerate(floors)]


@given(totals, share_mixes(), st.sampled_from(ODD))
def test_every_rule_gives_at_least_the_floor_of_the_share(
    total: int, parts: list[Part], odd: Odd
) -> None:
    amounts = cut(total, parts, Rule(odd=odd))
    for part, amount in zip(parts, amounts, strict=True):
        floor = int(total * part.share) if part.share is not None else 0
        most = 1 if odd in ("in_order", "largest_remainder") else len(parts)
        assert part.share is None or floor <= amount <= floor + most


@given(totals, share_mixes(), st.data())
def test_with_an_owner_the_order_of_the_parts_does_not_count(
    total: int, parts: list[Part], data: st.DataObject
) -> None:
    owner = data.draw(st.sampled_from(parts)).to
    shuffled = data.draw(st.permutations(parts))
    rule = Rule(odd="owner", owner=owner)

    def taken(parts: list[Part]) -> dict[str, int]:
        return dict(zip((p.to for p in parts), cut(total, parts, rule), strict=True))

    assert taken(parts) == taken(shuffled)


@given(totals, share_mixes(), st.data())
def test_by_largest_remainder_the_order_counts_for_ties_alone(
    total: int, parts: list[Part], data: st.DataObject
) -> None:
    known = [p.share for p in parts if p.share is not None]
    shares = [1 - sum(known, Fraction(0)) if p.share is None else p.share for p in parts]
    assume(len({total * share % 1 for share in shares}) == len(shares))
    shuffled = data.draw(st.permutations(parts))
    rule = Rule(odd="largest_remainder")

    def taken(parts: list[Part]) -> dict[str, int]:
        return dict(zip((p.to for p in parts), cut(total, parts, rule), strict=True))

    assert taken(parts) == taken(shuffled)
    gained = [a - int(total * s) for a, s in zip(cut(total, parts, rule), shares, strict=True)]
    lost = {total * share % 1: gain for share, gain in zip(shares, gained, strict=True)}
    assert [lost[key] for key in sorted(lost)] == sorted(gained)


@given(totals, st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.data())
def test_an_owner_is_the_same_as_a_split_by_weight(
    total: int, weights: list[int], data: st.DataObject
) -> None:
    assume(sum(weights))
    owner = data.draw(st.integers(0, len(weights) - 1))
    parts = [Part(to=str(i), share=Fraction(w, sum(weights))) for i, w in enumerate(weights)]
    amounts = cut(total, parts, Rule(odd="owner", owner=str(owner)))
    assert amounts == by_weight(total, weights, owner)


EXACT = [
    # Formance internal/machine/allotment_test.go and vm/machine_test.go
    (15, [pct("80%"), pct("8%"), pct("12%")], [13, 1, 1]),
    (15, [pct("80/100"), pct("15/100"), REST], [13, 2, 0]),
    (15, [pct("1/2"), pct("1/2"), REST], [8, 7, 0]),
    (100, [REST, pct("12.5%")], [88, 12]),
    (2, [pct("90%"), pct("10%")], [2, 0]),
    (100, [pct("60%"), pct("35.5%"), pct("4.5%")], [61, 35, 4]),
    (10001, [pct("33.33%"), pct("33.33%"), pct("33.34%")], [3334, 3333, 3334]),
    (2000, [Part(cap=1000), Part(remaining=True, kept=True)], [1000, 1000]),
    (60, [Part(cap=10), REST], [10, 50]),
    (100, [Part(cap=400), REST], [100, 0]),
    (100, [Part(cap=0), REST], [0, 100]),
    # Blnk model/precision_edge_test.go; who gets the odd unit is the default rule's
    (1, [pct("50%"), pct("50%")], [1, 0]),
    (0, [pct("50%"), REST], [0, 0]),
    (1001, [pct("50%"), pct("50%")], [501, 500]),
    (9999, [pct("33%"), pct("33%"), REST], [3300, 3300, 3399]),
    (100_000, [Part(fixed=1), pct("33.333%"), REST], [1, 33333, 66666]),
    (1000, [Part(fixed=333), REST], [333, 667]),
    (1000, [pct("0.001%"), pct("99.999%")], [1, 999]),
    (99_991, [pct("1.5%"), pct("98.5%")], [1500, 98491]),
    # Blnk may pad the fixed part here to 50001
    (100_001, [Part(fixed=50_000), pct("50%")], [50_000, 50_001]),
    # caps and floors
    (1000, [pct("10%", cap=50), REST], [50, 950]),
    (100, [pct("1%", floor=10), REST], [10, 90]),
    (100, [pct("50%", cap=20), pct("30%"), pct("20%")], [20, 60, 20]),
    (100, [pct("50%", cap=20), pct("30%", cap=40), pct("20%")], [20, 40, 40]),
    (100, [pct("10%", floor=40), pct("40%"), pct("50%", floor=30)], [40, 30, 30]),
    (100, [Part(), Part(remaining=True, floor=10)], [90, 10]),
    (7, [], []),
]


@pytest.mark.parametrize(("total", "parts", "amounts"), EXACT[:-1])
def test_known_cuts(total: int, parts: list[Part], amounts: list[int]) -> None:
    assert cut(total, parts) == amounts


def test_the_rule_decides_who_gets_the_odd_unit() -> None:
    parts = [pct("33.33%", to="a"), pct("33.33%", to="b"), pct("33.34%", to="c")]
    found = {odd: cut(10001, parts, Rule(odd=odd)) for odd in ODD}
    assert found == {
        "in_order": [3334, 3333, 3334],
        "largest_remainder": [3333, 3333, 3335],
        "largest_share": [3333, 3333, 3335],  # Blnk's rule
        "owner": [3334, 3333, 3334],
    }
    assert cut(10001, parts, Rule(odd="owner", owner="b")) == [3333, 3334, 3334]
    thirds = [pct("1/3", to="a"), pct("1/3", to="b"), Part(to="rest", remaining=True)]
    assert cut(5, thirds, Rule(odd="owner")) == [1, 1, 3]


def test_the_owner_gets_what_caps_keep_out_and_gives_what_floors_need() -> None:
    parts = [pct("60%", to="a", cap=10), pct("20%", to="b"), pct("20%", to="c", floor=25)]
    assert cut(100, parts) == [10, 65, 25]
    assert cut(100, parts, Rule(owner="c")) == [10, 20, 70]
    assert cut(100, [*parts[1:], pct("60%", to="d")], Rule(owner="b")) == [15, 25, 60]


def test_shares_are_of_the_total_or_of_what_fixed_parts_leave() -> None:
    parts = [Part(fixed=100), pct("50%"), REST]
    assert cut(1000, parts) == [100, 500, 400]
    assert cut(1000, parts, Rule(shares_of="rest")) == [100, 450, 450]


def test_any_number_of_parts_and_digits_is_exact() -> None:
    parts = [pct(f"{i % 7}/100000") for i in range(PARTS_MAX - 1)] + [REST]
    amounts = cut(10**40 + 7, parts)
    assert sum(amounts) == 10**40 + 7


BAD = [
    ("two_remainders", 10, [REST, pct("2/25"), REST]),
    ("shares_exceed_100_percent", 10, [pct("1/2"), pct("1/2"), pct("1/2")]),
    ("shares_exceed_100_percent", 10, [pct("60%"), pct("60%")]),
    ("shares_below_100_percent", 10, [pct("50%"), pct("49.9%")]),
    ("fixed_exceeds_total", 10_000, [Part(fixed=15_000)]),
    ("fixed_exceeds_total", 10_000, [Part(fixed=6_000), Part(fixed=4_001), REST]),
    ("shares_exceed_rest", 1000, [Part(fixed=500), pct("60%"), REST]),
    ("floors_exceed_total", 10, [Part(fixed=5), Part(remaining=True, floor=6)]),
    ("floor_above_cap", 10, [Part(cap=4, floor=5), REST]),
    ("rest_unplaced", 10, [Part(fixed=9)]),
    ("rest_unplaced", 10, [Part(cap=4), Part(cap=5)]),
    ("rest_unplaced", 10, [pct("50%", cap=4), pct("50%", cap=5)]),
    ("rest_unplaced", 1000, [Part(fixed=100), pct("50%")]),
    ("rest_unplaced", 10, [Part(fixed=4), pct("50%")]),
    ("amount_negative", -1, [REST]),
    ("amount_negative", 1, [Part(fixed=-1), REST]),
    ("amount_negative", 1, [Part(cap=-1), REST]),
    ("amount_negative", 1, [Part(share=Fraction(-1, 2)), REST]),
    ("part_unclear", 1, [Part(fixed=1, remaining=True)]),
    ("part_unclear", 1, [Part(fixed=1, cap=2)]),
    ("part_unclear", 1, [Part(kept=True, parts=(REST,))]),
    ("share_too_fine", 1, [Part(share=Fraction(1, 10**18 + 9)), REST]),
    ("too_many_parts", 1, [Part() for _ in range(PARTS_MAX + 1)]),
]


@pytest.mark.parametrize(("code", "total", "parts"), BAD)
def test_what_cannot_be_cut_is_refused_by_name(code: str, total: int, parts: list[Part]) -> None:
    with pytest.raises(Problem) as refused:
        cut(total, parts)
    assert code_of(refused) == code
    for lang in ("en", "zh"):
        assert refused.value.detail(lang)


def test_primes_in_every_denominator_are_refused_before_they_cost_time() -> None:
    odd = [Part(share=Fraction(1, 10**6 + 2 * i + 1)) for i in range(2000)]
    with pytest.raises(Problem) as refused:
        cut(1, [*odd, REST])
    assert code_of(refused) == "share_too_fine"


def test_nesting_has_an_end() -> None:
    part = Part(to="a")
    for _ in range(DEPTH_MAX):
        part = Part(parts=(part,))
    with pytest.raises(Problem) as refused:
        cut(1, [part])
    assert code_of(refused) == "too_many_parts"


def test_an_owner_is_one_of_the_parts_that_can_give_way() -> None:
    for owner in ("fix", "nobody"):
        with pytest.raises(Problem) as refused:
            cut(10, [Part(to="fix", fixed=1), Part(to="a")], Rule(owner=owner))
        assert code_of(refused) == "unknown_owner"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        # Formance internal/machine/portion_test.go
        ("0%", Fraction(0)), ("0.0%", Fraction(0)), ("0/25", Fraction(0)),
        ("1%", Fraction(1, 100)), ("10/1000", Fraction(1, 100)), ("50.0%", Fraction(1, 2)),
        ("1/1", Fraction(1)), ("100.0%", Fraction(1)), ("80 / 100", Fraction(4, 5)),
        ("0.125", Fraction(1, 8)), ("1", Fraction(1)), ("33.333%", Fraction(33333, 100000)),
    ],
)  # fmt: skip
def test_shares_are_read_exactly(text: str, share: Fraction) -> None:
    assert read_share(text) == share


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("100.1%", "shares_exceed_100_percent"), ("101/100", "shares_exceed_100_percent"),
        ("3/2", "shares_exceed_100_percent"), ("2", "shares_exceed_100_percent"),
        ("this is not a portion", "share_malformed"), ("", "share_malformed"),
        ("-5%", "share_malformed"), ("1/0", "share_malformed"), ("1e-3", "share_malformed"),
        ("½", "share_malformed"), ("１%", "share_malformed"), ("1%\n", "share_malformed"),
        ("0." + "1" * 60, "share_malformed"), ("0.0000000000000000001", "share_too_fine"),
    ],
)  # fmt: skip
def test_what_is_no_share_is_refused(text: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        read_share(text)
    assert code_of(refused) == code
