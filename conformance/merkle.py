"""RFC 9162 trees: roots, proofs, and whether a proof is accepted."""

from __future__ import annotations

import base64
from typing import Any

from huoshui.ledger.proof import merkle


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What the case's kind asks for."""
    return _ANSWERS[case["kind"]](case["input"])


def _root(given: dict[str, Any]) -> dict[str, Any]:
    return {"root_hex": merkle.root(_leaves(given)).hex()}


def _inclusion(given: dict[str, Any]) -> dict[str, Any]:
    leaves = _leaves(given)[: given["tree_size"]]
    path = merkle.inclusion(leaves, given["leaf_index"])
    return {"path_hex": _hex(path), "root_hex": merkle.root(leaves).hex()}


def _consistency(given: dict[str, Any]) -> dict[str, Any]:
    before, leaves = given["size1"], _leaves(given)[: given["size2"]]
    return {
        "path_hex": _hex(merkle.consistency(leaves, before)),
        "root1_hex": merkle.root(leaves[:before]).hex(),
        "root2_hex": merkle.root(leaves).hex(),
    }


def _verify_inclusion(given: dict[str, Any]) -> dict[str, Any]:
    path, leaf, root = _path(given), _raw(given["leafHash"]), _raw(given["root"])
    accepted = merkle.verify_inclusion(leaf, given["leafIdx"], given["treeSize"], path, root)
    return {"accept": accepted}


def _verify_consistency(given: dict[str, Any]) -> dict[str, Any]:
    before, size = given["size1"], given["size2"]
    roots = _raw(given["root1"]), _raw(given["root2"])
    return {"accept": merkle.verify_consistency(before, size, _path(given), *roots)}


_ANSWERS = {
    "rfc9162_root": _root,
    "rfc9162_inclusion_proof": _inclusion,
    "rfc9162_consistency_proof": _consistency,
    "verify_inclusion": _verify_inclusion,
    "verify_consistency": _verify_consistency,
}


def _leaves(given: dict[str, Any]) -> list[bytes]:
    return [merkle.leaf_hash(bytes.fromhex(text)) for text in given["leaves_hex"]]


def _path(given: dict[str, Any]) -> list[bytes]:
    return [_raw(step) for step in given["proof"] or ()]


def _raw(text: str) -> bytes:
    return base64.b64decode(text or "")


def _hex(path: list[bytes]) -> list[str]:
    return [hash_.hex() for hash_ in path]
