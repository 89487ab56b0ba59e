"""Partners of loans: what one gains another bears, to the minor unit, over random backdated lives."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from fractions import Fraction

import pytest

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.machine import IllegalMove
from huoshui.ledger.verify import verify
from huoshui.lines.lending.funding.parts import FUNDER, Whole, parts
from huoshui.lines.lending.funding.tables import (
    FundingTable,
    LoanFunder,
    LossesTable,
    PartnerTables,
    SubsidyTable,
)
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.partners import service, store
from huoshui.lines.lending.partners.claim import CLAIM, ClaimAmount
from huoshui.lines.lending.partners.statement import Statement, statements
from tests import ground as grounds
from tests.ground import DAY, START, Ground
from tests.lines.lending.loan import ground, walks

PARTNERS = """
[life]
charge_off = "zero_interest"

[[funding.funders]]
party = "bank"
principal = "0.7"
interest = "0.65"
charges = "0"
servicing = "0.1"

[losses]
rest = "funders"

[[losses.covers]]
party = "insurer"
role = "insurer"
order = 1
basis = "net"
share = "0.8"
components = ["principal", "interest"]

[[losses.covers]]
party = "fund"
role = "government"
order = 2
basis = "gross"
share = "0.1"
components = ["principal"]

[premium]
party = "insurer"
rate = "0.01"
borrower = "0.5"
merchant = "0.3"

[subsidy]
party = "city"
share = "0.25"
"""


def told(tx: Tx) -> dict[str, Statement]:
    """The statements of the product's parties; their gains come to nothing."""
    rows = store.sums(tx)
    found = statements(rows, store.own_sums(tx, {row.product for row in rows}))
    assert sum(each.gain for each in found) == 0, [(s.party, s.gain, s.items) for s in found]
    return {f"{each.role}:{each.party}": each for each in found}


def drawn(tx: Tx, more: str = PARTNERS) -> Loan:
    """A loan of 12,000.00 in twelve instalments, drawn today, with partners."""
    ground.product(tx, "joint", more=more)
    loan = ground.signed(tx, ground.borrower(tx), "joint")
    loans.draw(tx, loan.id, 1_200_000, "d")
    return loan


def nets(tx: Tx) -> dict[str, int]:
    """The accounts of the test's product and partners."""
    return {p: n for p, n in grounds.nets(tx).items() if "joint" in p or p.startswith("funders")}


def test_a_drawdown_is_funded_and_insured_at_once(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx)
        assert nets(tx) == {
            "clearing:joint": 1_200_000 - 6_000,  # half of the premium is held back
            "expense:joint:premiums": -2_400,
            "funders:bank:clearing": -840_000,
            "funders:insurer:clearing": 12_000,
            "funding:joint:bank": 840_000,
            "loans:joint:principal": -1_200_000,
            "merchants:joint:owed": -3_600,
        }
        assert loan.disclosure is not None and loan.disclosure["fee"] == 6_000
        found = told(tx)
        assert found["insurer:insurer"].gain == 12_000
        assert (found["borrower:borrower"].gain, found["merchant:merchant"].gain) == (
            -6_000,
            -3_600,
        )
        assert found["funder:bank"].position == 840_000


