"""The sealer: what has committed becomes leaves of the log, one sealer a book, after the commit.

Each pass takes what waits in the order of the queue, writes leaves, subtrees and seals of batches,
takes it off the queue and signs a checkpoint, all in one commit: a pass that dies leaves nothing.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huoshui.core.crypto import sha256
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.ledger.proof import batch, checkpoint, keys, leaf, merkle, store
from huoshui.ledger.proof.store import Leaf, Queued

PASS_MAX = 256  # queued commits a pass
BATCHES_READ = 32  # batches read at once: 256,000 transfers of the largest


class UnknownSealKind(Problem):
    """Something is queued for the log whose form nobody knows."""

    code = "unknown_seal_kind"
    status = 500


class Sealing(msgspec.Struct, frozen=True):
    """What was sealed: queued commits, leaves, and the size of the log since."""

    commits: int
    leaves: int
    size: int


def seal(database: Database, home: Path, *, number: int = 1) -> Sealing:
    """Seal what waits in a book, until nothing does. Raises LogKeyMissing."""
    commits = leaves = size = 0
    while True:
        with database.begin(book=number) as tx:
            done = seal_pass(tx, home)
        commits, leaves = commits + done.commits, leaves + done.leaves
        size = max(size, done.size)
        if done.commits < PASS_MAX:
            return Sealing(commits, leaves, size)


def seal_pass(tx: Tx, home: Path) -> Sealing:
    """One pass; nothing where another sealer is at work or nothing waits."""
    if tx.simulated or not store.take_lock(tx):
        return Sealing(0, 0, 0)
    queued = store.queue(tx, PASS_MAX)
    if not queued:
        return Sealing(0, 0, store.size(tx))
    log = _Log(tx, home)
    seals = _seals(tx, [q.batch for q in queued if q.kind == "batch" and q.batch is not None])
    # A batch without rows is never forgotten: it stays in the queue, and the lag tells of it.
    queued = [item for item in queued if item.kind != "batch" or item.batch in seals]
    leaves = [made for item in queued for made in _leaves(tx, item, seals)]
    log.append(_fresh(tx, leaves), list(seals.values()))
    store.unqueue(tx, [item.seq for item in queued])
    return Sealing(len(queued), len(log.leaves), log.sign())


def rotate(tx: Tx, home: Path) -> checkpoint.LogKey:
    """Sign with a new key from here on: it is a leaf of the log, under a note that both signed.

    Where the old key is lost, the new one signs alone, and who trusts the old one will see it.
    """
    store.wait_for_lock(tx)
    try:
        log = _Log(tx, home)
        before = [log.key]
    except keys.LogKeyMissing:
        log, before = _Log(tx, None), []
    if log.leaves:
        before = []  # the log is new: its first key is the new one
    else:
        log.add_key(home)
    log.append([], [])
    log.sign(*before)
    return checkpoint.LogKey(log.origin, checkpoint.public_of(log.key))


def log_keys(tx: Tx) -> list[checkpoint.LogKey]:
    """The public keys of a book's log, oldest first."""
    return [checkpoint.LogKey(key.name, key.public) for key in store.keys(tx)]


class _Log:
    """A book's log while one transaction appends to it."""

    def __init__(self, tx: Tx, home: Path | None) -> None:
        self._tx = tx
        self.leaves: list[Leaf] = []
        size = self._before = store.size(tx)
        peaks = merkle.nodes_of(0, size)
        found = store.nodes(tx, peaks)
        self._tree = merkle.Frontier(size, [found[peak] for peak in peaks])
        known = store.keys(tx)
        self.key: Ed25519PrivateKey
        if known:
            self.origin = known[0].name
        if known and home:
            self.key = keys.find(home, known[-1].public)
        elif home:
            self.add_key(home)

    def add_key(self, home: Path) -> None:
        """Make a key; its row is the log's next leaf."""
        self.key = keys.make(home)
        public = checkpoint.public_of(self.key)
        if not self._tree.size:
            world, slug = store.origin_parts(self._tx)
            self.origin = f"huoshui/{world}/{slug}/{keys.fingerprint(public)}"
        row = leaf.Key(self._tx.book, self._tree.size, self.origin, public, self._tx.now)
        store.keep_key(self._tx, row)
        self.leaves.append(Leaf("key", row.from_size.to_bytes(8, "big"), sha256(row.form)))

    def append(self, leaves: list[Leaf], seals: list[leaf.Batch]) -> None:
        """Leaves in their order, with the subtrees that they complete."""
        self.leaves += leaves
        start, nodes = self._tree.size, []
        for new in self.leaves:
            content = leaf.envelope(new.kind, new.ref, new.digest)
            for node, hash_ in self._tree.append(merkle.leaf_hash(content)):
                if node[0] and node[0] % store.STEP == 0:
                    nodes.append((node, hash_))
        store.append(self._tx, start, self.leaves, nodes, seals)

    def sign(self, *also: Ed25519PrivateKey) -> int:
        """A checkpoint where the log grew; its size."""
        size = self._tree.size
        if self.leaves:
            signers = (*also, self.key)
            root, now = self._tree.root, self._tx.now
            note = checkpoint.sign(self.origin, size, root, now, self._before, signers)
            store.keep_checkpoint(self._tx, size, note)
        return size


def _seals(tx: Tx, numbers: list[int]) -> dict[int, leaf.Batch]:
    found = {}
    numbers = sorted(numbers)
    for start in range(0, len(numbers), BATCHES_READ):
        read = numbers[start : start + BATCHES_READ]
        for number, transfers, hashes in store.batch_leaves(tx, read):
            found[number] = batch.join(transfers, hashes).row(tx.book, number)
    return found


def _leaves(tx: Tx, item: Queued, seals: dict[int, leaf.Batch]) -> list[Leaf]:
    if item.kind == "batch":
        sealed = seals[item.batch or 0]
        return [Leaf("batch", sealed.batch.to_bytes(8, "big"), sha256(sealed.form))]
    if item.kind not in store.SOURCES:
        raise UnknownSealKind(kind=item.kind)
    refs = [id_.bytes for id_ in item.ids or ()]
    found = store.digests(tx, item.kind, refs)
    return [Leaf(item.kind, ref, found[ref]) for ref in refs if ref in found]


def _fresh(tx: Tx, leaves: list[Leaf]) -> list[Leaf]:
    """Without accounts that stand in the log as they are already."""
    accounts = [new.ref for new in leaves if new.kind == "account"]
    stands = store.leaf_of(tx, "account", accounts) if accounts else {}
    known = {ref: digest for ref, (_, digest) in stands.items()}
    kept = []
    for new in leaves:
        if new.kind == "account":
            if known.get(new.ref) == new.digest:
                continue
            known[new.ref] = new.digest
        kept.append(new)
    return kept
