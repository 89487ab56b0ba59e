"""The ledger's SQL: load and lock what a batch needs, write what it decided; accounts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.ledger.chart import AccountKind
from huoshui.ledger.model import Account, Hold, Moved
from huoshui.ledger.rows import Held, Row
from huoshui.ledger.sheet import Sheet
from huoshui.ledger.standing import Standing, StandingLeg

T = TypeVar("T")
Answer = Callable[[], T]  # a question is on its way; calling it waits for what came of it

_ACCOUNT = """
    id, path, currency, kind, class AS class_, floor, ceiling,
    held_out, out_, held_in, in_, version, closed, moved_at, opened_at"""
_HOLD = """
    id, from_id, to_id, amount, remaining, state, flags, currency, template, reference, held_at,
    expires_at"""
_MOVED = ", ".join(Moved._fields)
_MOVED_IN = ", ".join(f"unnest(%({name})s)" for name in Moved._fields)
_MOVED_AS: dict[str, Callable[[list[Any]], columns.Column]] = {
    **dict.fromkeys(("leg", "kind", "flags"), columns.smallints),
    **dict.fromkeys(("id", "from_id", "to_id", "hold_id", "reverses"), columns.uuids),
    **dict.fromkeys(("amount", "from_after", "to_after", "from_version", "to_version",
                     "from_held", "to_held"), columns.bigints),
    **dict.fromkeys(("effective_at", "recorded_at"), columns.times),
    **dict.fromkeys(("currency", "template", "reference", "actor"), columns.texts),
    "timeout_s": columns.integers,
}  # fmt: skip
STATE_LOCK = 0x4C47  # who seals a period or archives takes it alone, every batch shares it


class State(msgspec.Struct, frozen=True):
    """Below which id the book is archived, until when it is sealed, until when days are counted."""

    horizon: UUID | None
    sealed_until: datetime | None
    counted_until: datetime | None


class Opening(msgspec.Struct, frozen=True):
    """An account to open: its path and currency and what the chart says of it."""

    path: str
    currency: str
    kind: AccountKind


def open_accounts(tx: Tx, openings: list[Opening]) -> None:
    """Open accounts in the order of their paths; those that another writer opened stay."""
    openings = sorted(openings, key=lambda o: (o.path, o.currency))
    rows = tx.tuples(
        """
        INSERT INTO account (book, id, path, currency, kind, class, floor, ceiling, opened_at)
        SELECT %(book)s, o.*, %(at)s FROM unnest(
            %(ids)s::uuid[], %(paths)s::text[], %(currencies)s::text[], %(kinds)s::text[],
            %(classes)s::text[], %(floors)s::bigint[], %(ceilings)s::bigint[]) AS o
        ON CONFLICT DO NOTHING RETURNING id
        """,
        ids=[tx.id("acc", f"{o.path}/{o.currency}") for o in openings],
        paths=[o.path for o in openings],
        currencies=[o.currency for o in openings],
        kinds=[o.kind.name for o in openings],
        classes=[o.kind.class_ for o in openings],
        floors=[o.kind.floor for o in openings],
        ceilings=[o.kind.ceiling for o in openings],
        at=tx.now,
    )
    if rows:
        tx.seal("account", ids=[id_ for (id_,) in rows])


def currencies(tx: Tx, paths: list[str]) -> dict[str, frozenset[str]]:
    """In which currencies each of these paths is open; paths that are not open are left out."""
    rows = tx.tuples(
        """
        SELECT path, array_agg(currency) FROM account
        WHERE book = %(book)s AND path = ANY(%(paths)s) GROUP BY path
        """,
        paths=paths,
    )
    return {path: frozenset(found) for path, found in rows}


def find(tx: Tx, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """The ids of accounts by path and currency; those that are not open are left out.

    An account's id never changes and it is never deleted: what was found once is remembered.
    """
    found: dict[tuple[str, str], UUID] = {}
    asked: list[tuple[str, str]] = []
    for key in wanted:
        id_ = tx.known((tx.book, *key))
        if id_ is None:
            asked.append(key)
        else:
            found[key] = id_
    if asked:
        rows = tx.tuples(
            """
            SELECT w.path, w.currency, a.id
            FROM (SELECT unnest(%(paths)s) AS path, unnest(%(currencies)s) AS currency,
                         %(book)s::integer AS book OFFSET 0) AS w
            CROSS JOIN LATERAL (
                SELECT id FROM account WHERE book = w.book AND path = w.path
                    AND currency = w.currency LIMIT 1) AS a
            """,
            paths=columns.texts([path for path, _ in asked]),
            currencies=columns.texts([currency for _, currency in asked]),
        )
        for path, currency, id_ in rows:
            found[path, currency] = id_
            tx.learn((tx.book, path, currency), id_)
    return found


def lock(tx: Tx, ids: Iterable[UUID]) -> Answer[list[Row]]:
    """Accounts, locked in the order of their ids.

    One order for all writers: they wait for each other and never deadlock. The book comes beside
    each id, not as a constant: of a constant that the statistics do not know the planner believes
    that it alone leads to one row, and reads the whole book for each account.
    """
    rows = tx.ask(
        """
        SELECT a.* FROM (SELECT unnest(%(ids)s) AS id, %(book)s::integer AS book ORDER BY 1) AS w
        CROSS JOIN LATERAL (
            SELECT id, path, currency, floor, ceiling, closed, held_out, out_, held_in, in_,
                   version, moved_at
            FROM account WHERE book = w.book AND id = w.id FOR UPDATE) AS a
        """,
        ids=columns.uuids(ids),
    )
    return lambda: [Row(*row) for row in rows()]


def state(tx: Tx) -> Answer[State]:
    """What holds for the book to the end of the transaction: while a batch is under way no period
    is sealed, nothing archived, and no day counted.
    """
    # First the lock, then the question: one statement would see what stood before it waited.
    tx.run("SELECT pg_advisory_xact_lock_shared(%(space)s, %(book)s)", space=STATE_LOCK)
    rows = tx.ask(
        "SELECT horizon, sealed_until, counted_until FROM ledger_state WHERE book = %(book)s"
    )
    return lambda: State(*next(iter(rows()), (None, None, None)))


def due_holds(tx: Tx) -> Answer[list[Hold]]:
    """The open holds that have run out, at most 500."""
    by = tx.soon  # the time itself may still be on its way
    rows = _ask_due(tx, by)

    def answer() -> list[Hold]:
        found = rows() if tx.now <= by else _ask_due(tx, tx.now)()
        return [hold for hold in (Hold(*row) for row in found) if hold.lapsed(tx.now)]

    return answer


def _ask_due(tx: Tx, by: datetime) -> Answer[list[tuple[Any, ...]]]:
    return tx.ask(
        f"""SELECT {_HOLD} FROM hold WHERE book = %(book)s AND state = 'open'
        AND expires_at <= %(by)s ORDER BY expires_at LIMIT 500""",
        by=by,
    )


def holds(tx: Tx, ids: list[UUID]) -> Answer[list[Hold]]:
    """Holds by id."""
    if not ids:
        return list
    rows = tx.ask(
        f"SELECT {_HOLD} FROM hold WHERE book = %(book)s AND id = ANY(%(ids)s)",
        ids=columns.uuids(ids),
    )
    return lambda: [Hold(*row) for row in rows()]


def burnt(tx: Tx, ids: list[UUID]) -> Answer[list[UUID]]:
    """Those ids that failed for a passing reason."""
    if not ids:
        return list
    rows = tx.ask(
        """
        SELECT b.id FROM (SELECT unnest(%(ids)s) AS id, %(book)s::integer AS book OFFSET 0) AS w
        CROSS JOIN LATERAL (
            SELECT id FROM burnt WHERE book = w.book AND id = w.id LIMIT 1) AS b
        """,
        ids=columns.uuids(ids),
    )
    return lambda: [id_ for (id_,) in rows()]


def standing(tx: Tx, ids: list[UUID]) -> Answer[dict[UUID, Standing]]:
    """What is posted under these ids already."""
    if not ids:
        return dict
    rows = tx.ask(
        """
        SELECT m.id, m.kind, m.hold_id, m.timeout_s, m.currency, m.template, m.reference,
               m.reverses, s.path, d.path, m.amount, m.flags
        FROM (SELECT unnest(%(ids)s) AS id, %(book)s::integer AS book OFFSET 0) AS w
        CROSS JOIN LATERAL (
            SELECT * FROM transfer WHERE book = w.book AND id = w.id OFFSET 0) AS m
        CROSS JOIN LATERAL (
            SELECT path FROM account WHERE book = w.book AND id = m.from_id LIMIT 1) AS s
        CROSS JOIN LATERAL (
            SELECT path FROM account WHERE book = w.book AND id = m.to_id LIMIT 1) AS d
        ORDER BY m.id, m.leg
        """,
        ids=columns.uuids(set(ids)),
    )
    return lambda: _standing(rows())


def _standing(rows: list[tuple[Any, ...]]) -> dict[UUID, Standing]:
    found: dict[UUID, Standing] = {}
    for id_, group in itertools.groupby(rows, key=lambda row: row[0]):
        legs = list(group)
        kind, hold_id, timeout_s, currency, template, reference, reverses = legs[0][1:8]
        sides = tuple(StandingLeg(*leg[8:]) for leg in legs)
        found[id_] = Standing(
            kind, hold_id, timeout_s, currency, template, reference, reverses, sides
        )
    return found


def send(tx: Tx, sheet: Sheet) -> None:
    """Append the transfers that are decided so far, without waiting: PostgreSQL writes them while
    the rest is decided. One batch has one number, taken while its accounts are locked.
    """
    moved = sheet.drain()
    if moved:
        _append(tx, moved, "currval" if sheet.begun else "nextval")
        _keep_reversals(tx, moved)
        _void_days(tx, moved, sheet.counted_until)
        sheet.begun = True


def flush(tx: Tx, sheet: Sheet) -> None:
    """Write what a sheet decided: the last transfers, one update of the counters."""
    send(tx, sheet)
    if sheet.burns:
        _burn(tx, sheet)
    if sheet.begun:
        _update(tx, sheet.touched)
        _keep_holds(tx, sheet.held)
        tx.seal("batch", counter="batch_seq")
    sheet.settle()


def _update(tx: Tx, rows: list[Row]) -> None:
    tx.run(
        """
        SELECT write_counters(%(book)s, %(ids)s, %(held_outs)s, %(outs)s, %(held_ins)s, %(ins)s,
                              %(versions)s, %(closed)s, %(moved)s)
        """,
        ids=columns.uuids([row.id for row in rows]),
        held_outs=columns.bigints([row.held_out for row in rows]),
        outs=columns.bigints([row.out_ for row in rows]),
        held_ins=columns.bigints([row.held_in for row in rows]),
        ins=columns.bigints([row.in_ for row in rows]),
        versions=columns.bigints([row.version for row in rows]),
        closed=columns.booleans([row.closed for row in rows]),
        moved=columns.times([row.moved_at for row in rows]),
    )


def _append(tx: Tx, moved: list[Moved], number: Literal["nextval", "currval"]) -> None:
    content = dict(zip(Moved._fields, zip(*moved, strict=True), strict=True))
    tx.run(
        f"""
        WITH taken AS MATERIALIZED (SELECT {number}('batch_seq') AS batch)
        INSERT INTO transfer (book, batch, {_MOVED})
        SELECT %(book)s, taken.batch, {_MOVED_IN} FROM taken
        """,
        **{name: _MOVED_AS[name](list(content[name])) for name in Moved._fields},
    )


def _burn(tx: Tx, sheet: Sheet) -> None:
    tx.run(
        """
        INSERT INTO burnt (book, id, code, at)
        SELECT %(book)s, b.*, %(at)s FROM unnest(%(ids)s, %(codes)s) AS b
        """,
        ids=columns.uuids(list(sheet.burns)),
        codes=columns.texts(list(sheet.burns.values())),
        at=tx.now,
    )


def _keep_holds(tx: Tx, held: list[Held]) -> None:
    if not held:
        return
    tx.run(
        """
        INSERT INTO hold (book, id, from_id, to_id, amount, remaining, state, flags, currency,
                          template, reference, held_at, expires_at)
        SELECT %(book)s, h.* FROM unnest(
            %(ids)s, %(sources)s, %(targets)s, %(amounts)s, %(remaining)s, %(states)s, %(flags)s,
            %(currencies)s, %(templates)s, %(references)s, %(held)s, %(expiries)s) AS h
        ON CONFLICT (book, id) DO UPDATE SET remaining = EXCLUDED.remaining,
            state = EXCLUDED.state, expires_at = EXCLUDED.expires_at
        """,
        ids=columns.uuids([h.hold.id for h in held]),
        sources=columns.uuids([h.hold.from_id for h in held]),
        targets=columns.uuids([h.hold.to_id for h in held]),
        amounts=columns.bigints([h.hold.amount for h in held]),
        remaining=columns.bigints([h.remaining for h in held]),
        states=columns.texts([h.state_ for h in held]),
        flags=columns.smallints([h.hold.flags for h in held]),
        currencies=columns.texts([h.hold.currency for h in held]),
        templates=columns.texts([h.hold.template for h in held]),
        references=columns.texts([h.hold.reference for h in held]),
        held=columns.times([h.hold.held_at for h in held]),
        expiries=columns.times([h.expires_at for h in held]),
    )


def _keep_reversals(tx: Tx, moved: list[Moved]) -> None:
    rows = [(tx.book, m.reverses, m.id) for m in moved if m.reverses and not m.leg]
    if rows:
        tx.append("reversal", ("book", "txn_id", "by_id"), rows)


def _void_days(tx: Tx, moved: list[Moved], counted_until: datetime | None) -> None:
    """What takes effect in a day that is counted makes that day's and later balances void.

    Who counts moves `counted_until` when no batch is under way, and reads under the same locks of
    accounts: no batch misses a day that was counted, and no count a batch.
    """
    if counted_until is None:
        return
    first: dict[UUID, datetime] = {}
    for m in moved:
        if m.effective_at < counted_until:
            for id_ in (m.from_id, m.to_id):
                first[id_] = min(m.effective_at, first.get(id_, m.effective_at))
    if first:
        tx.run(
            """
            DELETE FROM day_balance d USING unnest(%(ids)s, %(firsts)s) AS v (id, first)
            WHERE d.book = %(book)s AND d.account_id = v.id AND d.until > v.first
            """,
            ids=columns.uuids(list(first)),
            firsts=columns.times(list(first.values())),
        )


def reversal_of(tx: Tx, id_: UUID) -> UUID | None:
    """The transaction that reversed this one, or None."""
    reversal: UUID | None = tx.value(
        "SELECT by_id FROM reversal WHERE book = %(book)s AND txn_id = %(id)s", id=id_
    )
    return reversal


def accounts(
    tx: Tx,
    *,
    prefix: str = "",
    kind: str = "",
    after: str = "",
    after_currency: str = "",
    limit: int = 50,
    among: list[str] | None = None,
) -> list[Account]:
    """Accounts by path and currency, those that start with `prefix`, after the cursor.

    Of the paths in `among`, where they are named. Without `after_currency` the cursor stands behind every currency of its path.
    """
    return tx.rows(
        Account,
        f"""
        SELECT {_ACCOUNT} FROM account
        WHERE book = %(book)s AND starts_with(path, %(prefix)s)
          AND (%(kind)s = '' OR kind = %(kind)s)
          AND (%(among)s::text[] IS NULL OR path = ANY(%(among)s))
          AND (path > %(after)s OR %(currency)s <> '' AND path = %(after)s
               AND currency > %(currency)s)
        ORDER BY path, currency LIMIT %(limit)s
        """,
        prefix=prefix,
        kind=kind,
        after=after,
        currency=after_currency,
        limit=limit,
        among=among,
    )


def account(tx: Tx, id_: UUID) -> Account | None:
    """One account by id, or None."""
    return tx.row(
        Account,
        f"SELECT {_ACCOUNT} FROM account WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def account_at(tx: Tx, path: str, currency: str) -> Account | None:
    """One account by path and currency, or None."""
    return tx.row(
        Account,
        f"""SELECT {_ACCOUNT} FROM account
        WHERE book = %(book)s AND path = %(path)s AND currency = %(currency)s""",
        path=path,
        currency=currency,
    )


def unit_digits(tx: Tx, code: str) -> int | None:
    """The decimals of a unit that the book declared, or None."""
    digits: int | None = tx.value(
        "SELECT digits FROM unit WHERE book = %(book)s AND code = %(code)s", code=code
    )
    return digits
