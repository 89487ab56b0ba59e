"""What rails brought and kept in a period, beside sums that are made of the files themselves."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import AnalysisPage, Frame, Row
from huoshui.interfaces.console.page import World as Shown
from huoshui.interfaces.console.pages.success import success_page
from huoshui.lines.payments.payment.analysis_store import Period, costs
from huoshui.lines.payments.reconciliation import queue, store
from tests.ground import DAY, HOUR, START, Ground
from tests.lines.test_reconciliation import captured, placed, row, upload

ZONE = "Asia/Shanghai"
RAILS = ("card", "qr", "transfer")
DAYS = 8
Sums = dict[tuple[date, str], tuple[int, int]]


@pytest.fixture
def kept(market: Ground) -> Sums:
    """Eight days of captures and files with fees; what each rail brought and kept, day by day.

    Counted from what the rows of the files say, never from the ledger. In it: fees that stand
    alone, fees that are given back, lines that match nothing, and a match that is undone.
    """
    picks = Random(11)
    brought, fees = Counter[tuple[date, str]](), Counter[tuple[date, str]]()
    for number in range(DAYS):
        # Late in the evening of the zone and after midnight: days are the book's, not UTC's.
        at = START + number * DAY + picks.choice((0, 13, 17)) * HOUR
        day = at.astimezone(ZoneInfo(ZONE)).date()
        with market.database.begin(book=market.number, now=at) as tx:
            for rail in RAILS:
                rows = []
                for n in range(picks.randrange(1, 5)):
                    amount = picks.randrange(1_000, 90_000)
                    fee = amount * picks.randrange(0, 300) // 10_000
                    name = captured(tx, f"p{number}{rail}{n}", amount, rail=rail)
                    rows.append(row(tx, name, amount, fee))
                    brought[day, rail] += amount
                    fees[day, rail] += fee
                if picks.random() < 0.4:  # a monthly charge, no payment's
                    rows.append(row(tx, f"monthly-{number}", 0, 250, kind="fee"))
                    fees[day, rail] += 250
                if picks.random() < 0.4:  # a fee given back
                    rows.append(row(tx, f"rebate-{number}", 0, -40, kind="fee"))
                    fees[day, rail] -= 40
                if picks.random() < 0.4:  # nobody knows it: in suspense, its fee is a fee
                    rows.append(row(tx, f"unknown-{number}{rail}", 777, 7))
                    fees[day, rail] += 7
                taken = placed(tx, upload(rows, name=f"{rail}-{number}.csv", rail=rail))
                matched = [
                    x for x in store.lines(tx, file_id=taken.file.id, limit=50) if x.match_id
                ]
                if matched and picks.random() < 0.5 and matched[0].match_id:
                    queue.undo(tx, matched[0].match_id)
    return {key: (brought[key], fees[key]) for key in brought.keys() | fees.keys()}


def between(sums: Sums, first: date, last: date) -> dict[str, tuple[int, int]]:
    """What the rows say of a period, by rail."""
    found: dict[str, tuple[int, int]] = {}
    for (day, rail), (brought, fees) in sums.items():
        if first <= day <= last:
            before = found.get(rail, (0, 0))
            found[rail] = (before[0] + brought, before[1] + fees)
    return found


def period(first: date, last: date) -> Period:
    from datetime import datetime, time

    zone = ZoneInfo(ZONE)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    return Period(datetime.combine(first, time(), zone), end, ZONE)


def test_costs_are_what_the_files_say_whatever_the_period(market: Ground, kept: Sums) -> None:
    days = sorted({day for day, _ in kept})
    with market.database.begin(book=market.number) as tx:
        whole = {(c.day, c.rail): (c.brought, c.fees) for c in costs(tx, period(days[0], days[-1]))}
        assert whole == {key: sums for key, sums in kept.items() if sums != (0, 0)}
        picks = Random(5)
        for _ in range(12):
            first, last = sorted((picks.choice(days), picks.choice(days)))
            found: dict[str, tuple[int, int]] = {}
            for each in costs(tx, period(first, last)):
                before = found.get(each.rail, (0, 0))
                found[each.rail] = (before[0] + each.brought, before[1] + each.fees)
            assert found == between(kept, first, last), (first, last)


def frame(**query: str) -> Frame:
    return Frame(
        lang="en", world=Shown(name="w", kind="sandbox"), path="/console/w/success", base="/console/w",
        query=tuple(query.items()), zone=ZONE, currency="CNY",
    )  # fmt: skip


def page(market: Ground, **query: str) -> AnalysisPage:
    with market.database.begin(book=market.number) as tx:
        return success_page(tx, frame(**query))


def test_the_page_shows_the_costs_of_the_days_chosen(market: Ground, kept: Sums) -> None:
    days = sorted({day for day, _ in kept})
    for first, last in ((days[0], days[-1]), (days[2], days[5]), (days[4], days[4])):
        found = page(market, **{"from": str(first), "to": str(last)})
        wanted = between(kept, first, last)
        rows: tuple[Row, ...] = next(t for t in found.tables if t.title.startswith("What")).rows
        assert {r.cells[0]: (r.cells[1], r.cells[2]) for r in rows} == {
            rail: (Money(brought, "CNY"), Money(fees, "CNY"))
            for rail, (brought, fees) in wanted.items()
        }
        total = sum(fees for _, fees in wanted.values())
        assert Money(total, "CNY") in [figure.value for figure in found.figures]
        [chart] = [c for c in found.charts if c.key == "fees"]
        assert len(chart.x) == (last - first).days + 1
        assert sum(int(v or 0) for s in chart.series for v in s.values) == total
        assert shown.money(Money(total, "CNY"), "en") in chart.summary
    assert (
        f"days: {DAYS + 1}"
        in page(market, **{"from": str(days[0]), "to": str(days[0] + timedelta(days=DAYS))}).period
    )


def test_days_that_cannot_be_are_brought_within_bounds(market: Ground) -> None:
    assert "days: 30" in page(market).period
    assert "days: 30" in page(market, **{"from": "soon"}).period
    assert "days: 1" in page(market, **{"from": "2025-03-09", "to": "2025-03-01"}).period
    assert "days: 366" in page(market, **{"from": "1999-01-01", "to": "2025-03-01"}).period
