"""Features: read now and read from history they are the same, whatever came late, twice, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.worlds import Worlds
from huoshui.facts import activity
from huoshui.facts.activity import Activity, Kept, Subjects
from huoshui.facts.activity import store as activities
from huoshui.judgement.risk import features
from huoshui.judgement.risk.features import (
    BadFeature,
    UnknownFeature,
    catalogue,
    feature_set,
    read_catalogue,
    store,
)
from huoshui.judgement.risk.features import service as in_use
from huoshui.judgement.risk.features.model import (
    Feature,
    FeatureSet,
    finished,
    round_scaled,
    weights,
)
from huoshui.judgement.risk.features.upkeep import facts_of, said_of
from tests import ground
from tests.ground import DAY, HOUR, START

NOW = START + 200 * DAY + timedelta(minutes=17)
MADE = """
[made_sums]
aggregate = "sum"
value = "amount"
windows = ["1h", "25h", "3d", "40d"]
[made_counts]
aggregate = "count"
windows = ["1h", "24h", "7d", "90d"]
where = "method = 'card' or amount > 5 CNY"
[made_most]
aggregate = "max"
value = "amount"
windows = ["30d"]
[made_least]
aggregate = "min"
value = "instalments"
windows = ["30d", "1h"]
[made_fading]
aggregate = "decayed_sum"
value = "amount"
half_life_days = 3
windows = ["30d"]
[made_devices]
aggregate = "distinct"
value = "device"
windows = ["2d", "90d"]
[made_last]
aggregate = "last"
value = "method"
[made_since]
aggregate = "days_since"
[made_age]
aggregate = "days_since_first"
"""


def declared(entity: str) -> dict[str, Feature]:
    """Every aggregate, over payments of an entity."""
    said = (
        f'entity = "{entity}"\nkinds = ["payment.captured"]\nowner = "t"\n'
        'sensitivity = "ordinary"\nreason = "score"\nen = "x"\nzh = "x"\n'
    )
    text = MADE.replace("aggregate", f"{said}aggregate").replace("made_", f"{entity}_")
    text += f'\n[{entity}_share]\naggregate = "ratio"\n'
    text += f'parts = ["{entity}_counts_24h", "{entity}_counts_90d"]\n'
    return read_catalogue(text + said.replace('kinds = ["payment.captured"]\n', ""))


ALL = {name: f for e in ("buyer", "merchant") for name, f in declared(e).items()}
ALL |= {name: f for name, f in catalogue().items() if f.aggregate == "graph"}
SET = feature_set(ALL, ALL)


@pytest.fixture(scope="module")
def world(worlds: Worlds) -> Iterator[Database]:
    """A world whose clock stands long behind its beginning, where these features are kept."""
    name = f"r-{ground.fresh_book()}"
    worlds.create_replay(name, seed=1, clock_at=NOW)
    in_use.keep_also(ALL)
    yield worlds.database(name)
    worlds.drop(name)


@pytest.fixture
def number(world: Database) -> int:
    """A fresh book of that world, in which something happened."""
    return opened(world)


def opened(world: Database) -> int:
    """A fresh book, and one payment of nobody's."""
    number = ground.fresh_book()
    with world.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
        activity.record(tx, [paid(0, ref=9, at=NOW - DAY)])
        assert features.read(tx, SET, WHO).values["buyer_counts_90d"] == 0
    return number


def paid(key: int, *, ref: int = 1, at: datetime = NOW, amount: int = 100, **told: Any) -> Activity:
    """A payment."""
    told = {"currency": "CNY", "attributes": {"method": "card"}} | told
    return Activity(
        kind="payment.captured", key=str(key), occurred_at=at, amount_minor=amount,
        buyer=f"byr_{ref:026}", merchant=f"slr_{ref:026}", **told,
    )  # fmt: skip


