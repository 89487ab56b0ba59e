"""A statement with its proof, and its check: with the file and a public key, and nothing else.

A statement holds what happened on one account in a period of recorded time, each transfer with its
path to the root of its batch, each batch with its path to a signed checkpoint. The transfers next
to the period stand in it too: they show that none was left out at its edges.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NoReturn
from uuid import UUID

import msgspec

from huoshui.core.crypto import sha256
from huoshui.core.errors import Problem
from huoshui.ledger.model import CAPTURE, POST
from huoshui.ledger.proof import checkpoint, leaf, merkle
from huoshui.ledger.proof.checkpoint import Checkpoint, LogKey

Format = Literal["huoshui.statement/1"]
FORMAT: Format = "huoshui.statement/1"
Hashes = tuple[str, ...]  # hexadecimal, as a proof lists them


class BadStatement(Problem):
    """A statement that does not prove what it says; the problem names the check that failed."""

    code = "bad_statement"
    status = 422


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ProvenAccount(_Strict, frozen=True):
    """The account's own leaf of the log, the newest."""

    row: leaf.Account
    index: int
    path: Hashes


class ProvenBatch(_Strict, frozen=True):
    """A batch's leaf of the log."""

    batch: int
    transfers: int
    balances: int
    root: str
    marks_digest: str
    index: int
    path: Hashes


class ProvenTransfer(_Strict, frozen=True):
    """A transfer and its path to the root of its batch."""

    row: leaf.Transfer
    place: int
    path: Hashes


class ProvenBalance(_Strict, frozen=True):
    """The balance that a batch left, and its path to the root of the batch."""

    row: leaf.Balance
    batch: int
    place: int
    path: Hashes


class Statement(_Strict, frozen=True):
    """The file. `before` and `after` are the transfers next to the period, where there are any."""

    format: Format
    since: datetime
    until: datetime
    account: ProvenAccount
    before: ProvenTransfer | None
    transfers: tuple[ProvenTransfer, ...]
    after: ProvenTransfer | None
    closing: ProvenBalance | None
    batches: tuple[ProvenBatch, ...]
    checkpoint: str

    @property
    def file(self) -> bytes:
        """The bytes of the file; a file of any other form is refused."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


class Proven(msgspec.Struct, frozen=True):
    """What a statement proves; amounts are minor units of in - out. `unchecked` are codes."""

    account: UUID
    path: str
    currency: str
    since: datetime
    until: datetime
    transfers: int
    opening: int
    came: int
    went: int
    closing: int
    origin: str
    size: int
    signed_at: datetime
    unchecked: tuple[str, ...]


def read(content: bytes) -> Statement:
    """The statement of a file. Raises BadStatement."""
    try:
        found = msgspec.json.decode(content, type=Statement)
        same = found.file == content
    except (msgspec.DecodeError, UnicodeError, OverflowError, ValueError) as error:
        raise BadStatement(check="file", reason=str(error)) from error
    if not same:
        _fail("file", "not in the form in which statements are written")
    return found


def signers(content: bytes) -> tuple[tuple[str, bytes], ...]:
    """(name, id) of the keys that signed a statement's checkpoint."""
    note = checkpoint.read(read(content).checkpoint)
    return tuple((name, id_) for name, id_, _ in note.signatures)


def verify_statement(content: bytes, key: LogKey) -> Proven:
    """Check everything that a statement says. Raises BadStatement, BadCheckpoint."""
    found = read(content)
    note = checkpoint.read(found.checkpoint)
    if note.origin != key.name or not note.signed_by(key):
        _fail("checkpoint", "not signed by this key")
    _account(found, note)
    batches = _batches(found, note)
    for proven in _all_transfers(found):
        _transfer(proven, found.account.row, batches)
    opening, closing = _run(found)
    _closing(found, closing, batches)
    return _proven(found, note, opening, closing)


def _fail(check: str, reason: str) -> NoReturn:
    raise BadStatement(check=check, reason=reason)


def _hashes(texts: Hashes) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def _in_log(check: str, content: bytes, index: int, path: Hashes, note: Checkpoint) -> None:
    hash_ = merkle.leaf_hash(content)
    if not merkle.verify_inclusion(hash_, index, note.size, _hashes(path), note.root):
        _fail(check, "its path does not lead to the signed root")


def _account(found: Statement, note: Checkpoint) -> None:
    proven = found.account
    content = leaf.envelope("account", proven.row.id.bytes, sha256(proven.row.form))
    _in_log("account", content, proven.index, proven.path, note)


