"""SQL of facilities: the tree, what moves limits, appeals and reservations."""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.lending.facility.model import Appeal, Change, Facility, Reservation

_FACILITY: LiteralString = """f.id, f.parent_id, f.level, f.party, f.scene, f.name, f.currency, f.state,
    f.opened_at, f.closed_at"""
_CHANGE: LiteralString = """id, facility_id, number, kind, since, until, amount, share_ppm, cause, evidence, ends,
    recorded_at, actor"""
_APPEAL: LiteralString = """id, facility_id, freeze_id, words, state, made_at, made_by, decided_at,
    decided_by, answer"""
_RESERVATION: LiteralString = "id, facility_id, amount, reference, until, made_at, actor"


def _add(tx: Tx, table: str, row: msgspec.Struct) -> None:
    tx.append(
        table, ("book", *row.__struct_fields__), [(tx.book, *msgspec.structs.astuple(row))]
    )  # fmt: skip


def add(tx: Tx, facility: Facility) -> None:
    """A new facility."""
    _add(tx, "facility", facility)


def add_change(tx: Tx, change: Change) -> None:
    """One more entry in the list of a limit."""
    _add(tx, "facility_change", change)


def add_appeal(tx: Tx, appeal: Appeal) -> None:
    """A new appeal; a second open one against the same freeze is a Conflict."""
    _add(tx, "facility_appeal", appeal)


def add_reservation(tx: Tx, reservation: Reservation) -> None:
    """A new reservation."""
    _add(tx, "facility_reservation", reservation)