WHO = Subjects(buyer=f"byr_{1:026}", merchant=f"slr_{1:026}")
# Moments that lie on, just before and just behind the edges of hours, days and windows.
EDGES = [timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1)]
MOMENTS = st.builds(
    lambda base, edge: min(NOW, base + edge),
    st.one_of(
        st.integers(0, 100 * 24).map(lambda h: NOW - h * HOUR),
        st.integers(0, 100).map(lambda d: NOW.replace(hour=0, minute=0) - d * DAY),
        st.integers(0, 100 * 86_400).map(lambda s: NOW - timedelta(seconds=s)),
    ),
    st.sampled_from(EDGES),
)
PAYMENTS = st.builds(
    paid,
    st.integers(1, 30),
    ref=st.integers(1, 2),
    at=MOMENTS,
    amount=st.integers(0, 10**15),
    currency=st.sampled_from(["CNY", "CNY", "CNY", "USD"]),
    device=st.sampled_from([None, "d1", "d2", "d3"]),
    ip=st.sampled_from([None, "10.0.0.1", "10.0.0.2"]),
    attributes=st.fixed_dictionaries(
        {}, optional={"method": st.sampled_from(["card", "bank"]), "instalments": st.integers(1, 9)}
    ),
)
BATCHES = st.lists(
    st.tuples(
        st.sampled_from(["now", "late", "undone"]),
        st.lists(PAYMENTS, min_size=1, max_size=8),
        st.one_of(st.just(NOW), MOMENTS),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


class _Undone(Exception):
    pass


def play(world: Database, number: int, batches: Any) -> list[tuple[features.Vector, list[Kept]]]:
    """Record batches, some still on their way while it is read; each reading, and what it could see."""
    readings = []
    for how, told, as_of in batches:
        try:
            with world.begin(book=number) as writer:
                activity.record(writer, told)
                inside = features.read(writer, SET, WHO, as_of)
                seen = everything(writer)
                writer.value("SELECT 1")
                if how == "late":
                    with world.begin(book=number) as reader:
                        readings.append(
                            (features.read(reader, SET, WHO, as_of), everything(reader))
                        )
                if how == "undone":
                    raise _Undone
            readings.append((inside, seen))
        except _Undone:
            pass
        with world.begin(book=number) as reader:
            readings.append((features.read(reader, SET, WHO, as_of), everything(reader)))
    return readings


def everything(tx: Tx) -> list[Kept]:
    """All activities that this transaction sees."""
    return [row for rows in store.stream_of_all(tx) for row in rows]


def reckoned(chosen: FeatureSet, rows: list[Kept], as_of: datetime) -> dict[str, Any]:
    """The values by the plainest reckoning, over a list of activities."""
    raw = {f.name: _reckoned(f, rows, as_of) for f in chosen.read}
    told = finished(chosen, raw)
    return {f.name: told[f.name] for f in chosen.features if f.aggregate != "graph"}


def _reckoned(feature: Feature, rows: list[Kept], as_of: datetime) -> Any:
    ref = getattr(WHO, feature.entity)
    of = [
        row for row in sorted(rows, key=lambda r: (r.occurred_at, r.seq))
        if row.kind in feature.kinds and row.ref(feature.entity) == ref and row.occurred_at <= as_of
        and (not feature.window or row.occurred_at > as_of - feature.window)
        and (not feature.filter or feature.filter.answer(facts_of(row)).value is True)
        and (not feature.is_money or row.currency == "CNY")
    ]  # fmt: skip
    said = [s for row in of if (s := said_of(row, feature.value)) is not None]
    match feature.aggregate:
        case "count":
            return len(of)
        case "sum":
            return sum(int(s) for s in said)
        case "max" | "min":
            return (max if feature.aggregate == "max" else min)(
                (int(s) for s in said), default=None
            )
        case "distinct":
            return len(set(said))
        case "last":
            return said_of(of[-1], feature.value) if of else None
        case "decayed_sum":
            left = weights(feature.half_life_days, 60)
            days = [(as_of.date() - row.occurred_at.date()).days for row in of]
            return round_scaled(
                sum((row.amount or 0) * left[d] for row, d in zip(of, days, strict=True))
            )
        case "days_since_first":
            return (as_of - of[0].occurred_at) // DAY if of else None
    return (as_of - of[-1].occurred_at) // DAY if of else None


@settings(max_examples=ground.examples(25))
@given(batches=BATCHES)
def test_now_history_and_a_plain_reckoning_agree(world: Database, batches: Any) -> None:
    number = opened(world)
    readings = play(world, number, batches)
    with world.begin(book=number) as tx:
        for vector, rows in readings:
            plain = reckoned(SET, rows, vector.as_of)
            assert {n: v for n, v in vector.values.items() if ALL[n].aggregate != "graph"} == plain
            again = features.read_as_of(tx, SET, WHO, vector.seen, vector.as_of)
            assert again.values == vector.values
            assert again.versions == vector.versions and list(again.values) == list(SET.names)


def test_what_was_kept_is_what_activities_come_to(world: Database, number: int) -> None:
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(n, at=NOW - n * HOUR, device=f"d{n % 3}") for n in range(1, 60)])
        assert features.rebuild(tx)
        tx.run("UPDATE feature_tile SET n = n + 1 WHERE book = %(book)s AND stream IN (SELECT min(stream) FROM feature_tile)")  # fmt: skip
        assert not features.rebuild(tx)
        assert features.rebuild(tx)


