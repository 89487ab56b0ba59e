"""The log recomputed: every leaf against its row, every subtree, every checkpoint and signature.

Where two things disagree, the signed root says which of them is as it was sealed: a leaf whose
path still leads to it is intact, so its row was changed; otherwise the leaf itself was.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.ledger.proof import audit_store, checkpoint, leaf, merkle, store
from huoshui.ledger.proof.audit_store import LogRow
from huoshui.ledger.proof.checkpoint import Checkpoint, LogKey
from huoshui.ledger.proof.fault import Faults, row_of
from huoshui.ledger.proof.merkle import Node

PAGE = 4096

Progress = Callable[[int], None]


class Trust(msgspec.Struct, frozen=True):
    """What the reader has from elsewhere: a public key, checkpoints that were kept."""

    key: LogKey | None = None
    kept: tuple[Checkpoint, ...] = ()


class LogCheck:
    """One walk over a book's log, from its first leaf."""

    def __init__(self, tx: Tx, faults: Faults, trust: Trust) -> None:
        self._tx = tx
        self._trust = trust
        self._faults = faults
        self._signed = Faults()
        self._tree = merkle.Frontier()
        self._keys = store.keys(tx)
        self._waiting = audit_store.waiting(tx, "account")
        self._broken = False
        self._suspects: list[LogRow] = []
        self._unconfirmed: list[LogRow] = []
        self._wrong_nodes: list[tuple[Node, bytes | None, bytes]] = []
        self._wrong_notes: list[tuple[int, int, bytes]] = []
        self._last_note = 0
        self._alone: list[int] = []  # keys that the one before did not sign in
        self._note: Checkpoint | None = None  # the newest whose signature is right
        self._good = 0  # the size up to which leaves are as they were signed
        self._blamed: set[int] = set()
        self.checkpoints = 0

    @property
    def size(self) -> int:
        """How many leaves were read."""
        return self._tree.size

    @property
    def covered(self) -> int:
        """How many leaves the newest checkpoint covers."""
        return self._note.size if self._note else 0

    def run(self, progress: Progress) -> None:
        """Read the whole log, then say what disagrees and where the cause lies."""
        last = -1
        while rows := audit_store.leaves(self._tx, last, PAGE):
            self._page(rows)
            last = rows[-1].leaf_index
            progress(self.size)
        self._end(last)
        self._judge()
        self._trusted()
        for kind in store.SOURCES:
            for ref in audit_store.unsealed_rows(self._tx, kind):
                table = store.SOURCES[kind][0]
                self._faults.add("sealed", table, row_of(kind, ref), "-", None)

    def _page(self, rows: list[LogRow]) -> None:
        start, size = rows[0].leaf_index, self._tree.size
        notes = dict(audit_store.checkpoints(self._tx, size, rows[-1].leaf_index + 1))
        stored = audit_store.stored_nodes(self._tx, start, rows[-1].leaf_index + 1)
        for row in rows:
            self._source(row)
            if row.leaf_index != self._tree.size and not self._broken:
                self._faults.add("leaf", "log_leaf", self._tree.size, None, row.leaf_index)
                self._blamed.add(self._tree.size)
                self._broken = True
            for node, hash_ in self._tree.append(row.hash):
                if node[0] and node[0] % store.STEP == 0 and stored.pop(node, None) != hash_:
                    self._wrong_node(node, hash_)
            self._compare_kept()
            note = notes.pop(self._tree.size, None)
            if note is not None:
                self._checkpoint(self._tree.size, note)
        for missed in notes:
            self._signed.add("checkpoint", "checkpoint", missed, missed, None)

    def _wrong_node(self, node: Node, hash_: bytes) -> None:
        stored = audit_store.stored_nodes(
            self._tx, node[1] << node[0], (node[1] + 1) << node[0]
        ).get(node)
        if not self._broken:
            self._wrong_nodes.append((node, stored, hash_))

    def _source(self, row: LogRow) -> None:
        if row.source == row.digest:
            return
        moved_on = row.later or row.ref in self._waiting
        if row.kind == "account" and row.source is not None and moved_on:
            self._unconfirmed.append(row)
        else:
            self._suspects.append(row)

    def _checkpoint(self, size: int, text: str) -> None:
        self.checkpoints += 1
        try:
            note = checkpoint.read(text)
        except Problem as problem:
            self._signed.add("checkpoint", "checkpoint", size, str(problem), None)
            return
        key = self._key(size)
        before, self._last_note = self._last_note, size
        if key is None or (note.size, note.origin) != (size, key.name):
            self._signed.add("checkpoint", "checkpoint", size, f"{note.origin} {note.size}", size)
        elif not note.signed_by(LogKey(key.name, key.public)):
            self._signed.add("signature", "checkpoint", size, note.root, key.public)
        else:
            self._note = note
            self._change_of_key(key, note)
            if note.after != before:
                self._signed.add("checkpoint", "checkpoint", note.after, None, before)
            if note.root != self._tree.root:
                self._wrong_notes.append((self._good, size, note.root))
            elif not self._wrong_notes:
                self._good = size

    def _change_of_key(self, key: leaf.Key, note: Checkpoint) -> None:
        place = self._keys.index(key)
        if place and note.after <= key.from_size:
            before = self._keys[place - 1]
            if not note.signed_by(LogKey(before.name, before.public)):
                self._alone.append(place)

    def _compare_kept(self) -> None:
        for kept in self._trust.kept:
            if kept.size == self._tree.size and kept.root != self._tree.root:
                self._signed.add("kept", "checkpoint", kept.size, kept.root, self._tree.root)

    def _trusted(self) -> None:
        """The log must be the one that the reader knows: by its key, by checkpoints kept."""
        known = [LogKey(key.name, key.public) for key in self._keys]
        if self._trust.key and self._trust.key not in known:
            self._faults.add("key", "log_key", 0, None, self._trust.key.text)
        elif self._trust.key:
            for place in self._alone:
                if place > known.index(self._trust.key):
                    row = self._keys[place].from_size
                    self._faults.add("key", "log_key", row, known[place].text, None)
        for kept in self._trust.kept:
            if kept.size > self.size or not any(kept.signed_by(key) for key in known):
                self._faults.add("kept", "checkpoint", kept.size, kept.root, None)

    def _key(self, size: int) -> leaf.Key | None:
        return next((key for key in reversed(self._keys) if key.from_size < size), None)

    def _end(self, last: int) -> None:
        beyond = audit_store.checkpoints(self._tx, last + 1, 2**62)
        below = audit_store.checkpoints(self._tx, -(2**62), 0)
        for size, _ in below + beyond:
            self._signed.add("checkpoint", "checkpoint", size, size, self.size)
        for level, index in audit_store.stray_nodes(self._tx, self.size):
            self._faults.add("node", "log_node", f"{level}/{index}", "-", None)
        if self.covered < self.size and not self._signed.count:
            self._signed.add("checkpoint", "checkpoint", self.size, None, self._tree.root)
            self._signed.add("leaf", "log_leaf", self.covered, "-", None)

    def _judge(self) -> None:
        for row in self._suspects:
            self._judge_leaf(row)
        for (level, index), stored, found in self._wrong_nodes:
            first, end = index << level, (index + 1) << level
            if not any(first <= i < end for i in self._blamed):
                self._judge_node((level, index), stored, found)
        for before, size, root in self._wrong_notes:
            if not any(i < size for i in self._blamed):
                self._blame_between(before, size, root)
        self._faults.extend(self._signed)

    def _judge_leaf(self, row: LogRow) -> None:
        table = store.SOURCES[row.kind][0] if row.kind in store.SOURCES else ""
        if table and self._anchored((0, row.leaf_index), row.hash):
            self._faults.add("leaf", table, row_of(row.kind, row.ref), row.digest, row.source)
        else:
            self._blamed.add(row.leaf_index)
            self._faults.add("leaf", "log_leaf", row.leaf_index, row.digest, row.source)

    def _judge_node(self, node: Node, stored: bytes | None, found: bytes) -> None:
        level, index = node
        if stored is not None and self._anchored(node, stored):
            self._blame_between(index << level, (index + 1) << level, stored)
            self._blamed.add(index << level)
        else:
            self._faults.add("node", "log_node", f"{level}/{index}", stored, found)

    def _blame_between(self, first: int, end: int, root: bytes) -> None:
        """Leaves that are not as signed: those of a range whose rows cannot vouch for them."""
        doubtful = [r for r in self._unconfirmed if first <= r.leaf_index < end]
        for row in doubtful:
            self._blamed.add(row.leaf_index)
            self._faults.add("leaf", "log_leaf", row.leaf_index, row.digest, None)
        if not doubtful:
            self._blamed.add(first)
            self._faults.add("leaf", "log_leaf", f"{first}…{end - 1}", root, None)

    def _anchored(self, node: Node, hash_: bytes) -> bool:
        """Whether a subtree's path leads to the root that was signed last."""
        level, index = node
        if self._note is None or (index + 1) << level > self._note.size:
            return True
        ranges = merkle.inclusion_ranges(index << level, self._note.size)[level:]
        try:
            path = store.range_hashes(self._tx, ranges)
        except KeyError:  # a node is gone, which is told where it is missed
            return False
        size = (self._note.size - 1 >> level) + 1
        return merkle.root_from_inclusion(hash_, index, size, path) == self._note.root
