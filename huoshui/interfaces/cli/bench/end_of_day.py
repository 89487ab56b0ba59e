"""A book of open loans in PostgreSQL, and its days: one, and one that lies 700 days behind.

On the day 6 loans of 100 fall due, 4 are late, one of these moves into another bucket and stage, 5 were
paid. What is expected to be lost of each is held, by two scenarios.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import msgspec

from huoshui.catalog import service as catalog
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.expr import Schema
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import closing
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.lines.lending.column import earned_by, keeping, store
from huoshui.lines.lending.column.store import Kept
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.impairment import Outlook
from huoshui.lines.lending.impairment import Rules as LossRules
from huoshui.lines.lending.life import Life, Rules
from huoshui.lines.lending.life.events import Drawn, Paid
from huoshui.lines.lending.product import LENDING
from huoshui.lines.lending.schedule import Basis, Terms
from huoshui.lines.lending.time.months import add_months

_CHUNK = 10_000
LAG = 700
_PRODUCT = """
product = "{name}"
line = "lending"
currency = "CNY"
name = {{ en = "Loan", zh = "贷款" }}
about = {{ en = "A loan of the benchmark.", zh = "基准测试用贷款。" }}
amount = {{ min = 10_000, max = 5_000_000 }}
price = {{ rate_annual = "0.12" }}
[terms]
instalments = [3, 6, 12, 24, 36]
[law]
cap_annual = "0.36"
[[disclosures]]
en = "You repay {{total}}; yearly {{irr_compound}}."
zh = "共还 {{total}}，年化 {{irr_compound}}。"
"""


_RULES = LossRules(
    [Outlook("base", "0.7", "0.45", ["0.03", "0.02"]), Outlook("low", "0.3", "0.6", ["0.08"])]
)


def _products(start: date) -> dict[str, Terms]:
    return {
        "instalments": Terms(start, Fraction(12, 100), 12, basis=Basis("30", 360)),
        "free": Terms(start, Fraction(0), 3),
        "equal-principal": Terms(start, Fraction(10, 100), 24, kind="equal_principal"),
        "interest-only": Terms(start, Fraction(8, 100), 6, kind="interest_only"),
        "flat": Terms(start, Fraction(6, 100), 12, method="flat"),
        "seasonal": Terms(start, Fraction(9, 100), 36, basis=Basis(year=360)),
    }


def measure(settings: Settings, loans: int) -> dict[str, float]:
    """Loans a second of a day that is closed, and how much longer one takes that lies far behind."""
    where = Where(SANDBOX, 1)
    with opened(settings, SANDBOX) as database:
        with database.begin() as tx:
            open_default_book(tx)
            day = access.today(tx) - timedelta(days=LAG + 1)
        fill(database, day, loans)
        with database.begin() as tx:
            tx.run("ANALYZE loan_line, loan_accrued")
    one = _closed(settings, where, day, loans)
    lag = _closed(settings, where, day + timedelta(days=LAG), loans)
    return {
        "end_of_day_loans_per_s": loans / one,
        "catch_up_700_days_ratio": lag / one,
    }


def _closed(settings: Settings, where: Where, day: date, loans: int) -> float:
    begun = time.perf_counter()
    found = closing.close(settings, where, day, 2)
    took = time.perf_counter() - begun
    assert (found.loans, found.folded) == (loans, 0)
    return took


def fill(database: Database, day: date, loans: int) -> None:
    """A book of so many open loans on a day, each of them as it stood the day before."""
    with database.begin() as tx:
        for name in _products(day):
            text = _PRODUCT.format(name=name).encode()
            catalog.publish(tx, text, {"lending": LENDING}, Schema(()), ())
        losses.say(tx, "", _RULES, "benchmark", day - timedelta(days=1))
    shapes = list(_shapes(day))
    chance = random.Random(7)  # noqa: S311 - ids of a benchmark
    for first in range(0, loans, _CHUNK):
        told = [
            _like(shapes[n % len(shapes)], UUID(bytes=chance.randbytes(16)), n)
            for n in range(first, min(loans, first + _CHUNK))
        ]
        database.run(lambda tx, told=told: _keep(tx, told, day))  # type: ignore[misc]


def _shapes(day: date) -> Iterator[Kept]:
    """A hundred loans of each product."""
    month_before = add_months(day, -1)
    for n in range(100):
        start = day - timedelta(days=1 + n % 25)
        if n < 6:  # falls due
            start = month_before
        elif n < 10:  # late; one of them by 30 days, which is another bucket tomorrow
            start = add_months(day - timedelta(days=31 if n == 6 else 5 + n), -1)
        for name, terms in _products(start).items():
            life = Life(terms, Rules())
            life.record(Drawn(id="draw", on=start, recorded=start, amount=500_000 + 1_003 * n))
            if 10 <= n < 15:
                life.record(Paid(id="paid", on=day, recorded=day, amount=30_000))
            yield keeping.kept(UUID(int=0), name, "CNY", life.state)


def _like(shape: Kept, loan_id: UUID, n: int) -> Kept:
    assert shape.line is not None
    line = msgspec.structs.replace(shape.line, base=shape.line.base + n % 7919)
    return msgspec.structs.replace(shape, loan_id=loan_id, line=line)


def _keep(tx: Tx, told: list[Kept], day: date) -> None:
    names = ("book", "id", "party", "product", "version", "currency", "state", "amount",
             "instalments", "rate_annual", "applied_at", "start_on")  # fmt: skip
    tx.append("loan", names, [
        (1, k.loan_id, "slr_bench", k.product, 1, "CNY", "running", 500_000, 12, "0.12", tx.now, day)
        for k in told
    ])  # fmt: skip
    yesterday = day - timedelta(days=1)
    stood = ("book", "loan_id", "through", "interest", "charges", "bucket")
    tx.append("loan_accrued", stood, [_stood(k, yesterday) for k in told])
    store.keep(tx, told)


def _stood(kept: Kept, day: date) -> tuple[object, ...]:
    """What stood of a loan after the day before; nothing is held yet."""
    assert kept.line is not None
    late = (day - kept.late_since).days > 0 if kept.late_since else False
    return 1, kept.loan_id, day, earned_by(kept.line, [day.toordinal()])[0], kept.charges, int(late)
