"""What the compiled Python calls: exact arithmetic, dates, text and lists.

What a fact makes impossible is raised as Refused, and told by its code at the door.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from huoshui.core.expr.types import AFTER
from huoshui.core.money import ROUNDINGS, Money

# Wide enough for every number that the check lets pass: nothing is rounded by the context.
EXACT = Context(prec=1_000, rounding=ROUND_HALF_UP, Emin=-9_999, Emax=9_999)
_ONE = 10**AFTER
_TINY = Decimal(1).scaleb(-AFTER, EXACT)
_DOWN = Decimal(-AFTER)
_SECOND = timedelta(seconds=1)

# Letters with one small form, the same in every version of Python and PostgreSQL: Latin with its
# supplement, Greek, Cyrillic, full-width. A table that grows would change what was sealed.
_RANGES = ((0x41, 0x5A), (0xC0, 0xD6), (0xD8, 0xDE), (0x391, 0x3A1), (0x3A3, 0x3AB),
           (0x410, 0x42F), (0xFF21, 0xFF3A))  # fmt: skip
CAPITALS = "".join(chr(c) for first, last in _RANGES for c in range(first, last + 1))
CAPITALS += "".join(chr(c) for c in range(0x400, 0x410))
SMALL = "".join(chr(ord(c) + (80 if "\u0400" <= c <= "\u040f" else 32)) for c in CAPITALS)
_FOLD = str.maketrans(CAPITALS, SMALL)


class Refused(Exception):
    """An evaluation that has no value, by its code."""

    def __init__(self, code: str) -> None:
        self.code = code


def refuse(code: str) -> Any:
    """Refuse, inside an expression."""
    raise Refused(code)


# Numbers and amounts


def cut(value: Decimal) -> Decimal:
    """A product, rounded half away from zero to the places that a decimal has."""
    return value.quantize(_TINY, context=EXACT)


def divide(first: Decimal | int, second: Decimal | int) -> Decimal:
    """A quotient, rounded half away from zero to the places that a decimal has."""
    if second == 0:
        raise Refused("division_by_zero")
    if isinstance(first, Decimal) or isinstance(second, Decimal):
        first, second = _scaled(first), _scaled(second)
    # Away from zero at a half, by whole numbers alone: no step is rounded but this one.
    quotient = (2 * abs(first) * _ONE + abs(second)) // (2 * abs(second))
    return EXACT.scaleb(quotient if (first < 0) == (second < 0) else -quotient, _DOWN)


def _scaled(value: Decimal | int) -> int:
    return value * _ONE if isinstance(value, int) else int(value.scaleb(AFTER, EXACT))


def is_multiple(value: Decimal | int, divider: Decimal | int) -> bool:
    """Whether a number is a whole multiple of another."""
    if divider == 0:
        raise Refused("division_by_zero")
    return _scaled(value) % _scaled(divider) == 0


def rounded(value: Decimal | int, places: int, rule: str) -> Decimal | int:
    """A number rounded to places by a named rule; an integer where there are none."""
    unit = Decimal(1).scaleb(-places, EXACT)
    found = Decimal(value).quantize(unit, rounding=ROUNDINGS[rule], context=EXACT)
    return found if places else int(found)


def share(amount: Money, rate: Decimal | int, rule: str) -> Money:
    """A rate of an amount, rounded once to minor units by a named rule."""
    exact = EXACT.multiply(Decimal(amount.amount), Decimal(rate))
    return Money(int(rounded(exact, 0, rule)), amount.currency)


def mixed(first: Money, second: Money) -> bool:
    """False for two amounts of one currency, refused for others."""
    if first.currency != second.currency:
        raise Refused("currency_mix")
    return False


# Dates and instants


def moved(day: Any, days: int) -> Any:
    """A date or an instant so many days of 24 hours later."""
    try:
        return day + timedelta(days)
    except OverflowError as beyond:
        raise Refused("date_out_of_range") from beyond


def months_on(day: date, months: int) -> date:
    """The date so many months later; what that month has not is its last day."""
    total = day.year * 12 + day.month - 1 + months
    if not 12 <= total < 120_000:
        raise Refused("date_out_of_range")
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def age(born: date, on: date) -> int:
    """Full years; who was born on 29 February is a year older on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of a name that the check let pass."""
    return ZoneInfo(name)


def local(at: datetime, name: str) -> datetime:
    """What clock and calendar show in a time zone."""
    try:
        return at.astimezone(zone(name))
    except (OverflowError, ValueError) as beyond:
        raise Refused("date_out_of_range") from beyond


def seconds_between(first: datetime, second: datetime) -> int:
    """Whole seconds from one instant to another, downwards."""
    return (second - first) // _SECOND


# Text and lists. Of an empty list nothing holds for any and all for all, even of what is null.


def folded(text: str) -> str:
    """The text with small letters."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def contains_any(text: str | None, parts: Iterable[str | None] | None) -> bool | None:
    """Whether any part stands in the text, whatever the case of its letters."""
    if parts is None:
        return None
    whole = None if text is None else folded(text)
    return any_of([None if whole is None or p is None else folded(p) in whole for p in parts])


def contained(value: Any, items: tuple[Any, ...] | None) -> bool | None:
    """Whether a value is in a list; null where only a null could be it."""
    if items is None or value is None:
        return None if items is None or items else False
    return True if value in items else None if None in items else False


def any_of(flags: Iterable[bool | None]) -> bool | None:
    """True where one is, else null where one is, else false."""
    found: bool | None = False
    for flag in flags:
        if flag:
            return True
        if flag is None:
            found = None
    return found


def all_of(flags: Iterable[bool | None]) -> bool | None:
    """False where one is, else null where one is, else true."""
    found: bool | None = True
    for flag in flags:
        if flag is False:
            return False
        if flag is None:
            found = None
    return found


def negated(flag: bool | None) -> bool | None:
    """Not, of null null."""
    return None if flag is None else not flag


def everything(operands: tuple[Callable[[], bool | None], ...], decisive: bool) -> bool | None:
    """`and` (decisive: false) and `or` (decisive: true) that look at every operand, to explain.

    What comes after the deciding one is looked at too, and cannot refuse any more.
    """
    found: bool | None = not decisive
    for operand in operands:
        try:
            flag = operand()
        except Refused:
            if found is decisive:
                continue
            raise
        if found is decisive:
            continue
        if flag is decisive:
            found = decisive
        elif flag is None:
            found = None
    return found
