"""What is sealed, byte by byte: the canonical form of every row that the tamper log covers.

A form is a tag that names it and its version, then the columns in a fixed order: whole numbers
big-endian, ids as 16 bytes, moments as microseconds since 2000-01-01T00:00Z, a column that may be
empty behind a byte 0 or 1, a text behind its length in bytes. The database makes the same bytes
(functions `…_form` of the schema), so that it can hash millions of rows; a property test holds the
two together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import Struct
from uuid import UUID

import msgspec

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TRANSFER = Struct(">i16shhh16s16sqqqqqqqq")
_BALANCE = Struct(">10si16s16shqq")
_BALANCE_OUT = Struct(_BALANCE.format + "BqB")
_BALANCE_IN = Struct(_BALANCE.format + "BBq")
_BALANCE_BOTH = Struct(_BALANCE.format + "BqBq")
_BATCH = Struct(">iqii32s32s")
_EVENT = Struct(">i16sq")
_ACCOUNT = Struct(">i16sq?")
_KEY = Struct(">iqq32s")
_INT, _LONG = Struct(">i"), Struct(">q")


class Transfer(msgspec.Struct, frozen=True):
    """A row of `transfer`, every column."""

    book: int
    id: UUID
    leg: int
    kind: int
    flags: int
    from_id: UUID
    to_id: UUID
    amount: int
    from_after: int
    to_after: int
    from_version: int
    to_version: int
    effective_at: datetime
    recorded_at: datetime
    batch: int
    from_held: int | None
    to_held: int | None
    timeout_s: int | None
    hold_id: UUID | None
    reverses: UUID | None
    currency: str
    template: str
    reference: str
    actor: str

    @property
    def form(self) -> bytes:
        """The sealed bytes."""
        return b"".join((
            b"transfer/1\n",
            _TRANSFER.pack(
                self.book, self.id.bytes, self.leg, self.kind, self.flags, self.from_id.bytes,
                self.to_id.bytes, self.amount, self.from_after, self.to_after, self.from_version,
                self.to_version, _moment(self.effective_at), _moment(self.recorded_at), self.batch,
            ),
            _long(self.from_held), _long(self.to_held),
            b"\0" if self.timeout_s is None else b"\1" + _INT.pack(self.timeout_s),
            _id(self.hold_id), _id(self.reverses),
            _text(self.currency), _text(self.template), _text(self.reference), _text(self.actor),
        ))  # fmt: skip


class Balance(msgspec.Struct, frozen=True):
    """An account as a batch left it. What is held is said where the batch said it.

    The transfer that touched it last stands here too: who does not know its id cannot guess the
    balance behind the hash.
    """

    book: int
    account_id: UUID
    txn_id: UUID
    leg: int
    version: int
    balance: int
    held_out: int | None
    held_in: int | None

    @property
    def form(self) -> bytes:
        """The sealed bytes."""
        return balance_form(
            self.book, self.account_id.bytes, self.txn_id.bytes, self.leg,
            self.version, self.balance, self.held_out, self.held_in,
        )  # fmt: skip


def balance_form(
    book: int, account: bytes, txn: bytes, leg: int, version: int, balance: int,
    held_out: int | None, held_in: int | None,
) -> bytes:  # fmt: skip
    """The sealed bytes of a balance whose ids are bytes already."""
    fixed = (b"balance/1\n", book, account, txn, leg, version, balance)
    if held_out is None:
        if held_in is None:
            return _BALANCE.pack(*fixed) + b"\0\0"
        return _BALANCE_IN.pack(*fixed, 0, 1, held_in)
    if held_in is None:
        return _BALANCE_OUT.pack(*fixed, 1, held_out, 0)
    return _BALANCE_BOTH.pack(*fixed, 1, held_out, 1, held_in)


class Batch(msgspec.Struct, frozen=True):
    """A row of `batch_seal`: the root over a batch's transfers, then the balances they left."""

    book: int
    batch: int
    transfers: int
    balances: int
    root: bytes
    marks: bytes

    @property
    def form(self) -> bytes:
        """The sealed bytes; of the marks, their SHA-256."""
        return batch_form(
            self.book, self.batch, self.transfers, self.balances, self.root,
            sha256(self.marks).digest(),
        )  # fmt: skip


def batch_form(
    book: int, batch: int, transfers: int, balances: int, root: bytes, marks_digest: bytes
) -> bytes:
    """The sealed bytes of a batch whose marks are known by their digest."""
    return b"batch/1\n" + _BATCH.pack(book, batch, transfers, balances, root, marks_digest)


class Account(msgspec.Struct, frozen=True):
    """What of an account its transfers do not tell."""

    book: int
    id: UUID
    path: str
    currency: str
    kind: str
    class_: str
    floor: int | None
    ceiling: int | None
    closed: bool
    opened_at: datetime

    @property
    def form(self) -> bytes:
        """The sealed bytes."""
        return b"".join((
            b"account/1\n",
            _ACCOUNT.pack(self.book, self.id.bytes, _moment(self.opened_at), self.closed),
            _long(self.floor), _long(self.ceiling),
            _text(self.path), _text(self.currency), _text(self.kind), _text(self.class_),
        ))  # fmt: skip


class Event(msgspec.Struct, frozen=True):
    """A row of `event`; `data` is PostgreSQL's text of the jsonb."""

    book: int
    id: UUID
    type: str
    object: str
    at: datetime
    actor: str
    data: str

    @property
    def form(self) -> bytes:
        """The sealed bytes."""
        fixed = _EVENT.pack(self.book, self.id.bytes, _moment(self.at))
        texts = map(_text, (self.type, self.object, self.actor, self.data))
        return b"event/1\n" + fixed + b"".join(texts)


class Key(msgspec.Struct, frozen=True):
    """A row of `log_key`: from which size of the log on this key signs."""

    book: int
    from_size: int
    name: str
    public: bytes
    made_at: datetime

    @property
    def form(self) -> bytes:
        """The sealed bytes."""
        fixed = _KEY.pack(self.book, self.from_size, _moment(self.made_at), self.public)
        return b"key/1\n" + fixed + _text(self.name)


def envelope(kind: str, ref: bytes, digest: bytes) -> bytes:
    """A leaf of the log: what kind of row it seals, which one, and the SHA-256 of its form."""
    return b"leaf/1\n" + digest + _text(kind) + _INT.pack(len(ref)) + ref


def _moment(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _long(value: int | None) -> bytes:
    return b"\0" if value is None else b"\1" + _LONG.pack(value)


def _id(value: UUID | None) -> bytes:
    return b"\0" if value is None else b"\1" + value.bytes


def _text(value: str) -> bytes:
    content = value.encode()
    return _INT.pack(len(content)) + content
