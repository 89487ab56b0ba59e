"""Organisations of a book, and the rows that partners were granted.

An organisation's kind, role and object never change: it is ended, and another one is opened. With
it end its keys, its members and their sessions.
"""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.access.model import Grant, Kind, Organisation, role_scopes, widest
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem

_COLUMNS = "id, kind, name, role, object_id, created_at, ended_at"


class OrganisationStands(Problem):
    """That seller or buyer has an organisation already."""

    code = "organisation_stands"
    status = 409


class NotAPartner(Problem):
    """Rows are granted to partners; a seller or a buyer has its own."""

    code = "not_a_partner"
    status = 409


def open_organisation(
    tx: Tx, kind: Kind, name: str, *, role: str = "", object_id: UUID | None = None
) -> Organisation:
    """Open an organisation; a seller's or buyer's is bound to that object, which must be known.

    Raises UnknownRole and OrganisationStands.
    """
    role = role or widest(kind)
    role_scopes(kind, role)
    if object_id is not None and organisation_of(tx, object_id):
        raise OrganisationStands(name=name)
    id_ = tx.id("org", f"{kind}/{object_id or name}/{tx.now.isoformat()}")
    made = Organisation(id_, kind, name, role, object_id, tx.now, None)
    tx.append(
        "organisation",
        ("book", "id", "kind", "name", "role", "object_id", "created_at"),
        [(tx.book, id_, kind, name, role, object_id, tx.now)],
    )
    tx.emit("organisation.opened", ids.show("org", id_), name=name, role=f"{kind}.{role}")
    return made


def end_organisation(tx: Tx, organisation_id: UUID) -> Organisation:
    """End it: its keys, members and sessions end at once. Again changes nothing. Raises NotFound."""
    found = organisation(tx, organisation_id)
    if found.ended_at is not None:
        return found
    tx.run(
        "UPDATE organisation SET ended_at = %(at)s WHERE book = %(book)s AND id = %(id)s",
        id=organisation_id,
        at=tx.now,
    )
    tx.run(
        """UPDATE api_key SET revoked_at = %(at)s
        WHERE book = %(book)s AND organisation_id = %(id)s AND revoked_at IS NULL""",
        id=organisation_id,
        at=tx.now,
    )
    tx.run(
        """UPDATE console_session SET ended_at = %(at)s WHERE book = %(book)s AND ended_at IS NULL
        AND member_id IN (SELECT id FROM member
            WHERE book = %(book)s AND organisation_id = %(id)s)""",
        id=organisation_id,
        at=tx.now,
    )
    tx.run(
        """UPDATE member SET removed_at = %(at)s
        WHERE book = %(book)s AND organisation_id = %(id)s AND removed_at IS NULL""",
        id=organisation_id,
        at=tx.now,
    )
    tx.emit("organisation.ended", ids.show("org", organisation_id))
    return organisation(tx, organisation_id)


def organisation(tx: Tx, organisation_id: UUID) -> Organisation:
    """One organisation of the book. Raises NotFound."""
    row = tx.row(
        Organisation,
        f"SELECT {_COLUMNS} FROM organisation WHERE book = %(book)s AND id = %(id)s",
        id=organisation_id,
    )
    if row is None:
        raise NotFound(kind="organisation", id=ids.show("org", organisation_id))
    return row


def organisation_of(tx: Tx, object_id: UUID) -> Organisation | None:
    """The organisation of a seller or a buyer, or None."""
    return tx.row(
        Organisation,
        f"""SELECT {_COLUMNS} FROM organisation
        WHERE book = %(book)s AND object_id = %(object)s AND ended_at IS NULL""",
        object=object_id,
    )


def organisations(
    tx: Tx, *, kind: str = "", after: UUID | None = None, limit: int = 50
) -> list[Organisation]:
    """The organisations of the book, newest first, older than the cursor."""
    return tx.rows(
        Organisation,
        f"""SELECT {_COLUMNS} FROM organisation
        WHERE book = %(book)s AND %(kind)s IN ('', kind)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s""",
        kind=kind,
        after=after,
        limit=limit,
    )


def grant_rows(tx: Tx, organisation_id: UUID, seller_id: UUID | None) -> Grant:
    """Let a partner see a seller's rows, or the whole book; again answers the grant that stands.

    Raises NotFound and NotAPartner.
    """
    owner = organisation(tx, organisation_id)
    if owner.kind != "partner":
        raise NotAPartner(name=owner.name)
    for standing in grants(tx, organisation_id):
        if standing.seller_id == seller_id and standing.revoked_at is None:
            return standing
    whose = ids.show("slr", seller_id) if seller_id else ""
    shown = ids.show("org", organisation_id)
    id_ = tx.id("grt", f"{shown}/{whose}/{tx.now.isoformat()}")
    tx.append(
        "row_grant",
        ("book", "id", "organisation_id", "seller_id", "granted_at"),
        [(tx.book, id_, organisation_id, seller_id, tx.now)],
    )
    tx.emit("rows.granted", shown, seller=whose)
    return Grant(id_, organisation_id, seller_id, tx.now, None)


def revoke_grant(tx: Tx, grant_id: UUID) -> None:
    """Take rows back at once. Raises NotFound."""
    owner = tx.value(
        """UPDATE row_grant SET revoked_at = coalesce(revoked_at, %(at)s)
        WHERE book = %(book)s AND id = %(id)s RETURNING organisation_id""",
        id=grant_id,
        at=tx.now,
    )
    if owner is None:
        raise NotFound(kind="grant", id=ids.show("grt", grant_id))
    tx.emit("rows.revoked", ids.show("org", owner), grant=ids.show("grt", grant_id))


def grants(tx: Tx, organisation_id: UUID) -> list[Grant]:
    """What a partner was ever granted, newest first."""
    return tx.rows(
        Grant,
        """SELECT id, organisation_id, seller_id, granted_at, revoked_at FROM row_grant
        WHERE book = %(book)s AND organisation_id = %(owner)s ORDER BY id DESC""",
        owner=organisation_id,
    )
