"""A loan under a facility: what it draws is taken of the limit, what it repays is open again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.facility import port, service
from huoshui.lines.lending.facility.model import BadFacility
from huoshui.lines.lending.loan import store
from huoshui.lines.lending.loan.model import UnknownLoan

_AT_ONCE = timedelta(minutes=1)  # it is drawn in the same transaction


class UnderFacility:
    """The facility as its loans see it; amounts in minor units."""

    def take(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Take so much of the limit, in the commit of the drawdown.

        Raises UnknownFacility, FacilityClosed, FacilityShort, and BadFacility for one of another
        borrower or currency.
        """
        loan, facility = store.loan(tx, loan_id), service.find(tx, facility_id)
        if loan is None:
            raise UnknownLoan(kind="loan", id=ids.show("loan", loan_id))
        if facility.party not in ("", loan.party):
            raise BadFacility(field="party")
        if facility.currency != loan.currency:
            raise BadFacility(field="currency")
        until = tx.now + _AT_ONCE
        made = port.reserve(tx, facility_id, amount, until, reference=loan.shown).reservation
        if made is not None:
            port.draw(tx, made.id)

    def settle(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Principal fell by so much, or below zero rose again: it is a fact, and never refused."""
        port.adjust(tx, facility_id, amount, reference=ids.show("loan", loan_id))
