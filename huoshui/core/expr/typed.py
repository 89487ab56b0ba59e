"""A tree whose every node has its type, and what is known of it before any fact is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from huoshui.core.expr.model import Node
from huoshui.core.expr.types import NULL, Type

DIGITS_MOST = 200  # digits that a number may come to before the point
REACH_MOST = 690_000  # days beyond the facts' first and last day that surely are days
FAR = 10**9


class Shape(msgspec.Struct, frozen=True):
    """What is known of a value: its type, whether it may be null or refused, how large it may be.

    `whole` digits before and `scale` after the point; `reach` days beyond the facts' range (of a
    date or an instant), or at most so many days or months.
    """

    type: Type
    maybe: bool = False
    fails: bool = False
    whole: int = 0
    scale: int = 0
    reach: int = 0


class Typed(msgspec.Struct, frozen=True):
    """A node with its number in `walk`, its shape, its arguments, and its value if it is constant."""

    number: int
    node: Node
    shape: Shape
    args: tuple[Typed, ...] = ()
    value: Any = None

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.shape.type

    @property
    def maybe(self) -> bool:
        """Whether the value may be null."""
        return self.shape.maybe

    @property
    def fails(self) -> bool:
        """Whether facts exist that make it a refusal."""
        return self.shape.fails

    @property
    def constant(self) -> bool:
        """Whether the value is known and not null."""
        return self.value is not None

    @property
    def is_null(self) -> bool:
        """Whether it is the constant null."""
        return self.type == NULL

    def walk(self) -> Iterator[Typed]:
        """This node and all below it, in the order of the text."""
        yield self
        for arg in self.args:
            yield from arg.walk()
