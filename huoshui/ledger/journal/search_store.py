"""SQL of the journal's search and of holds: every read is a stretch of one index, never a scan."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.ledger.journal.store import Place

SCAN_MAX = 10_000  # rows that one page looks at
_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a transfer must be beside its place in an index; amounts in minor units."""

    reference: str = ""
    template: str = ""
    kind: int | None = None
    actor: str = ""
    currency: str = ""
    least: int | None = None
    most: int | None = None

    @property
    def picky(self) -> bool:
        """Whether something is wanted that no index knows."""
        return bool(
            self.template or self.actor or self.currency
            or (self.kind, self.least, self.most) != (None, None, None)
        )  # fmt: skip


class OwnPlace(msgspec.Struct, frozen=True):
    """A transaction at its place among an account's transfers."""

    id: UUID
    recorded_at: datetime
    version: int

    @property
    def place(self) -> Place:
        """The cursor behind it."""
        return Place(self.recorded_at, self.version)


class HoldRow(msgspec.Struct, frozen=True):
    """A hold with the paths of its accounts; `remaining` of `amount` minor units is held."""

    id: UUID
    source: str
    target: str
    from_id: UUID
    to_id: UUID
    amount: int
    remaining: int
    state: str
    flags: int
    currency: str
    template: str
    reference: str
    held_at: datetime
    expires_at: datetime | None


class HoldStep(msgspec.Struct, frozen=True):
    """A transfer of a hold's life: made, captured, released, run out, extended."""

    id: UUID
    kind: int
    amount: int
    flags: int
    timeout_s: int | None
    effective_at: datetime
    recorded_at: datetime
    actor: str


_PICKED: LiteralString = """
    AND (%(template)s = '' OR m.template = %(template)s)
    AND (%(kind)s::smallint IS NULL OR m.kind = %(kind)s)
    AND (%(actor)s = '' OR m.actor = %(actor)s)
    AND (%(currency)s = '' OR m.currency = %(currency)s)"""
_AMOUNT: LiteralString = """
    AND m.amount >= coalesce(%(least)s::bigint, 0)
    AND (%(most)s::bigint IS NULL OR m.amount <= %(most)s)"""
_ANY_AMOUNT: LiteralString = """
    AND (%(least)s::bigint IS NULL AND %(most)s::bigint IS NULL OR EXISTS (
        SELECT FROM transfer l WHERE l.book = m.book AND l.id = m.id
        AND l.amount >= coalesce(%(least)s::bigint, 0)
        AND (%(most)s::bigint IS NULL OR l.amount <= %(most)s)))"""
_BY_ID: LiteralString = """
    FROM transfer m WHERE m.book = %(book)s AND m.leg = 0
    AND m.id >= %(first)s AND m.id < %(before)s"""
# Said twice, so that the partial index serves whatever the reference is.
_BY_REFERENCE: LiteralString = " AND m.reference = %(reference)s AND m.reference <> ''"
_STRETCH: LiteralString = " ORDER BY m.id DESC OFFSET %(skip)s LIMIT 1"


def by_id(
    tx: Tx, wanted: Wanted, *, first: UUID | None, before: UUID | None, limit: int
) -> tuple[list[UUID], UUID | None]:
    """Transactions of a range of ids, newest first; and where the stretch that was read ends.

    The end is None where the range was read to its end, or where nothing made it long.
    """
    along: LiteralString = _BY_ID + (_BY_REFERENCE if wanted.reference else "")
    facts = {
        "first": first or _FIRST_ID,
        "before": before or _LAST_ID,
        **msgspec.structs.asdict(wanted),
    }
    end: UUID | None = None
    if wanted.picky:
        end = tx.value(f"SELECT m.id {along} {_STRETCH}", skip=SCAN_MAX - 1, **facts)
    facts["first"] = end or facts["first"]
    rows = tx.tuples(
        f"SELECT m.id {along} {_PICKED} {_ANY_AMOUNT} ORDER BY m.id DESC LIMIT %(limit)s",
        limit=limit,
        **facts,
    )
    return [id_ for (id_,) in rows], end


def _side(side: LiteralString, picked: LiteralString, tail: LiteralString) -> LiteralString:
    return f"""(
        SELECT m.id, m.recorded_at, m.{side}_version AS version FROM transfer m
        WHERE m.book = %(book)s AND m.{side}_id = %(account)s
          AND (m.recorded_at, m.{side}_version) < (%(at)s, %(version)s)
          AND m.recorded_at >= %(since)s AND (m.recorded_at, m.{side}_version) >= (%(end_at)s,
              %(end_version)s) {picked}
        ORDER BY m.recorded_at DESC, m.{side}_version DESC LIMIT {tail})"""


_REFERENCE: LiteralString = " AND (%(reference)s = '' OR m.reference = %(reference)s)"
_OWN_ALL: LiteralString = " UNION ALL ".join(
    _side(side, "", "%(limit)s + %(skip)s") for side in ("from", "to")
)
_OWN_PICKED: LiteralString = " UNION ALL ".join(
    _side(side, _PICKED + _AMOUNT + _REFERENCE, "%(limit)s + %(skip)s") for side in ("from", "to")
)
_IN_ORDER: LiteralString = " ORDER BY version DESC OFFSET %(skip)s LIMIT %(limit)s"


