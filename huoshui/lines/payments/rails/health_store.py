"""The SQL of how well rails are: their breakers and their tallies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from huoshui.core.db import Tx
from huoshui.lines.payments.rails.pace import Breaker
from huoshui.lines.payments.rails.tally import Count


def breaker(tx: Tx, rail: str) -> Breaker:
    """The breaker of a rail."""
    return breakers(tx).get(rail, Breaker())


def lock_breaker(tx: Tx, rail: str) -> Breaker:
    """The breaker of a rail, locked until the commit if it was ever stirred."""
    found = tx.row(
        Breaker,
        """SELECT silences, opened_at, probe_at FROM rail_breaker
        WHERE book = %(book)s AND rail = %(rail)s FOR UPDATE""",
        rail=rail,
    )
    return found or Breaker()


def put_breaker(tx: Tx, rail: str, breaker: Breaker) -> None:
    """Write a breaker."""
    tx.run(
        """
        INSERT INTO rail_breaker (book, rail, silences, opened_at, probe_at)
        VALUES (%(book)s, %(rail)s, %(silences)s, %(opened)s, %(probe)s)
        ON CONFLICT (book, rail) DO UPDATE SET silences = EXCLUDED.silences,
            opened_at = EXCLUDED.opened_at, probe_at = EXCLUDED.probe_at
        """,
        rail=rail,
        silences=breaker.silences,
        opened=breaker.opened_at,
        probe=breaker.probe_at,
    )


def breakers(tx: Tx) -> dict[str, Breaker]:
    """The breakers that were ever stirred, by rail."""
    rows = tx.tuples(
        "SELECT rail, silences, opened_at, probe_at FROM rail_breaker WHERE book = %(book)s"
    )
    return {rail: Breaker(*rest) for rail, *rest in rows}


def add_counts(tx: Tx, counts: Sequence[Count]) -> None:
    """Add to the tallies, in one order always, so that two writers never wait for each other."""
    ordered = sorted(counts, key=lambda c: (c.rail, c.hour, c.verb, c.verdict, c.code, c.class_))
    tx.run(
        """
        INSERT INTO rail_tally AS t (book, rail, hour, verb, verdict, code, class, calls)
        SELECT %(book)s, * FROM unnest(%(rails)s::text[], %(hours)s::timestamptz[],
            %(verbs)s::text[], %(verdicts)s::text[], %(codes)s::text[], %(classes)s::smallint[],
            %(calls)s::bigint[])
        ON CONFLICT (book, rail, hour, verb, verdict, code, class)
        DO UPDATE SET calls = t.calls + EXCLUDED.calls
        """,
        rails=[c.rail for c in ordered],
        hours=[c.hour for c in ordered],
        verbs=[c.verb for c in ordered],
        verdicts=[c.verdict for c in ordered],
        codes=[c.code for c in ordered],
        classes=[c.class_ for c in ordered],
        calls=[c.calls for c in ordered],
    )


def counts(tx: Tx, since: datetime) -> list[Count]:
    """The tallies of the hours from `since` on, in order of time."""
    rows = tx.tuples(
        """
        SELECT rail, hour, verb, verdict, code, class, calls FROM rail_tally
        WHERE book = %(book)s AND hour >= %(since)s ORDER BY hour, rail
        """,
        since=since,
    )
    return [Count(*row) for row in rows]


def open_calls(tx: Tx) -> dict[str, dict[str, int]]:
    """How many calls of each rail have no final word, by state."""
    rows = tx.tuples(
        """
        SELECT rail, state, count(*) FROM rail_call
        WHERE book = %(book)s AND look_at IS NOT NULL GROUP BY rail, state ORDER BY rail, state
        """
    )
    found: dict[str, dict[str, int]] = {}
    for rail, state, number in rows:
        found.setdefault(rail, {})[state] = number
    return found
