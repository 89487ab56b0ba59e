"""Ids: readable, sortable by time, derived in a replay and random elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core import ids
from huoshui.core.ids import BadId, Mint, derived, read, show

moments = st.datetimes(datetime(1971, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))
START = datetime(2026, 3, 2, tzinfo=UTC)


@given(st.sampled_from(sorted(ids.PREFIXES)), st.uuids())
def test_an_id_is_read_as_it_is_shown(prefix: str, value: UUID) -> None:
    text = show(prefix, value)
    assert read(prefix, text) == value
    assert len(text) == len(prefix) + 27 and text == text.lower()


@given(st.uuids(), st.uuids())
def test_texts_sort_as_ids_do(first: UUID, second: UUID) -> None:
    assert (show("ord", first) < show("ord", second)) == (first < second)


@given(moments, moments, st.booleans())
def test_ids_sort_by_time(first: datetime, second: datetime, replayed: bool) -> None:
    mint = Mint(7 if replayed else None)
    early, late = sorted((first, second))
    if int(late.timestamp() * 1000) > int(early.timestamp() * 1000):
        assert mint.make("ord", "a", early) < mint.make("ord", "b", late)


@given(moments, st.text(max_size=20), st.integers(0, 2**40))
def test_a_replays_ids_follow_from_seed_and_key(at: datetime, key: str, seed: int) -> None:
    made = Mint(seed).make("ord", key, at)
    assert made == Mint(seed).make("ord", key, at)
    others = {Mint(seed + 1).make("ord", key, at), Mint(seed).make("itm", key, at),
              Mint(seed).make("ord", key + "x", at)}  # fmt: skip
    assert made not in others and len(others) == 3
    assert made.version == 7 and made.variant == "specified in RFC 4122"


def test_a_live_worlds_ids_are_random_and_of_version_7() -> None:
    made = {Mint().make("ord", "a", START) for _ in range(100)}
    assert len(made) == 100 and {id_.version for id_ in made} == {7}


def test_random_ids_of_one_moment_rise_as_they_are_made() -> None:
    mint = Mint()
    made = [mint.make("ord", "", START) for _ in range(5_000)]
    assert made == sorted(set(made)) and {id_.version for id_ in made} == {7}
    assert {id_.variant for id_ in made} == {"specified in RFC 4122"}


@given(st.uuids(version=4), st.text(max_size=9), st.text(max_size=9))
def test_a_derived_id_is_of_the_same_moment(parent: UUID, key: str, other: str) -> None:
    child = derived(parent, key)
    assert child.int >> 80 == parent.int >> 80 and child.version == 7
    assert (child == derived(parent, other)) == (key == other)


@pytest.mark.parametrize(
    "text",
    [
        "", "ord_", "ord", "itm_01k80000000000000000000000", "ord_01k8000000000000000000000",
        "ord_01k800000000000000000000000", "ord_81k80000000000000000000000",
        "ord_01k8000000000000000000000u", "ord_01K80000000000000000000000",
        "ord_01k8000000000000000000000é", "../ord_01k80000000000000000000000",
    ],
)  # fmt: skip
def test_another_kind_length_or_alphabet_is_refused(text: str) -> None:
    with pytest.raises(BadId) as caught:
        read("ord", text)
    assert caught.value.status == 404
