"""SQL of reconciliation: files, lines, open items, matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.reconciliation.model import File, Item, Line, Match, Place

_FILE = ", ".join(File.__struct_fields__)
_LINE = ", ".join(Line.__struct_fields__)
_MATCH = ", ".join(Match.__struct_fields__)
# Between a payment and the order that it pays for: no bank or acquirer ever speaks of it.
_WITHIN = "rail:payment:clearing"
OPEN_KINDS = ("rail.clearing", "rail.transit", "rail.payout")
ITEMS_MAX = 200_000
# A leg that posted money on an account, as we expect it to come: what a match itself posted, and
# what undid one, is none; what a line has met is none any more.
OPEN = """
    SELECT s.account_id, s.id AS txn_id, s.leg, s.amount, s.reference, s.effective_at AS at, a.path
    FROM (
        SELECT t.from_id AS account_id, t.id, t.leg, t.amount, t.reference, t.effective_at,
               t.template, t.reverses, t.kind, t.recorded_at
        FROM transfer t WHERE t.from_id = ANY(%(accounts)s) AND t.book = %(book)s
        UNION ALL
        SELECT t.to_id, t.id, t.leg, -t.amount, t.reference, t.effective_at, t.template, t.reverses,
               t.kind, t.recorded_at
        FROM transfer t WHERE t.to_id = ANY(%(accounts)s) AND t.book = %(book)s) s
    JOIN account a ON a.book = %(book)s AND a.id = s.account_id
    WHERE s.kind IN (0, 2) AND s.amount <> 0 AND s.template <> 'line_matched'
      AND (s.reverses IS NULL OR NOT EXISTS (
          SELECT FROM line_match m WHERE m.book = %(book)s AND m.txn_id = s.reverses))
      AND NOT EXISTS (
          SELECT FROM line_match_item i WHERE i.book = %(book)s AND i.txn_id = s.id
            AND i.leg = s.leg AND i.account_id = s.account_id AND NOT i.freed)"""
_NAMED = """SELECT s.account_id, s.id AS txn_id, s.leg, s.amount, s.reference,
           s.effective_at AS at, a.path
    FROM (SELECT DISTINCT t.id FROM unnest(%(references)s::text[]) AS r (reference)
        CROSS JOIN LATERAL (
            SELECT id FROM transfer WHERE book = %(book)s AND leg = 0
                AND reference <> '' AND reference = r.reference OFFSET 0) AS t) AS named
    CROSS JOIN LATERAL (
        SELECT * FROM transfer WHERE book = %(book)s AND id = named.id OFFSET 0) AS t
    CROSS JOIN LATERAL (VALUES
        (t.from_id, t.id, t.leg, t.amount, t.reference, t.effective_at),
        (t.to_id, t.id, t.leg, -t.amount, t.reference, t.effective_at))
        AS s (account_id, id, leg, amount, reference, effective_at)
    CROSS JOIN LATERAL (
        SELECT path FROM account WHERE book = %(book)s AND id = s.account_id LIMIT 1) AS a
    WHERE s.account_id = ANY(%(accounts)s) AND t.kind IN (0, 2) AND s.amount <> 0
      AND t.template <> 'line_matched'
      AND (t.reverses IS NULL OR NOT EXISTS (
          SELECT FROM line_match m WHERE m.book = %(book)s AND m.txn_id = t.reverses OFFSET 0))
      AND NOT EXISTS (
          SELECT FROM line_match_item i WHERE i.book = %(book)s AND i.txn_id = s.id
            AND i.leg = s.leg AND i.account_id = s.account_id AND NOT i.freed OFFSET 0)"""


class Sum(msgspec.Struct, frozen=True):
    """Lines of one state and currency, summed; minor units."""

    state: str
    cause: str
    currency: str
    lines: int
    gross: int
    net: int


def places(tx: Tx, currency: str) -> list[Place]:
    """The accounts in a currency that files are held against."""
    return tx.rows(
        Place,
        """SELECT id, path, kind FROM account
        WHERE book = %(book)s AND currency = %(currency)s AND kind = ANY(%(kinds)s)
          AND path <> %(within)s
        ORDER BY path""",
        currency=currency,
        within=_WITHIN,
        kinds=list(OPEN_KINDS),
    )


def items_between(tx: Tx, accounts: list[UUID], since: datetime, until: datetime) -> list[Item]:
    """Open items that were recorded in a span, oldest first; at most ITEMS_MAX."""
    return tx.rows(
        Item,
        OPEN
        + """ AND s.recorded_at >= %(since)s AND s.recorded_at < %(until)s
        ORDER BY s.effective_at, s.id, s.leg LIMIT %(limit)s""",
        accounts=accounts,
        since=since,
        until=until,
        limit=ITEMS_MAX,
    )


def items_named(tx: Tx, accounts: list[UUID], references: list[str]) -> list[Item]:
    """Open items of transactions with one of these references.

    Each step goes by its index whatever the statistics say (`OFFSET 0`): files come in while tables
    grow, and a plan for what they were a moment ago reads all that was ever matched for each item.
    """
    with tx.by_index():
        return tx.rows(Item, _NAMED, accounts=accounts, references=references)


def item(tx: Tx, txn_id: UUID, leg: int, account_id: UUID) -> Item | None:
    """One open item by what names it, or None where it is not open."""
    return tx.row(
        Item,
        """
        SELECT a.id AS account_id, t.id AS txn_id, t.leg,
               CASE WHEN t.from_id = a.id THEN t.amount ELSE -t.amount END AS amount,
               t.reference, t.effective_at AS at, a.path
        FROM transfer t JOIN account a ON a.book = t.book AND a.id = %(account)s
            AND a.id IN (t.from_id, t.to_id) AND a.kind = ANY(%(kinds)s)
        WHERE t.book = %(book)s AND t.id = %(txn)s AND t.leg = %(leg)s AND t.kind IN (0, 2)
          AND t.template <> 'line_matched'
          AND (t.reverses IS NULL OR NOT EXISTS (
              SELECT FROM line_match m WHERE m.book = %(book)s AND m.txn_id = t.reverses))
          AND NOT EXISTS (
              SELECT FROM line_match_item i WHERE i.book = t.book AND i.txn_id = t.id
                AND i.leg = t.leg AND i.account_id = a.id AND NOT i.freed)
        """,
        txn=txn_id,
        leg=leg,
        account=account_id,
        kinds=list(OPEN_KINDS),
    )


def sums(tx: Tx) -> list[Sum]:
    """What became of all lines that were ever imported; a line that was split counts by its parts."""
    return tx.rows(
        Sum,
        """
        SELECT state, cause, currency, count(*) AS lines, sum(gross)::bigint AS gross,
               sum(net)::bigint AS net
        FROM statement_line WHERE book = %(book)s AND state <> 'split'
        GROUP BY state, cause, currency ORDER BY state, cause, currency
        """,
    )


# Files and lines


def files_of_digests(tx: Tx, digests: list[str]) -> dict[str, File]:
    """The files of these bytes that were taken in, by digest."""
    found = tx.rows(
        File,
        f"SELECT {_FILE} FROM statement_file WHERE book = %(book)s AND digest = ANY(%(digests)s)",
        digests=digests,
    )
    return {file.digest: file for file in found}


def files_of(tx: Tx, ids: list[UUID]) -> dict[UUID, File]:
    """These files, by id."""
    found = tx.rows(
        File,
        f"SELECT {_FILE} FROM statement_file WHERE book = %(book)s AND id = ANY(%(ids)s)",
        ids=ids,
    )
    return {file.id: file for file in found}


def file(tx: Tx, id_: UUID) -> File | None:
    """One file, or None."""
    return tx.row(
        File, f"SELECT {_FILE} FROM statement_file WHERE book = %(book)s AND id = %(id)s", id=id_
    )


def files(tx: Tx, *, after: UUID | None = None, limit: int = 50) -> list[File]:
    """Files, newest first."""
    return tx.rows(
        File,
        f"""SELECT {_FILE} FROM statement_file
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )


