"""What a product's file says, before its line of business has read the line's own tables. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Source = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]  # of an expression
Minor = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Share = Annotated[str, msgspec.Meta(pattern=r"^(0|1|0\.[0-9]{1,8})$")]  # a part of one
_FIGURE = re.compile(r"\{([^{}]*)\}")


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that customers read, in both languages."""

    en: Sentence
    zh: Sentence

    def say(self, lang: str) -> str:
        """The text in the reader's language."""
        return self.zh if lang == "zh" else self.en

    def figures(self, lang: str) -> list[str]:
        """The names in braces of one language."""
        return _FIGURE.findall(self.say(lang))

    def filled(self, figures: Mapping[str, str]) -> Said:
        """Both texts with figures in place of their names."""
        en, zh = (_FIGURE.sub(lambda found: figures[found[1]], text) for text in (self.en, self.zh))
        return Said(en, zh)


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Amounts in minor units, both included."""

    min: Minor
    max: Minor


class Rule(Said, frozen=True, forbid_unknown_fields=True):
    """Who gets the product: `test` must hold. What is said where it does not is the rule itself."""

    name: Word
    test: Source


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A product. `price` names expressions that the line asks for; `tables` are the line's own.

    A disclosure may name figures in braces that the line gives, such as {aprc}.
    """

    product: Key
    line: Word
    currency: str
    name: Said
    about: Said
    amount: Range
    eligibility: Annotated[list[Rule], msgspec.Meta(max_length=50)] = []
    price: dict[Word, Source] = {}
    disclosures: Annotated[list[Said], msgspec.Meta(min_length=1, max_length=50)]
    tables: dict[str, Any] = {}
