"""Types: what a value is, how it is written and read, and how two types join."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.core.expr.faults import Word
from huoshui.core.money import Money, UnknownCurrency, digits

WHOLE = 18  # digits of an integer, and of an amount in minor units
BEFORE, AFTER = 20, 18  # digits of a decimal before and after the point
LIST_MOST = 1_000  # elements of a list
CHARACTERS_MOST = 10_000  # of a text
FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)  # what a fact may say

SCALARS = (
    "boolean", "integer", "decimal", "money", "text", "date", "instant", "days", "months",
)  # fmt: skip
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INTEGER = re.compile(rf"-?[0-9]{{1,{WHOLE}}}")
_DECIMAL = re.compile(rf"-?[0-9]{{1,{BEFORE}}}(\.[0-9]{{1,{AFTER}}})?")
_BAD_TEXT = re.compile("[\0\ud800-\udfff]")


class Unfit(ValueError):
    """A value that its type does not hold."""


class BadType(Problem):
    """Not a type of the language."""

    code = "expression_type_unknown"
    status = 422


class Type(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kind; of money its currency where it is known, of a list the type of its elements."""

    kind: str
    currency: str = ""
    item: Type | None = None

    def __str__(self) -> str:
        if self.item:
            return f"list of {self.item}"
        return f"{self.kind} {self.currency}".rstrip()

    @property
    def word(self) -> Word:
        """The type's name for people."""
        if self.item:
            return Word("expr.type.list", {"item": self.item.word})
        if self.currency:
            return Word("expr.type.money_of", {"currency": self.currency})
        return Word(f"expr.type.{self.kind}")


BOOLEAN, INTEGER, DECIMAL, TEXT = (Type(k) for k in ("boolean", "integer", "decimal", "text"))
DATE, INSTANT, DAYS, MONTHS = (Type(k) for k in ("date", "instant", "days", "months"))
MONEY, NULL, UNKNOWN = Type("money"), Type("null"), Type("unknown")
NUMBERS = ("integer", "decimal")
ORDERED = ("integer", "decimal", "money", "date", "instant", "days", "months")


def list_of(item: Type) -> Type:
    """The type of a list with such elements."""
    return Type("list", item=item)


def read_type(text: str) -> Type:
    """The type that a text names, e.g. `money CNY` or `list of text`. Raises BadType."""
    words = text.split(" ")
    if words[:2] == ["list", "of"]:
        item = read_type(" ".join(words[2:]))
        # An amount in a list has no place for a currency of its own.
        if item.item or item == MONEY:
            raise BadType(type=text[:60], known=", ".join(SCALARS))
        return list_of(item)
    kind, currency = words[0], " ".join(words[1:])
    if kind not in SCALARS or (currency and kind != "money"):
        raise BadType(type=text[:60], known=", ".join(SCALARS))
    if currency:
        digits(currency)
    return Type(kind, currency)


def joined(first: Type, second: Type) -> Type | None:
    """The type that holds values of both, or None. Two currencies known to differ do not join."""
    if first == second or second.kind in ("null", "unknown"):
        return first
    if first.kind in ("null", "unknown"):
        return second
    if first.kind in NUMBERS and second.kind in NUMBERS:
        return DECIMAL
    if first.kind == second.kind == "money" and not (first.currency and second.currency):
        return MONEY
    if first.item and second.item:
        item = joined(first.item, second.item)
        return list_of(item) if item and item != MONEY else None
    return None


# Values as they come from outside: JSON, rows, TOML


def read_value(kind: Type, value: Any) -> Any:
    """A value of that type, exact; None stays None. Raises ValueError."""
    if value is None:
        return None
    if kind.item:
        return _read_list(kind.item, value)
    return _READERS[kind.kind](value, kind)


def _read_list(item: Type, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Unfit
    if len(value) > LIST_MOST:
        raise Unfit
    return tuple(read_value(item, each) for each in value)


def _boolean(value: Any, _: Type) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _integer(value: Any, _: Type) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unfit
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise Unfit
    if isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() < WHOLE):
        raise Unfit
    whole = int(value)
    if whole != Decimal(value) or abs(whole) >= 10**WHOLE:
        raise Unfit
    return whole


def _decimal(value: Any, _: Type) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unfit
    if isinstance(value, int):
        value = str(value) if abs(value) < 10**BEFORE else ""
    text = value if isinstance(value, str) else _plain(value)
    if not _DECIMAL.fullmatch(text):
        raise Unfit
    return Decimal(text)


def _plain(value: Decimal) -> str:
    # Very large exponents would be written out at full length.
    if not value.is_finite() or not -60 < value.adjusted() < 60:
        return "0" if value == 0 else ""
    return plain(value)


def plain(value: Decimal | int) -> str:
    """A number without exponent and without zeros at the end."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _money(value: Any, kind: Type) -> Money:
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        value = Money(_integer(value["amount"], INTEGER), str(value["currency"]))
    if not isinstance(value, Money):
        raise Unfit
    try:
        digits(value.currency)
    except UnknownCurrency as unknown:
        raise Unfit from unknown
    if kind.currency not in ("", value.currency):
        raise Unfit
    if abs(value.amount) >= 10**WHOLE:
        raise Unfit
    return value


def _text(value: Any, _: Type) -> str:
    if not isinstance(value, str) or _BAD_TEXT.search(value):
        raise Unfit
    if len(value) > CHARACTERS_MOST:
        raise Unfit
    return value


def _date(value: Any, _: Type) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Unfit
    if not FIRST <= value <= LAST:
        raise Unfit
    return value


def _instant(value: Any, _: Type) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Unfit
    if not FIRST + timedelta(2) <= value.date() <= LAST - timedelta(2):
        raise Unfit
    return value.astimezone(UTC)


_READERS = {
    "boolean": _boolean, "integer": _integer, "decimal": _decimal, "money": _money, "text": _text,
    "date": _date, "instant": _instant, "days": _integer, "months": _integer,
}  # fmt: skip


def show_value(kind: Type, value: Any) -> Any:
    """A value as plain JSON: decimals as text, amounts as amount and currency, times as ISO 8601."""
    if value is None or isinstance(value, bool):
        return value
    if kind.item:
        return [show_value(kind.item, each) for each in value]
    if kind.kind == "decimal":
        return plain(value)
    if kind.kind == "money":
        return {"amount": value.amount, "currency": value.currency}
    if kind.kind == "instant":
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if kind.kind == "date" else value
