"""What a dispute is made of, and what may be given as evidence. No I/O."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

FILE_MOST = 2 * 1024 * 1024  # bytes of one file
FILES_MOST = 20  # of one dispute
# What a file may be, by how it begins: what it says of itself is not believed.
_BEGINS = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_TEXT = "text/plain"
TYPES = (*_BEGINS, _TEXT)


class UnknownDispute(NotFound):
    """No such dispute in this book."""

    code = "unknown_dispute"


class UnknownEvidence(NotFound):
    """No such file of this dispute."""

    code = "unknown_evidence"


class EvidenceRefused(Problem):
    """The file is too large, empty, of another type, or one too many; the problem says which."""

    code = "evidence_refused"
    status = 422


class EvidenceClosed(Problem):
    """The dispute was answered or is over: nothing is added any more."""

    code = "evidence_closed"
    status = 409


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute; amounts in minor units. Of `amount` the payment gave `own`, the platform the rest."""

    id: UUID
    rail: str
    reference: str
    payment_id: UUID
    call_id: UUID
    tender: int
    currency: str
    amount: int
    own: int
    reason: str
    state: str
    opened_at: datetime
    due_at: datetime
    submitted_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    paper: bytes | None = None
    sent_as: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a dispute; `hash` is the SHA-256 of its content, `size` its bytes."""

    dispute_id: UUID
    number: int
    hash: bytes
    name: str
    media_type: str
    size: int
    note: str
    actor: str
    at: datetime


def type_of(content: bytes) -> str:
    """What a file is by its content. Raises EvidenceRefused."""
    if not content or len(content) > FILE_MOST:
        raise EvidenceRefused(what="size", most=FILE_MOST)
    for media_type, begins in _BEGINS.items():
        if content.startswith(begins):
            return media_type
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceRefused(what="type", most=", ".join(TYPES)) from error
    if any(letter < " " and letter not in "\t\r\n" for letter in text):
        raise EvidenceRefused(what="type", most=", ".join(TYPES))
    return _TEXT
