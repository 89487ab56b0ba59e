"""Disbursement: to a balance at once, to a bank by the rail; what does not arrive costs nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huoshui.core import ids, work
from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.ledger.verify import verify
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility.service import Opening
from huoshui.lines.lending.facility.way import stands
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Outcome, Repayment
from huoshui.lines.payments.reconciliation.intake import Upload
from huoshui.lines.payments.settlement import payouts
from huoshui.lines.payments.settlement.terms import SettlementTerms
from huoshui.lines.payments.statements import PROFILES
from huoshui.scenarios import disbursing, due, payout_flow, rail_flow
from huoshui.scenarios.disbursing import BalanceSpent, DisbursementStands, store
from tests import ground
from tests.ground import DAY, START, Ground, nets
from tests.lines.lending.loan import ground as loans
from tests.lines.lending.partners.test_partners import PARTNERS
from tests.lines.rails.ground import Field, field
from tests.lines.test_reconciliation import bank, placed

AMOUNT = 1_200_000


def lent(tx: Tx, *, rail: str = "", buyer: bool = False, **more: Any) -> Loan:
    """A signed loan of 12,000.00; where a rail is named it pays out."""
    if rail:
        payouts.change_terms(tx, SettlementTerms(payout_rail=rail))
    loans.product(tx, **more)
    party = loans.borrower(tx)
    if buyer:
        party = ids.show("byr", tx.value("SELECT id FROM buyer WHERE book = %(book)s LIMIT 1"))
    return loans.signed(tx, party, more.get("name", "term"))


def sent(tx: Tx, loan: Loan) -> tuple[str, str]:
    """The way and the state of the last disbursement of a loan."""
    of = disbursing.of_loan(tx, loan.id)[0]
    return of.way, of.state


def position(tx: Tx, loan: Loan) -> tuple[int, int]:
    """What of a loan is owed, and in credit."""
    found = service.position_of(tx, loan.id)
    assert found is not None
    return found.principal, found.credit


def clearing(tx: Tx) -> int:
    """What waits on the clearing accounts of all products."""
    return sum(n for path, n in nets(tx).items() if path.startswith("clearing:"))


def test_a_sellers_goes_to_its_balance_and_leaves_with_its_payout(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = lent(tx)
        done = disbursing.draw(tx, loan.id, AMOUNT, "d")
        again = disbursing.draw(tx, loan.id, AMOUNT, "d")
        assert not done.again and again.again and len(disbursing.of_loan(tx, loan.id)) == 1
        assert sent(tx, loan) == ("balance", "disbursed")
        assert nets(tx)[f"merchant:{loan.party}:settlement"] == AMOUNT
    with market.database.begin(book=market.number, now=START + DAY) as tx:
        assert [p.amount for p in payout_flow.pay_out(tx)] == [AMOUNT]
        assert clearing(tx) == 0 and nets(tx)["rail:bank:payout"] == AMOUNT
        with pytest.raises(BalanceSpent):
            disbursing.reverse(tx, loan.id, done.event.shown, "undo")
        assert verify(tx).holds


def test_what_is_still_in_the_balance_is_taken_back_with_its_drawdown(market: Ground) -> None:
    for buyer in (False, True):
        with market.database.begin(book=market.number) as tx:
            name = f"undo-{'buyer' if buyer else 'seller'}"
            loan = lent(tx, buyer=buyer, name=name)
            done = disbursing.draw(tx, loan.id, AMOUNT, "d")
            there = "wallet:{}" if buyer else "merchant:{}:settlement"
            assert nets(tx)[there.format(loan.party)] == AMOUNT
            disbursing.reverse(tx, loan.id, done.event.shown, "undo")
            assert sent(tx, loan) == ("balance", "returned")
            assert {n for p, n in nets(tx).items() if name in p or loan.party in p} == set()
            assert position(tx, loan) == (0, 0), "it may be drawn anew"


def test_what_a_bank_refuses_costs_the_borrower_nothing(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = lent(tx, name="joint", more=PARTNERS)
        party = facilities.open_facility(
            tx, Opening(level="borrower", currency="CNY", amount=AMOUNT, name="f", party=loan.party)
        )
        loan = loans.signed(tx, loan.party, "joint", facility_id=party.id)
        before = nets(tx)
    with market.database.begin(book=market.number, now=START + DAY) as tx:
        done = disbursing.draw(tx, loan.id, AMOUNT, "d", way="bank")
        of = disbursing.of_loan(tx, loan.id)[0]
        assert (of.amount, of.state) == (AMOUNT - 6_000, "disbursing"), "less the premium's part"
        assert clearing(tx) == 0
        with pytest.raises(DisbursementStands):
            disbursing.reverse(tx, loan.id, done.event.shown, "undo")
    with market.database.begin(book=market.number, now=START + 9 * DAY) as tx:
        service.accrue_due(tx)
        after = disbursing.failed(tx, of.id, "account_closed")
        assert after.undone_id is not None and after.reason == "account_closed"
        assert nets(tx) == before, "no interest, no premium, nothing at the bank or on clearing"
        assert stands(tx, [facilities.find(tx, party.id)])[0].drawn == 0
        assert position(tx, loan) == (0, 0)
        with pytest.raises(IllegalMove):
            disbursing.failed(tx, of.id, "again")
        assert disbursing.draw(tx, loan.id, AMOUNT, "d2").position.principal == AMOUNT
        assert verify(tx).holds


def test_what_comes_back_late_leaves_what_was_repaid_as_credit(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = lent(tx)
        disbursing.draw(tx, loan.id, AMOUNT, "d", way="bank")
        of = disbursing.of_loan(tx, loan.id)[0]
        assert disbursing.arrived(tx, of.id).state == "disbursed"
        assert disbursing.arrived(tx, of.id).state == "disbursed", "the same again changes nothing"
    with market.database.begin(book=market.number, now=START + 40 * DAY) as tx:
        service.repay(tx, [Repayment(loan_id=loan.id, amount=106_618, key="r")])
        service.accrue_due(tx)
        disbursing.back(tx, of.id, "account_closed")
        assert position(tx, loan) == (0, 106_618)
        assert nets(tx).get("income:term:interest", 0) == 0, "what was earned is given back"
        done = disbursing.refund_credit(tx, loan.id, 106_618, "back", way="bank")
        assert done.position.credit == 0
        assert disbursing.of_loan(tx, loan.id)[0].amount == 106_618
        assert nets(tx)["clearing:term"] == -106_618, "what was repaid came from outside"


@pytest.mark.parametrize(
    "fault", ["", "declined", "lost_answer", "late_decline", "duplicate_notice"]
)
def test_it_goes_by_the_payout_rail_once_whatever_the_rail_does(
    market: Ground, tmp_path: Path, fault: str
) -> None:
    chances = {fault: 1_000_000} if fault else {}
    with field(market.database, market.number, tmp_path, chances=chances) as over:
        _wired(over)
        with market.database.begin(book=market.number) as tx:
            loan = lent(tx, rail="bank")
            disbursing.draw(tx, loan.id, AMOUNT, "d", way="bank")
            call_id = disbursing.of_loan(tx, loan.id)[0].call_id
        assert call_id is not None
        over.settled(call_id)
        over.until(lambda: _state(market, loan) != "disbursing")
        deed = over.deeds()[str(call_id)]
        assert deed.times <= 1
        gone = fault in ("declined", "late_decline")
        with market.database.begin(book=market.number) as tx:
            assert sent(tx, loan) == ("bank", "failed" if gone else "disbursed")
            assert clearing(tx) == 0 and nets(tx).get("rail:bank:payout", 0) == deed.moved
            assert position(tx, loan) == (0 if gone else AMOUNT, 0)


def _wired(over: Field) -> None:
    """Let the field speak to the scenarios."""
    over.heard.answered = rail_flow.answered  # type: ignore[method-assign, assignment]
    over.heard.noticed = rail_flow.noticed  # type: ignore[method-assign, assignment]
    over.sender.close()
    over.sender = over.new_sender()


def _state(market: Ground, loan: Loan) -> str:
    with market.database.begin(book=market.number) as tx:
        return sent(tx, loan)[1]


def test_killed_at_any_moment_each_drawdown_is_sent_once(market: Ground, tmp_path: Path) -> None:
    with field(market.database, market.number, tmp_path) as over:
        _wired(over)
        with market.database.begin(book=market.number) as tx:
            loan = lent(tx, rail="bank")
        for _ in range(3):
            _killed(market, loan)
            over.turn()
        with market.database.begin(book=market.number) as tx:
            for n in range(12):
                disbursing.draw(tx, loan.id, 100_000, f"d{n}", way="bank")
            rows = store.page(tx, loan_id=loan.id, limit=100)
            assert len(rows) == 12 and position(tx, loan) == (AMOUNT, 0)
        over.settled(*[row.call_id for row in rows if row.call_id])
        deeds = over.deeds()
        assert [deeds[str(row.call_id)].times for row in rows] == [1] * 12
        assert sum(deed.moved for deed in deeds.values()) == AMOUNT
        with market.database.begin(book=market.number) as tx:
            assert clearing(tx) == 0 and nets(tx)["rail:bank:payout"] == AMOUNT
            assert verify(tx).holds


def _killed(market: Ground, loan: Loan) -> None:
    """Draw in a process of its own, killed after some drawdowns were told."""
    child = Path(__file__).parent / "disbursing_child.py"
    args = [sys.executable, str(child), market.database.url, str(market.number), loan.shown]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(random.randint(1, 3)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)


def test_nothing_stays_on_clearing_whatever_becomes_of_drawdowns(market: Ground) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    with market.database.begin(book=market.number) as tx:
        first = lent(tx, name="joint", more=PARTNERS)
        many = [first, *(loans.signed(tx, first.party, "joint") for _ in range(5))]
    for day in range(ground.examples(40)):
        now = START + (day + 1) * timedelta(hours=9)
        with market.database.begin(book=market.number, now=now) as tx:
            _something(tx, chance, chance.choice(many), f"k{day}")
            assert clearing(tx) == 0, (seed, day)
    with market.database.begin(book=market.number) as tx:
        rows = store.page(tx, limit=500)
        out = sum(row.amount for row in rows if row.out and row.way == "bank")
        assert nets(tx).get("rail:bank:payout", 0) == out
        undone = [row for row in rows if row.back_txn]
        assert all(row.undone_id for row in undone)
        assert verify(tx).holds


def _something(tx: Tx, chance: random.Random, loan: Loan, key: str) -> Outcome | None:
    """Draw of a loan, or let something become of what was drawn."""
    here = [row for row in disbursing.of_loan(tx, loan.id) if row.out]
    left = loan.amount - sum(row.amount for row in here)
    if not here or (chance.random() < 0.5 and left > 200_000):
        if left < 100_000:
            return None
        way: Any = chance.choice(["bank", "balance", "bank"])
        return disbursing.draw(tx, loan.id, chance.randint(10_000, 90_000), key, way=way)
    of = chance.choice(here)
    if of.way == "bank" and of.state == "disbursing":
        (disbursing.failed if chance.random() < 0.6 else disbursing.back)(tx, of.id, "x")
    else:
        disbursing.back(tx, of.id, "x")
    return None


def test_what_a_bank_sends_back_by_itself_is_undone(market: Ground, tmp_path: Path) -> None:
    with field(market.database, market.number, tmp_path, chances={"return": 1_000_000}) as over:
        _wired(over)
        with market.database.begin(book=market.number) as tx:
            loan = lent(tx, rail="bank")
            disbursing.draw(tx, loan.id, AMOUNT, "d", way="bank")
        over.until(lambda: _state(market, loan) == "returned")
        with market.database.begin(book=market.number) as tx:
            assert clearing(tx) == 0 and nets(tx).get("rail:bank:payout", 0) == 0
            assert position(tx, loan) == (0, 0)


def test_a_banks_file_says_that_it_arrived_and_that_it_came_back(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = lent(tx)
        disbursing.draw(tx, loan.id, AMOUNT, "d", way="bank")
        key = disbursing.of_loan(tx, loan.id)[0].shown
        placed(tx, bank([f"2025-03-03,-12000.00,{key},loan"]))
    work.drain(market.database, due.WORK, book=market.number)
    assert _state(market, loan) == "disbursed"
    with market.database.begin(book=market.number) as tx:
        assert nets(tx)["bank:main"] == AMOUNT and "rail:bank:payout" not in nets(tx)
        content = f"date,amount,reference,type\n2025-03-03,12000.00,{key},return\n".encode()
        placed(tx, Upload(name="back.csv", content=content, profile=PROFILES["bank"]))
    work.drain(market.database, due.WORK, book=market.number)
    assert _state(market, loan) == "returned"
    with market.database.begin(book=market.number) as tx:
        assert clearing(tx) == 0 and position(tx, loan) == (0, 0)
        assert verify(tx).holds
