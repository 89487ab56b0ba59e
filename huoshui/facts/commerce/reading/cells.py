"""Cells: the text of one cell to a key, name, whole number, moment or amount, or a named fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from huoshui.core.money import AmountTooFine, AmountUnreadable, Money, UnknownCurrency, parse_amount
from huoshui.facts.commerce.reading.faults import Unreadable

Cell = Callable[[str], Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1970, 2199
_MICROSECOND = timedelta(microseconds=1)
_KEY = re.compile(r"[^\s:\x00]{1,128}")
_WHOLE = re.compile(r"([+-]?\d{1,18})(\.0+)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_SHOWN = 40  # characters of a bad cell that a fault repeats


def key_up_to(most: int) -> Callable[[str], str]:
    """A reader of keys: 1 to so many characters without spaces or colons."""

    def read(text: str) -> str:
        if len(text) > most or not _KEY.fullmatch(text):
            raise Unreadable("key_unreadable", text=text[:_SHOWN], most=most)
        return text

    return read


key = key_up_to(128)


def words(most: int) -> Cell:
    """A reader of free text of at most so many characters."""

    def read(text: str) -> str:
        if len(text) > most:
            raise Unreadable("text_too_long", most=most, found=len(text))
        if "\x00" in text:
            raise Unreadable("text_unreadable")
        return text

    return read


def word(pattern: str) -> Cell:
    """A reader of a word that must match the pattern as a whole."""
    shape = re.compile(pattern)

    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise Unreadable("word_unreadable", text=text[:_SHOWN], pattern=pattern)
        return text

    return read


def whole(least: int, most: int) -> Cell:
    """A reader of a whole number within bounds; `225.0` counts as 225, as spreadsheets write it."""

    def read(text: str) -> int:
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise Unreadable("number_unreadable", text=text[:_SHOWN])
        number = int(match[1])
        if not least <= number <= most:
            raise Unreadable("number_out_of_range", text=text[:_SHOWN], least=least, most=most)
        return number

    return read


def moment(zone: ZoneInfo) -> Callable[[str], datetime]:
    """A reader of ISO 8601 times; without an offset they are local in `zone`.

    A local hour that the change of clocks repeats is read as the first of the two; one that it
    skips is read with the offset before the change.
    """
    unreadable = "time_unreadable"

    def read(text: str) -> datetime:
        if not _MOMENT.fullmatch(text):
            raise Unreadable(unreadable, text=text[:_SHOWN])
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise Unreadable(unreadable, text=text[:_SHOWN]) from None
        if not FIRST_YEAR < time.year < LAST_YEAR:
            raise Unreadable("time_out_of_range", text=text[:_SHOWN])
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)

    return read


def amount(text: str, currency: str, least: int = 0) -> Money:
    """A decimal amount in major units of the currency, at least `least` minor units."""
    try:
        minor = parse_amount(text, currency)
    except AmountTooFine as problem:
        raise Unreadable("amount_too_fine", **problem.facts) from None
    except AmountUnreadable:
        raise Unreadable("amount_unreadable", text=text[:_SHOWN]) from None
    except UnknownCurrency:
        raise Unreadable("currency_unknown", text=currency[:_SHOWN]) from None
    if minor < least:
        raise Unreadable("amount_too_small", text=text[:_SHOWN], least=least)
    return Money(minor, currency)


def microseconds(time: datetime) -> int:
    """Whole microseconds since 1970, the form in which moments are sorted."""
    return (time - EPOCH) // _MICROSECOND


def from_microseconds(number: int) -> datetime:
    """The moment of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=number)
