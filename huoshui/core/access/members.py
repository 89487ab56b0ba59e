"""Members: the people of the marketplace and of its organisations, and links that invite them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids
from huoshui.core.access.model import Bound, Kind, UnknownRole, bound_of, role_scopes
from huoshui.core.access.organisations import organisation
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.passkey.store import passkeys

INVITATION_DAYS = 7
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_COLUMNS = """m.id, m.organisation_id, m.email, m.name, m.language, m.role, m.password,
    m.totp_secret, m.totp_step, m.created_at, m.removed_at"""


class BadEmail(Problem):
    """Not an e-mail address."""

    code = "bad_email"
    status = 422


class MemberStands(Problem):
    """Somebody with that address is a member already."""

    code = "member_stands"
    status = 409


class LinkUsed(Problem):
    """A link that was used, has run out, or never was: nobody is told which."""

    code = "link_used"
    status = 404


class Member(msgspec.Struct, frozen=True):
    """A person: of an organisation, or of the marketplace without one."""

    id: UUID
    organisation_id: UUID | None
    email: str
    name: str
    language: str
    role: str
    password: str | None
    totp_secret: bytes | None
    totp_step: int
    created_at: datetime
    removed_at: datetime | None

    @property
    def shown(self) -> str:
        """The public id."""
        return ids.show("mbr", self.id)


class Standing(msgspec.Struct, frozen=True):
    """What a member may do and whose rows it sees."""

    member: Member
    kind: Kind
    scopes: frozenset[str]
    bound: Bound


def invite(
    tx: Tx,
    email: str,
    name: str,
    role: str,
    *,
    language: str = "zh",
    organisation_id: UUID | None = None,
) -> tuple[Member, str]:
    """A new member, and the secret of the link by which they choose a password.

    Raises BadEmail, UnknownRole, MemberStands, and NotFound for an organisation that has ended.
    """
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        fault = FieldError("/email", "email", {"value": email[:80]})
        raise BadEmail(email=email[:80], errors=(fault,))
    role_scopes(_kind(tx, organisation_id), role)
    if by_email(tx, email):
        raise MemberStands(email=email)
    id_ = tx.id("mbr", f"{email}/{tx.now.isoformat()}")
    tx.append(
        "member",
        ("book", "id", "organisation_id", "email", "name", "language", "role", "created_at"),
        [(tx.book, id_, organisation_id, email, name, language, role, tx.now)],
    )
    tx.emit("member.invited", ids.show("mbr", id_), role=role)
    return member(tx, id_), new_link(tx, id_)


def _kind(tx: Tx, organisation_id: UUID | None) -> Kind:
    if organisation_id is None:
        return "marketplace"
    found = organisation(tx, organisation_id)
    if found.ended_at is not None:
        raise NotFound(kind="organisation", id=ids.show("org", organisation_id))
    return found.kind


def new_link(tx: Tx, member_id: UUID) -> str:
    """The secret of a link to choose a password by, good once; older ones end."""
    secret = crypto.token()
    tx.run(
        """UPDATE invitation SET used_at = %(at)s
        WHERE book = %(book)s AND member_id = %(member)s AND used_at IS NULL""",
        member=member_id,
        at=tx.now,
    )
    tx.append(
        "invitation",
        ("book", "digest", "member_id", "until"),
        [(tx.book, crypto.sha256(secret.encode()), member_id,
          tx.now + timedelta(days=INVITATION_DAYS))],
    )  # fmt: skip
    return secret


def link_path(world: str, book: str, secret: str) -> str:
    """Where a link leads, under the console's origin."""
    return "/console/-/join?" + urlencode({"world": world, "book": book, "link": secret})


def invited(tx: Tx, secret: str) -> Member:
    """Whom a link invites, while it is good. Raises LinkUsed."""
    row = tx.row(
        Member,
        f"""SELECT {_COLUMNS} FROM invitation i
        JOIN member m ON m.book = i.book AND m.id = i.member_id
        WHERE i.book = %(book)s AND i.digest = %(digest)s AND i.used_at IS NULL
          AND i.until > %(now)s AND m.removed_at IS NULL""",
        digest=crypto.sha256(secret.encode()),
        now=tx.now,
    )
    if row is None:
        raise LinkUsed()
    return row


