"""The SQL of upkeep: what news adds to tiles, values and heads; and building them from the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.facts.activity import store as activities
from huoshui.facts.activity.model import Kept
from huoshui.judgement.risk.features.upkeep import News

_ROWS = 5_000  # activities read at once, to build what is missing


def add(tx: Tx, news: News) -> None:
    """Add what news brings; in the order of keys, so that two writers wait and do not block."""
    if news.tiles:
        _add_tiles(tx, news)
    if news.values:
        _add_values(tx, news)
    if news.heads:
        _add_heads(tx, news)


def _add_tiles(tx: Tx, news: News) -> None:
    items = sorted(news.tiles.items())
    keys, tiles = [key for key, _ in items], [tile for _, tile in items]
    tx.run(
        """INSERT INTO feature_tile AS t
            (book, stream, ref, size, start, currency, n, total, least, most)
        SELECT %(book)s, * FROM unnest(%(streams)s, %(refs)s, %(sizes)s, %(starts)s,
            %(currencies)s, %(ns)s, %(totals)s, %(leasts)s, %(mosts)s)
        ON CONFLICT (book, stream, ref, size, start, currency) DO UPDATE
        SET n = t.n + EXCLUDED.n, total = t.total + EXCLUDED.total,
            least = LEAST(t.least, EXCLUDED.least), most = GREATEST(t.most, EXCLUDED.most)""",
        streams=columns.integers([key.stream for key in keys]),
        refs=columns.texts([key.ref for key in keys]),
        sizes=columns.bigints([key.size for key in keys]),
        starts=columns.bigints([key.start for key in keys]),
        currencies=columns.texts([key.currency for key in keys]),
        ns=columns.bigints([tile.n for tile in tiles]),
        totals=columns.bigints([tile.total for tile in tiles]),
        leasts=columns.bigints([tile.least for tile in tiles]),
        mosts=columns.bigints([tile.most for tile in tiles]),
    )


def _add_values(tx: Tx, news: News) -> None:
    items = sorted(news.values.items())
    tx.run(
        """INSERT INTO feature_value AS v (book, stream, ref, value, first_at, last_at)
        SELECT %(book)s, * FROM unnest(%(streams)s, %(refs)s, %(values)s, %(firsts)s, %(lasts)s)
        ON CONFLICT (book, stream, ref, value) DO UPDATE
        SET first_at = LEAST(v.first_at, EXCLUDED.first_at),
            last_at = GREATEST(v.last_at, EXCLUDED.last_at)""",
        streams=columns.integers([stream for (stream, _, _), _ in items]),
        refs=columns.texts([ref for (_, ref, _), _ in items]),
        values=columns.texts([value for (_, _, value), _ in items]),
        firsts=columns.times([first for _, (first, _) in items]),
        lasts=columns.times([last for _, (_, last) in items]),
    )


def _add_heads(tx: Tx, news: News) -> None:
    items = sorted(news.heads.items())
    tx.run(
        """INSERT INTO feature_head AS h (book, stream, ref, first_at, last_at, seq, said)
        SELECT %(book)s, * FROM unnest(%(streams)s, %(refs)s, %(firsts)s, %(lasts)s, %(seqs)s,
            %(said)s)
        ON CONFLICT (book, stream, ref) DO UPDATE
        SET first_at = LEAST(h.first_at, EXCLUDED.first_at),
            (last_at, seq, said) = (SELECT * FROM (VALUES (h.last_at, h.seq, h.said),
                (EXCLUDED.last_at, EXCLUDED.seq, EXCLUDED.said)) AS o(at, seq, said)
                ORDER BY o.at DESC, o.seq DESC LIMIT 1)""",
        streams=columns.integers([stream for (stream, _), _ in items]),
        refs=columns.texts([ref for (_, ref), _ in items]),
        firsts=columns.times([head.first_at for _, head in items]),
        lasts=columns.times([head.last_at for _, head in items]),
        seqs=columns.bigints([head.seq for _, head in items]),
        said=columns.texts([head.said for _, head in items]),
    )


def streams(tx: Tx) -> set[int]:
    """The streams that are kept in this book."""
    rows = tx.tuples("SELECT stream FROM feature_stream WHERE book = %(book)s")
    return {stream for (stream,) in rows}


def mark(tx: Tx, wanted: Sequence[int]) -> list[int]:
    """Say that streams are kept from now on; those that nobody had said so of.

    Another transaction that says the same is waited for: then it has built them.
    """
    rows = tx.tuples(
        """INSERT INTO feature_stream (book, stream, built_at)
        SELECT %(book)s, s, %(now)s FROM unnest(%(wanted)s::integer[]) AS s ORDER BY s
        ON CONFLICT DO NOTHING RETURNING stream""",
        wanted=sorted(wanted),
        now=tx.now,
    )
    return [stream for (stream,) in rows]


def forget(tx: Tx) -> None:
    """Drop all that is kept for features in this book; activities stay."""
    tx.run("DELETE FROM feature_tile WHERE book = %(book)s")
    tx.run("DELETE FROM feature_value WHERE book = %(book)s")
    tx.run("DELETE FROM feature_head WHERE book = %(book)s")
    tx.run("DELETE FROM feature_stream WHERE book = %(book)s")


def stream_of_all(tx: Tx) -> Iterator[list[Kept]]:
    """Every activity that can be seen, some at a time."""
    after: UUID | None = None
    while rows := activities.page(tx, after=after, limit=_ROWS):
        yield rows
        after = rows[-1].id


def kept(tx: Tx) -> list[tuple[object, ...]]:
    """All that is kept, in an order that does not depend on how it came: for a comparison."""
    found: list[tuple[object, ...]] = []
    for query in (
        """SELECT 'tile', stream, ref, size, start, currency, n, total, least, most
        FROM feature_tile WHERE book = %(book)s""",
        """SELECT 'value', stream, ref, value, first_at, last_at
        FROM feature_value WHERE book = %(book)s""",
        """SELECT 'head', stream, ref, first_at, last_at, seq, said
        FROM feature_head WHERE book = %(book)s""",
    ):
        found += tx.tuples(query)
    return sorted(found, key=str)
