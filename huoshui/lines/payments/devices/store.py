"""The SQL of devices, their keys and the issuer's."""

from __future__ import annotations

import base64
from collections.abc import Collection
from uuid import UUID

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.lines.payments.devices.model import Device, Key

_DEVICE = "id, party, role, name, state, reason, state_at, enrolled_at"


def issuers(tx: Tx) -> list[str]:
    """The issuer's public keys, oldest first."""
    rows = tx.tuples(
        "SELECT public FROM device_issuer WHERE book = %(book)s ORDER BY from_at, fingerprint"
    )
    return [public for (public,) in rows]


def add_issuer(tx: Tx, fingerprint: str, public: str) -> None:
    """A new public key of the issuer."""
    row = (tx.book, fingerprint, public, tx.now)
    tx.append("device_issuer", ("book", "fingerprint", "public", "from_at"), [row])


def public_bytes(public: str) -> bytes:
    """The 32 bytes of a public key's text."""
    return base64.urlsafe_b64decode(public + "=")


def devices(
    tx: Tx, *, party: str = "", among: list[str] | None = None, role: str = "", state: str = "",
    after: UUID | None = None, limit: int = 50,
) -> list[Device]:  # fmt: skip
    """Devices, newest first; of the parties `among` alone where given."""
    return tx.rows(
        Device,
        f"""
        SELECT {_DEVICE} FROM device
        WHERE book = %(book)s
          AND (%(party)s = '' OR party = %(party)s)
          AND (%(among)s::text[] IS NULL OR party = ANY(%(among)s))
          AND (%(role)s = '' OR role = %(role)s)
          AND (%(state)s = '' OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        party=party,
        among=among,
        role=role,
        state=state,
        after=after,
        limit=limit,
    )


def device(tx: Tx, device_id: UUID) -> Device | None:
    """One device, or None."""
    return tx.row(
        Device,
        f"SELECT {_DEVICE} FROM device WHERE book = %(book)s AND id = %(id)s",
        id=device_id,
    )


def lock(tx: Tx, device_ids: Collection[UUID]) -> dict[UUID, Device]:
    """Devices, locked in the order of their ids."""
    rows = tx.rows(
        Device,
        f"""SELECT {_DEVICE} FROM device
        WHERE book = %(book)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE""",
        ids=columns.uuids(sorted(device_ids)),
    )
    return {row.id: row for row in rows}


def blocked(tx: Tx) -> list[UUID]:
    """Wallets that are frozen or revoked: tills refuse them."""
    rows = tx.tuples(
        """SELECT id FROM device
        WHERE book = %(book)s AND role = 'wallet' AND state <> 'active' ORDER BY id"""
    )
    return [id_ for (id_,) in rows]


def add(tx: Tx, new: Device, public: str) -> None:
    """A device with its first key."""
    row = (tx.book, new.id, new.party, new.role, new.name, new.state, new.reason,
           new.state_at, new.enrolled_at)  # fmt: skip
    tx.append("device", ("book", *_DEVICE.split(", ")), [row])
    add_key(tx, new.id, public)


def add_key(tx: Tx, device_id: UUID, public: str) -> None:
    """A key that signs from now on."""
    tx.append(
        "device_key",
        ("book", "public", "device_id", "from_at"),
        [(tx.book, public, device_id, tx.now)],
    )


def end_key(tx: Tx, device_id: UUID) -> None:
    """The device's key signs no more."""
    tx.run(
        """UPDATE device_key SET until_at = %(now)s
        WHERE book = %(book)s AND device_id = %(id)s AND until_at IS NULL""",
        id=device_id,
        now=tx.now,
    )


def key(tx: Tx, public: str) -> Key | None:
    """A key that is known, whose device it is, or None."""
    return tx.row(
        Key,
        """SELECT public, device_id, from_at, until_at FROM device_key
        WHERE book = %(book)s AND public = %(public)s""",
        public=public,
    )


def keys_of(tx: Tx, device_ids: Collection[UUID]) -> dict[UUID, list[Key]]:
    """The keys of devices, the newest first."""
    rows = tx.rows(
        Key,
        """SELECT public, device_id, from_at, until_at FROM device_key
        WHERE book = %(book)s AND device_id = ANY(%(ids)s) ORDER BY from_at DESC, public""",
        ids=columns.uuids(sorted(device_ids)),
    )
    found: dict[UUID, list[Key]] = {}
    for row in rows:
        found.setdefault(row.device_id, []).append(row)
    return found


def move(tx: Tx, before: Device, state: str, reason: str) -> int:
    """Put a device into a state from the one it is known to be in; how many were moved."""
    return tx.count(
        """UPDATE device SET state = %(state)s, reason = %(reason)s, state_at = %(now)s
        WHERE book = %(book)s AND id = %(id)s AND state = %(before)s""",
        id=before.id,
        state=state,
        reason=reason,
        before=before.state,
        now=tx.now,
    )