def _batches(found: Statement, note: Checkpoint) -> dict[int, ProvenBatch]:
    batches = {proven.batch: proven for proven in found.batches}
    used = {proven.row.batch for proven in _all_transfers(found)}
    if len(batches) != len(found.batches) or batches.keys() != used:
        _fail("batches", "not exactly the batches of the transfers")
    for proven in found.batches:
        form = leaf.batch_form(
            found.account.row.book, proven.batch, proven.transfers, proven.balances,
            bytes.fromhex(proven.root), bytes.fromhex(proven.marks_digest),
        )  # fmt: skip
        ref = proven.batch.to_bytes(8, "big")
        content = leaf.envelope("batch", ref, sha256(form))
        _in_log(f"batch {proven.batch}", content, proven.index, proven.path, note)
    return batches


def _all_transfers(found: Statement) -> list[ProvenTransfer]:
    edges = [proven for proven in (found.before, found.after) if proven]
    return [*found.transfers, *edges]


def _transfer(
    proven: ProvenTransfer, account: leaf.Account, batches: dict[int, ProvenBatch]
) -> None:
    row, check = proven.row, f"transfer {proven.row.id}/{proven.row.leg}"
    if account.id not in (row.from_id, row.to_id) or row.currency != account.currency:
        _fail(check, "not of this account")
    _in_batch(check, row.form, proven.place, proven.path, batches[row.batch])


def _in_batch(check: str, form: bytes, place: int, path: Hashes, batch: ProvenBatch) -> None:
    size = batch.transfers + batch.balances
    hash_, root = merkle.leaf_hash(form), bytes.fromhex(batch.root)
    if not merkle.verify_inclusion(hash_, place, size, _hashes(path), root):
        _fail(check, "its path does not lead to the root of its batch")


def _run(found: Statement) -> tuple[int, int]:
    """Opening and closing balance; every transfer follows from the one before."""
    account = found.account.row.id
    version = balance = 0
    if found.before:
        if found.before.row.recorded_at >= found.since:
            _fail("before", "lies within the period")
        version, balance, _ = _side(found.before.row, account)
    opening, at = balance, found.since
    for proven in found.transfers:
        row = proven.row
        check = f"transfer {row.id}/{row.leg}"
        if not at <= row.recorded_at < found.until:
            _fail(check, "recorded out of order or outside the period")
        at, version = row.recorded_at, version + 1
        now, after, net = _side(row, account)
        if now != version:
            _fail(check, f"is transfer {now} of the account where {version} was to come")
        balance += net
        if after != balance:
            _fail(check, f"leaves {after} where {balance} follows")
    if found.after:
        now, after, net = _side(found.after.row, account)
        if found.after.row.recorded_at < found.until or now != version + 1:
            _fail("after", "is not the first transfer after the period")
        if after != balance + net:
            _fail("after", f"leaves {after} where {balance + net} follows")
    return opening, balance


def _side(row: leaf.Transfer, account: UUID) -> tuple[int, int, int]:
    """An account's version and balance once a transfer stood, and what it brought."""
    moved = row.amount if row.kind in (POST, CAPTURE) else 0
    if row.from_id == account:
        return row.from_version, row.from_after, -moved
    return row.to_version, row.to_after, moved


def _closing(found: Statement, balance: int, batches: dict[int, ProvenBatch]) -> None:
    proven = found.closing
    if proven is None:
        return
    if not found.transfers:
        _fail("closing", "there is no transfer that it could follow")
    row, last = proven.row, found.transfers[-1].row
    version, _, _ = _side(last, found.account.row.id)
    said = (row.account_id, row.version, row.balance, row.txn_id, row.leg, proven.batch)
    if said != (found.account.row.id, version, balance, last.id, last.leg, last.batch):
        _fail("closing", "is not the balance after the last transfer")
    _in_batch("closing", row.form, proven.place, proven.path, batches[proven.batch])


def _proven(found: Statement, note: Checkpoint, opening: int, closing: int) -> Proven:
    account = found.account.row
    nets = [_side(proven.row, account.id)[2] for proven in found.transfers]
    unchecked = ["later_account", "held", "same_log"]
    if found.after is None:
        unchecked.append("nothing_followed")
    return Proven(
        account.id, account.path, account.currency, found.since, found.until, len(nets), opening,
        sum(net for net in nets if net > 0), -sum(net for net in nets if net < 0), closing,
        note.origin, note.size, note.at, tuple(unchecked),
    )  # fmt: skip
