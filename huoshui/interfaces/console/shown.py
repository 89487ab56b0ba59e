"""How figures are written for a reader: money, numbers, shares, times and lengths of time."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from huoshui.core.i18n import text
from huoshui.core.money import Money, major
from huoshui.interfaces.console.page import (
    Cell,
    Code,
    Id,
    Link,
    Mark,
    Path,
    Picture,
    Several,
    Share,
    Span,
    Status,
)

_LOCALES = {"en": "en_GB", "zh": "zh_CN"}
_KINDS: dict[type, str] = {
    type(None): "none",
    str: "text",
    int: "number",
    Decimal: "number",
    Money: "money",
    datetime: "time",
    date: "day",
    Link: "link",
    Id: "id",
    Status: "status",
    Share: "share",
    Span: "span",
    Mark: "mark",
    Code: "code",
    Path: "path",
    Picture: "picture",
    Several: "several",
}
_LONG_ID = re.compile(r"\b([a-z]{3})_[0-9a-z]{20}([0-9a-z]{6})\b")
_UNITS_S = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def kind(value: Cell) -> str:
    """The name of the macro that draws a cell."""
    return _KINDS[type(value)]


@cache
def locale(lang: str) -> Locale:
    """The babel locale of a console language."""
    return Locale.parse(_LOCALES[lang])


def short_path(path: str) -> str:
    """A path with its ids cut to prefix and end, as it fits a table."""
    return _LONG_ID.sub(r"\1_…\2", path)


def money(value: Money, lang: str) -> str:
    """An amount with its currency's sign and digits, as the language writes it."""
    before, after = _signs(value.currency, lang, value.amount < 0)
    return f"{before}{abs(major(value.amount, value.currency)):,f}{after}"


@cache
def _signs(currency: str, lang: str, negative: bool) -> tuple[str, str]:
    """What babel writes before and after the digits; both languages group by comma and three."""
    shape = format_currency(Decimal(-1 if negative else 1), currency, locale=locale(lang))
    before, _, rest = shape.partition("1")
    return before, rest.lstrip("0123456789.,")


def number(value: int | Decimal, lang: str) -> str:
    """A number with the language's grouping."""
    return f"{value:,}" if isinstance(value, int) else format_decimal(value, locale=locale(lang))


def share(value: Share, lang: str) -> str:
    """A ratio as a percentage with the asked number of places."""
    pattern = "#,##0." + "0" * value.places + "%" if value.places else "#,##0%"
    return format_percent(value.value, format=pattern, locale=locale(lang))


def moment(value: datetime, lang: str, zone: str) -> str:
    """A point in time to the minute, in the book's time zone."""
    local = value.astimezone(ZoneInfo(zone))
    joint = " " if lang == "zh" else ", "
    return f"{day(local.date(), lang)}{joint}{local:%H:%M}"


@lru_cache(maxsize=4096)
def day(value: date, lang: str) -> str:
    """A business date."""
    pattern = "yyyy-MM-dd" if lang == "zh" else "d MMM yyyy"
    return format_date(value, pattern, locale=locale(lang))


def span(value: Span, lang: str) -> str:
    """A length of time in its largest unit that holds at least one, to one place under ten."""
    for name, seconds in _UNITS_S:
        if abs(value.seconds) >= seconds or seconds == 1:
            count = Decimal(value.seconds) / seconds
            places = 1 if abs(count) < 10 and seconds > 1 else 0
            return text(f"console.span.{name}", lang, n=number(round(count, places), lang))
    raise AssertionError("the smallest unit always fits")


def bare(value: Cell, lang: str, zone: str = "UTC") -> str:
    """A cell as plain text, for exports and for those who do not see the page."""
    if isinstance(value, Money):
        return money(value, lang)
    if isinstance(value, Share):
        return share(value, lang)
    if isinstance(value, Span):
        return span(value, lang)
    if isinstance(value, datetime):
        return moment(value, lang, zone)
    if isinstance(value, date):
        return day(value, lang)
    if isinstance(value, int | Decimal):
        return number(value, lang)
    return _named(value, lang, zone)


def _named(value: Cell, lang: str, zone: str) -> str:
    if isinstance(value, Mark):
        return text(f"console.basis.{value.basis}", lang)
    if isinstance(value, Several):
        return "; ".join(bare(each, lang, zone) for each in value.values)
    if isinstance(value, Id):
        return value.key
    if isinstance(value, Picture):
        return value.says
    if isinstance(value, Link | Status | Code | Path):
        return value.text
    return "" if value is None else str(value)


def clock_time(value: datetime, zone: str) -> str:
    """The time of day to the second."""
    return value.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")