def join(tx: Tx, secret: str, hashed: str) -> Member:
    """Choose a password by a link, which is used up; every session of before ends.

    Raises LinkUsed.
    """
    found = invited(tx, secret)
    used = tx.count(
        """UPDATE invitation SET used_at = %(at)s
        WHERE book = %(book)s AND digest = %(digest)s AND used_at IS NULL""",
        digest=crypto.sha256(secret.encode()),
        at=tx.now,
    )
    if not used:
        raise LinkUsed()
    set_password(tx, found.id, hashed)
    tx.emit("member.joined", found.shown)
    return member(tx, found.id)


def set_password(tx: Tx, member_id: UUID, hashed: str, *, but: UUID | None = None) -> None:
    """Keep a new password; every session ends but one, which chose it."""
    tx.run(
        "UPDATE member SET password = %(hashed)s WHERE book = %(book)s AND id = %(id)s",
        id=member_id,
        hashed=hashed,
    )
    end_sessions(tx, member_id, but=but)
    tx.emit("member.password_changed", ids.show("mbr", member_id))


def end_sessions(tx: Tx, member_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a member at once, but one."""
    tx.run(
        """UPDATE console_session SET ended_at = %(at)s WHERE book = %(book)s
        AND member_id = %(id)s AND ended_at IS NULL AND id IS DISTINCT FROM %(but)s""",
        id=member_id,
        at=tx.now,
        but=but,
    )


def remove_member(tx: Tx, member_id: UUID) -> None:
    """A member is one no more: sessions and links end at once. Raises NotFound."""
    found = member(tx, member_id)
    if found.removed_at is not None:
        return
    tx.run(
        "UPDATE member SET removed_at = %(at)s WHERE book = %(book)s AND id = %(id)s",
        id=member_id,
        at=tx.now,
    )
    end_sessions(tx, member_id)
    tx.emit("member.removed", found.shown)


def member(tx: Tx, member_id: UUID) -> Member:
    """One member of the book. Raises NotFound."""
    row = tx.row(
        Member,
        f"SELECT {_COLUMNS} FROM member m WHERE m.book = %(book)s AND m.id = %(id)s",
        id=member_id,
    )
    if row is None:
        raise NotFound(kind="member", id=ids.show("mbr", member_id))
    return row


def by_email(tx: Tx, email: str) -> Member | None:
    """The member with that address, or None."""
    return tx.row(
        Member,
        f"""SELECT {_COLUMNS} FROM member m
        WHERE m.book = %(book)s AND m.email = %(email)s AND m.removed_at IS NULL""",
        email=email.strip().lower(),
    )


def members(
    tx: Tx, *, organisation_id: UUID | None = None, after: UUID | None = None, limit: int = 50
) -> list[Member]:
    """Members who were not removed, newest first; of all, or of one organisation."""
    return tx.rows(
        Member,
        f"""SELECT {_COLUMNS} FROM member m
        WHERE m.book = %(book)s AND m.removed_at IS NULL
          AND (%(owner)s::uuid IS NULL OR m.organisation_id = %(owner)s)
          AND (%(after)s::uuid IS NULL OR m.id < %(after)s)
        ORDER BY m.id DESC LIMIT %(limit)s""",
        owner=organisation_id,
        after=after,
        limit=limit,
    )


def factors(tx: Tx, found: Member) -> int:
    """How many second factors a member has: one-time codes, and each passkey."""
    return int(found.totp_secret is not None) + len(passkeys(tx, found.shown))


def standing(tx: Tx, found: Member) -> Standing:
    """What a member may do: its role, as far as its organisation's role goes."""
    if found.organisation_id is None:
        scopes = role_scopes("marketplace", found.role)
        return Standing(found, "marketplace", scopes, bound_of("marketplace", None))
    owner = organisation(tx, found.organisation_id)
    granted = [
        seller
        for (seller,) in tx.tuples(
            """SELECT seller_id FROM row_grant WHERE book = %(book)s
            AND organisation_id = %(owner)s AND revoked_at IS NULL""",
            owner=owner.id,
        )
    ]
    scopes = role_scopes(owner.kind, found.role) & role_scopes(owner.kind, owner.role)
    return Standing(found, owner.kind, scopes, bound_of(owner.kind, owner.object_id, granted))


__all__ = [
    "BadEmail", "LinkUsed", "Member", "MemberStands", "Standing", "UnknownRole", "by_email",
    "end_sessions", "factors", "invite", "invited", "join", "link_path", "member", "members", "new_link", "remove_member",
    "set_password", "standing",
]  # fmt: skip
