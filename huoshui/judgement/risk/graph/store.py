"""The SQL of links: kept on ingest, read around a party now, and from the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.facts.activity.kinds import KINDS
from huoshui.facts.activity.model import HASHED
from huoshui.judgement.risk.graph.model import (
    AGE_MOST_DAYS,
    DEGREE_MOST,
    MILLION,
    MINE_MOST,
    NEW_DAYS,
    OPENED,
    YOUNG_DAYS,
    Near,
    News,
    age_weights,
    degree_weights,
)


def add(tx: Tx, news: News) -> None:
    """Add what news brings, in the order of keys."""
    if news.links:
        items = sorted(news.links.items())
        tx.run(
            """INSERT INTO graph_link AS l (book, kind, identifier, party, first_at, last_at)
            SELECT %(book)s, * FROM unnest(%(kinds)s, %(ids)s, %(parties)s, %(firsts)s, %(lasts)s)
            ON CONFLICT (book, kind, identifier, party) DO UPDATE
            SET first_at = LEAST(l.first_at, EXCLUDED.first_at),
                last_at = GREATEST(l.last_at, EXCLUDED.last_at)""",
            kinds=columns.texts([kind for (kind, _, _), _ in items]),
            ids=columns.texts([identifier for (_, identifier, _), _ in items]),
            parties=columns.texts([party for (_, _, party), _ in items]),
            firsts=columns.times([first for _, (first, _) in items]),
            lasts=columns.times([last for _, (_, last) in items]),
        )
    if news.parties:
        known = sorted(news.parties.items())
        tx.run(
            """INSERT INTO graph_party AS p (book, party, opened_at, bad_at, good_at)
            SELECT %(book)s, * FROM unnest(%(parties)s, %(opened)s, %(bad)s, %(good)s)
            ON CONFLICT (book, party) DO UPDATE
            SET opened_at = LEAST(p.opened_at, EXCLUDED.opened_at),
                bad_at = GREATEST(p.bad_at, EXCLUDED.bad_at),
                good_at = GREATEST(p.good_at, EXCLUDED.good_at)""",
            parties=columns.texts([party for party, _ in known]),
            opened=columns.times([each.opened_at for _, each in known]),
            bad=columns.times([each.bad_at for _, each in known]),
            good=columns.times([each.good_at for _, each in known]),
        )


def shared(tx: Tx, since: datetime) -> list[tuple[str, str, str, datetime]]:
    """(buyer, kind, identifier, last time) of each identifier that at least two buyers used since then."""
    return tx.tuples(
        """SELECT party, kind, identifier, last_at FROM (
            SELECT party, kind, identifier, last_at,
                count(*) OVER (PARTITION BY kind, identifier) AS buyers
            FROM graph_link
            WHERE book = %(book)s AND last_at >= %(since)s AND starts_with(party, 'byr_')) used
        WHERE buyers > 1 ORDER BY party, kind, identifier""",
        since=since,
    )


def ties(tx: Tx, kinds: Sequence[str], merchant: str = "") -> list[tuple[str, str]]:
    """(merchant, buyer) of those who ever used one identifier of these kinds; of one merchant, or all."""
    return tx.tuples(
        """SELECT DISTINCT m.party, b.party FROM graph_link m
        JOIN graph_link b ON b.book = m.book AND b.kind = m.kind AND b.identifier = m.identifier
            AND starts_with(b.party, 'byr_')
        WHERE m.book = %(book)s AND m.kind = ANY(%(kinds)s) AND starts_with(m.party, 'slr_')
            AND (%(merchant)s = '' OR m.party = %(merchant)s)""",
        kinds=list(kinds),
        merchant=merchant,
    )


def forget(tx: Tx) -> None:
    """Drop all links of this book; activities stay."""
    tx.run("DELETE FROM graph_link WHERE book = %(book)s")
    tx.run("DELETE FROM graph_party WHERE book = %(book)s")


def kept(tx: Tx) -> list[tuple[object, ...]]:
    """All links and parties, for a comparison."""
    found: list[tuple[object, ...]] = []
    for query in (
        "SELECT kind, identifier, party, first_at, last_at FROM graph_link WHERE book = %(book)s",
        "SELECT 'party', party, opened_at, bad_at, good_at FROM graph_party WHERE book = %(book)s",
    ):
        found += tx.tuples(query)
    return sorted(found, key=str)


# From who uses what of those near to the measures: the same whether links are kept or made of the history.
# `mine` holds the identifiers, `around` the others at each, `known` what is known of these.
_MEASURES = f"""
    , counted AS (
        SELECT *, count(*) OVER (PARTITION BY kind, identifier) AS others FROM around
    ), near AS (
        SELECT party, max((%(g_degrees)s::bigint[])[(others + 1)::integer] * (%(g_ages)s::bigint[])[
            1 + LEAST(greatest(floor(extract(epoch FROM %(as_of)s - last_at) / 86400), 0),
                {AGE_MOST_DAYS})::integer] / {MILLION}) AS weight
        FROM counted WHERE others < {DEGREE_MOST} GROUP BY party
    ), said AS (
        SELECT n.weight, k.opened_at,
            coalesce(k.bad_at > coalesce(k.good_at, '-infinity'), false) AS bad
        FROM near AS n LEFT JOIN LATERAL (SELECT * FROM known(n.party)) AS k ON true
    )
    SELECT ARRAY[
        count(*)::text, (count(*) FILTER (WHERE bad))::text,
        coalesce(sum(weight), 0)::text, coalesce(sum(weight) FILTER (WHERE bad), 0)::text,
        (count(*) FILTER (WHERE opened_at > %(as_of)s - interval '{YOUNG_DAYS} days'))::text,
        (count(*) FILTER (WHERE opened_at > %(as_of)s - interval '{NEW_DAYS} days'))::text,
        (SELECT count(DISTINCT (kind, identifier)) FROM counted
            WHERE others >= {DEGREE_MOST})::text,
        (SELECT count(DISTINCT (kind, identifier)) FROM counted
            WHERE others < {DEGREE_MOST} AND party = %(g_merchant)s)::text,
        (EXISTS (SELECT FROM around WHERE last_at > %(as_of)s))::text]
    FROM said"""
_ASKED = "SELECT kind, identifier FROM unnest(%(g_kinds)s, %(g_ids)s) AS asked(kind, identifier)"
_KEPT = f"""
    WITH mine AS (
        (SELECT kind, identifier FROM (SELECT kind, identifier FROM graph_link
            WHERE book = %(book)s AND party = %(g_party)s AND first_at <= %(as_of)s
            ORDER BY last_at DESC, kind, identifier LIMIT {MINE_MOST}) AS own)
        UNION {_ASKED}
    ), around AS (
        SELECT m.kind, m.identifier, l.party, l.last_at
        FROM mine AS m CROSS JOIN LATERAL (
            SELECT party, last_at FROM graph_link
            WHERE book = %(book)s AND kind = m.kind AND identifier = m.identifier
              AND first_at <= %(as_of)s AND party <> %(g_party)s LIMIT {DEGREE_MOST}) AS l
    ) {_MEASURES}"""
ONLINE = _KEPT.replace(
    "SELECT * FROM known(n.party)",
    "SELECT * FROM graph_party WHERE book = %(book)s AND party = n.party",
)
_SEEN = """CASE WHEN %(g_snapshot)s::pg_snapshot IS NULL THEN a.recorded_at <= %(as_of)s
    WHEN a.xid = %(g_own)s::xid8 THEN a.seq <= %(g_seq)s
    ELSE pg_visible_in_snapshot(a.xid, %(g_snapshot)s::pg_snapshot) END"""
_THEN = f"a.book = %(book)s AND a.occurred_at <= %(as_of)s AND {_SEEN}"
_USES = ", ".join(f"('{kind}', a.{kind})" for kind in HASHED)
_OTHERS = " UNION ALL ".join(
    f"""SELECT coalesce(a.buyer, a.merchant) AS party, a.occurred_at FROM activity AS a
    WHERE m.kind = '{kind}' AND a.{kind} = m.identifier AND {_THEN}"""
    for kind in HASHED
)
_MARKS = {mark: [k.name for k in KINDS.values() if k.mark == mark] for mark in ("bad", "good")}
_HISTORY = f"""
    WITH mine AS (
        (SELECT kind, identifier FROM (
            SELECT u.kind, u.identifier, max(a.occurred_at) AS last_at
            FROM activity AS a CROSS JOIN LATERAL (VALUES {_USES}) AS u(kind, identifier)
            WHERE (a.buyer = %(g_party)s OR a.merchant = %(g_party)s)
              AND coalesce(a.buyer, a.merchant) = %(g_party)s AND u.identifier IS NOT NULL AND {_THEN}
            GROUP BY u.kind, u.identifier
            ORDER BY last_at DESC, u.kind, u.identifier LIMIT {MINE_MOST}) AS own)
        UNION {_ASKED}
    ), around AS (
        SELECT m.kind, m.identifier, l.party, l.last_at
        FROM mine AS m CROSS JOIN LATERAL (
            SELECT party, max(occurred_at) AS last_at FROM ({_OTHERS}) AS used
            WHERE party IS NOT NULL AND party <> %(g_party)s
            GROUP BY party LIMIT {DEGREE_MOST}) AS l
    ) {_MEASURES}""".replace(
    "SELECT * FROM known(n.party)",
    f"""SELECT min(a.occurred_at) FILTER (WHERE a.kind = '{OPENED}') AS opened_at,
            max(a.occurred_at) FILTER (WHERE a.kind = ANY(%(g_bad)s)) AS bad_at,
            max(a.occurred_at) FILTER (WHERE a.kind = ANY(%(g_good)s)) AS good_at
        FROM activity AS a
        WHERE (a.buyer = n.party OR a.merchant = n.party)
          AND coalesce(a.buyer, a.merchant) = n.party AND {_THEN}""",
)


def params(refs: Mapping[str, str]) -> dict[str, Any]:
    """What the statement asks around whom: the buyer, or the merchant where there is none."""
    used = [(kind, refs[kind]) for kind in HASHED if kind in refs]
    return {
        "g_party": refs.get("buyer") or refs.get("merchant") or "",
        "g_merchant": refs.get("merchant") if "buyer" in refs else None,
        "g_kinds": columns.texts([kind for kind, _ in used]),
        "g_ids": columns.texts([identifier for _, identifier in used]),
        "g_degrees": columns.bigints(degree_weights()),
        "g_ages": columns.bigints(age_weights()),
    }


def read(told: Sequence[str | None]) -> tuple[Near, bool]:
    """What the statement said, and whether anything lies ahead of the moment."""
    return Near(*(int(each or 0) for each in told[:8])), told[8] == "true"


def history(
    tx: Tx, refs: Mapping[str, str], as_of: datetime, seen: tuple[str | None, str | None, int | None]
) -> Near:  # fmt: skip
    """The same from the history, as it could be seen."""
    snapshot, own, seq = seen
    [(told,)] = tx.tuples(
        _HISTORY, **params(refs), as_of=as_of, g_snapshot=snapshot, g_own=own, g_seq=seq,
        g_bad=_MARKS["bad"], g_good=_MARKS["good"],
    )  # fmt: skip
    return read(told)[0]
