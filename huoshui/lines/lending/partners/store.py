"""The SQL of partners: parts of loans, claims on covers, statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.partners.claim import CoverClaim

_CLAIM = ", ".join(CoverClaim.__struct_fields__)


class PartRow(msgspec.Struct, frozen=True):
    """What a partner has of a loan, in minor units, as it stands on the ledger."""

    loan_id: UUID
    product: str
    currency: str
    role: str
    party: str
    kind: str
    amount: int


class PartSum(msgspec.Struct, frozen=True):
    """What a partner has of a product's loans."""

    product: str
    currency: str
    role: str
    party: str
    kind: str
    amount: int


class ClaimEntry(msgspec.Struct, frozen=True):
    """One thing that happened to a claim; `amount` is that of its posting."""

    claim_id: UUID
    number: int
    verb: str
    state: str
    at: datetime
    actor: str
    amount: int
    note: str


def parts(tx: Tx, loan_ids: Collection[UUID]) -> list[PartRow]:
    """What stands of partners of loans; whoever reads it holds the loans' rows."""
    return tx.rows(
        PartRow,
        """SELECT loan_id, product, currency, role, party, kind, amount FROM loan_part
        WHERE book = %(book)s AND loan_id = ANY(%(ids)s)""",
        ids=sorted(loan_ids),
    )


def keep_parts(tx: Tx, rows: Collection[PartRow]) -> None:
    """Write what stands now."""
    tx.run(
        """
        INSERT INTO loan_part (book, loan_id, product, currency, role, party, kind, amount)
        SELECT %(book)s, * FROM unnest(%(ids)s::uuid[], %(products)s::text[], %(currencies)s::text[],
            %(roles)s::text[], %(parties)s::text[], %(kinds)s::text[], %(amounts)s::bigint[])
        ON CONFLICT (book, loan_id, role, party, kind) DO UPDATE SET amount = excluded.amount
        """,
        ids=[row.loan_id for row in rows],
        products=[row.product for row in rows],
        currencies=[row.currency for row in rows],
        roles=[row.role for row in rows],
        parties=[row.party for row in rows],
        kinds=[row.kind for row in rows],
        amounts=[row.amount for row in rows],
    )


def behind(tx: Tx, limit: int) -> list[UUID]:
    """Loans with partners whose days are on the ledger and not yet shared."""
    rows = tx.tuples(
        """SELECT DISTINCT a.loan_id FROM loan_part p
        JOIN loan_accrued a ON a.book = p.book AND a.loan_id = p.loan_id
        WHERE p.book = %(book)s AND p.role = 'loan'
          AND (p.kind = 'accrued_interest' AND a.interest <> p.amount
            OR p.kind = 'accrued_charges' AND a.charges + a.penalty <> p.amount)
        ORDER BY a.loan_id LIMIT %(limit)s""",
        limit=limit,
    )
    return [loan_id for (loan_id,) in rows]


def sums(tx: Tx) -> list[PartSum]:
    """What each partner has of each product's loans, by kind."""
    return tx.rows(
        PartSum,
        """SELECT product, currency, role, party, kind, sum(amount)::bigint AS amount
        FROM loan_part WHERE book = %(book)s
        GROUP BY product, currency, role, party, kind ORDER BY product, currency, role, party, kind""",
    )


def own_sums(tx: Tx, products: Collection[str]) -> list[PartSum]:
    """What the platform itself has gained by products: of their income, expense and allowance accounts."""
    return tx.rows(
        PartSum,
        """SELECT split_part(path, ':', 2) AS product, currency, 'platform' AS role,
            'platform' AS party,
            CASE kind WHEN 'allowance' THEN 'allowance' ELSE split_part(path, ':', 3) END AS kind,
            sum(in_ - out_)::bigint AS amount
        FROM account WHERE book = %(book)s AND kind IN ('income', 'expense', 'allowance')
            AND split_part(path, ':', 2) = ANY(%(products)s)
        GROUP BY 1, 2, 5 HAVING sum(in_ - out_) <> 0 ORDER BY 1, 2, 5""",
        products=sorted(products),
    )


def claims_of(tx: Tx, loan_ids: Collection[UUID]) -> list[CoverClaim]:
    """The claims of loans, locked; whoever reads them holds the loans' rows."""
    return tx.rows(
        CoverClaim,
        f"""SELECT {_CLAIM} FROM cover_claim
        WHERE book = %(book)s AND loan_id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE""",
        ids=sorted(loan_ids),
    )


def claim(tx: Tx, id_: UUID) -> CoverClaim | None:
    """One claim, or None."""
    return tx.row(
        CoverClaim,
        f"SELECT {_CLAIM} FROM cover_claim WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def claims(
    tx: Tx, *, state: str = "", loan_id: UUID | None = None, after: UUID | None = None,
    limit: int = 50,
) -> list[CoverClaim]:  # fmt: skip
    """Claims, newest first."""
    return tx.rows(
        CoverClaim,
        f"""SELECT {_CLAIM} FROM cover_claim
        WHERE book = %(book)s
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(loan)s::uuid IS NULL OR loan_id = %(loan)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        state=state,
        loan=loan_id,
        after=after,
        limit=limit,
    )


def keep_claims(tx: Tx, rows: Iterable[CoverClaim]) -> None:
    """Write claims as they are now."""
    names = CoverClaim.__struct_fields__
    marks = ", ".join(f"%({name})s" for name in names)
    fixed = {"id", "loan_id", "product", "party", "role", "currency", "drafted_at"}
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in fixed)
    for row in rows:
        tx.run(
            f"""INSERT INTO cover_claim (book, {_CLAIM}) VALUES (%(book)s, {marks})
            ON CONFLICT (book, id) DO UPDATE SET {changed}""",
            **msgspec.structs.asdict(row),
        )


def entries(tx: Tx, claim_id: UUID) -> list[ClaimEntry]:
    """What happened to a claim, in its order."""
    return tx.rows(
        ClaimEntry,
        """SELECT claim_id, number, verb, state, at, actor, amount, note FROM cover_claim_entry
        WHERE book = %(book)s AND claim_id = %(id)s ORDER BY number""",
        id=claim_id,
    )


def add_entry(tx: Tx, claim: CoverClaim, verb: str, amount: int, note: str = "") -> None:
    """Append what happened to a claim; its row is locked."""
    tx.run(
        """INSERT INTO cover_claim_entry (book, claim_id, number, verb, state, at, actor, amount, note)
        SELECT %(book)s, %(id)s, count(*) + 1, %(verb)s, %(state)s, %(now)s, %(actor)s, %(amount)s,
            %(note)s
        FROM cover_claim_entry WHERE book = %(book)s AND claim_id = %(id)s""",
        id=claim.id,
        verb=verb,
        state=claim.state,
        now=tx.now,
        actor=tx.actor,
        amount=amount,
        note=note,
    )