def last_closing(tx: Tx, target: str, currency: str) -> int | None:
    """The closing balance of the latest file of an account, or None where no file named one."""
    found: int | None = tx.value(
        """SELECT closing FROM statement_file
        WHERE book = %(book)s AND target = %(target)s AND currency = %(currency)s
          AND closing IS NOT NULL
        ORDER BY id DESC LIMIT 1""",
        target=target,
        currency=currency,
    )
    return found


def add_files(tx: Tx, new: Iterable[File]) -> None:
    """Write files."""
    names = File.__struct_fields__
    tx.append(
        "statement_file", ("book", *names), [(tx.book, *msgspec.structs.astuple(f)) for f in new]
    )


def add_lines(tx: Tx, rows: Iterable[Line]) -> None:
    """Write lines."""
    names = Line.__struct_fields__
    tx.append(
        "statement_line", ("book", *names), [(tx.book, *msgspec.structs.astuple(r)) for r in rows]
    )


def subjects(tx: Tx, rail: str, words: list[str], calls: list[UUID]) -> dict[str, str]:
    """What of ours a rail's words are about: by its reference, or by our own key (as text)."""
    if not words and not calls:
        return {}
    rows = tx.tuples(
        """
        SELECT reference, id::text, subject FROM rail_call
        WHERE book = %(book)s AND (rail = %(rail)s AND reference = ANY(%(words)s)
            OR id = ANY(%(calls)s))
        """,
        rail=rail,
        words=words,
        calls=calls,
    )
    found: dict[str, str] = {}
    for reference, key, subject in rows:
        found |= {key: subject} | ({reference: subject} if reference else {})
    return found


