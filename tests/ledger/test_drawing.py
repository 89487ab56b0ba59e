"""Drawing an amount out of sources, and the postings that come of it."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core.errors import Problem
from huoshui.ledger import Leg
from huoshui.ledger.allocation import Part, Source, allocate, legs
from huoshui.ledger.allocation.model import PARTS_MAX
from tests.ledger.test_allocation import REST, code_of, pct, share_mixes, small, tried


def from_(account: str, **words: object) -> Source:
    return Source(account=account, **words)  # type: ignore[arg-type]


def half(*sources: Source, **words: object) -> Source:
    return Source(share=Fraction(1, 2), sources=sources, **words)  # type: ignore[arg-type]


NONE = None  # an overdraft without end
TO_B = [Part(to="b")]
# Formance internal/machine/vm: machine_test.go, machine_overdraft_test.go, machine_kept_test.go
POSTED = [
    ("in order", 15, [from_("a"), from_("p")], {"a": 3, "p": 12}, TO_B,
     [("a", "b", 3), ("p", "b", 12)]),
    ("all of one", None, [from_("a")], {"a": 17}, TO_B, [("a", "b", 17)]),
    ("all of two", None, [from_("w"), from_("c")], {"w": 19, "c": 22}, TO_B,
     [("w", "b", 19), ("c", "b", 22)]),
    ("all of nothing", None, [from_("a")], {"a": 0}, TO_B, []),
    ("then the world", 15, [from_("a"), from_("world", overdraft=NONE)], {"a": 1}, TO_B,
     [("a", "b", 1), ("world", "b", 14)]),
    ("zero legs are dropped", 2, [from_("world", overdraft=NONE)], {},
     [pct("90%", to="a"), pct("10%", to="b")], [("world", "a", 2)]),
    ("not too much", 200, [from_("u"), from_("v")], {"u": 100, "v": 110},
     [pct("1/2", to="x"), pct("1/2", to="y")], [("u", "x", 100), ("v", "y", 100)]),
    ("by shares", 100, [from_("a", share=Fraction(60, 100)), from_("b", share=Fraction(355, 1000)),
                        from_("c", share=Fraction(45, 1000))], {"a": 100, "b": 100, "c": 100},
     [Part(to="d")], [("a", "d", 61), ("b", "d", 35), ("c", "d", 4)]),
    ("one account many times", 99,
     [Source(share=Fraction(15, 100), sources=(from_("b"), from_("a"))),
      from_("a", share=Fraction(30, 100)), from_("a", remaining=True)],
     {"a": 99, "b": 3}, [Part(to="w")], [("b", "w", 3), ("a", "w", 96)]),
    ("at most", 200, [half(from_("a", most=4), from_("b"), from_("c")),
                      from_("d", remaining=True, most=120)],
     {"a": 1000, "b": 40, "c": 1000, "d": 1000}, [Part(to="p")],
     [("a", "p", 4), ("b", "p", 40), ("c", "p", 56), ("d", "p", 100)]),
    ("most without end", 100, [from_("a", most=10, overdraft=NONE), from_("c")],
     {"a": 10_000, "c": 10_000}, TO_B, [("a", "b", 10), ("c", "b", 90)]),
    ("most nothing", 100, [from_("a", most=0), from_("c")], {"a": 1000, "c": 1000}, TO_B,
     [("c", "b", 100)]),
    ("overdraft just enough", 100, [from_("a", overdraft=10)], {"a": 90}, TO_B, [("a", "b", 100)]),
    ("overdraft without end", 1000, [from_("a", overdraft=NONE)], {"a": 90}, TO_B,
     [("a", "b", 1000)]),
    ("overdraft by shares", 100,
     [from_("foo", share=Fraction(1, 2), overdraft=10),
      half(from_("bar", overdraft=20), from_("baz", overdraft=NONE))],
     {"foo": 40, "bar": 20, "baz": 0}, TO_B,
     [("foo", "b", 50), ("bar", "b", 40), ("baz", "b", 10)]),
    ("overdraft in order", 100,
     [Source(most=50, sources=(from_("foo", overdraft=10), from_("bar", overdraft=20),
                               from_("baz", overdraft=NONE))), from_("qux", overdraft=NONE)],
     {}, TO_B, [("foo", "b", 10), ("bar", "b", 20), ("baz", "b", 20), ("qux", "b", 50)]),
    ("overdraft below zero", 30, [from_("a", overdraft=100)], {"a": -50}, TO_B, [("a", "b", 30)]),
    ("as much as another has", 100, [from_("A"), from_("C")], {"A": 40, "C": 90},
     [Part(to="B", cap=40), Part(to="D", remaining=True)], [("A", "B", 40), ("C", "D", 60)]),
    ("parts in parts", 100, [from_("world", overdraft=NONE)], {},
     [pct("20%", to="a"), pct("20%", kept=True),
      pct("60%", parts=(Part(to="b", cap=10), Part(to="c", remaining=True)))],
     [("world", "a", 20), ("world", "b", 10), ("world", "c", 50)]),
    ("kept", 100, [from_("a"), from_("world", overdraft=NONE)], {"a": 1},
     [pct("50%", kept=True), pct("25%", to="x"), pct("25%", to="y")],
     [("a", "x", 1), ("world", "x", 24), ("world", "y", 25)]),
    ("kept of all", None, [from_("foo")], {"foo": 2000},
     [Part(to="bar", cap=1000), Part(remaining=True, kept=True)], [("foo", "bar", 1000)]),
    ("kept within", 100, [from_("foo"), from_("bar"), from_("baz")],
     {"foo": 20, "bar": 40, "baz": 40},
     [pct("50%", parts=(
         Part(cap=8, parts=(pct("50%", kept=True), pct("25%", to="arst"), pct("25%", kept=True))),
         Part(to="thing", remaining=True))),
      pct("20%", to="qux"), pct("5%", kept=True), Part(to="quz", remaining=True)],
     [("foo", "arst", 2), ("foo", "thing", 18), ("bar", "thing", 24), ("bar", "qux", 16),
      ("baz", "qux", 4), ("baz", "quz", 25)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "sources", "has", "parts", "postings"),
    [case[1:] for case in POSTED],
    ids=[case[0] for case in POSTED],
)
def test_known_postings(
    amount: int | None,
    sources: list[Source],
    has: dict[str, int],
    parts: list[Part],
    postings: list[tuple[str, str, int]],
) -> None:
    found = allocate(amount, parts, sources, has)
    assert [tuple(posting) for posting in found.postings] == postings
    assert legs(found) == tuple(Leg(*posting) for posting in postings)


UNPAID = [
    ("insufficient_funds", 16, [from_("a"), from_("p")], {"a": 3, "p": 12}),
    ("insufficient_funds", 100, [from_("a", overdraft=10)], {"a": 89}),
    ("insufficient_funds", 100, [from_("a")], {"a": -50}),
    ("insufficient_funds", 1, [from_("a")], {}),
    ("insufficient_funds", 100, [from_("a", most=0)], {"a": 1000}),
    ("insufficient_funds", 100,
     [from_("foo", share=Fraction(1, 2), overdraft=10), half(from_("bar", overdraft=20),
                                                             from_("baz"))],
     {"foo": 40, "bar": 20, "baz": 0}),
    ("insufficient_funds", 10, [half(from_("a")), half(from_("b"))], {"a": 100, "b": 4}),
    ("source_unbounded", None, [from_("a", overdraft=NONE)], {"a": 1}),
    ("source_unbounded", None, [half(from_("a")), half(from_("b"))], {"a": 1}),
    ("two_remainders", 1, [from_("a", remaining=True), from_("b", remaining=True)], {}),
    ("shares_exceed_100_percent", 1, [half(from_("a")), half(from_("b")), half(from_("c"))], {}),
    ("part_unclear", 1, [half(from_("a")), from_("b")], {}),
    ("part_unclear", 1, [Source(sources=(half(from_("a")), half(from_("b"))))], {}),
    ("part_unclear", 1, [Source(account="a", sources=(from_("b"),))], {}),
    ("amount_negative", 1, [from_("a", overdraft=-1)], {}),
    ("amount_negative", -1, [from_("a")], {}),
    ("amount_unknown", None, [], {}),
    ("too_many_parts", 1, [from_("a")] * (PARTS_MAX + 1), {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "amount", "sources", "has"), UNPAID)
def test_what_cannot_be_drawn_is_refused_by_name(
    code: str, amount: int | None, sources: list[Source], has: dict[str, int]
) -> None:
    with pytest.raises(Problem) as refused:
        allocate(amount, TO_B, sources, has)
    assert code_of(refused) == code


def test_faults_of_the_parts_are_told_before_missing_funds() -> None:
    for parts, code in (
        ([REST, REST], "two_remainders"),
        ([Part(fixed=11), REST], "fixed_exceeds_total"),
    ):
        with pytest.raises(Problem) as refused:
            allocate(10, parts, [from_("a")], {})
        assert code_of(refused) == code


accounts = st.sampled_from("abcd")
sources_in_order = st.lists(
    st.builds(
        Source, account=accounts, most=st.none() | small, overdraft=st.none() | st.just(0) | small
    ),
    min_size=1,
    max_size=6,
)


@given(
    st.integers(0, 300),
    sources_in_order,
    st.dictionaries(accounts, st.integers(-40, 120)),
    share_mixes(),
    st.integers(0, 7),
)
def test_postings_are_what_sources_give_and_parts_take(
    amount: int, sources: list[Source], has: dict[str, int], parts: list[Part], kept: int
) -> None:
    if kept < len(parts):
        was = parts[kept]
        parts[kept] = Part(to=was.to, share=was.share, remaining=was.remaining, kept=True)
    found, code = tried(lambda: allocate(amount, parts, sources, has))
    if found is None:
        assert code == "insufficient_funds"
        assert all(source.overdraft is not None or source.most is not None for source in sources)
        return
    given_by: Counter[str] = Counter()
    taken_by: Counter[str] = Counter()
    for source, target, moved in found.postings:
        assert moved > 0
        given_by[source] += moved
        taken_by[target] += moved
    drawn: Counter[str] = Counter()
    for account, moved in found.draws:
        assert moved > 0
        drawn[account] += moved
    assert sum(drawn.values()) == amount == sum(found.amounts)
    assert all(given_by[account] <= drawn[account] for account in given_by)
    for part, taken in zip(parts, found.amounts, strict=True):
        assert taken_by[part.to] == (0 if part.kept else taken)
    assert len(found.postings) <= max(1, len(found.draws) + len(parts) - 1)
    for account, moved in drawn.items():
        mine = [source for source in sources if source.account == account]
        if all(source.overdraft is not None for source in mine):
            limit = max(source.overdraft or 0 for source in mine)
            assert moved <= max(0, has.get(account, 0) + limit)


@given(sources_in_order, st.dictionaries(accounts, st.integers(-40, 120)))
def test_all_there_is_is_the_most_that_can_be_asked(
    sources: list[Source], has: dict[str, int]
) -> None:
    there, code = tried(lambda: allocate(None, TO_B, sources, has))
    if there is None:
        assert code == "source_unbounded"
        return
    assert allocate(there.amount, TO_B, sources, has) == there
    with pytest.raises(Problem) as refused:
        allocate(there.amount + 1, TO_B, sources, has)
    assert code_of(refused) == "insufficient_funds"
    assert refused.value.facts["missing"] == 1
