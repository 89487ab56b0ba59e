"""The SQL of programmes, certificates, vouchers and double spends."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.vouchers.model import (
    CertificateRow,
    DoubleSpend,
    Exposure,
    Programme,
    VoucherRow,
)

_PROGRAMME = """id, name, currency, single, cumulative, lower, upper, certificate_days, deposit_days,
    bearer, loss_max, state, created_at"""
_CERTIFICATE = """id, device_id, programme_id, party, role, currency, amount, hold_id, counter,
    begins, ends, deposit_until, settled_at, text"""
_VOUCHER = """id, digest, certificate_id, programme_id, device_id, counter, amount, total, currency,
    payer, merchant, till_id, paid_at, deposited_at, state, reason, captured, borne, payment_id,
    bundle, acceptance, receipt"""
_CASE = "id, device_id, counter, kind, first_id, second_id, found_at"


def add_programme(tx: Tx, programme: Programme) -> None:
    """A new programme."""
    _add(tx, "programme", [programme])


def programme(tx: Tx, programme_id: UUID) -> Programme | None:
    """One programme, or None."""
    return tx.row(
        Programme,
        f"SELECT {_PROGRAMME} FROM programme WHERE book = %(book)s AND id = %(id)s",
        id=programme_id,
    )


def programmes(tx: Tx, *, after: UUID | None = None, limit: int = 50) -> list[Programme]:
    """Programmes, newest first."""
    return tx.rows(
        Programme,
        f"""SELECT {_PROGRAMME} FROM programme
        WHERE book = %(book)s AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        after=after,
        limit=limit,
    )


def close_programme(tx: Tx, programme_id: UUID) -> int:
    """Close a programme; how many were open."""
    return tx.count(
        """UPDATE programme SET state = 'closed'
        WHERE book = %(book)s AND id = %(id)s AND state = 'open'""",
        id=programme_id,
    )


def add_certificate(tx: Tx, row: CertificateRow) -> None:
    """A certificate as it was issued."""
    _add(tx, "certificate", [row])


def certificates(
    tx: Tx, *, ids: Collection[UUID] | None = None, device: UUID | None = None
) -> list[CertificateRow]:
    """Certificates by their ids or of a device, newest first."""
    return tx.rows(
        CertificateRow,
        f"""SELECT {_CERTIFICATE} FROM certificate
        WHERE book = %(book)s AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s))
          AND (%(device)s::uuid IS NULL OR device_id = %(device)s)
        ORDER BY id DESC""",
        ids=None if ids is None else list(ids),
        device=device,
    )


def settle_certificate(tx: Tx, certificate_id: UUID) -> int:
    """What was left of its hold was freed; how many were not settled before."""
    return tx.count(
        """UPDATE certificate SET settled_at = %(now)s
        WHERE book = %(book)s AND id = %(id)s AND settled_at IS NULL""",
        id=certificate_id,
        now=tx.now,
    )


def add_vouchers(tx: Tx, rows: Collection[VoucherRow]) -> None:
    """Vouchers that came in."""
    _add(tx, "voucher", rows)


def resolve_voucher(tx: Tx, row: VoucherRow) -> int:
    """What became of a disputed voucher; how many were still disputed."""
    return tx.count(
        """
        UPDATE voucher SET state = %(state)s, reason = %(reason)s, captured = %(captured)s,
            borne = %(borne)s, payment_id = %(payment)s, receipt = %(receipt)s
        WHERE book = %(book)s AND id = %(id)s AND state = 'disputed'
        """,
        id=row.id,
        state=row.state,
        reason=row.reason,
        captured=row.captured,
        borne=row.borne,
        payment=row.payment_id,
        receipt=row.receipt,
    )


def voucher(tx: Tx, voucher_id: UUID) -> VoucherRow | None:
    """One voucher, or None."""
    return tx.row(
        VoucherRow,
        f"SELECT {_VOUCHER} FROM voucher WHERE book = %(book)s AND id = %(id)s",
        id=voucher_id,
    )


def under_counters(tx: Tx, counters: Collection[tuple[UUID, int]]) -> list[VoucherRow]:
    """Every voucher that came in under these counters of devices, in the order of arrival."""
    listed = list(counters)
    return tx.rows(
        VoucherRow,
        f"""
        SELECT {_VOUCHER} FROM voucher
        WHERE book = %(book)s AND (device_id, counter) IN (
            SELECT * FROM unnest(%(devices)s::uuid[], %(counters)s::bigint[]))
        ORDER BY id
        """,
        devices=[device for device, _ in listed],
        counters=[counter for _, counter in listed],
    )


def lost(tx: Tx, device_ids: Collection[UUID]) -> dict[UUID, int]:
    """What was borne for devices beyond their holds, minor units."""
    rows = tx.tuples(
        """SELECT device_id, sum(borne)::bigint FROM voucher
        WHERE book = %(book)s AND device_id = ANY(%(ids)s) AND borne > 0 GROUP BY device_id""",
        ids=columns.uuids(sorted(device_ids)),
    )
    return dict(rows)


