"""RFC 9162 trees: known roots and proofs, and that only what is true is accepted."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.ledger.proof import merkle
from tests.ground import examples

GIVEN = Path(__file__).resolve().parents[4] / "shared" / "cases" / "evidence.jsonl"

# The inputs and values of Certificate Transparency's reference tests.
LEAVES = [
    merkle.leaf_hash(bytes.fromhex(text))
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSIONS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCIES = {
    (1, 1): (),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def test_the_reference_roots() -> None:
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c14")
    for size, root in enumerate(ROOTS, 1):
        assert merkle.root(LEAVES[:size]).hex() == root


@pytest.mark.parametrize(("index", "size"), INCLUSIONS)
def test_the_reference_inclusion_proofs(index: int, size: int) -> None:
    found = merkle.inclusion(LEAVES[:size], index)
    assert [hash_.hex() for hash_ in found] == list(INCLUSIONS[index, size])


@pytest.mark.parametrize(("before", "size"), CONSISTENCIES)
def test_the_reference_consistency_proofs(before: int, size: int) -> None:
    found = merkle.consistency(LEAVES[:size], before)
    assert [hash_.hex() for hash_ in found] == list(CONSISTENCIES[before, size])


def cases() -> list[Any]:
    """The given accept and reject cases, where they are at hand."""
    if not GIVEN.exists():
        return []
    found = [json.loads(line) for line in GIVEN.read_text().splitlines()]
    return [case for case in found if case["kind"].startswith("verify_")]


@pytest.mark.skipif(not GIVEN.exists(), reason="the given cases are not here")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_given_proofs_are_accepted_or_refused(case: Any) -> None:
    put, raw = case["input"], base64.b64decode
    path = [raw(step) for step in put["proof"] or ()]
    if case["kind"] == "verify_inclusion":
        leaf, root = raw(put["leafHash"]), raw(put["root"])
        found = merkle.verify_inclusion(leaf, put["leafIdx"], put["treeSize"], path, root)
    else:
        roots = raw(put["root1"]), raw(put["root2"])
        found = merkle.verify_consistency(put["size1"], put["size2"], path, *roots)
    assert found == case["expected"]["accept"]


def tree(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(i).encode()) for i in range(size)]


sizes = st.integers(1, 300)


@given(size=sizes, data=st.data())
@settings(max_examples=examples(60))
def test_every_leaf_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = tree(size)
    root = merkle.root(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(leaves, index)
    assert merkle.verify_inclusion(leaves[index], index, size, path, root)
    assert not merkle.verify_inclusion(leaves[index], index + size, size, path, root)
    other = data.draw(st.integers(0, size))
    if other not in (index, size):
        assert not merkle.verify_inclusion(leaves[index], other, size, path, root)
        assert not merkle.verify_inclusion(leaves[other], index, size, path, root)
    wrong = merkle.leaf_hash(b"wrong")
    assert not merkle.verify_inclusion(wrong, index, size, path, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*path, wrong], root)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], wrong, *path[place + 1 :]]
        assert not merkle.verify_inclusion(leaves[index], index, size, changed, root)
        assert not merkle.verify_inclusion(leaves[index], index, size, path[:-1], root)


@given(size=sizes, data=st.data())
@settings(max_examples=examples(60))
def test_growth_is_proved_and_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = tree(size)
    before = data.draw(st.integers(1, size))
    old, new = merkle.root(leaves[:before]), merkle.root(leaves)
    path = merkle.consistency(leaves, before)
    assert merkle.verify_consistency(before, size, path, old, new)
    wrong = merkle.leaf_hash(b"wrong")
    assert not merkle.verify_consistency(before, size, path, wrong, new)
    assert not merkle.verify_consistency(before, size, path, old, wrong)
    assert not merkle.verify_consistency(before, size, [*path, wrong], old, new)
    assert not merkle.verify_consistency(size + 1, size, path, old, new)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], wrong, *path[place + 1 :]]
        assert not merkle.verify_consistency(before, size, changed, old, new)


@given(size=sizes, data=st.data())
@settings(max_examples=examples(40))
def test_a_growing_tree_keeps_the_subtrees_that_proofs_are_made_of(
    size: int, data: st.DataObject
) -> None:
    leaves = tree(size)
    grown = merkle.Frontier()
    known = {node: hash_ for leaf in leaves for node, hash_ in grown.append(leaf)}
    assert (grown.size, grown.root) == (size, merkle.root(leaves))
    index, before = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    for ranges, expected in (
        (merkle.inclusion_ranges(index, size), merkle.inclusion(leaves, index)),
        (merkle.consistency_ranges(before, size), merkle.consistency(leaves, before)),
    ):
        assert [merkle.range_hash(*r, known.__getitem__) for r in ranges] == expected
    peaks = merkle.nodes_of(0, before)
    again = merkle.Frontier(before, [known[peak] for peak in peaks])
    for leaf in leaves[before:]:
        list(again.append(leaf))
    assert again.root == grown.root
