"""Loans: schedules and days as columns beside loan by loan; a late payment on a long loan."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

import msgspec

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench import end_of_day
from huoshui.interfaces.cli.bench.figures import Measured, Target
from huoshui.lines.lending.column import Line, days_past_due, earned, line_of, schedules
from huoshui.lines.lending.life import Life, Rules
from huoshui.lines.lending.life.events import Drawn, Paid
from huoshui.lines.lending.schedule import Basis, Drawdown, Terms, schedule

_LOANS, _LOANS_QUICK = 1_000_000, 100_000
_START = date(2024, 1, 5)
_DAY = date(2024, 3, 20)  # on which loans of the book are closed
_SHAPES = 90  # lives that are told; the other loans are like them, with other amounts
_PAYMENTS = 4_000
_DAYS_LATE = (1, 31, 61, 91)  # where a bucket begins
PRODUCTS: dict[str, Terms] = {
    "instalments": Terms(_START, Fraction(12, 100), 12, basis=Basis("30", 360)),
    "free": Terms(_START, Fraction(0), 3),
    "equal principal": Terms(_START, Fraction(10, 100), 24, kind="equal_principal"),
    "interest only": Terms(_START, Fraction(8, 100), 6, kind="interest_only"),
    "flat": Terms(_START, Fraction(6, 100), 12, method="flat"),
    "seasonal": Terms(_START, Fraction(9, 100), 36, basis=Basis(year=360)),
}


def measure(settings: Settings, quick: bool) -> Measured:
    """Loans a second, microseconds a schedule, milliseconds of a late payment."""
    lines = _book(_LOANS_QUICK if quick else _LOANS)
    day = min(_timed(lambda: _close(lines, 1)) for _ in range(3))
    lag = min(_timed(lambda: _close(lines, 700)) for _ in range(2))
    figures = {
        "arithmetic_loans_per_s": len(lines) / day,
        "arithmetic_700_days_ratio": lag / day,
    }
    many, alone = _schedules(10_000 if quick else 100_000)
    figures["schedule_us"] = many * 1e6
    figures |= _late_payment()
    figures |= end_of_day.measure(settings, _LOANS_QUICK if quick else _LOANS)
    targets = {
        "end_of_day_loans_per_s": Target(at_least=22_223),
        "catch_up_700_days_ratio": Target(at_most=3),
        "arithmetic_loans_per_s": Target(at_least=22_223),
        "schedule_us": Target(at_most=100),
        "late_payment_100_behind_ms": Target(at_most=50),
        "late_payment_all_behind_ms": Target(at_most=500),
    }
    notes = (
        "arithmetic_…: in one process, no database is written",
        "end_of_day_…: two processes and PostgreSQL on the same machine",
    )
    return Measured(figures, targets, {"loan by loan": {"schedule_us": alone * 1e6}}, notes)


def _book(loans: int) -> list[Line]:
    """Lines of loans of six products, some in arrears; their amounts differ."""
    told = [_line(n, terms) for n in range(_SHAPES // 6) for terms in PRODUCTS.values()]
    lines = [line for line in told if line is not None]
    found = []
    for n in range(loans):
        line = lines[n % len(lines)]
        found.append(msgspec.structs.replace(line, base=line.base + n % 7919))
    return found


def _line(n: int, terms: Terms) -> Line | None:
    life = Life(terms, Rules())
    life.record(Drawn(id="draw", on=_START, recorded=_START, amount=500_000 + 10_007 * n))
    day = _START + timedelta(days=31)
    if n % 15:  # the others have paid nothing
        life.record(Paid(id="paid", on=day, recorded=day, amount=60_000))
    return line_of(life.state, day)


def _close(lines: list[Line], days: int) -> tuple[int, list[int]]:
    """The end of a day: what was earned in so many days up to it, and how many are how late."""
    last = _DAY.toordinal() + days - 1
    more = sum(earned(lines, last)) - sum(earned(lines, last - days))
    buckets = [0] * (len(_DAYS_LATE) + 1)
    for line in lines:
        late = days_past_due(line, last)
        buckets[sum(late >= each for each in _DAYS_LATE) if late else 0] += 1
    return more, buckets


def _schedules(count: int) -> tuple[float, float]:
    """Seconds a schedule of twelve rows: of many at once, and one by one."""
    terms = Terms(_START, Fraction(12, 100), 12, level_rounds=3)
    amounts = [100_000 + 7 * n for n in range(count)]
    many = min(_timed(lambda: schedules(terms, amounts)) for _ in range(3)) / count
    one = amounts[:: count // 200]
    alone = _timed(lambda: [schedule(terms, [Drawdown(_START, each)]) for each in one]) / len(one)
    return many, alone


def _late_payment() -> dict[str, float]:
    """Milliseconds of a payment that counts from an earlier day, on a loan of so many payments."""
    life = Life(Terms(_START, Fraction(12, 100), 24), Rules())
    life.record(Drawn(id="draw", on=_START, recorded=_START, amount=5_000_000))
    days = [_START + timedelta(days=1 + 700 * n // _PAYMENTS) for n in range(_PAYMENTS - 1)]
    life.record_all(Paid(id=f"p{n}", on=on, recorded=on, amount=1_200) for n, on in enumerate(days))
    figures = {}
    for name, on in (("100_behind", days[-100]), ("all_behind", days[0])):
        paid = Paid(id=name, on=on, recorded=days[-1], amount=100)
        figures[f"late_payment_{name}_ms"] = _timed(partial(life.record, paid)) * 1e3
    return figures


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