def vouchers(tx: Tx, *, after: UUID | None = None, limit: int = 50, **of: Any) -> list[VoucherRow]:
    """Vouchers, newest first; of a `device`, a `programme`, in a `state`, of `merchants`."""
    wanted = {"device": None, "programme": None, "state": "", "merchants": None, "payers": None}
    return tx.rows(
        VoucherRow,
        f"""
        SELECT {_VOUCHER} FROM voucher
        WHERE book = %(book)s
          AND (%(device)s::uuid IS NULL OR device_id = %(device)s)
          AND (%(programme)s::uuid IS NULL OR programme_id = %(programme)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(merchants)s::text[] IS NULL OR merchant = ANY(%(merchants)s)
               OR payer = ANY(%(payers)s::text[]))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        after=after,
        limit=limit,
        **(wanted | of),
    )


def reached(tx: Tx, certificate_id: UUID, highest: int) -> tuple[int, int]:
    """How many counters of a certificate up to `highest` came in, and the sum of their amounts."""
    rows = tx.tuples(
        """SELECT count(*), coalesce(sum(amount), 0)::bigint FROM voucher
        WHERE book = %(book)s AND certificate_id = %(id)s AND counter <= %(highest)s
          AND state IN ('deposited', 'disputed')""",
        id=certificate_id,
        highest=highest,
    )
    count, amount = rows[0]
    return count, amount


def disputed(tx: Tx, certificate_id: UUID) -> int:
    """How many vouchers of a certificate are disputed."""
    return int(
        tx.value(
            """SELECT count(*) FROM voucher
            WHERE book = %(book)s AND certificate_id = %(id)s AND state = 'disputed'""",
            id=certificate_id,
        )
    )


def add_case(tx: Tx, case: DoubleSpend) -> None:
    """A double spend that was proved."""
    _add(tx, "double_spend", [case])


def case(tx: Tx, case_id: UUID) -> DoubleSpend | None:
    """One double spend, or None."""
    return tx.row(
        DoubleSpend,
        f"SELECT {_CASE} FROM double_spend WHERE book = %(book)s AND id = %(id)s",
        id=case_id,
    )


def cases(
    tx: Tx, *, device: UUID | None = None, after: UUID | None = None, limit: int = 50
) -> list[DoubleSpend]:
    """Double spends, newest first."""
    return tx.rows(
        DoubleSpend,
        f"""SELECT {_CASE} FROM double_spend
        WHERE book = %(book)s AND (%(device)s::uuid IS NULL OR device_id = %(device)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        device=device,
        after=after,
        limit=limit,
    )


def exposures(
    tx: Tx, *, programme: UUID | None = None, device: UUID | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Exposure]:  # fmt: skip
    """The certificates of wallets with what is out under each, newest first."""
    return tx.rows(
        Exposure,
        """
        SELECT c.id AS certificate_id, c.device_id, c.party, c.currency, c.amount, c.ends,
            c.deposit_until, c.settled_at, coalesce(v.captured, 0)::bigint AS captured,
            coalesce(v.arrived, 0) AS arrived, coalesce(v.highest, c.counter) AS highest,
            coalesce(v.highest - c.counter - v.arrived, 0) AS missing,
            greatest(coalesce(v.total - v.amount, 0), 0)::bigint AS missing_value
        FROM certificate c
        LEFT JOIN LATERAL (
            SELECT sum(captured) AS captured, count(*) AS arrived, max(counter) AS highest,
                (array_agg(total ORDER BY counter DESC))[1] AS total, sum(amount) AS amount
            FROM voucher
            WHERE certificate_id = c.id AND book = c.book AND state IN ('deposited', 'disputed')
            HAVING count(*) > 0) v ON true
        WHERE c.book = %(book)s AND c.role = 'wallet'
          AND (%(programme)s::uuid IS NULL OR c.programme_id = %(programme)s)
          AND (%(device)s::uuid IS NULL OR c.device_id = %(device)s)
          AND (%(after)s::uuid IS NULL OR c.id < %(after)s)
        ORDER BY c.id DESC LIMIT %(limit)s
        """,
        programme=programme,
        device=device,
        after=after,
        limit=limit,
    )


def totals(tx: Tx, programme_id: UUID) -> dict[str, int]:
    """A programme in all: held now, captured, borne, disputed (minor units), cases and wallets."""
    rows = tx.tuples(
        """
        SELECT
            (SELECT coalesce(sum(h.remaining), 0)::bigint FROM certificate c
             JOIN hold h ON h.book = c.book AND h.id = c.hold_id AND h.state = 'open'
             WHERE c.book = %(book)s AND c.programme_id = %(id)s),
            (SELECT count(DISTINCT device_id) FROM certificate
             WHERE book = %(book)s AND programme_id = %(id)s AND role = 'wallet'),
            coalesce(sum(captured), 0)::bigint, coalesce(sum(borne), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE state = 'disputed'), 0)::bigint,
            count(*) FILTER (WHERE state = 'double_spend')
        FROM voucher WHERE book = %(book)s AND programme_id = %(id)s
        """,
        id=programme_id,
    )
    names = ("held", "wallets", "captured", "borne", "disputed", "double_spends")
    return dict(zip(names, rows[0], strict=True))


def _add(tx: Tx, table: str, rows: Collection[msgspec.Struct]) -> None:
    names = next(iter(rows)).__struct_fields__ if rows else ()
    tx.append(table, ("book", *names), ((tx.book, *msgspec.structs.astuple(row)) for row in rows))
