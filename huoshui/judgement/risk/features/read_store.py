"""The online read: one statement for all of a set, over tiles, what was seen, and the edges of windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.core.once import once
from huoshui.judgement.risk.features import span
from huoshui.judgement.risk.features.cells_store import (
    SUBJECT,
    Cells,
    attributes_of,
    placed,
    raw,
)
from huoshui.judgement.risk.features.model import (
    DISTINCT_MOST,
    HEADED,
    WINDOW_MOST,
    Feature,
    FeatureSet,
    Value,
    read_value_of,
    weights,
)
from huoshui.judgement.risk.features.upkeep import sizes_of

_NO = (0, 0)
SEEN = """ARRAY[pg_current_snapshot()::text, coalesce(pg_current_xact_id_if_assigned()::text, '0'),
    (SELECT last_value::text FROM activity_seq_seq)]"""
_TILES = """
    SELECT 't', array_agg(no)::text[] || array_agg(n)::text[] || array_agg(total)::text[]
        || array_agg(least)::text[] || array_agg(most)::text[]
    FROM (
        SELECT q.no, sum(t.n) AS n, min(t.least) AS least, max(t.most) AS most,
            sum(t.total) AS total
        FROM unnest(%(t_no)s, %(t_stream)s, %(t_ref)s, %(t_size)s, %(t_since)s, %(t_until)s,
            %(t_currency)s, %(t_begins)s)
            AS q(no, stream, ref, size, since, until, currency, begins)
        CROSS JOIN LATERAL (
            SELECT sum(n) AS n, min(least) AS least, max(most) AS most,
                sum(CASE WHEN q.begins = 0 THEN total ELSE total * (%(weights)s::bigint[])[
                    q.begins + %(today)s - start / 86400000000] END) AS total
            FROM feature_tile
            WHERE book = %(book)s AND stream = q.stream AND ref = q.ref AND size = q.size
              AND start >= q.since AND start < q.until
              AND (q.currency = '' OR currency = q.currency)
        ) AS t GROUP BY q.no) AS g"""
_VALUES = """
    SELECT 'd', array_agg(c.n ORDER BY q.no)::text[]
    FROM unnest(%(d_no)s, %(d_stream)s, %(d_ref)s, %(d_since)s) AS q(no, stream, ref, since)
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
        SELECT FROM feature_value WHERE book = %(book)s AND stream = q.stream AND ref = q.ref
          AND last_at >= q.since LIMIT %(most)s) AS found) AS c"""
_HEADS = """
    SELECT 'h', array_agg((extract(epoch FROM h.first_at) * 1000000)::bigint ORDER BY q.no)::text[]
        || array_agg((extract(epoch FROM h.last_at) * 1000000)::bigint ORDER BY q.no)::text[]
        || array_agg(h.said ORDER BY q.no)
    FROM unnest(%(h_no)s, %(h_stream)s, %(h_ref)s) AS q(no, stream, ref)
    LEFT JOIN LATERAL (SELECT * FROM feature_head
        WHERE book = %(book)s AND stream = q.stream AND ref = q.ref) AS h ON true"""


class Told(msgspec.Struct, frozen=True):
    """What the statement answered: values, what could be seen, and whether anything lies ahead."""

    values: dict[str, Value]
    seen: str
    ahead: bool
    more: dict[str, list[str | None]]


class Online:
    """The statement of a set, written once; it is asked with the refs and the moment.

    `more` are parts of other modules in the same statement: (name, a SELECT of a text array).
    """

    def __init__(self, chosen: FeatureSet, more: Sequence[tuple[str, str]] = ()) -> None:
        self.features = chosen.read
        tiled = [f for f in self.features if f.window is not None and f.aggregate != "distinct"]
        self.edged = {e: [f for f in tiled if f.entity == e] for e in {f.entity for f in tiled}}
        self.tiled = [f for f in tiled if sizes_of(f)]
        self.distinct = [f for f in self.features if f.aggregate == "distinct"]
        self.headed = [f for f in self.features if f.aggregate in HEADED]
        self.entities = sorted({f.entity for f in self.features})
        self.cells = Cells()
        self.windows: dict[tuple[tuple[int, ...], Any], int] = {}
        self.text, self.places = placed(self._text(more))
        self.fixed = self._fixed()

    def _fixed(self) -> dict[str, Any]:
        """The parameters that no reading changes."""
        return {
            **self.cells.params,
            "weights": columns.bigints([w for d in self.cells.weights for w in padded(d)]),
            "most": DISTINCT_MOST,
            "d_no": columns.integers(range(len(self.distinct))),
            "d_stream": columns.integers([f.stream.id for f in self.distinct]),
            "h_no": columns.integers(range(len(self.headed))),
            "h_stream": columns.integers([f.stream.id for f in self.headed]),
        }

    @once
    def _tiles_of(self) -> list[tuple[int, int, str, bool, int, Any]]:
        """Of each feature with tiles: its place, stream, entity, whether it is money, where its factors begin,
        and its window."""
        return [
            (no, f.stream.id, f.entity, f.is_money,
             self.cells.weights[f.half_life_days] if f.aggregate == "decayed_sum" else 0,
             (sizes_of(f), f.window))
            for no, f in enumerate(self.tiled)
        ]  # fmt: skip

    def _text(self, more: Sequence[tuple[str, str]]) -> str:
        parts = [f"SELECT 's' AS part, {SEEN} AS told"]
        parts += [self._edges(entity) for entity in sorted(self.edged)]
        parts += [_TILES] if self.tiled else []
        parts += [_VALUES] if self.distinct else []
        parts += [_HEADS] if self.headed else []
        ahead = " OR ".join(
            f"EXISTS (SELECT FROM activity WHERE book = %(book)s AND {SUBJECT[e]} = %({e})s "
            "AND occurred_at > %(as_of)s)"
            for e in self.entities
        )
        parts += [f"SELECT 'a', ARRAY[({ahead or 'false'})::text]"]
        return " UNION ALL ".join([*parts, *(f"SELECT '{n}', ({query})" for n, query in more)])

    def _edges(self, entity: str) -> str:
        """What lies at the edges of the windows of one entity's features, one value for each."""
        of = self.edged[entity]
        values = [self.cells.value(f, self._within(f), "%(day)s") for f in of]
        columns = raw(attributes_of(of))
        return f"""SELECT 'e_{entity}', ARRAY[{", ".join(values)}]
            FROM unnest(%({entity}_since)s, %({entity}_until)s) AS edge(since, until)
            CROSS JOIN LATERAL (SELECT {columns} FROM activity AS a
                WHERE a.book = %(book)s AND a.{SUBJECT[entity]} = %({entity})s
                  AND a.occurred_at >= edge.since AND a.occurred_at < edge.until OFFSET 0) AS r"""

    def _within(self, feature: Feature) -> str:
        key = (sizes_of(feature), feature.window)
        n = self.windows.setdefault(key, len(self.windows))
        return f"""(r.occurred_at >= %(w{n}a)s AND r.occurred_at < %(w{n}b)s
            OR r.occurred_at >= %(w{n}c)s AND r.occurred_at < %(w{n}d)s)"""

    def ask(
        self, tx: Tx, refs: Mapping[str, str], as_of: datetime, currency: str,
        more: Mapping[str, Any] | None = None,
    ) -> Told:  # fmt: skip
        """One way to the database and back."""
        params = self._params(refs, as_of, currency)
        params |= {"book": tx.book} | dict(more or {})
        rows = tx.planned(self.text, [params[name] for name in self.places])
        told: dict[str, list[str | None]] = {part: found for part, found in rows}
        return Told(
            self._values(refs, as_of, told), "/".join(str(s) for s in told["s"]),
            told["a"] == ["true"], told,
        )  # fmt: skip

    def _params(self, refs: Mapping[str, str], as_of: datetime, currency: str) -> dict[str, Any]:
        covers = {key: span.cover(*span.window(as_of, key[1]), key[0]) for key in self.windows}
        params: dict[str, Any] = {
            **self.fixed, **{e: refs.get(e) for e in self.entities}, "as_of": as_of,
            "currency": currency, "today": span.us(as_of) // span.DAY_US,
            "day": as_of.astimezone(UTC).date(),
        }  # fmt: skip
        for key, n in self.windows.items():
            ends = [*covers[key].raw, _NO, _NO]
            for letter, at in zip("abcd", (*ends[0], *ends[1]), strict=True):
                params[f"w{n}{letter}"] = span.moment(at)
        for entity, of in self.edged.items():
            keys = {(sizes_of(f), f.window) for f in of} if entity in refs else set()
            spans = span.merged([s for key in keys for s in covers[key].raw])
            params[f"{entity}_since"] = columns.times([span.moment(a) for a, _ in spans])
            params[f"{entity}_until"] = columns.times([span.moment(b) for _, b in spans])
        return params | self._tile_params(refs, covers, currency) | self._other_params(refs, as_of)

    def _tile_params(
        self, refs: Mapping[str, str], covers: Mapping[Any, span.Cover], currency: str
    ) -> dict[str, Any]:
        rows = [
            (no, stream, refs[entity], size, since, until, currency if money else "", begins)
            for no, stream, entity, money, begins, key in self._tiles_of
            if entity in refs
            for size, since, until in covers[key].tiles
        ]
        made = list(zip(*rows, strict=True)) if rows else [()] * 8
        kinds: tuple[Callable[[Any], columns.Column], ...] = (columns.integers, columns.integers, columns.texts, columns.bigints,
                 columns.bigints, columns.bigints, columns.texts, columns.bigints)  # fmt: skip
        names = ("no", "stream", "ref", "size", "since", "until", "currency", "begins")
        return {f"t_{n}": k(v) for n, k, v in zip(names, kinds, made, strict=True)}

    def _other_params(self, refs: Mapping[str, str], as_of: datetime) -> dict[str, Any]:
        since = [span.moment(span.window(as_of, f.window or WINDOW_MOST)[0]) for f in self.distinct]
        return {
            "d_ref": columns.texts([refs.get(f.entity) for f in self.distinct]),
            "d_since": columns.times(since),
            "h_ref": columns.texts([refs.get(f.entity) for f in self.headed]),
        }

    def _values(
        self, refs: Mapping[str, str], as_of: datetime, told: Mapping[str, list[str | None]]
    ) -> dict[str, Value]:
        parts: dict[str, list[str | None]] = {}
        for entity, of in self.edged.items():
            for feature, edge in zip(of, told[f"e_{entity}"], strict=True):
                parts.setdefault(feature.name, []).append(edge)
        tiles = (told["t"] or []) if self.tiled else []
        count = len(tiles) // 5
        for at in range(count):
            feature = self.tiled[int(tiles[at] or 0)]
            parts[feature.name].append(tiles[_TILE_AT[feature.aggregate] * count + at])
        for no, feature in enumerate(self.distinct):
            parts[feature.name] = [told["d"][no]]
        for no, feature in enumerate(self.headed):
            at = {"days_since_first": 0, "days_since": 1, "last": 2}[feature.aggregate]
            parts[feature.name] = [told["h"][at * len(self.headed) + no]]
        return {
            f.name: came_to(f, parts[f.name], as_of) if f.entity in refs else None
            for f in self.features
        }


_TILE_AT = {"count": 1, "sum": 2, "decayed_sum": 2, "min": 3, "max": 4}


def came_to(feature: Feature, parts: Sequence[str | None], as_of: datetime) -> Value:
    """The value of what its parts were told as."""
    known = [part for part in parts if part is not None]
    if not known:
        return read_value_of(feature, None)
    if feature.aggregate in ("days_since", "days_since_first"):
        return (span.us(as_of) - int(known[0])) // span.DAY_US
    if feature.aggregate in ("max", "min"):
        return (max if feature.aggregate == "max" else min)(int(part) for part in known)
    if feature.aggregate == "last":
        return read_value_of(feature, known[0])
    return read_value_of(feature, sum(int(part) for part in known))


def padded(half_life_days: int) -> list[int]:
    """What is left after so many days, for longer than any window."""
    return weights(half_life_days, 399)
