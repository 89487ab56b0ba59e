"""Faults of an expression: where, what was expected and what was found, in both languages."""

from __future__ import annotations

from typing import Any

import msgspec

from huoshui.core import i18n
from huoshui.core.errors import FieldError


class Word(msgspec.Struct, frozen=True):
    """A fact of a fault that has a text of its own in each language."""

    key: str
    facts: dict[str, Any] = {}

    def say(self, lang: str) -> str:
        """The word in the reader's language."""
        facts = {name: told(fact, lang) for name, fact in self.facts.items()}
        return i18n.text(self.key, lang, **facts)


class Words(msgspec.Struct, frozen=True):
    """Several of them, any of which would do."""

    words: tuple[Word, ...]

    def say(self, lang: str) -> str:
        """The words in the reader's language, separated."""
        return ("、" if lang == "zh" else ", ").join(word.say(lang) for word in self.words)


class Fault(FieldError, frozen=True):
    """A fault whose facts may be words."""

    def detail(self, lang: str) -> str:
        """The sentence that names the fault and the mend, in the reader's language."""
        facts = {name: told(fact, lang) for name, fact in self.facts.items()}
        return i18n.text(f"field.{self.code}", lang, **facts)


def told(fact: object, lang: str) -> object:
    """A fact as it is, or a word in the reader's language."""
    return fact.say(lang) if isinstance(fact, Word | Words) else fact


def place(text: str, start: int) -> str:
    """Where a character of a text stands, counted from one."""
    line = text.count("\n", 0, start) + 1
    return f"line {line}, column {start - text.rfind(chr(10), 0, start)}"
