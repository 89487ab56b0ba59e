"""The end of day: the same on the ledger as loan by loan, once, and whole after it was cut off."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.ledger.verify import ledger_hash
from huoshui.lines.lending import day as end_of_day
from huoshui.lines.lending.column.store import PARTS, part_of
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.day.service import DayNotOver, close_part, closed
from huoshui.lines.lending.impairment import Outlook, Rules
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import START, Ground
from tests.lines.lending.loan import ground

TERMS = (
    "",
    'month_days = "30"\nyear_days = 360',
    'kind = "equal_principal"',
    "grace_principal = 2",
    'kind = "revolving"\n[statement]\nminimum_share = "0.1"\n[penalty]\ntimes = "0.5"',
    '[life]\nearn_on_overdue = false\n[penalty]\ntimes = "1.5"\ncompound = true\ngrace_days = 3',
)
DAY = timedelta(days=1)


def book(market: Ground, loans: int = 12) -> list:
    """Loans of several products, some of which pay, one of which is charged; none closed a day yet."""
    chance = random.Random(7)
    with market.database.begin(book=market.number) as tx:
        party = ground.borrower(tx)
        for n, terms in enumerate(TERMS):
            ground.product(
                tx, f"p{n}", terms=terms, rate=("0.12", "0.18", "0.10", "0", "0.15", "0.12")[n]
            )
    found = []
    for n in range(loans):
        with market.database.begin(book=market.number, now=START + timedelta(minutes=n + 1)) as tx:
            found.append(ground.signed(tx, party, f"p{n % len(TERMS)}", amount=300_000 + 1_000 * n))
    at = START + timedelta(days=2)
    with market.database.begin(book=market.number, now=at) as tx:
        for loan in found:
            service.draw(tx, loan.id, loan.amount, "draw")
    at += timedelta(days=40)
    with market.database.begin(book=market.number, now=at) as tx:
        for loan in chance.sample(found, loans // 2):
            service.repay(
                tx, [Repayment(loan_id=loan.id, amount=chance.randint(9_000, 60_000), key="p")]
            )
    return found


def moved(tx: Tx) -> Counter[tuple[str, str]]:
    """What the ledger moved, by month of effect and account."""
    found: Counter[tuple[str, str]] = Counter()
    for month, source, target, amount in tx.tuples(
        """SELECT to_char(x.effective_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), f.path, t.path,
            x.amount FROM transfer x
        JOIN account f ON f.book = x.book AND f.id = x.from_id
        JOIN account t ON t.book = x.book AND t.id = x.to_id WHERE x.book = %(book)s"""
    ):
        found[month, source] += amount
        found[month, target] -= amount
    return Counter({place: amount for place, amount in found.items() if amount})


def stands(tx: Tx) -> list[tuple]:
    return tx.tuples(
        """SELECT loan_id, through, interest, charges, stage, bucket, held FROM loan_accrued
        WHERE book = %(book)s ORDER BY loan_id"""
    )


class Undone(Exception):
    """Ends a trial: nothing of it stands."""


def tried(market: Ground, later: timedelta, act: Callable[[Tx, date], object]) -> tuple:
    """What an act would leave: the ledger by month and account, and what stands of each loan."""
    kept: list[tuple] = []
    with (
        pytest.raises(Undone),
        market.database.begin(book=market.number, now=market_at(market) + later) as tx,
    ):
        act(tx, access.today(tx) - DAY)
        tx.flush()
        kept.append((moved(tx), stands(tx), ledger_hash(tx, "Asia/Shanghai")))
        raise Undone
    return kept[0]


def market_at(market: Ground):
    with market.database.begin(book=market.number) as tx:
        return tx.now


def by_parts(tx: Tx, day: date) -> None:
    ids = tx.tuples("SELECT loan_id FROM loan_line WHERE book = %(book)s")
    for part in sorted({part_of(loan_id) for (loan_id,) in ids}):
        close_part(tx, day, part)


@pytest.mark.parametrize("days", [1, 33, 400])
def test_a_day_leaves_what_each_loan_by_itself_would(replay_world, days: int) -> None:
    market = replay_world()
    loans = book(market)
    ids = [loan.id for loan in loans]
    later = timedelta(days=days)
    alone = tried(market, later, lambda tx, day: service.accrue(tx, ids, day))
    at_once = tried(market, later, by_parts)
    assert at_once[0] == alone[0] and at_once[2] == alone[2]
    assert [row[:4] for row in at_once[1]] == [row[:4] for row in alone[1]]


def test_a_day_is_closed_once_and_a_cut_off_part_leaves_nothing(replay_world) -> None:
    market = replay_world()
    loans = book(market)
    whole = tried(market, timedelta(days=30), by_parts)
    now = market_at(market) + timedelta(days=30)
    with market.database.begin(book=market.number, now=now) as tx:
        day = access.today(tx) - DAY
        with pytest.raises(DayNotOver):
            close_part(tx, day + DAY, 0)
    some = sorted({part_of(loan.id) for loan in loans})
    for part in some[: len(some) // 2]:
        assert market.database.run(lambda tx, p=part: close_part(tx, day, p), book=market.number)
    with pytest.raises(Undone), market.database.begin(book=market.number) as tx:
        close_part(tx, day, some[-1])
        raise Undone
    told = end_of_day.close_day(market.database, day, book=market.number)
    assert (told.parts, told.loans) == (PARTS, len(loans))
    with market.database.begin(book=market.number) as tx:
        assert (moved(tx), stands(tx)) == whole[:2]
    again = end_of_day.close_day(market.database, day, book=market.number)
    assert again == told
    with market.database.begin(book=market.number) as tx:
        assert (moved(tx), stands(tx)) == whole[:2]
        assert closed(tx, day) == told
        assert sum(told.late) == len(loans)
    rows = _rows_of_loans(market)
    with market.database.begin(book=market.number, now=now + DAY):
        pass
    told = end_of_day.close_day(market.database, day + DAY, book=market.number)
    assert told.folded == 0 and told.interest > 0
    assert _rows_of_loans(market) == rows  # no row for a loan and a day


CLOSE = """
import sys
from datetime import date
from huoshui.core.db import Database
from huoshui.lines.lending.day import close_day
day, book = date.fromisoformat(sys.argv[2]), int(sys.argv[3])
close_day(Database(sys.argv[1]).open(), day, book=book, at_once=0)  # a part at a time
"""


def test_killed_in_the_middle_and_run_again_it_leaves_the_same_ledger(replay_world) -> None:
    market = replay_world()
    book(market)
    with market.database.begin(book=market.number) as tx:
        losses.say(tx, "", Rules([Outlook("base", "1", "0.5", ["0.04"])]), "of a test")
    whole = tried(market, timedelta(days=30), by_parts)
    with market.database.begin(
        book=market.number, now=market_at(market) + timedelta(days=30)
    ) as tx:
        day = access.today(tx) - DAY
    args = [sys.executable, "-c", CLOSE, market.database.url, day.isoformat(), str(market.number)]
    process = subprocess.Popen(args)
    done = 0
    while process.poll() is None and not done:
        done = _parts_done(market)
    process.kill()
    process.wait()
    assert 0 < _parts_done(market) < PARTS
    told = end_of_day.close_day(market.database, day, book=market.number)
    assert told.parts == PARTS and told.held > 0
    with market.database.begin(book=market.number) as tx:
        assert (moved(tx), stands(tx), ledger_hash(tx, "Asia/Shanghai")) == whole


def _parts_done(market: Ground) -> int:
    with market.database.begin(book=market.number) as tx:
        return tx.value("SELECT count(*) FROM loan_day WHERE book = %(book)s")


def _rows_of_loans(market: Ground) -> tuple[int, int]:
    with market.database.begin(book=market.number) as tx:
        return tx.tuples(
            """SELECT (SELECT count(*) FROM loan_posting WHERE book = %(book)s),
                (SELECT count(*) FROM loan_accrued WHERE book = %(book)s)"""
        )[0]


def test_a_payment_after_the_day_is_left_to_the_fold(replay_world) -> None:
    market = replay_world()
    loans = book(market, 4)
    now = market_at(market) + timedelta(days=30)
    with market.database.begin(book=market.number, now=now) as tx:
        day = access.today(tx) - DAY
    end_of_day.close_day(market.database, day, book=market.number)
    with market.database.begin(book=market.number, now=now + DAY) as tx:
        service.repay(tx, [Repayment(loan_id=loans[0].id, amount=20_000, key="late")])
    told = end_of_day.close_day(market.database, day + DAY, book=market.number)
    assert told.folded == 1
    with market.database.begin(book=market.number) as tx:
        assert {row[1] for row in stands(tx)} == {day + DAY}
