"""SQL of factoring: claims, their assignments, and what happened to each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.limits import Exposure
from huoshui.lines.lending.factoring.machine import RUNNING
from huoshui.lines.lending.factoring.model import Assignment, Entry, Receivable

_RECEIVABLE = ", ".join(Receivable.__struct_fields__)
_NAMES = Assignment.__struct_fields__
_ASSIGNMENT = ", ".join(_NAMES)
_CHANGES = (
    "state", "advanced_at", "confirmed_at", "ended_at", "receivable", "reserve", "claim", "paid",
    "collected", "repaid", "diluted", "bought_back", "written_off", "fee", "loss", "recovered",
)  # fmt: skip
_SET = ", ".join(f"{name} = %({name})s" for name in _CHANGES)
_LIMITS_LOCK = 0x46414354
# Exposure of one assignment: see Assignment.exposure.
_EXPOSED = "CASE WHEN state = 'assigned' THEN advance ELSE receivable - reserve + claim END"


class Sum(msgspec.Struct, frozen=True):
    """How many assignments are in a state, and what they come to in a currency; minor units."""

    state: str
    currency: str
    count: int
    face: int
    exposure: int


class Age(msgspec.Struct, frozen=True):
    """What debtors owe by how long it is overdue: bucket 0 is not due yet; minor units."""

    bucket: int
    currency: str
    count: int
    amount: int


class Debtor(msgspec.Struct, frozen=True):
    """What is out on one debtor; minor units. `overdue` is what it still owes past its day."""

    debtor: str
    currency: str
    count: int
    exposure: int
    overdue: int


def receivable(tx: Tx, id_: UUID) -> Receivable | None:
    """One claim, or None."""
    return tx.row(
        Receivable,
        f"SELECT {_RECEIVABLE} FROM receivable WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def same_claim(tx: Tx, fingerprint: bytes) -> Receivable | None:
    """The claim that is the same as this one, or None."""
    return tx.row(
        Receivable,
        f"""SELECT {_RECEIVABLE} FROM receivable
        WHERE book = %(book)s AND fingerprint = %(fingerprint)s""",
        fingerprint=fingerprint,
    )


def same_claims(tx: Tx, marks: Sequence[bytes]) -> list[Receivable]:
    """The claims that stand of these, by their fingerprints."""
    return tx.rows(
        Receivable,
        f"""SELECT {_RECEIVABLE} FROM receivable
        WHERE book = %(book)s AND fingerprint = ANY(%(marks)s)""",
        marks=list(marks),
    )


def add_receivables(tx: Tx, new: Sequence[Receivable]) -> None:
    """Keep claims."""
    names = ("book", *Receivable.__struct_fields__)
    tx.append("receivable", names, [(tx.book, *msgspec.structs.astuple(each)) for each in new])


def receivables(
    tx: Tx, *, sellers: list[UUID] | None = None, after: UUID | None = None, limit: int = 50
) -> list[Receivable]:
    """Claims, newest first, older than the cursor; of these sellers."""
    return tx.rows(
        Receivable,
        f"""SELECT {_RECEIVABLE} FROM receivable
        WHERE book = %(book)s AND (%(sellers)s::uuid[] IS NULL OR seller_id = ANY(%(sellers)s))
          AND id < coalesce(%(after)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY id DESC LIMIT %(limit)s""",
        sellers=sellers,
        after=after,
        limit=limit,
    )


def add_all(tx: Tx, new: Sequence[Assignment]) -> None:
    """Write offers. A claim that is assigned already is a Conflict at the latest at the commit."""
    rows = [(tx.book, *msgspec.structs.astuple(each)) for each in new]
    tx.append("assignment", ("book", *_NAMES), rows)


def count_offers(tx: Tx, receivable_id: UUID) -> int:
    """How often a claim was offered for before."""
    found = tx.value(
        """SELECT count(*) FROM assignment
        WHERE book = %(book)s AND receivable_id = %(receivable)s""",
        receivable=receivable_id,
    )
    return int(found)


def count_offers_all(tx: Tx, receivable_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often each of these claims was offered for before."""
    if not receivable_ids:
        return {}
    return dict(
        tx.tuples(
            """SELECT receivable_id, count(*)::int FROM assignment
            WHERE book = %(book)s AND receivable_id = ANY(%(ids)s) GROUP BY 1""",
            ids=list(receivable_ids),
        )
    )


def standing_all(tx: Tx, marks: Sequence[bytes]) -> list[Assignment]:
    """The assignments of these claims that were not declined."""
    return tx.rows(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE book = %(book)s AND fingerprint = ANY(%(marks)s) AND state <> 'declined'""",
        marks=list(marks),
    )


def standing(tx: Tx, fingerprint: bytes) -> Assignment | None:
    """The assignment of a claim, if it has one that was not declined."""
    return tx.row(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE book = %(book)s AND fingerprint = %(fingerprint)s AND state <> 'declined'""",
        fingerprint=fingerprint,
    )


def assignment(tx: Tx, id_: UUID, *, lock: bool = False) -> Assignment | None:
    """One assignment, or None."""
    query = f"SELECT {_ASSIGNMENT} FROM assignment WHERE book = %(book)s AND id = %(id)s"
    return tx.row(Assignment, query + (" FOR UPDATE" if lock else ""), id=id_)


def lock(tx: Tx, assignment_ids: Sequence[UUID]) -> dict[UUID, Assignment]:
    """Assignments by their ids, locked in the order of these."""
    rows = tx.rows(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=list(assignment_ids),
    )
    return {row.id: row for row in rows}


def of_orders(tx: Tx, orders: Sequence[UUID]) -> list[Assignment]:
    """The assignments of these orders that were paid for and are not over, locked in id order."""
    return tx.rows(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE order_id = ANY(%(orders)s) AND book = %(book)s
          AND state IN ('offered', 'assigned', 'advanced', 'confirmed', 'disputed')
        ORDER BY id FOR UPDATE""",
        orders=list(orders),
    )


def owed_by(tx: Tx, sellers: Sequence[UUID], currency: str) -> list[Assignment]:
    """What sellers' takings owe: confirmed claims and debts of their own, oldest first, locked."""
    return tx.rows(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE book = %(book)s AND seller_id = ANY(%(sellers)s) AND currency = %(currency)s
          AND (claim > 0 OR state = 'confirmed' AND order_id IS NOT NULL)
        ORDER BY id FOR UPDATE""",
        sellers=list(sellers),
        currency=currency,
    )


def assignments(
    tx: Tx,
    *,
    state: str = "",
    debtor: str = "",
    order_id: UUID | None = None,
    sellers: list[UUID] | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Assignment]:
    """Assignments, newest first, older than the cursor."""
    return tx.rows(
        Assignment,
        f"""SELECT {_ASSIGNMENT} FROM assignment
        WHERE book = %(book)s AND (%(state)s = '' OR state = %(state)s)
          AND (%(debtor)s = '' OR debtor = %(debtor)s)
          AND (%(order)s::uuid IS NULL OR order_id = %(order)s)
          AND (%(sellers)s::uuid[] IS NULL OR seller_id = ANY(%(sellers)s))
          AND id < coalesce(%(after)s, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY id DESC LIMIT %(limit)s""",
        state=state,
        debtor=debtor,
        order=order_id,
        sellers=sellers,
        after=after,
        limit=limit,
    )


def move(tx: Tx, before: Assignment, after: Assignment) -> None:
    """Write an assignment that changed; it is locked."""
    changes = {name: getattr(after, name) for name in _CHANGES}
    tx.run(f"UPDATE assignment SET {_SET} WHERE book = %(book)s AND id = %(id)s", id=after.id, **changes)  # fmt: skip


class EntryRow(msgspec.Struct, frozen=True):
    """What happened to an assignment, by its number; `txn_id` is what was posted for it."""

    number: int
    step: Step
    txn_id: UUID | None
    note: str


def add_entries(tx: Tx, rows: Sequence[EntryRow]) -> None:
    """Keep what happened; entries of an assignment are numbered from 1 without a gap."""
    tx.append(
        "assignment_entry",
        ("book", "assignment_id", "number", "verb", "state", "at", "actor", "txn_id", "amounts",
         "note"),
        [
            (tx.book, row.step.after.id, row.number, row.step.verb, row.step.after.state, tx.now,
             tx.actor, row.txn_id, row.step.amounts, row.note)
            for row in rows
        ],
    )  # fmt: skip


def entries(tx: Tx, id_: UUID) -> list[Entry]:
    """What happened to an assignment, in order."""
    return tx.rows(
        Entry,
        """SELECT number, verb, state, at, actor, txn_id, amounts, note FROM assignment_entry
        WHERE book = %(book)s AND assignment_id = %(id)s ORDER BY number""",
        id=id_,
    )


def count_entries(tx: Tx, id_: UUID) -> int:
    """How many things happened to an assignment, which is locked."""
    found = tx.value(
        """SELECT count(*) FROM assignment_entry
        WHERE book = %(book)s AND assignment_id = %(id)s""",
        id=id_,
    )
    return int(found)


def count_all(tx: Tx, assignment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many things happened to each of these assignments, which are locked."""
    return dict(
        tx.tuples(
            """SELECT assignment_id, count(*)::int FROM assignment_entry
            WHERE book = %(book)s AND assignment_id = ANY(%(ids)s) GROUP BY 1""",
            ids=list(assignment_ids),
        )
    )


class Statement(msgspec.Struct, frozen=True):
    """What a partner has of a product in a currency, from the ledger's transfers; minor units."""

    product: str
    party: str
    currency: str
    lent: int
    earned: int
    returned: int
    serviced: int
    lost: int
    recovered: int
    position: int

    @property
    def gain(self) -> int:
        """Its fee less servicing, less what it lost and did not recover."""
        return self.earned - self.serviced - self.lost + self.recovered


def statements(tx: Tx) -> list[Statement]:
    """Who gains what: each partner's statement by product, from what was posted."""
    return tx.rows(
        Statement,
        """
        WITH own AS (
            SELECT id, split_part(path, ':', 2) AS product, split_part(path, ':', 3) AS party,
                   currency, in_ - out_ AS position
            FROM account WHERE book = %(book)s AND kind = 'funding'),
        moved AS (
            SELECT o.product, o.party, o.currency, t.template, t.amount AS amount
            FROM own o JOIN transfer t ON t.book = %(book)s AND t.to_id = o.id AND t.kind = 0
            UNION ALL
            SELECT o.product, o.party, o.currency, t.template, -t.amount
            FROM own o JOIN transfer t ON t.book = %(book)s AND t.from_id = o.id AND t.kind = 0
            UNION ALL
            SELECT split_part(i.path, ':', 2), split_part(f.path, ':', 2), t.currency, t.template,
                   t.amount
            FROM account f JOIN transfer t ON t.book = %(book)s AND t.to_id = f.id AND t.kind = 0
                 AND t.template = 'partner_recovered'
            JOIN account i ON i.book = %(book)s AND i.id = t.from_id
            WHERE f.book = %(book)s AND f.kind = 'funders.clearing')
        SELECT m.product, m.party, m.currency,
            coalesce(sum(amount) FILTER (WHERE template = 'partner_lent'), 0)::bigint AS lent,
            coalesce(sum(amount) FILTER (WHERE template = 'partner_earned'), 0)::bigint AS earned,
            coalesce(-sum(amount) FILTER (WHERE template = 'partner_returned'), 0)::bigint AS returned,
            coalesce(-sum(amount) FILTER (WHERE template = 'partner_serviced'), 0)::bigint AS serviced,
            coalesce(-sum(amount) FILTER (WHERE template = 'partner_lost'), 0)::bigint AS lost,
            coalesce(sum(amount) FILTER (WHERE template = 'partner_recovered'), 0)::bigint
                AS recovered,
            (SELECT o.position FROM own o WHERE o.product = m.product AND o.party = m.party
                AND o.currency = m.currency) AS position
        FROM moved m GROUP BY m.product, m.party, m.currency
        ORDER BY m.product, m.party, m.currency
        """,
    )


def hold_limits(tx: Tx) -> None:
    """One at a time adds to what is out, so that limits are kept by all together."""
    tx.run("SELECT pg_advisory_xact_lock(%(lock)s, %(book)s)", lock=_LIMITS_LOCK)


def exposure(tx: Tx, of: Assignment) -> Exposure:
    """What is out under the product of an assignment, in its currency."""
    rows = tx.tuples(
        f"""
        SELECT coalesce(sum(e) FILTER (WHERE debtor = %(debtor)s), 0)::bigint,
               coalesce(sum(e) FILTER (WHERE seller_id = %(seller)s), 0)::bigint,
               coalesce(sum(e), 0)::bigint
        FROM (SELECT debtor, seller_id, {_EXPOSED} AS e FROM assignment
              WHERE book = %(book)s AND product = %(product)s AND currency = %(currency)s
                AND state = ANY(%(running)s)) AS running
        """,
        debtor=of.debtor,
        seller=of.seller_id,
        product=of.product,
        currency=of.currency,
        running=list(RUNNING),
    )
    return Exposure(*rows[0])


def exposures(tx: Tx, product: str, currency: str) -> list[tuple[str, UUID, int]]:
    """What is out under a product in a currency, by debtor and seller."""
    return tx.tuples(
        f"""SELECT debtor, seller_id, sum({_EXPOSED})::bigint FROM assignment
        WHERE book = %(book)s AND product = %(product)s AND currency = %(currency)s
          AND state = ANY(%(running)s) GROUP BY 1, 2""",
        product=product,
        currency=currency,
        running=list(RUNNING),
    )


def sums(tx: Tx) -> list[Sum]:
    """Assignments by state and currency."""
    return tx.rows(
        Sum,
        f"""
        SELECT state, currency, count(*)::integer AS count, sum(face)::bigint AS face,
               sum(CASE WHEN state = ANY(%(running)s) THEN {_EXPOSED} ELSE 0 END)::bigint AS exposure
        FROM assignment WHERE book = %(book)s GROUP BY state, currency ORDER BY state, currency
        """,
        running=list(RUNNING),
    )


def ages(tx: Tx, on: date) -> list[Age]:
    """What debtors owe by age: not due, 1 to 30, 31 to 60, 61 to 90 days over, and longer."""
    return tx.rows(
        Age,
        """
        SELECT least(greatest((%(on)s::date - due_on + 29) / 30, 0), 4) AS bucket, currency,
               count(*)::integer AS count, sum(receivable)::bigint AS amount
        FROM assignment
        WHERE book = %(book)s AND receivable > 0 AND state IN ('advanced', 'confirmed', 'disputed')
        GROUP BY 1, 2 ORDER BY 2, 1
        """,
        on=on,
    )


def debtors(tx: Tx, on: date, limit: int, sellers: list[UUID] | None = None) -> list[Debtor]:
    """Debtors on whom most is out."""
    return tx.rows(
        Debtor,
        f"""
        SELECT debtor, currency, count(*)::integer AS count, sum({_EXPOSED})::bigint AS exposure,
               coalesce(sum(receivable) FILTER (WHERE due_on < %(on)s), 0)::bigint AS overdue
        FROM assignment
        WHERE book = %(book)s AND state = ANY(%(running)s)
          AND (%(sellers)s::uuid[] IS NULL OR seller_id = ANY(%(sellers)s))
        GROUP BY debtor, currency ORDER BY exposure DESC, debtor, currency LIMIT %(limit)s
        """,
        on=on,
        running=list(RUNNING),
        limit=limit,
        sellers=sellers,
    )
