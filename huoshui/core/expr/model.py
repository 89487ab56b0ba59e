"""The tree of an expression: five kinds of nodes, frozen, with one canonical form and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr.faults import Fault

LANGUAGE = 1  # the version of the language: part of what is hashed
TEXT_MOST = 20_000  # characters of a text
NODES_MOST = 2_000
DEPTH_MOST = 60
LITERAL_MOST = 2_000  # characters of a text literal
JSON_MOST = 400_000  # bytes of a tree


class ExpressionUnreadable(Problem):
    """The text is no expression; the fault says where and what was expected."""

    code = "expression_unreadable"
    status = 422


class ExpressionRefused(Problem):
    """The expression reads, and means nothing here; each fault says where, expected and found."""

    code = "expression_refused"
    status = 422


class Const(msgspec.Struct, frozen=True, tag="const", tag_field="node", omit_defaults=True):
    """A constant: its type's name and its canonical text; of money the minor units and the currency."""

    type: str
    value: str
    currency: str = ""


class Name(msgspec.Struct, frozen=True, tag="name", tag_field="node"):
    """A declared name, or the variable of the nearest `any`, `all` or `count`."""

    name: str


class Items(msgspec.Struct, frozen=True, tag="items", tag_field="node"):
    """A list written out."""

    items: tuple[Node, ...]


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="node"):
    """An operator or a function with its arguments."""

    op: str
    args: tuple[Node, ...]


class Each(msgspec.Struct, frozen=True, tag="each", tag_field="node"):
    """`any`, `all` or `count` of a test over the elements of a list."""

    op: str
    test: Node
    var: str
    of: Node


Node: TypeAlias = Const | Name | Items | Call | Each

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Node)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below, in the order of the text; of Each the test, then the list."""
    if isinstance(node, Call):
        return node.args
    if isinstance(node, Items):
        return node.items
    if isinstance(node, Each):
        return (node.test, node.of)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node, parents first, in the order of the text: the n-th has the number n."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(children(found)))


def bounded(node: Node) -> Node:
    """The node, if its size and depth keep within the bounds. Raises ExpressionRefused."""
    level, depth, count = [node], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEPTH_MOST or count > NODES_MOST:
            facts = {"depth": DEPTH_MOST, "nodes": NODES_MOST}
            raise ExpressionRefused(count=1, errors=(FieldError("", "expr_too_large", facts),))
        level = [below for each in level for below in children(each)]
    return node


def canonical(node: Node) -> bytes:
    """The one JSON text of a tree: keys in order, no spaces."""
    return _encoder.encode(node)


def from_json(content: bytes | str) -> Node:
    """The tree of a JSON text. Raises ExpressionUnreadable, ExpressionRefused."""
    try:
        if len(content) > JSON_MOST:
            raise ValueError(f"more than {JSON_MOST} bytes")
        return bounded(_decoder.decode(content))
    except (msgspec.MsgspecError, ValueError, RecursionError) as bad:
        fault = Fault("", "expr_json", {"reason": str(bad)[:200]})
        raise ExpressionUnreadable(count=1, errors=(fault,)) from bad


def digest(node: Node) -> str:
    """SHA-256 of the language's version and the canonical form, in hex."""
    return hashlib.sha256(b"huoshui expr %d\n" % LANGUAGE + canonical(node)).hexdigest()