def test_a_feature_that_is_declared_later_is_built_of_what_happened(
    world: Database, number: int
) -> None:
    later = {
        n: f for n, f in read_catalogue(
            '[later]\nentity = "merchant"\naggregate = "count"\nkinds = ["payment.captured"]\n'
            'where = "amount > 1 CNY"\nwindows = ["60d"]\nowner = "t"\nsensitivity = "ordinary"\n'
            'reason = "score"\nen = "x"\nzh = "x"'
        ).items()
    }  # fmt: skip
    chosen = feature_set(later, later)
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(n, at=NOW - n * DAY, amount=n * 50) for n in range(1, 9)])
        assert features.read(tx, chosen, WHO).values == {"later_60d": 6}
    with world.begin(book=number) as tx:
        assert features.read(tx, chosen, WHO).values == {"later_60d": 6}


def test_an_activity_that_was_told_after_a_decision_is_not_in_it(
    world: Database, number: int
) -> None:
    """The story: 7 told in time, 5 that happened in time and was told five seconds later."""
    at = NOW - 2 * HOUR
    said = "[sum_of]\n" + MADE.split("[made_counts]")[0].split("\n", 2)[2]
    told = said.replace('["1h", "25h", "3d", "40d"]', '["1d"]') + (
        'entity = "buyer"\nkinds = ["payment.captured"]\nowner = "t"\nsensitivity = "ordinary"\n'
        'reason = "score"\nen = "x"\nzh = "x"\n'
    )
    known = read_catalogue(told)
    second = timedelta(seconds=1)
    with world.begin(book=number) as tx:
        activity.record(
            tx,
            [
                paid(1, amount=7, at=at - HOUR, known_at=at - HOUR + second),
                paid(2, amount=5, at=at - second, known_at=at + 5 * second),
            ],
        )
        chosen = feature_set(known, known)
        [then] = features.read_many(tx, chosen, [(WHO, at, "")])
        [later] = features.read_many(tx, chosen, [(WHO, at + 5 * second, "")])
    assert then.values == {"sum_of_1d": 7} and later.values == {"sum_of_1d": 12}


def test_a_history_that_nobody_asks_keeps_nothing(world: Database) -> None:
    number = ground.fresh_book()
    with world.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
        activity.record(tx, [paid(1), paid(2, at=NOW - 3 * DAY)])
        assert store.kept(tx) == []
        assert features.read(tx, SET, WHO).values["buyer_sums_40d"] == 200
        activity.record(tx, [paid(3)])
        assert features.read(tx, SET, WHO).values["buyer_sums_40d"] == 300


def test_a_window_is_open_at_its_beginning_and_closed_at_its_end(
    world: Database, number: int
) -> None:
    ms = timedelta(milliseconds=1)
    with world.begin(book=number) as tx:
        activity.record(
            tx, [paid(n, at=t) for n, t in enumerate([NOW - HOUR, NOW - HOUR + ms, NOW], 1)]
        )
        assert features.read(tx, SET, WHO).values["buyer_counts_1h"] == 2