def of_account(
    tx: Tx, account: UUID, wanted: Wanted, *, since: datetime, before: Place, limit: int
) -> tuple[list[OwnPlace], Place | None]:
    """An account's transfers by its own sequence, newest first; and where the stretch ends."""
    facts = {
        "account": account, "since": since, "at": before.recorded_at, "version": before.version,
        "end_at": since, "end_version": 0, **msgspec.structs.asdict(wanted),
    }  # fmt: skip
    end = None
    if wanted.picky or wanted.reference:
        query = f"SELECT * FROM ({_OWN_ALL}) AS own {_IN_ORDER}"
        end = tx.row(OwnPlace, query, skip=SCAN_MAX - 1, **facts | {"limit": 1})
        if end:
            facts |= {"end_at": end.recorded_at, "end_version": end.version}
    query = f"SELECT * FROM ({_OWN_PICKED}) AS own {_IN_ORDER}"
    rows = tx.rows(OwnPlace, query, skip=0, limit=limit, **facts)
    return rows, end.place if end else None


_HOLD: LiteralString = """
    h.id, s.path AS source, d.path AS target, h.from_id, h.to_id, h.amount, h.remaining, h.state,
    h.flags, h.currency, h.template, h.reference, h.held_at, h.expires_at"""
_SIDES: LiteralString = """
    JOIN account s ON s.book = h.book AND s.id = h.from_id
    JOIN account d ON d.book = h.book AND d.id = h.to_id"""
_HELD: LiteralString = """
    FROM hold h WHERE h.book = %(book)s AND h.id >= %(first)s AND h.id < %(before)s"""


def holds_by_id(
    tx: Tx,
    *,
    state: str,
    account: UUID | None,
    first: UUID | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[HoldRow], UUID | None]:
    """Holds of a range of ids, newest first; and where the stretch that was read ends."""
    facts = {
        "first": first or _FIRST_ID, "before": before or _LAST_ID, "state": state,
        "account": account,
    }  # fmt: skip
    end: UUID | None = None
    if state or account:
        query: LiteralString = f"SELECT h.id {_HELD} ORDER BY h.id DESC OFFSET %(skip)s LIMIT 1"
        end = tx.value(query, skip=SCAN_MAX - 1, **facts)
    facts["first"] = end or facts["first"]
    rows = tx.rows(
        HoldRow,
        f"""
        SELECT {_HOLD} FROM (
            SELECT h.* {_HELD} AND (%(state)s = '' OR h.state = %(state)s)
              AND (%(account)s::uuid IS NULL OR %(account)s IN (h.from_id, h.to_id))
            ORDER BY h.id DESC LIMIT %(limit)s) h {_SIDES} ORDER BY h.id DESC
        """,
        limit=limit,
        **facts,
    )
    return rows, end


def open_holds(tx: Tx, account: UUID, before: UUID | None, limit: int) -> list[HoldRow]:
    """The open holds on an account, on either side, newest first."""
    return tx.rows(
        HoldRow,
        f"""
        SELECT {_HOLD} FROM (
            (SELECT * FROM hold WHERE book = %(book)s AND from_id = %(account)s
             AND state = 'open' AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT * FROM hold WHERE book = %(book)s AND to_id = %(account)s
             AND state = 'open' AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s)) h
        {_SIDES} ORDER BY h.id DESC LIMIT %(limit)s
        """,
        account=account,
        before=before or _LAST_ID,
        limit=limit,
    )


def holds_of(tx: Tx, ids: list[UUID]) -> list[HoldRow]:
    """Holds by id, newest first."""
    return tx.rows(
        HoldRow,
        f"""SELECT {_HOLD} FROM hold h {_SIDES}
        WHERE h.book = %(book)s AND h.id = ANY(%(ids)s) ORDER BY h.id DESC""",
        ids=ids,
    )


_STEP: LiteralString = """
    m.id, m.kind, m.amount, m.flags, m.timeout_s, m.effective_at, m.recorded_at, m.actor"""


def life(tx: Tx, hold: HoldRow, limit: int) -> list[HoldStep]:
    """What became of a hold, oldest first, from what was recorded since it was made.

    By its reference, which all of its transfers have; one without a reference by the account of
    the two that fewer transfers have touched, SCAN_MAX of them at most.
    """
    if hold.reference:
        return tx.rows(
            HoldStep,
            f"""
            SELECT {_STEP} FROM transfer m WHERE m.book = %(book)s AND m.leg = 0
              AND m.reference = %(reference)s AND m.reference <> ''
              AND (m.id = %(id)s OR m.hold_id = %(id)s)
            ORDER BY m.recorded_at, m.from_version LIMIT %(limit)s
            """,
            reference=hold.reference,
            id=hold.id,
            limit=limit,
        )
    versions = dict(
        tx.tuples(
            "SELECT id, version FROM account WHERE book = %(book)s AND id = ANY(%(ids)s)",
            ids=[hold.from_id, hold.to_id],
        )
    )
    side: LiteralString = "from" if versions[hold.from_id] <= versions[hold.to_id] else "to"
    return tx.rows(
        HoldStep,
        f"""
        SELECT {_STEP} FROM (
            SELECT * FROM transfer WHERE book = %(book)s AND {side}_id = %(account)s
              AND recorded_at >= %(since)s
            ORDER BY recorded_at, {side}_version LIMIT {SCAN_MAX}) m
        WHERE m.id = %(id)s OR m.hold_id = %(id)s
        ORDER BY m.recorded_at, m.{side}_version LIMIT %(limit)s
        """,
        account=hold.from_id if side == "from" else hold.to_id,
        since=hold.held_at,
        id=hold.id,
        limit=limit,
    )
