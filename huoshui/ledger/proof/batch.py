"""A batch as it is sealed: its transfers in order of (id, leg), then the balances that they left.

The database hashes the transfers and sends of each what the rest needs, packed one after the
other; what is made of it here is the batch's tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from struct import Struct
from typing import NamedTuple, cast
from uuid import UUID

import msgspec

from huoshui.ledger.proof import leaf, merkle

MARK_BYTES = 8
_RECORD = Struct(">16s16s16s16sqqqqqqqqihhh")


class Record(NamedTuple):
    """What of a transfer its batch and the recomputation of accounts need.

    Ids are bytes and `hold` is zero where there is none; what is held is 0 where the row has NULL.
    """

    id: bytes
    source: bytes
    target: bytes
    hold: bytes
    amount: int
    from_after: int
    to_after: int
    from_version: int
    to_version: int
    from_held: int
    to_held: int
    recorded_us: int
    timeout_s: int
    leg: int
    kind: int
    flags: int


Packed = tuple[
    bytes, bytes, bytes, bytes, int, int, int, int, int, int, int, int, int, int, int, int
]  # fmt: skip


def records(packed: bytes) -> Iterator[Packed]:
    """The transfers of a batch in their order, fields as in `Record`."""
    return cast("Iterator[Packed]", _RECORD.iter_unpack(packed))


class Sealed(msgspec.Struct, frozen=True):
    """The tree of a batch: the hashes of its leaves, how many are transfers, and the root."""

    leaves: list[bytes]
    transfers: int
    root: bytes

    @property
    def marks(self) -> bytes:
        """The first bytes of every leaf's hash."""
        return b"".join([hash_[:MARK_BYTES] for hash_ in self.leaves])

    def row(self, book: int, batch: int) -> leaf.Batch:
        """The row that seals it."""
        balances = len(self.leaves) - self.transfers
        return leaf.Batch(book, batch, self.transfers, balances, self.root, self.marks)


def seal(book: int, hashes: bytes, packed: bytes) -> Sealed:
    """The tree of a batch over the hashes of its transfers and the balances that they left."""
    leaves = merkle.cut(hashes)
    transfers = len(leaves)
    for form in balance_forms(book, packed):
        leaves.append(sha256(b"\0" + form).digest())
    return Sealed(leaves, transfers, merkle.root(leaves))


def join(transfers: int, hashes: bytes) -> Sealed:
    """The tree of a batch over hashes that the database made."""
    leaves = merkle.cut(hashes)
    return Sealed(leaves, transfers, merkle.root(leaves))


def balance_forms(book: int, packed: bytes) -> Iterator[bytes]:
    """The sealed bytes of the balances that a batch left, in order of the accounts' ids."""
    outs, ins = _last(packed)
    make = leaf.balance_form
    for account in sorted(outs.keys() | ins.keys()):
        out, in_ = outs.get(account), ins.get(account)
        if out is None or (in_ is not None and in_[0] > out[0]):
            assert in_ is not None
            version, balance, txn, leg, held_in = in_
            held_out = out[4] if out else None
            yield make(book, account, txn, leg, version, balance, held_out, held_in)
        else:
            version, balance, txn, leg, held_out = out
            held_in_ = in_[4] if in_ else None
            yield make(book, account, txn, leg, version, balance, held_out, held_in_)


def balance_of(book: int, account: UUID, packed: bytes) -> tuple[int, leaf.Balance] | None:
    """Which of a batch's balances is an account's, and what it says; None if it is not touched."""
    outs, ins = _last(packed)
    key = account.bytes
    out, in_ = outs.get(key), ins.get(key)
    if not out and not in_:
        return None
    version, balance, txn, leg, _ = max(side for side in (out, in_) if side)
    found = leaf.Balance(
        book, account, UUID(bytes=txn), leg, version, balance,
        out[4] if out else None, in_[4] if in_ else None,
    )  # fmt: skip
    return sorted(outs.keys() | ins.keys()).index(key), found


_Side = tuple[int, int, bytes, int, int]  # version, balance, transaction, leg, held


def _last(packed: bytes) -> tuple[dict[bytes, _Side], dict[bytes, _Side]]:
    """Of each account the last transfer out of it, and the last one into it."""
    outs: dict[bytes, _Side] = {}
    ins: dict[bytes, _Side] = {}
    for (
        id_, source, target, _, _, from_after, to_after, from_version, to_version,
        from_held, to_held, _, _, leg, _, _,
    ) in records(packed):  # fmt: skip
        before = outs.get(source)
        if before is None or before[0] < from_version:
            outs[source] = (from_version, from_after, id_, leg, from_held)
        before = ins.get(target)
        if before is None or before[0] < to_version:
            ins[target] = (to_version, to_after, id_, leg, to_held)
    return outs, ins