def test_what_shifts_the_future_changes_nothing_of_the_past(world: Database, number: int) -> None:
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(n, at=NOW - n * DAY) for n in range(1, 20)])
        before = features.read(tx, SET, WHO, NOW - 3 * DAY)
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(100 + n, at=NOW - n * HOUR, amount=9) for n in range(70)])
        after = features.read(tx, SET, WHO, NOW - 3 * DAY)
        assert features.read_as_of(tx, SET, WHO, before.seen, before.as_of).values == before.values
    assert after.values == before.values


def test_each_value_leads_to_the_activities_behind_it(world: Database, number: int) -> None:
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(n, at=NOW - n * DAY, amount=n * 300) for n in range(1, 6)])
        vector = features.read(tx, SET, WHO)
        activity.record(tx, [paid(50)])
        behind = features.lineage(tx, vector, WHO, known=ALL)
    for name, rows in behind.items():
        feature = ALL[name]
        if feature.aggregate in ("count", "sum"):
            total = len(rows) if feature.aggregate == "count" else sum(r.amount or 0 for r in rows)
            assert total == vector.values[name], name
    assert [row.key for row in behind["buyer_last"]] == ["1"]
    assert [row.key for row in behind["buyer_age"]] == ["5"]


def test_the_catalogue_is_whole_and_read_in_one_statement(world: Database, number: int) -> None:
    assert len(catalogue()) >= 60
    who = Subjects(
        buyer=f"byr_{1:026}", merchant=f"slr_{1:026}", device="d1", ip="10.0.0.1", card="c1",
        address="a", phone="13800138000", order=f"ord_{1:026}",
    )  # fmt: skip
    with world.begin(book=number) as tx:
        activity.record(tx, [paid(n, at=NOW - n * DAY, device="d1") for n in range(1, 20)])
        vector = features.read(tx, catalogue(), who)
        again = features.read_as_of(tx, catalogue(), who, vector.seen, vector.as_of)
    assert vector.values == again.values
    assert vector.values["buyer_spend_7d"] == 600 and vector.values["device_age"] == 19
    assert vector.values["buyer_refund_share_90d"] is None
    assert not any(isinstance(value, float) for value in vector.values.values())


def test_who_is_not_named_has_no_values(world: Database, number: int) -> None:
    with world.begin(book=number) as tx:
        found = features.read(tx, catalogue(), Subjects(buyer=f"byr_{2:026}")).values
    assert found["buyer_orders_7d"] == 0 and found["merchant_orders_7d"] is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('windows = ["7d"]', ""), ('windows = ["7d"]', 'windows = ["900d"]'),
        ('windows = ["7d"]', 'windows = ["7m"]'), ('"count"', '"sum"'), ('"count"', '"mean"'),
        ('["sign_in"]', '["sign_out"]'), ('"success = true"', '"success ="'),
        ('"success = true"', '"succeeded = true"'), ('"buyer"', '"planet"'),
        ('zh = "x"', ""), ('"ordinary"', '"dull"'),
    ],
)  # fmt: skip
def test_what_cannot_be_declared_is_refused_by_name(wrong: str, right: str) -> None:
    text = (
        '[one]\nentity = "buyer"\naggregate = "count"\nkinds = ["sign_in"]\nwindows = ["7d"]\n'
        'where = "success = true"\nowner = "t"\nsensitivity = "ordinary"\nreason = "score"\n'
        'en = "x"\nzh = "x"\n'
    )
    assert list(read_catalogue(text)) == ["one_7d"]
    with pytest.raises(BadFeature) as refused:
        read_catalogue(text.replace(wrong, right))
    assert refused.value.facts["name"] == "one"
    assert refused.value.detail("zh")
    with pytest.raises(UnknownFeature):
        feature_set(["two"])


def test_versions_follow_from_the_declaration_alone() -> None:
    once, again = declared("buyer"), declared("buyer")
    assert {n: f.version for n, f in once.items()} == {n: f.version for n, f in again.items()}
    assert len({f.version for f in catalogue().values()}) == len(catalogue())
    assert Decimal(weights(3, 3)[3]) == Decimal(500_000_000)


def test_activities_are_read_by_their_ids(world: Database, number: int) -> None:
    with world.begin(book=number) as tx:
        ids = activity.record(tx, [paid(2), paid(1, at=NOW - DAY)])
        assert [row.id for row in activities.by_id(tx, ids)] == ids[::-1]
