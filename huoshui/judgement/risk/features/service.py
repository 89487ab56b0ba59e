"""Features in use: kept as activities come, read now, read as of a moment, traced back to activities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from huoshui.core.access import this_book
from huoshui.core.db import Tx
from huoshui.facts import activity
from huoshui.facts.activity import Kept, Subjects
from huoshui.facts.activity import store as activities
from huoshui.judgement.risk.features import store
from huoshui.judgement.risk.features.catalogue import catalogue, feature_set
from huoshui.judgement.risk.features.history_store import (
    History,
    Moment,
    behind,
    behind_links,
    parted,
)
from huoshui.judgement.risk.features.model import (
    Feature,
    FeatureSet,
    Value,
    Vector,
    finished,
)
from huoshui.judgement.risk.features.read_store import Online
from huoshui.judgement.risk.features.upkeep import Plan, news, plans
from huoshui.judgement.risk.graph import model as graph
from huoshui.judgement.risk.graph import store as graph_store

BEHIND_MOST = 100  # activities behind one value
_BATCH = 2_000

_GRAPH = 0  # the links of the graph, beside streams of features
By = dict[str, list[Plan]]
_also: dict[str, Feature] = {}


def keep_also(more: Mapping[str, Feature]) -> None:
    """Keep these features too, from now on in this process, beside those of the catalogue."""
    _also.update(more)
    _plans.cache_clear()


@activity.followed_by
def keep(tx: Tx, rows: Sequence[Kept]) -> None:
    """Add what activities bring to what features are read from."""
    need = _plans()
    if tx.simulated and not _is_kept(tx):
        return  # a history that nobody asks is replayed without; who asks first has it built
    built = _ensure(tx, need)
    by_kind = _without(need.by_kind, built) if built else need.by_kind
    store.add(tx, news(by_kind, rows))
    if _GRAPH not in built:
        graph_store.add(tx, graph.news(rows))


def kept(tx: Tx) -> None:
    """See that all that is read is there: of a history that nobody asked yet it is built now."""
    _ensure(tx, _plans())


def _is_kept(tx: Tx) -> bool:
    """Whether anything is kept in this book: where the clock stands one process writes, and it alone."""
    return bool(tx.known(_streams_key(tx)) or store.streams(tx))


def _streams_key(tx: Tx) -> tuple[str, int]:
    return ("feature.streams", tx.book)


@lru_cache(1)
def _plans() -> _Need:
    return _need([*catalogue().values(), *_also.values()])


def _without(by_kind: By, parts: Collection[int]) -> By:
    return {kind: [plan.without(parts) for plan in of] for kind, of in by_kind.items()}


def _parts(by_kind: By) -> dict[int, Plan]:
    return {number: p for of in by_kind.values() for plan in of for number, p in plan.parts.items()}


class _Need(NamedTuple):
    """What is kept for some features, and the numbers of its parts."""

    by_kind: By
    wanted: frozenset[int]


def _need(features: Iterable[Feature]) -> _Need:
    by_kind = plans(features)
    return _Need(by_kind, frozenset({*_parts(by_kind), _GRAPH}))


def _ensure(tx: Tx, need: _Need) -> set[int]:
    """See that all these streams are kept; those that were built just now, with all that can be seen.

    What was declared since the book began is built from its activities by who needs it first.
    """
    by_kind, wanted = need
    key = _streams_key(tx)
    known: frozenset[int] = tx.known(key) or frozenset()
    if wanted <= known:
        return set()
    there = store.streams(tx)
    built = set(store.mark(tx, sorted(wanted - there))) if wanted - there else set()
    if built:
        missing = _without(by_kind, wanted - built)
        for rows in store.stream_of_all(tx):
            store.add(tx, news(missing, rows))
            if _GRAPH in built:
                graph_store.add(tx, graph.news(rows))
    tx.learn(key, known | wanted | there)
    return built


@lru_cache(64)
def _online(chosen: FeatureSet) -> Online:
    return Online(chosen, [("g", graph_store.ONLINE)] if chosen.graph else [])


@lru_cache(64)
def _history(chosen: FeatureSet) -> History:
    return History(chosen)


@lru_cache(64)
def _kept_for(chosen: FeatureSet) -> _Need:
    return _need(chosen.read)


def read(
    tx: Tx, chosen: FeatureSet | Iterable[str], subjects: Subjects, as_of: datetime | None = None,
    *, currency: str = "",
) -> Vector:  # fmt: skip
    """The values of a set now, or as of a moment with what is known now: one statement.

    Amounts are of one currency, the book's own if none is named. Of a moment that has activities behind it
    the values come from the history, by another statement. Raises UnknownFeature, ActivityRefused.
    """
    found = chosen if isinstance(chosen, FeatureSet) else feature_set(chosen)
    refs, at = activity.hashed(tx, subjects), as_of or tx.now
    currency = currency or _currency(tx)
    _ensure(tx, _kept_for(found))
    around = graph_store.params(refs) if found.graph else {}
    told = _online(found).ask(tx, refs, at, currency, around)
    values, ahead = told.values, told.ahead
    if found.graph:
        near, beyond = graph_store.read(told.more["g"])
        values, ahead = values | _measures(found, refs, near), ahead or beyond
    if ahead:
        [values] = _told(tx, found, [Moment(refs, at, told.seen)], currency)
    return Vector(finished(found, values), found.versions, told.seen, at)


def read_as_of(
    tx: Tx, chosen: FeatureSet | Iterable[str], subjects: Subjects, seen: str, as_of: datetime,
    *, currency: str = "",
) -> Vector:  # fmt: skip
    """The values that a reading with this `seen` had, from the history of activities.

    Raises UnknownFeature, ActivityRefused.
    """
    [vector] = read_many(tx, chosen, [(subjects, as_of, seen)], currency=currency)
    return vector


def read_many(
    tx: Tx, chosen: FeatureSet | Iterable[str], asked: Sequence[tuple[Subjects, datetime, str]],
    *, currency: str = "",
) -> list[Vector]:  # fmt: skip
    """The values of many moments, for training: without a `seen`, with what was told by each.

    Raises UnknownFeature, ActivityRefused.
    """
    found = chosen if isinstance(chosen, FeatureSet) else feature_set(chosen)
    currency = currency or _currency(tx)
    moments = [Moment(activity.hashed(tx, s), at, seen) for s, at, seen in asked]
    vectors = []
    for start in range(0, len(moments), _BATCH):
        some = moments[start : start + _BATCH]
        for moment, values in zip(some, _told(tx, found, some, currency), strict=True):
            made = finished(found, values)
            vectors.append(Vector(made, found.versions, moment.seen, moment.as_of))
    return vectors


def _told(
    tx: Tx, chosen: FeatureSet, moments: Sequence[Moment], currency: str
) -> list[dict[str, Value]]:  # fmt: skip
    """What the history says of moments, who was near then included."""
    found = _history(chosen).ask(tx, moments, currency)
    if chosen.graph:
        for values, m in zip(found, moments, strict=True):
            near = graph_store.history(tx, m.refs, m.as_of, parted(m.seen))
            values |= _measures(chosen, m.refs, near)
    return found


def _measures(chosen: FeatureSet, refs: Mapping[str, str], near: graph.Near) -> dict[str, Value]:
    there = "buyer" in refs or "merchant" in refs
    return {f.name: near.value(f.value) if there else None for f in chosen.graph}


def lineage(
    tx: Tx, vector: Vector, subjects: Subjects, *, currency: str = "",
    known: Mapping[str, Feature] | None = None,
) -> dict[str, list[Kept]]:  # fmt: skip
    """The activities behind each value of a vector, the latest first, at most 100 each.

    Raises UnknownFeature, ActivityRefused.
    """
    moment = Moment(activity.hashed(tx, subjects), vector.as_of, vector.seen)
    currency = currency or _currency(tx)
    found: dict[str, list[Kept]] = {}
    for feature in feature_set(vector.values, known).features:
        parts = feature_set(feature.parts, known).features or (feature,)
        if feature.aggregate == "graph":
            found[feature.name] = _links_of(tx, moment)
            continue
        ids = [i for p in parts for i in behind(tx, p, moment, currency, BEHIND_MOST)]
        found[feature.name] = activities.by_id(tx, ids)[::-1]
    return found


def _links_of(tx: Tx, moment: Moment) -> list[Kept]:
    """Of who is near: the activities by which those asked about use what they use."""
    party = moment.refs.get("buyer") or moment.refs.get("merchant") or ""
    return activities.by_id(tx, behind_links(tx, party, moment, BEHIND_MOST))[::-1]


def rebuild(tx: Tx) -> bool:
    """Build all that is kept anew from the activities; whether it was as it had to be.

    Nobody may record at the same time.
    """
    _ensure(tx, _plans())
    before = store.kept(tx) + graph_store.kept(tx)
    store.forget(tx)
    graph_store.forget(tx)
    store.mark(tx, sorted(_plans().wanted))
    for rows in store.stream_of_all(tx):
        store.add(tx, news(_plans().by_kind, rows))
        graph_store.add(tx, graph.news(rows))
    return store.kept(tx) + graph_store.kept(tx) == before


def _currency(tx: Tx) -> str:
    key = ("book.currency", tx.book)
    known: str | None = tx.known(key)
    if known is None:
        known = this_book(tx).currency
        tx.learn(key, known)
    return known
