"""Passkeys and challenges in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.passkey.ceremony import CHALLENGE_S, Registered, Used

_COLUMNS = """id, owner, credential_id, public_key, sign_count, rp_id, name, backed_up, made_at,
    used_at"""


class Passkey(msgspec.Struct, frozen=True):
    """A passkey: whose it is, for which site, and how often its device has signed."""

    id: UUID
    owner: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    rp_id: str
    name: str
    backed_up: bool
    made_at: datetime
    used_at: datetime | None


class Challenge(msgspec.Struct, frozen=True):
    """A challenge that was given out, for whom and for what."""

    owner: str
    purpose: str
    challenge: bytes


def add_challenge(tx: Tx, owner: str, purpose: str, challenge: bytes) -> UUID:
    """Keep a challenge for some minutes; those that have run out go."""
    tx.run("DELETE FROM passkey_challenge WHERE book = %(book)s AND until < %(now)s", now=tx.now)
    id_ = tx.id("pky", challenge.hex())
    tx.append(
        "passkey_challenge",
        ("book", "id", "owner", "purpose", "challenge", "until"),
        [(tx.book, id_, owner, purpose, challenge, tx.now + timedelta(seconds=CHALLENGE_S))],
    )
    return id_


def take_challenge(tx: Tx, challenge_id: UUID) -> Challenge | None:
    """A challenge that still runs, taken away: of two that come at once only one has it."""
    return tx.row(
        Challenge,
        """DELETE FROM passkey_challenge
        WHERE book = %(book)s AND id = %(id)s AND until >= %(now)s
        RETURNING owner, purpose, challenge""",
        id=challenge_id,
        now=tx.now,
    )


def add_passkey(tx: Tx, owner: str, rp_id: str, name: str, made: Registered) -> Passkey:
    """Keep a passkey; one that stands already is a conflict of the commit."""
    id_ = tx.id("pky", made.credential_id.hex())
    tx.append(
        "passkey",
        ("book", "id", "owner", "credential_id", "public_key", "sign_count", "rp_id", "name",
         "backed_up", "made_at"),
        [(tx.book, id_, owner, made.credential_id, made.public_key, made.sign_count, rp_id, name,
          made.backed_up, tx.now)],
    )  # fmt: skip
    tx.emit("passkey.made", owner, passkey=ids.show("pky", id_), name=name)
    return Passkey(
        id_, owner, made.credential_id, made.public_key, made.sign_count, rp_id, name,
        made.backed_up, tx.now, None,
    )  # fmt: skip


def by_credential(tx: Tx, credential_id: bytes) -> Passkey | None:
    """The passkey of that credential, locked, unless it was removed."""
    return tx.row(
        Passkey,
        f"""SELECT {_COLUMNS} FROM passkey
        WHERE book = %(book)s AND credential_id = %(credential)s AND removed_at IS NULL
        FOR UPDATE""",
        credential=credential_id,
    )


def note_use(tx: Tx, passkey: Passkey, use: Used) -> None:
    """Keep the counter and the time of a use."""
    tx.run(
        """UPDATE passkey SET sign_count = %(count)s, backed_up = %(backed_up)s, used_at = %(at)s
        WHERE book = %(book)s AND id = %(id)s""",
        id=passkey.id,
        count=use.sign_count,
        backed_up=use.backed_up,
        at=tx.now,
    )


def passkeys(tx: Tx, owner: str) -> list[Passkey]:
    """The passkeys of an owner, newest first."""
    return tx.rows(
        Passkey,
        f"""SELECT {_COLUMNS} FROM passkey
        WHERE book = %(book)s AND owner = %(owner)s AND removed_at IS NULL ORDER BY id DESC""",
        owner=owner,
    )


def remove_passkey(tx: Tx, owner: str, passkey_id: UUID) -> None:
    """Forget a passkey of this owner at once. Raises NotFound."""
    done = tx.count(
        """UPDATE passkey SET removed_at = %(at)s
        WHERE book = %(book)s AND id = %(id)s AND owner = %(owner)s AND removed_at IS NULL""",
        id=passkey_id,
        owner=owner,
        at=tx.now,
    )
    if not done:
        raise NotFound(kind="passkey", id=ids.show("pky", passkey_id))
    tx.emit("passkey.removed", owner, passkey=ids.show("pky", passkey_id))
