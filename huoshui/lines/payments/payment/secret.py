"""The secret that opens a payment's pages: it says where the payment is, and only its digest is kept.

`pmt_01k8…_test.1.R4nd0m`: the payment, its world, its book, 192 random bits. So a page finds its
payment by the primary key, and no index over digests slows down every payment that is made.
"""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

from huoshui.core import crypto, ids

_FORM = re.compile(r"(pmt_[0-9a-z]{26})_([a-z][a-z0-9-]{0,39})\.([0-9]{1,9})\.[A-Za-z0-9_-]{32}")


class Opening(msgspec.Struct, frozen=True):
    """What a secret says of itself; whether it is right only the payment's digest tells."""

    id: UUID
    world: str
    book: int
    digest: bytes


def make(id_: UUID, world: str, book: int, token: str = "") -> str:
    """A secret for a payment's pages; with a fresh token where none of 32 letters is given."""
    return f"{ids.show('pmt', id_)}_{world}.{book}.{token or crypto.token()}"


def read(text: str) -> Opening | None:
    """Where a secret leads, or None for what cannot be one."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        id_ = ids.read("pmt", found[1])
    except ids.BadId:
        return None
    return Opening(id_, found[2], int(found[3]), digest(text))


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return crypto.sha256(secret.encode())