def facility(tx: Tx, id_: UUID) -> Facility | None:
    """One facility, or None."""
    return tx.row(
        Facility,
        f"SELECT {_FACILITY} FROM facility f WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def way_up(tx: Tx, id_: UUID) -> list[Facility]:
    """A facility and all above it, from below; empty where there is none."""
    return tx.rows(
        Facility,
        f"""
        WITH RECURSIVE up AS (
            SELECT id, parent_id, 0 AS n FROM facility WHERE book = %(book)s AND id = %(id)s
            UNION ALL
            SELECT f.id, f.parent_id, up.n + 1 FROM up
            JOIN facility f ON f.book = %(book)s AND f.id = up.parent_id)
        SELECT {_FACILITY} FROM up JOIN facility f ON f.book = %(book)s AND f.id = up.id ORDER BY up.n
        """,
        id=id_,
    )


def chain(tx: Tx, id_: UUID) -> list[Facility]:
    """The same as it was once seen: who is above whom, in which currency, never changes; states do."""
    key = ("facility.chain", tx.book, id_)
    known: list[Facility] | None = tx.known(key)
    if known is None:
        known = way_up(tx, id_)
        if known:
            tx.learn(key, known)
    return known


def below(tx: Tx, id_: UUID, limit: int = 500) -> list[Facility]:
    """All facilities below one, those of one level together."""
    return tx.rows(
        Facility,
        f"""
        WITH RECURSIVE down AS (
            SELECT id, 0 AS n FROM facility WHERE book = %(book)s AND id = %(id)s
            UNION ALL
            SELECT f.id, down.n + 1 FROM down
            JOIN facility f ON f.book = %(book)s AND f.parent_id = down.id)
        SELECT {_FACILITY} FROM down JOIN facility f ON f.book = %(book)s AND f.id = down.id
        WHERE down.n > 0 ORDER BY down.n, f.id LIMIT %(limit)s
        """,
        id=id_,
        limit=limit,
    )


def facilities(
    tx: Tx, *, party: str = "", level: str = "", state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Facility]:  # fmt: skip
    """Facilities, newest first; of the parties `among` alone where given."""
    return tx.rows(
        Facility,
        f"""
        SELECT {_FACILITY} FROM facility f
        WHERE book = %(book)s
          AND (%(party)s = '' OR party = %(party)s)
          AND (%(level)s = '' OR level = %(level)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(among)s::text[] IS NULL OR party = ANY(%(among)s))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        party=party,
        level=level,
        state=state,
        among=among,
        after=after,
        limit=limit,
    )


def close(tx: Tx, facility: Facility) -> None:
    """Write that a facility is closed; its accounts are locked."""
    tx.run(
        """UPDATE facility SET state = %(state)s, closed_at = %(at)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=facility.id,
        state=facility.state,
        at=facility.closed_at,
    )


def changes(tx: Tx, facility_ids: list[UUID]) -> dict[UUID, list[Change]]:
    """All that was said of the limits of facilities, in the order in which it was said."""
    rows = tx.rows(
        Change,
        f"""SELECT {_CHANGE} FROM facility_change
        WHERE book = %(book)s AND facility_id = ANY(%(ids)s) ORDER BY facility_id, number""",
        ids=columns.uuids(facility_ids),
    )
    found: dict[UUID, list[Change]] = {id_: [] for id_ in facility_ids}
    for row in rows:
        found[row.facility_id].append(row)
    return found


def changes_page(tx: Tx, facility_id: UUID, *, before: int | None, limit: int) -> list[Change]:
    """What was said of one limit, newest first."""
    return tx.rows(
        Change,
        f"""
        SELECT {_CHANGE} FROM facility_change
        WHERE book = %(book)s AND facility_id = %(id)s
          AND (%(before)s::integer IS NULL OR number < %(before)s)
        ORDER BY number DESC LIMIT %(limit)s
        """,
        id=facility_id,
        before=before,
        limit=limit,
    )


def change(tx: Tx, id_: UUID) -> Change | None:
    """One change, or None."""
    return tx.row(
        Change,
        f"SELECT {_CHANGE} FROM facility_change WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def appeal(tx: Tx, id_: UUID, *, lock: bool = False) -> Appeal | None:
    """One appeal, or None."""
    return tx.row(
        Appeal,
        f"SELECT {_APPEAL} FROM facility_appeal WHERE book = %(book)s AND id = %(id)s"
        + (" FOR UPDATE" if lock else ""),
        id=id_,
    )


def appeals(
    tx: Tx, *, facility: UUID | None = None, state: str = "", among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Appeal]:  # fmt: skip
    """Appeals, newest first; of the parties `among` alone where given."""
    return tx.rows(
        Appeal,
        f"""
        SELECT {_APPEAL} FROM facility_appeal a
        WHERE book = %(book)s
          AND (%(facility)s::uuid IS NULL OR facility_id = %(facility)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(among)s::text[] IS NULL OR EXISTS (
              SELECT FROM facility f WHERE f.book = a.book AND f.id = a.facility_id
              AND f.party = ANY(%(among)s)))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        facility=facility,
        state=state,
        among=among,
        after=after,
        limit=limit,
    )


def decide(tx: Tx, appeal: Appeal) -> None:
    """Write what was decided on an appeal; it is locked."""
    tx.run(
        """
        UPDATE facility_appeal SET state = %(state)s, decided_at = %(at)s, decided_by = %(by)s,
            answer = %(answer)s
        WHERE book = %(book)s AND id = %(id)s
        """,
        id=appeal.id,
        state=appeal.state,
        at=appeal.decided_at,
        by=appeal.decided_by,
        answer=appeal.answer,
    )


def reservation(tx: Tx, id_: UUID) -> Reservation | None:
    """One reservation, or None."""
    return tx.row(
        Reservation,
        f"SELECT {_RESERVATION} FROM facility_reservation WHERE book = %(book)s AND id = %(id)s",
        id=id_,
    )


def reservations(
    tx: Tx, *, facility: UUID | None = None, among: list[str] | None = None,
    after: UUID | None = None, limit: int = 50,
) -> list[Reservation]:  # fmt: skip
    """Reservations, newest first."""
    return tx.rows(
        Reservation,
        f"""
        SELECT {_RESERVATION} FROM facility_reservation r
        WHERE book = %(book)s
          AND (%(facility)s::uuid IS NULL OR facility_id = %(facility)s)
          AND (%(among)s::text[] IS NULL OR EXISTS (
              SELECT FROM facility f WHERE f.book = r.book AND f.id = r.facility_id
              AND f.party = ANY(%(among)s)))
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        facility=facility,
        among=among,
        after=after,
        limit=limit,
    )