def new_lines(tx: Tx, file_ids: Sequence[UUID], limit: int) -> list[list[Line]]:
    """Of each file the next lines to be placed, with all of the last one's subject; locked."""
    asked = [_ask_new(tx, file_id, limit) for file_id in file_ids]
    return [[Line(*row) for row in answer()] for answer in asked]


def _ask_new(tx: Tx, file_id: UUID, limit: int) -> Callable[[], list[tuple[Any, ...]]]:
    return tx.ask(
        f"""
        WITH first AS (
            SELECT subject, number FROM statement_line
            WHERE file_id = %(file)s AND book = %(book)s AND state = 'new'
            ORDER BY subject, number LIMIT %(limit)s),
        last AS (SELECT subject, number FROM first ORDER BY subject DESC, number DESC LIMIT 1)
        SELECT {_LINE} FROM statement_line l
        WHERE l.file_id = %(file)s AND l.book = %(book)s AND l.state = 'new' AND (
            (l.subject, l.number) <= (SELECT subject, number FROM last)
            OR l.subject <> '' AND l.subject = (SELECT subject FROM last))
        ORDER BY l.number FOR UPDATE
        """,
        file=file_id,
        limit=limit,
    )


def line_states(tx: Tx, file_id: UUID) -> dict[str, int]:
    """How many lines of a file are in each state; one that was split counts by its parts."""
    rows = tx.tuples(
        """SELECT state, count(*) FROM statement_line
        WHERE file_id = %(file)s AND book = %(book)s AND state <> 'split' GROUP BY state""",
        file=file_id,
    )
    return dict(rows)


def left_new(tx: Tx, file_id: UUID) -> int:
    """How many lines of a file wait to be placed."""
    return int(
        tx.value(
            """SELECT count(*) FROM statement_line
            WHERE file_id = %(file)s AND book = %(book)s AND state = 'new'""",
            file=file_id,
        )
    )


