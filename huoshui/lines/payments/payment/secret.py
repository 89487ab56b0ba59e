"""The secret that opens the pages of a payment, a mandate or a party: it says where that is, and only
its digest is kept.

`pmt_01k8…_test.1.R4nd0m`: the payment, its world, its book, 192 random bits. So a page finds its
payment by the primary key, and no index over digests slows down every payment that is made.
"""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids

_FORM = re.compile(
    r"((pmt|mdt|ptp)_[0-9a-z]{26})_([a-z][a-z0-9-]{0,39})\.([0-9]{1,9})\.[A-Za-z0-9_-]{32}"
)


class Opening(msgspec.Struct, frozen=True):
    """What a secret says of itself; whether it is right only the digest that is kept tells."""

    id: UUID
    world: str
    book: int
    digest: bytes


def make(id_: UUID, world: str, book: int, token: str = "", *, kind: str = "pmt") -> str:
    """A secret for the pages of a payment, or a mandate; a fresh token where none of 32 letters is given."""
    return f"{ids.show(kind, id_)}_{world}.{book}.{token or crypto.token()}"


def read(text: str, *, kind: str = "pmt") -> Opening | None:
    """Where a secret of a kind leads, or None for what cannot be one."""
    found = _FORM.fullmatch(text)
    if found is None or found[2] != kind:
        return None
    try:
        id_ = ids.read(kind, found[1])
    except ids.BadId:
        return None
    return Opening(id_, found[3], int(found[4]), digest(text))


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return crypto.sha256(secret.encode())
