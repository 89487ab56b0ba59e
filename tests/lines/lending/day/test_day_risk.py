"""Buckets, stages and expected losses of a closed day: on the ledger, once, by line as by fold."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from huoshui.core import access, events, work
from huoshui.core.db import Tx
from huoshui.ledger.verify import ledger_hash, verify
from huoshui.lines.lending import day as end_of_day
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.day.losses import LossRulesCause, LossRulesLate
from huoshui.lines.lending.day.service import close_parts
from huoshui.lines.lending.impairment import Outlook, Rules, StagingTable
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import contract, service
from huoshui.lines.lending.loan.service import Repayment
from huoshui.scenarios.due import WORK
from tests.ground import Ground, nets
from tests.lines.lending.day.test_day import DAY, Undone, book, market_at
from tests.lines.lending.loan import ground

RULES = Rules(
    [Outlook("base", "0.6", "0.45", ["0.03", "0.02"]), Outlook("low", "0.4", "0.6", ["0.08"])],
    ccf="0.5",
    staging=StagingTable(cure_days=20, watch_days=15),
)
LATE = "\n[late]\ngrace_days = 3\nfee = 1_500\nshare = '0.01'\nmost = '0.01'\n"


class Days:
    """A replay world whose days are closed one after the other."""

    def __init__(self, market: Ground) -> None:
        self.market, self.at = market, market_at(market)

    def do(self, act: Callable[[Tx], Any]) -> Any:
        with self.market.database.begin(book=self.market.number, now=self.at) as tx:
            return act(tx)

    def close(self, days: int = 1) -> end_of_day.Closed:
        """Days pass; the last that is over is closed."""
        self.at += timedelta(days=days)
        day = self.do(access.today) - DAY
        return end_of_day.close_day(self.market.database, day, book=self.market.number)

    def one(self, query: str, **params: object) -> tuple:
        return self.do(lambda tx: tx.tuples(query, **params))[0]


def rules(tx: Tx) -> None:
    losses.say(tx, "", RULES, "as of the model of spring")


def stood(tx: Tx) -> Counter[str]:
    """What stands of loans beside the ledger: sums by what is held."""
    row = tx.tuples(
        """SELECT sum(held), sum(provided), sum(suspended) FROM loan_accrued
        WHERE book = %(book)s"""
    )[0]
    return Counter(
        dict(zip(("loans", "undrawn", "suspended_interest"), map(int, row), strict=True))
    )


def on_ledger(tx: Tx) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, net in nets(tx).items():
        if path.startswith("allowance:"):
            found[path.split(":")[2]] += net
    return found


def agrees(tx: Tx) -> None:
    """What is held of loans is what the ledger holds; what they owe is what their risk was told of."""
    assert on_ledger(tx) == +stood(tx)
    owed = tx.value(
        """SELECT sum(gross) FROM loan_risk WHERE book = %(book)s AND day = (
            SELECT max(day) FROM loan_risk WHERE book = %(book)s)"""
    )
    assert owed == -sum(net for path, net in nets(tx).items() if path.startswith("loans:"))
    assert not verify(tx).faults


def test_a_loan_goes_through_all_stages_and_back_and_another_is_lost(replay_world) -> None:
    market = replay_world()
    days = Days(market)

    def begin(tx: Tx) -> list[UUID]:
        rules(tx)
        ground.product(tx, "term", terms="", more="")
        party = ground.borrower(tx)
        return [ground.signed(tx, party, amount=n * 100_000, instalments=6).id for n in (6, 9, 12)]

    cured, lost, part_drawn = days.do(begin)
    days.at += DAY
    days.do(lambda tx: [service.draw(tx, id_, 600_000, "draw") for id_ in (cured, part_drawn)])
    days.do(lambda tx: service.draw(tx, lost, 900_000, "draw"))
    first = days.close()
    assert first.held == days.do(stood)["loans"] > 0
    assert days.do(stood)["undrawn"] > 0  # 600,000 of the third may still be drawn
    days.do(agrees)
    days.close(29)
    told = days.close()
    assert told.falls_due == 3, told
    told = days.close(32)  # the first instalment is 31 days late, the second due
    assert (told.moved, told.staged, told.late) == (3, 3, (0, 0, 3, 0, 0))
    days.do(agrees)
    told = days.close(60)
    assert (told.staged, told.late[4]) == (3, 3)
    days.close()
    assert days.do(stood)["suspended_interest"] > 0
    days.do(agrees)
    much = [Repayment(loan_id=id_, amount=450_000, key="much") for id_ in (cured, part_drawn)]
    days.do(lambda tx: service.repay(tx, much))

    def lose(tx: Tx) -> object:
        today = access.today(tx)
        return service.record(tx, lost, e.ChargedOff(id="", on=today, recorded=today), "lost")

    days.do(lose)
    days.close()
    days.do(agrees)
    kinds = {row[0] for row in days.do(lambda tx: tx.tuples("SELECT kind FROM loan_risk_flow"))}
    assert kinds == {"new", "transfer", "remeasured", "used"}
    days.close(8)  # nothing new falls due of what was paid ahead
    stages = days.do(lambda tx: tx.tuples(
        "SELECT stage_before, stage, reason FROM loan_move WHERE loan_id = %(id)s ORDER BY day", id=cured))  # fmt: skip
    assert [(a, b) for a, b, _ in stages if a != b] == [(1, 2), (2, 3)]
    days.close(14)
    total = days.do(lambda tx: service.settlement(tx, cured)).total
    days.do(lambda tx: service.repay(tx, [Repayment(loan_id=cured, amount=total, key="all")]))
    told = days.close()
    days.do(agrees)
    assert days.one("SELECT held, bucket FROM loan_accrued WHERE loan_id = %(id)s", id=cured) == (
        0,
        6,
    )
    flows = days.one(
        """SELECT sum(amount) FILTER (WHERE kind <> 'transfer'), sum(provided) FILTER (WHERE kind <> 'transfer')
        FROM loan_risk_flow WHERE book = %(book)s"""
    )
    held = days.do(stood)
    assert flows == (held["loans"], held["undrawn"])
    seen = days.do(lambda tx: {x.type for x in events.page(tx, limit=200)})
    assert {"loan.risk_changed", "loan.falls_due"} <= seen


def test_by_line_and_by_fold_the_same_is_held(replay_world) -> None:
    market = replay_world()
    book(market)
    days = Days(market)
    days.do(rules)

    def left(*, lines: bool, later: int) -> tuple:
        kept: list[tuple] = []
        at = days.at + timedelta(days=later)
        with pytest.raises(Undone), market.database.begin(book=market.number, now=at) as tx:
            if not lines:
                tx.run("UPDATE loan_line SET grid_id = NULL")
            close_parts(tx, access.today(tx) - DAY, range(256))
            tx.flush()
            kept.append((
                ledger_hash(tx, "Asia/Shanghai"),
                tx.tuples("SELECT * FROM loan_accrued ORDER BY loan_id"),
                tx.tuples("SELECT * FROM loan_risk ORDER BY product, part, stage"),
            ))  # fmt: skip
            raise Undone
        return kept[0]

    for later in (1, 75):
        assert left(lines=True, later=later) == left(lines=False, later=later)
    days.close()
    assert left(lines=True, later=40) == left(lines=False, later=40)


def test_late_fees_are_charged_once_by_the_terms(replay_world) -> None:
    market = replay_world()
    days = Days(market)

    def begin(tx: Tx) -> list[UUID]:
        ground.product(tx, "term", terms=LATE)
        party = ground.borrower(tx)
        return [ground.signed(tx, party, amount=600_000, instalments=6).id for _ in range(2)]

    late, paid = days.do(begin)
    days.at += DAY
    days.do(lambda tx: [service.draw(tx, id_, 600_000, "draw") for id_ in (late, paid)])
    days.close(31)
    days.do(lambda tx: service.repay(tx, [Repayment(loan_id=paid, amount=110_000, key="p")]))
    assert days.close(3).fees == 0  # within the grace
    open_ = days.do(lambda tx: service.position_of(tx, late)).opens[0]
    assert days.close(2).fees == 1
    assert days.close(2).fees == 0
    amount = days.one("SELECT amount FROM loan_event WHERE kind = 'charge'")[0]
    assert abs(amount - (1_500 + open_ // 100)) <= 1  # what is overdue has earned meanwhile
    assert days.close(33).fees == 2  # the second of both; all come to a part of the loan at most
    total = days.one("SELECT sum(amount) FROM loan_event WHERE kind = 'charge'")[0]
    assert 2 * amount < total <= 2 * 6_000


def test_offers_lapse_when_their_time_is_over(replay_world) -> None:
    market = replay_world()
    with market.database.begin(book=market.number) as tx:
        ground.product(tx)
        asked = contract.Application(
            product="term", party=ground.borrower(tx), amount=500_000, instalments=6
        )
        loan = contract.decide(tx, contract.apply(tx, asked, key="a").id)
        taken = contract.consent(
            tx, contract.decide(tx, contract.apply(tx, asked, key="b").id).id, "x"
        )
    assert loan.offer_ends_at is not None
    work.advance(market.database, WORK, loan.offer_ends_at + timedelta(hours=1), book=market.number)
    with market.database.begin(book=market.number) as tx:
        assert contract.find(tx, loan.shown).state == "lapsed"
        assert contract.find(tx, taken.shown).state == "signed"


def test_rules_hold_from_a_day_that_is_not_closed_and_say_why(replay_world) -> None:
    market = replay_world()
    days = Days(market)
    days.do(rules)
    days.close()
    with pytest.raises(LossRulesCause):
        days.do(lambda tx: losses.say(tx, "", RULES, " "))
    with pytest.raises(LossRulesLate):
        days.do(lambda tx: losses.say(tx, "", RULES, "late", access.today(tx) - DAY))


def test_payments_while_a_day_is_closed_are_all_there(replay_world) -> None:
    market = replay_world()
    loans = [loan.id for loan in book(market)]
    days = Days(market)
    days.do(rules)
    days.close(20)
    days.at += timedelta(days=20)
    day = days.do(access.today) - DAY
    chance, broken = random.Random(11), []
    sums = [(chance.choice(loans), chance.randrange(1_000, 9_000), f"r{n}") for n in range(40)]

    def pay(some: list[tuple[UUID, int, str]]) -> None:
        try:
            for id_, amount, key in some:
                asked = Repayment(loan_id=id_, amount=amount, key=key)
                market.database.run(lambda tx, a=asked: service.repay(tx, [a]), book=market.number)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=pay, args=(sums[n::2],)) for n in range(2)]
    for thread in threads:
        thread.start()
    end_of_day.close_day(market.database, day, book=market.number, at_once=1)
    for thread in threads:
        thread.join()
    assert not broken
    with market.database.begin(book=market.number) as tx:
        paid = tx.value(
            """SELECT sum(amount) FROM loan_event WHERE kind = 'payment' AND key LIKE 'r%%'"""
        )
        assert paid == sum(amount for _, amount, _ in sums)
        assert on_ledger(tx) == +stood(tx)
        assert not verify(tx).faults
        batch = service.Batch(tx, loans)
        for running in batch.loans.values():
            told, found = running.whole(), running.accrued
            assert (found.interest, found.charges, found.penalty) == told.earned[told.until]
            assert found.through == day
    days.close()
    with market.database.begin(book=market.number) as tx:
        agrees(tx)