def test_a_loss_goes_through_the_covers_and_a_recovery_back(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx)
    with market.database.begin(book=market.number, now=START + 40 * DAY) as tx:
        loans.accrue_due(tx)
        loans.repay(tx, [Repayment(loan_id=loan.id, amount=106_619, key="p")])
        loans.record(tx, loan.id, e.ChargedOff(**loans._days(tx, None)), "lost")
        lost = {row.kind: row.amount for row in store.sums(tx) if row.role == "loan"}
        insurer, fund = sorted(store.claims(tx), key=lambda each: -each.due)
        principal, interest = lost["lost_principal"], lost["lost_interest"]
        assert insurer.due == principal * 8 // 10 + interest * 8 // 10
        assert (fund.due, fund.due_principal) == (principal // 10, principal // 10)
        service.submit(tx, insurer.id)
        with pytest.raises(ClaimAmount):
            service.accept(tx, insurer.id, insurer.due + 1)
        service.accept(tx, insurer.id)
        service.submit(tx, fund.id)
        half = service.accept(tx, fund.id, fund.due // 2)
        assert half.state == "part_accepted"
        for each in (insurer, fund):
            assert service.pay(tx, each.id).state == "paid"
        with pytest.raises(IllegalMove):
            service.pay(tx, fund.id)
        bank = told(tx)["funder:bank"]
        assert bank.position == 0, bank
        paid = insurer.due_principal + fund.due // 2
        assert abs(bank.items["covered"] - (paid * 7 // 10 + insurer.due_interest * 65 // 100)) <= 1
        # Half of the principal comes in after all: each cover has its part of it back.
        loans.repay(tx, [Repayment(loan_id=loan.id, amount=principal // 2, key="r")])
        again = {each.party: each for each in store.claims(tx)}
        assert {name: each.state for name, each in again.items()} == {
            "insurer": "recovering", "fund": "paid"  # on the gross loss: it bears what it bore
        }  # fmt: skip
        assert abs(again["insurer"].outstanding + principal * 4 // 10) <= 1
        service.give_back(tx, insurer.id)
        assert {each.state for each in store.claims(tx)} == {"paid"}
        assert not any("covers" in path for path in grounds.nets(tx))
        told(tx)
        assert verify(tx).holds


NET = """
[life]
charge_off = "accelerate"
[losses]
rest = "platform"
[[losses.covers]]
party = "insurer"
role = "insurer"
order = 1
basis = "net"
share = "0.8"
components = ["principal"]
[[losses.covers]]
party = "guard"
role = "guarantor"
order = 2
basis = "net"
share = "0.5"
components = ["principal"]
"""


def test_what_an_earlier_cover_refuses_is_left_for_a_later_net_one(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx, NET)
        loans.record(tx, loan.id, e.ChargedOff(**loans._days(tx, None)), "lost")
        by = {each.party: each.id for each in store.claims(tx)}

        def due() -> dict[str, int]:
            return {each.party: each.due for each in store.claims(tx)}

        assert due() == {"insurer": 960_000, "guard": 120_000}  # half of a fifth
        service.submit(tx, by["insurer"])
        service.submit(tx, by["guard"])
        service.refuse(tx, by["insurer"])
        assert due() == {"insurer": 960_000, "guard": 600_000}  # half of all
        service.contest(tx, by["insurer"])
        assert due()["guard"] == 120_000
        service.accept(tx, by["insurer"], 480_000)  # half of what it should
        assert due()["guard"] == 360_000
        told(tx)


def test_what_is_backdated_is_the_partners_on_its_day_too(market: Ground) -> None:
    """Recorded now, in effect of the day that it counts from; days of interest of the day closed."""
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx)
    with market.database.begin(book=market.number, now=START + 40 * DAY) as tx:
        on = access.today(tx) - 9 * DAY
        loans.accrue(tx, [loan.id], on - DAY)
        loans.repay(tx, [Repayment(loan_id=loan.id, amount=106_619, key="p", on=on)])
        rows = tx.tuples(
            """SELECT DISTINCT (x.effective_at AT TIME ZONE 'Asia/Shanghai')::date, x.recorded_at::date
            FROM transfer x JOIN account a ON a.book = x.book AND a.id IN (x.from_id, x.to_id)
            WHERE x.book = %(book)s AND a.path = 'funders:bank:clearing' AND x.recorded_at = %(now)s""",
            now=tx.now,
        )
        assert {day for day, _ in rows} == {on - DAY, on}, rows
        told(tx)


def test_days_are_shared_for_all_loans_of_a_product_at_once(market: Ground) -> None:
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx)
    with market.database.begin(book=market.number, now=START + 30 * DAY) as tx:
        tx.run(
            """UPDATE loan_accrued SET interest = 8000, through = through + 20
            WHERE book = %(book)s AND loan_id = %(id)s""",
            id=loan.id,
        )  # as the end of a day does for many
        assert service.share_due(tx) == 1
        assert service.share_due(tx) == 0
        bank = {s.party: s for s in statements(store.sums(tx), [])}["bank"]
        assert bank.items["earned_interest"] == int((8_000 + 8_000 // 3) * Fraction(65, 100))


TABLES = (
    ("0.7", "0.65", "0", "0.1", "funders"),
    ("0.333", "0.5", "0.9", "0", "funders"),
    ("1", "1", "1", "0.05", "platform"),
)


@pytest.mark.parametrize(("principal", "interest", "charges", "servicing", "rest"), TABLES)
def test_shares_come_to_the_loans_own_movements_over_random_backdated_lives(
    principal: str, interest: str, charges: str, servicing: str, rest: str
) -> None:
    """Two funders, one of them with all that the other has not: together they have the whole."""
    seed = int(os.environ.get("HUOSHUI_LOAN_SEED", random.SystemRandom().randrange(2**32)))
    print(f"HUOSHUI_LOAN_SEED={seed}")
    losses = LossesTable(rest)  # type: ignore[arg-type]
    less = [str(1 - Fraction(x)) for x in (principal, interest, charges)]
    less = [f"{float(Fraction(x)):.3f}".rstrip("0").rstrip(".") for x in less]
    bank = LoanFunder("bank", principal, interest, charges, servicing)
    other = LoanFunder("other", less[0], less[1], less[2], "0")
    tables = PartnerTables(FundingTable([bank, other]), losses, None, SubsidyTable("city", "0.25"))
    for number in range(grounds.examples(25)):
        walk = walks.Walk(f"{seed}/{number}")
        walk.live(5)
        running = walk.running
        assert running.accrued is not None
        whole = Whole(
            accrued_interest=running.accrued.interest,
            accrued_charges=running.accrued.charges + running.accrued.penalty,
        ).after(due.posting for due in running.due)
        lost = whole.lost()
        found = parts(tables, whole, lost)
        cut = tables.funding.sharing().of("principal", whole.lent)
        assert found[FUNDER, "bank", "lent"] == cut["bank"]
        have = {
            name: sum(found[FUNDER, p, name] for p in ("bank", "other"))
            for name in {key[2] for key in found if key[0] == FUNDER}
        }
        beside = found["subsidy", "city", "subsidised"]
        came = whole.back_principal + whole.back_interest + whole.back_charges + beside
        came -= whole.off_interest + whole.off_charges
        gone = sum(lost.values())
        sums = have["returned"] + have["serviced"]
        want = {
            "lent": (have["lent"], whole.lent),
            "interest": (have["earned_interest"], whole.interest + beside),
            "charges": (have["earned_charges"], whole.charges),
        }
        if rest == "funders":
            want["came"] = (sums, came)
            want["lost"] = (sum(have[f"lost_{name}"] for name in lost), gone)
            want["again"] = (have["recovered"], sum(whole.again().values()))
        else:
            want["came"] = (sums, came + gone)
            assert not have["recovered"] and not have["covered"]
        for name, (mine, all_) in want.items():
            # What two have beside each other is all but odd units, which are the platform's.
            odd = 0 if principal == "1" else 4
            assert abs(all_ - mine) <= odd, (seed, number, name, mine, all_)
        state = running.state
        if state.charged_off or (state.drawn and not state.outstanding and not state.written_off):
            for party in ("bank", "other"):
                own = {key[2]: amount for key, amount in found.items() if key[1] == party}
                assert not Statement("p", "CNY", FUNDER, party, own, 0).position, (seed, number)


def life(market: Ground, seed: int) -> None:
    """A random life of a loan with partners on the ledger, claims and days among it."""
    chance = random.Random(seed)
    now = START
    with market.database.begin(book=market.number) as tx:
        loan = drawn(tx)
    walk = ground.Walk(market, chance, loan)
    with market.database.begin(book=market.number) as tx:
        walk.told.append(loans.record(tx, loan.id, e.Charged(amount=900, due=START.date(), **loans._days(tx, None)), "fee"))  # fmt: skip
    for n in range(14):
        now += timedelta(days=chance.choice([1, 9, 30]), minutes=1)
        with market.database.begin(book=market.number, now=now) as tx:
            loans.accrue_due(tx)
            try:
                with tx.savepoint():
                    walk._one(tx, f"k{n}")
                if chance.random() < 0.25:
                    loans.record(tx, loan.id, e.ChargedOff(**loans._days(tx, None)), f"off{n}")
            except Problem as problem:
                if problem.status >= 500:
                    raise
            for each in store.claims(tx):
                _claimed(tx, chance, each.id)
            while service.share_due(tx):
                pass
            found = told(tx)
            bank = found["funder:bank"]
            books = grounds.nets(tx)
            assert bank.position == books.get("funding:joint:bank", 0)
            assert bank.gain - bank.position == books.get("funders:bank:clearing", 0), seed
            for each in store.claims(tx):
                assert 0 <= each.accepted <= each.granted <= each.claimed
            owed = sum(each.outstanding for each in store.claims(tx))
            assert owed == -sum(n for p, n in books.items() if p.startswith("covers:joint"))


def _claimed(tx: Tx, chance: random.Random, claim_id: object) -> None:
    verb = chance.choice(
        ["", "submit", "accept", "accept", "refuse", "contest", "pay", "give_back"]
    )
    if not verb:
        return
    try:
        with tx.savepoint():
            getattr(service, verb)(tx, claim_id)
    except IllegalMove:
        pass


def test_gains_come_to_nothing_over_random_lives_with_claims(market: Ground) -> None:
    seed = int(os.environ.get("HUOSHUI_LOAN_SEED", random.SystemRandom().randrange(2**32)))
    print(f"HUOSHUI_LOAN_SEED={seed}")
    life(market, seed)


def test_the_database_knows_the_same_moves(market: Ground) -> None:
    source = market.value("SELECT prosrc FROM pg_proc WHERE proname = 'guard_cover_claim_state'")
    for move in CLAIM.moves.values():
        for start in move.starts:
            assert f"'{start}>{move.leads}'" in source
    assert source.count(">") - source.count("'>'") == len(
        {(start, move.leads) for move in CLAIM.moves.values() for start in move.starts}
    )
