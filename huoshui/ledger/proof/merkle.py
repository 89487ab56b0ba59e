"""Merkle trees as RFC 9162, section 2.1, defines them, over SHA-256.

A tree is known by the hashes of its leaves. What a proof is made of are hashes of ranges of
leaves; a range is the sum of complete subtrees, named by level and index, so that a log that
stores complete subtrees answers a proof with a few reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256

HASH_BYTES = 32
EMPTY = sha256(b"").digest()  # the root of a tree without leaves

Range = tuple[int, int]  # leaves from the first up to, not including, the second
Node = tuple[int, int]  # a complete subtree: of 2^level leaves, the index-th of its level


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\1" + left + right).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree over hashes of leaves, level by level up to its root.

    What has no sibling on its level rises as it is.
    """
    level = list(leaves)
    tree = [level]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
        tree.append(level)
    return tree


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over hashes of leaves."""
    return levels(leaves)[-1][0] if leaves else EMPTY


def path(tree: list[list[bytes]], index: int) -> list[bytes]:
    """The proof of a leaf in a tree that is at hand (2.1.3.1)."""
    found = []
    for level in tree[:-1]:
        if index ^ 1 < len(level):
            found.append(level[index ^ 1])
        index >>= 1
    return found


def cut(content: bytes) -> list[bytes]:
    """Hashes that were written one after the other."""
    return [content[i : i + HASH_BYTES] for i in range(0, len(content), HASH_BYTES)]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove leaf `index` of a tree, nearest first (2.1.3.1)."""
    path: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(before: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that a tree grew out of its first `before` leaves (2.1.4.1)."""
    path: list[Range] = []
    start, end = 0, size
    while end > before:
        middle = start + _left(end - start)
        if before <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start:  # otherwise the range is the whole older tree, whose root the verifier has
        path.append((start, end))
    return path[::-1]


def _left(size: int) -> int:
    """How many leaves stand to the left: the largest power of two smaller than the size."""
    return 1 << (size - 1).bit_length() - 1


def nodes_of(start: int, end: int) -> list[Node]:
    """The complete subtrees that a range of a proof is made of, from left to right."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(peaks: Sequence[bytes]) -> bytes:
    """The hash over neighbouring complete subtrees that shrink from left to right."""
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks)) if peaks else EMPTY


def range_hash(start: int, end: int, read: Callable[[Node], bytes]) -> bytes:
    """The hash of a range of a proof, its complete subtrees read."""
    return fold([read(node) for node in nodes_of(start, end)])


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof of a leaf in a tree whose leaves are at hand."""
    return path(levels(leaves), index)


def consistency(leaves: Sequence[bytes], before: int) -> list[bytes]:
    """The proof that a tree whose leaves are at hand grew out of its first `before`."""
    return [root(leaves[start:end]) for start, end in consistency_ranges(before, len(leaves))]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes | None:
    """The root that a proof leads to (2.1.3.2), or None where it cannot be one of such a tree."""
    if not 0 <= index < size:
        return None
    number, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            found = node_hash(step, found)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, step)
        number, last = number >> 1, last >> 1
    return found if last == 0 else None


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes
) -> bool:
    """Whether a leaf's hash stands at `index` of the tree with that root (2.1.3.2)."""
    return root_from_inclusion(leaf, index, size, path) == expected


def verify_consistency(
    before: int, size: int, path: Sequence[bytes], root_before: bytes, root_now: bytes
) -> bool:
    """Whether a tree of `size` leaves grew out of one of `before` (2.1.4.2)."""
    if not 0 < before <= size:
        return False
    if before == size:
        return not path and root_before == root_now
    steps = list(path) if before & (before - 1) else [root_before, *path]
    if not steps:
        return False
    number, last = before - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, step)
        number, last = number >> 1, last >> 1
    return last == 0 and old == root_before and new == root_now


class Frontier:
    """A tree that grows: its complete subtrees from the left, one for each bit of its size."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        return fold(self._peaks)

    def append(self, leaf: bytes) -> Iterator[tuple[Node, bytes]]:
        """Take a leaf; yields every subtree that it completes, itself first."""
        level, found = 0, leaf
        yield (0, self.size), found
        while self.size >> level & 1:
            found = node_hash(self._peaks.pop(), found)
            level += 1
            yield (level, self.size >> level), found
        self._peaks.append(found)
        self.size += 1