def lock_lines(tx: Tx, ids: list[UUID]) -> list[Line]:
    """Lines, locked in the order of their ids."""
    return tx.rows(
        Line,
        f"""SELECT {_LINE} FROM statement_line
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=ids,
    )


def lines_of_match(tx: Tx, match_id: UUID) -> list[Line]:
    """The lines of a match, locked."""
    return tx.rows(
        Line,
        f"""SELECT {_LINE} FROM statement_line
        WHERE match_id = %(match)s AND book = %(book)s ORDER BY id FOR UPDATE""",
        match=match_id,
    )


def lines(
    tx: Tx,
    *,
    states: Sequence[str] = (),
    cause: str = "",
    rail: str = "",
    file_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Line]:
    """Lines, newest first; of some states, a cause, a rail or a file where they are named."""
    return tx.rows(
        Line,
        f"""
        SELECT {_LINE} FROM statement_line
        WHERE book = %(book)s
          AND (%(states)s::text[] = '{{}}' OR state = ANY(%(states)s))
          AND (%(cause)s = '' OR cause = %(cause)s)
          AND (%(rail)s = '' OR rail = %(rail)s)
          AND (%(file)s::uuid IS NULL OR file_id = %(file)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        states=list(states),
        cause=cause,
        rail=rail,
        file=file_id,
        after=after,
        limit=limit,
    )


def line(tx: Tx, id_: UUID) -> Line | None:
    """One line, or None."""
    return tx.row(
        Line, f"SELECT {_LINE} FROM statement_line WHERE book = %(book)s AND id = %(id)s", id=id_
    )


def move_lines(tx: Tx, pairs: Sequence[tuple[str, Line]]) -> int:
    """Write lines that moved, each only from the state named with it; how many moved."""
    after = [line for _, line in pairs]
    return tx.count(
        """
        UPDATE statement_line l SET state = n.state, cause = n.cause, match_id = n.match_id,
            arrival_id = n.arrival_id, since = n.since, asked_by = n.asked_by, reason = n.reason
        FROM unnest(%(ids)s::uuid[], %(befores)s::text[], %(states)s::text[], %(causes)s::text[],
            %(matches)s::uuid[], %(arrivals)s::uuid[], %(sinces)s::timestamptz[],
            %(askers)s::text[], %(reasons)s::text[])
            AS n (id, before, state, cause, match_id, arrival_id, since, asked_by, reason)
        WHERE l.book = %(book)s AND l.id = n.id AND l.state = n.before
        """,
        ids=[line.id for line in after],
        befores=[before for before, _ in pairs],
        states=[line.state for line in after],
        causes=[line.cause for line in after],
        matches=[line.match_id for line in after],
        arrivals=[line.arrival_id for line in after],
        sinces=[line.since for line in after],
        askers=[line.asked_by for line in after],
        reasons=[line.reason for line in after],
    )


def waiting(tx: Tx, file_ids: list[UUID]) -> list[Line]:
    """The lines of files that are still in suspense."""
    return tx.rows(
        Line,
        f"""SELECT {_LINE} FROM statement_line
        WHERE file_id = ANY(%(files)s) AND book = %(book)s AND state IN ('suspense', 'asked')
        ORDER BY file_id, number""",
        files=file_ids,
    )


def ages(tx: Tx, bounds: list[datetime]) -> list[int]:
    """How many lines have waited since before each of these times."""
    return [
        int(
            tx.value(
                """SELECT count(*) FROM statement_line
                WHERE book = %(book)s AND state IN ('suspense', 'asked') AND since < %(at)s""",
                at=at,
            )
        )
        for at in bounds
    ]


# Matches


def add_matches(tx: Tx, rows: Sequence[tuple[Match, Sequence[Item]]]) -> None:
    """Write matches with the items that they take."""
    names = Match.__struct_fields__
    tx.append(
        "line_match",
        ("book", *names),
        [(tx.book, *msgspec.structs.astuple(match)) for match, _ in rows],
    )
    tx.append(
        "line_match_item",
        ("book", "match_id", "account_id", "txn_id", "leg", "amount", "freed"),
        [
            (tx.book, match.id, item.account_id, item.txn_id, item.leg, item.amount, False)
            for match, items in rows
            for item in items
        ],
    )


def match(tx: Tx, id_: UUID, *, lock: bool = False) -> Match | None:
    """One match, or None."""
    query = f"SELECT {_MATCH} FROM line_match WHERE book = %(book)s AND id = %(id)s"
    return tx.row(Match, query + (" FOR UPDATE" if lock else ""), id=id_)


def items_of_match(tx: Tx, id_: UUID) -> list[Item]:
    """What a match took."""
    return tx.rows(
        Item,
        """
        SELECT i.account_id, i.txn_id, i.leg, i.amount, t.reference, t.effective_at AS at, a.path
        FROM line_match_item i JOIN transfer t ON t.book = i.book AND t.id = i.txn_id
            AND t.leg = i.leg
        JOIN account a ON a.book = i.book AND a.id = i.account_id
        WHERE i.book = %(book)s AND i.match_id = %(id)s ORDER BY t.effective_at, i.txn_id
        """,
        id=id_,
    )


def undo(tx: Tx, id_: UUID, undo_txn: UUID) -> None:
    """Keep that a match was undone, and free what it took."""
    tx.run(
        """UPDATE line_match SET undone_at = %(now)s, undone_by = %(actor)s, undo_txn = %(txn)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=id_,
        now=tx.now,
        actor=tx.actor,
        txn=undo_txn,
    )
    tx.run(
        "UPDATE line_match_item SET freed = true WHERE book = %(book)s AND match_id = %(id)s",
        id=id_,
    )
