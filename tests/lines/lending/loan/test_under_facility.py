"""A loan under a facility: drawn within its limit and those above, open again as it is repaid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.facts.commerce import service as commerce
from huoshui.ledger.verify import verify
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility.model import BadFacility, Facility, FacilityShort
from huoshui.lines.lending.facility.service import Asked, Freezing, Opening
from huoshui.lines.lending.facility.way import Stand, stands
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import DAY, START, Ground
from tests.lines.lending.loan.ground import borrower, product, signed


def opened(tx: Tx, party: str, amount: int, **more: Any) -> Facility:
    asked = {"level": "borrower", "currency": "CNY", "name": "shop", "party": party} | more
    return facilities.open_facility(tx, Opening(amount=amount, **asked))


def seen(tx: Tx, facility: Facility) -> Stand:
    return stands(tx, [facilities.find(tx, facility.id)])[0]


def test_a_loan_is_drawn_and_repaid_under_its_facility(market: Ground) -> None:
    with market.database.begin() as tx:
        product(tx)
        party = borrower(tx)
        group = opened(tx, "", 1_500_000, level="group")
        own = opened(tx, party, 1_300_000, parent=group.id)
        loan = signed(tx, party, facility_id=own.id)
    with market.database.begin(now=START + 10 * DAY) as tx:
        service.draw(tx, loan.id, 1_200_000, "d1")
        assert service.draw(tx, loan.id, 1_200_000, "d1").again
        assert [seen(tx, f).drawn for f in (own, group)] == [1_200_000] * 2
        other = signed(tx, party, amount=200_000, facility_id=own.id)
    with pytest.raises(FacilityShort), market.database.begin(now=START + 20 * DAY) as tx:
        service.draw(tx, other.id, 200_000, "d2")
    with market.database.begin(now=START + 30 * DAY) as tx:
        [paid] = service.repay(tx, [Repayment(loan_id=loan.id, amount=300_000, key="r1")])
        owed = service.read(tx, loan.id).state.principal_owed
        assert 900_000 <= owed < 1_200_000
        assert [seen(tx, f).drawn for f in (own, group)] == [owed] * 2
        service.draw(tx, other.id, 200_000, "d2")
        assert seen(tx, own).drawn == owed + 200_000
        facilities.change_limit(tx, own.id, Asked(kind="base", amount=1_000_000, cause="review"))
        facilities.freeze(
            tx, group.id, Freezing(cause="x", until=access.today(tx) + timedelta(days=3))
        )
    with market.database.begin(now=START + 31 * DAY) as tx:
        service.reverse(tx, loan.id, paid.event.shown, "r1 bounced")
        here = seen(tx, own)
        assert (here.drawn, here.over) == (1_400_000, 400_000), "a fact, whatever the limit says"
        assert seen(tx, group).drawn == 1_400_000
        verify(tx)


def test_a_loan_of_another_party_takes_nothing(market: Ground) -> None:
    with market.database.begin() as tx:
        product(tx)
        party = borrower(tx)
        buyer = tx.value("SELECT key FROM buyer WHERE book = %(book)s")
        others = opened(tx, ids.show("byr", commerce.buyer(tx, buyer)), 9_000_000)
        loan = signed(tx, party, facility_id=others.id)
    with pytest.raises(BadFacility), market.database.begin(now=START + 10 * DAY) as tx:
        service.draw(tx, loan.id, 1_200_000, "d1")
