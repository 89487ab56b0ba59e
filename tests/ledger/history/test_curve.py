"""An account's curve, held against a naive sum, small and large accounts alike."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from huoshui.core import access
from huoshui.core.db import Database
from huoshui.ledger import history
from huoshui.ledger import service as ledger
from huoshui.ledger.history import curve_store, days
from huoshui.ledger.history.curve import POINTS_MAX, curve
from tests.ground import DAY, HOUR
from tests.ledger.history.test_balances import NOW, account, at_time, fresh, move, naive


@pytest.mark.parametrize("counted", ["no", "some", "all"])
@pytest.mark.parametrize("whole", [True, False])
def test_both_views_at_the_ends_of_days(
    sandbox: Database, monkeypatch: pytest.MonkeyPatch, whole: bool, counted: str
) -> None:
    if not whole:
        monkeypatch.setattr(curve_store, "WHOLE_MAX", 0)
    number = fresh(sandbox)
    with sandbox.begin(book=number) as tx:
        for n in range(12):
            at_time(tx, NOW + n * 8 * HOUR)
            move(tx, "bank:a", "free:x", 100 + n, tx.now - (n % 4) * 15 * HOUR)
            move(tx, "free:x", "free:y", 10 + n, tx.now - (n % 3) * HOUR)
    if counted == "some":
        with sandbox.begin(book=number) as tx:
            at_time(tx, NOW + 2 * DAY)
            until, _ = history.begin(tx)
            history.count_some(tx, until, None, None)
    elif counted == "all":
        history.rebuild(sandbox, book=number)
    with sandbox.begin(book=number) as tx:
        id_ = account(tx, "free:x")
        first = (NOW - 3 * DAY).date()
        points = curve(tx, ledger.account(tx, id_), first, first + timedelta(days=9))
        assert [point.day for point in points] == [first + timedelta(days=n) for n in range(10)]
        for point in points:
            end = days.day_start(point.day + DAY, access.zone_of(tx)) - history.service.TICK
            assert point.recorded == naive(tx, "free:x", end, "recorded_at"), point
            assert point.effective == naive(tx, "free:x", end, "effective_at"), point
        assert any(point.recorded != point.effective for point in points)


def test_a_long_span_has_a_bounded_number_of_points(sandbox: Database) -> None:
    with sandbox.begin(book=fresh(sandbox)) as tx:
        move(tx, "bank:a", "free:x", 5, tx.now)
        found = ledger.account(tx, account(tx, "free:x"))
        last = days.day_of(tx.now, access.zone_of(tx))
        points = curve(tx, found, date(2010, 1, 1), last)
    assert POINTS_MAX / 2 < len(points) <= POINTS_MAX + 1
    assert (points[-1].day, points[0].recorded, points[-1].recorded) == (last, 0, 5)


def test_too_much_behind_the_last_counted_day_is_left_out(
    sandbox: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve_store, "WHOLE_MAX", 0)
    with sandbox.begin(book=fresh(sandbox)) as tx:
        for n in range(curve_store.LOOKS_MAX + 1):
            move(tx, "bank:a", "free:x", n + 1, tx.now)
        found = ledger.account(tx, account(tx, "free:x"))
        day = (tx.now + DAY).date()
        (point,) = curve(tx, found, day, day)
    assert point.effective is None
    assert point.recorded == found.in_
