"""Signing in: as a member, with an API key that has the scope `console`, or by a link that works once.

A session is a signed cookie. A member's names a row that can be ended from elsewhere. One made by a
key stays in the key's world and book and ends when the key is revoked. One made by a link is the
operator's own: only who can write in the home directory can make such a link, and it may look into
every world of this installation.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from huoshui.core import access, crypto, ids
from huoshui.core.access import SCOPES, WHOLE, Bound, OutOfBounds, OutOfScope, WrongKey, signing_in
from huoshui.core.access.members import Member
from huoshui.core.access.signing_in import Opened
from huoshui.core.db import Tx

COOKIE = "huoshui_console"
SESSION_HOURS = 12
TICKET_MINUTES = 60


class Session(msgspec.Struct, frozen=True):
    """Who looks: by which key or as which member, into which world and book, until when."""

    world: str
    book: int
    key_id: UUID | None
    until: datetime
    member_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def operator(self) -> bool:
        """Whether it is the operator's own, who came by a link and not with a key or as a member."""
        return self.key_id is None and self.session_id is None

    def sees(self, world: str) -> bool:
        """Whether this session may look into a world."""
        return self.operator or world == self.world

    @property
    def actor(self) -> str:
        """Who acts, as history keeps it."""
        if self.member_id:
            return ids.show("mbr", self.member_id)
        return ids.show("key", self.key_id) if self.key_id else "operator"


class Rights(msgspec.Struct, frozen=True):
    """What a session may do, whose rows it sees, and the member behind it, if there is one.

    `secured` is false for a member without a second factor, who is first to make one.
    """

    scopes: frozenset[str]
    bound: Bound = WHOLE
    member: Member | None = None
    secured: bool = True


class _Ticket(msgspec.Struct, frozen=True):
    world: str
    book: int
    until: datetime


def make_ticket(home: Path, world: str, now: datetime, *, book: int = 1) -> str:
    """A link's secret, good once and for an hour: `/console/sign-in?ticket=…`."""
    secret = crypto.token()
    ticket = _Ticket(world, book, now + timedelta(minutes=TICKET_MINUTES))
    path = _ticket_path(home, secret)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(ticket))
    path.chmod(0o600)
    return secret


def by_ticket(home: Path, secret: str, now: datetime) -> Session:
    """The operator's session; the ticket is gone after it. Raises WrongKey."""
    path = _ticket_path(home, secret)
    try:
        ticket = msgspec.json.decode(path.read_bytes(), type=_Ticket)
        # Of two that come at once, only one can remove the file.
        path.unlink()
    except (OSError, msgspec.DecodeError) as error:
        raise WrongKey() from error
    if now >= ticket.until:
        raise WrongKey()
    return Session(ticket.world, ticket.book, None, now + timedelta(hours=SESSION_HOURS))


def of_member(world: str, book: int, opened: Opened) -> Session:
    """The cookie's part of a member's session."""
    return Session(world, book, None, opened.until, opened.member_id, opened.id)


def by_key(tx: Tx, key: str, now: datetime) -> Session:
    """A session for an API key of the marketplace.

    Raises WrongKey, OutOfScope without the scope `console`, and OutOfBounds for a key of an
    organisation: its members sign in themselves.
    """
    actor = access.who(tx, key)
    actor.need("console")
    if not actor.bound.whole:
        raise OutOfBounds()
    until = now + timedelta(hours=SESSION_HOURS)
    return Session(actor.world, actor.book, actor.key_id, until)


def rights(tx: Tx, session: Session, now: datetime) -> Rights:
    """What the session may do. Raises WrongKey once its key is revoked, or it was ended."""
    if session.session_id is not None:
        found, secured = signing_in.who_is_in(tx, session.session_id, now)
        if "console" not in found.scopes:
            raise OutOfScope(scope="console")
        return Rights(found.scopes, found.bound, found.member, secured)
    if session.key_id is None:
        return Rights(frozenset(SCOPES))
    if session.key_id not in access.valid(tx, {session.key_id})():
        raise WrongKey()
    key = access.key_of(tx, session.key_id)
    if "console" not in key.scopes:
        raise OutOfScope(scope="console")
    return Rights(frozenset(key.scopes))


def seal(home: Path, session: Session) -> str:
    """The session as a cookie's value, signed."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(session)).rstrip(b"=")
    return f"{body.decode()}.{crypto.sign(secret(home), body)}"


def unseal(home: Path, cookie: str, now: datetime) -> Session | None:
    """The session behind a cookie's value; None where it is not ours or is over."""
    if not cookie.isascii():
        return None
    body, _, signature = cookie.partition(".")
    if not crypto.signed_by(secret(home), body.encode(), signature):
        return None
    session = msgspec.json.decode(base64.urlsafe_b64decode(body + "=="), type=Session)
    return session if now < session.until else None


def _ticket_path(home: Path, secret: str) -> Path:
    # The name is a digest: who can list the directory still holds no ticket.
    return home / "tickets" / crypto.sha256(secret.encode()).hex()


def secret(home: Path) -> bytes:
    """The key that signs cookies and hides what members keep here, made on first use and kept in the home directory."""
    path = home / "console.secret"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(os.urandom(32))
    try:
        os.link(fresh, path)  # the first one stays, whoever else came at the same time
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()
