"""The chart of accounts: which paths may exist, and what kind of account each one opens.

A path is words joined by colons; `{name}` in a pattern stands for one word. An account is
opened on first use, by the kind that its path matches.
"""

from __future__ import annotations

import re

import msgspec

from huoshui.core.once import once
from huoshui.ledger.model import Class

_WORD = r"[A-Za-z0-9_.-]{1,64}"
PATH = re.compile(rf"{_WORD}(:{_WORD}){{0,5}}")


class AccountKind(msgspec.Struct, frozen=True):
    """A pattern of paths and what their accounts are. Bounds are minor units of in - out."""

    name: str
    pattern: str
    class_: Class
    floor: int | None = None
    ceiling: int | None = None


class Chart(msgspec.Struct, frozen=True, dict=True):
    """The kinds of account that a book may hold."""

    kinds: tuple[AccountKind, ...]

    @once
    def _patterns(self) -> list[tuple[re.Pattern[str], AccountKind]]:
        return [(_compiled(kind.pattern), kind) for kind in self.kinds]

    def kind_of(self, path: str) -> AccountKind | None:
        """The kind of the first pattern that a path matches, or None."""
        for pattern, kind in self._patterns:
            if pattern.fullmatch(path):
                return kind
        return None


def _compiled(pattern: str) -> re.Pattern[str]:
    words = [_WORD if word.startswith("{") else re.escape(word) for word in pattern.split(":")]
    return re.compile(":".join(words))
