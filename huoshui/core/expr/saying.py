"""Values, names and conditions as people say them, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from huoshui.core import i18n
from huoshui.core.expr.model import Node
from huoshui.core.expr.schema import Fact, Schema
from huoshui.core.expr.text import text
from huoshui.core.expr.types import Type, plain, show_value
from huoshui.core.expr.values import EXACT
from huoshui.core.money import Money, digits

ITEMS_MOST = 5  # elements of a list that a sentence names


class Told(NamedTuple):
    """A value as plain JSON, and as either language says it."""

    plain: Any
    en: str
    zh: str

    def said(self, lang: str) -> str:
        """As the reader's language says it."""
        return self.zh if lang == "zh" else self.en


def describe(node: Node, schema: Schema) -> Told:
    """An expression with descriptions for its names."""

    def named(lang: str) -> str:
        facts = schema.by_name
        return text(node, lambda name: facts[name].said(lang) if name in facts else name)

    return Told(text(node), named("en"), named("zh"))


def list_told(facts: Sequence[Fact]) -> Told:
    """Names one after the other."""
    en, zh = (f.said("en") for f in facts), (f.said("zh") for f in facts)
    return Told([fact.name for fact in facts], ", ".join(en) or "-", "、".join(zh) or "-")


def value_told(kind: Type, value: Any, fact: Fact | None = None) -> Told:
    """A value of a type, with the unit of the fact that it is."""
    en, zh = (_said(kind, value, lang) for lang in ("en", "zh"))
    if fact and value is not None:
        en, zh = _with_unit(en, fact.unit_en), _with_unit(zh, fact.unit_zh)
    return Told(show_value(kind, value), en, zh)


def _with_unit(said: str, unit: str) -> str:
    return f"{said}{'' if unit in ('', '%') else ' '}{unit}"


def _said(kind: Type, value: Any, lang: str) -> str:
    if value is None:
        return i18n.text("expr.said.null", lang)
    if kind.item:
        shown = [_said(kind.item, each, lang) for each in value[:ITEMS_MOST]]
        more = ["…"] if len(value) > ITEMS_MOST else []
        return ("、" if lang == "zh" else ", ").join(shown + more) or "-"
    if isinstance(value, bool):
        return i18n.text(f"expr.said.{str(value).lower()}", lang)
    if isinstance(value, Money):
        return _amount(value, lang)
    if isinstance(value, int | Decimal):
        number = _grouped(value)
        return (
            i18n.text(f"expr.said.{kind.kind}", lang, count=number)
            if kind.kind in _COUNTED
            else number
        )
    return f"“{value}”" if kind.kind == "text" else str(show_value(kind, value))


_COUNTED = ("days", "months")


def _grouped(value: int | Decimal) -> str:
    """A number with commas between thousands; both languages write it so."""
    whole, _, fraction = plain(value).partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{sign}{int(whole):,}"
    return f"{grouped}.{fraction}" if fraction else grouped


def _amount(value: Money, lang: str) -> str:
    exact = Decimal(value.amount).scaleb(-digits(value.currency), EXACT)
    number = f"{exact:,f}" if exact != exact.to_integral_value() else _grouped(exact)
    if value.currency == "CNY" and lang == "zh":
        return f"{number} 元"
    return f"{number} {value.currency}" if lang == "zh" else f"{value.currency} {number}"
