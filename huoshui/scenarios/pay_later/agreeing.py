"""From a buyer's choice to the means that pays: applied for, decided, reserved, agreed to."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.facility import port
from huoshui.lines.lending.facility import service as facilities
from huoshui.lines.lending.facility.service import Opening
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.payment.model import Payment, Tender
from huoshui.scenarios import switching
from huoshui.scenarios.judged_loans import LOANS
from huoshui.scenarios.pay_later import store
from huoshui.scenarios.pay_later.model import RAIL, NoPayLater, PayLaterChanged, mark_of
from huoshui.scenarios.pay_later.offering import borrower, limit_each
from huoshui.scenarios.products import use_of
from huoshui.scenarios.switching import store as switches

HOLD_DAYS = 7  # how long a limit is reserved for a payment that names no end of its own


class Agreed(msgspec.Struct, frozen=True):
    """A loan that is offered for a payment, and the mark of all that was told of it."""

    loan: Loan
    mark: str


def take_up(
    tx: Tx, payment: Payment, product: str, instalments: int, amount: int, *, key: str = ""
) -> Agreed:
    """Apply for a loan that pays `amount` minor units of a payment, and decide on it; `key` is the
    caller's word for it.

    Where it is declined, the loan says so with its reasons. Raises NotSwitchedOn, NoPayLater and what
    an application may.
    """
    of = switching.live_one(tx, product)
    party = borrower(tx, payment)
    if not party:
        raise NoPayLater(reason="buyer")
    checked = contract.checked(tx, of.product, of.version)
    if checked.product.currency != payment.currency:
        raise NoPayLater(reason="currency")
    if use_of(checked) != "checkout":
        raise NoPayLater(reason="product")
    assert of.programme_id is not None
    facility = facility_of(tx, of.product, of.programme_id, party, limit_each(of, checked))
    name = f"{ids.show('pmt', payment.id)}/{payment.version}/{instalments}/{key}"
    asked = Application(
        product=product, party=party, amount=amount, instalments=instalments, facility_id=facility
    )
    loan = contract.decide(tx, contract.apply(tx, asked, key=name).id, LOANS)
    mark = mark_of(loan.product, loan.version, loan.disclosure) if loan.disclosure else ""
    return Agreed(loan, mark)


def facility_of(tx: Tx, product: str, programme_id: UUID, party: str, limit: int) -> UUID:
    """A buyer's facility under a programme, opened with a limit where there is none."""
    switches.lock(tx, f"{product}/{party}")
    way = store.way(tx, programme_id, party)
    if len(way) > 1:
        return way[0].id
    opening = Opening(
        level="borrower", currency=way[0].currency, amount=limit, name=product, party=party,
        parent=programme_id, cause="switched_on",
    )  # fmt: skip
    return facilities.open_facility(tx, opening).id


def reserve(tx: Tx, payment: Payment, loan: Loan, amount: int) -> None:
    """Keep so much of the limit for the loan's next drawdown. Raises FacilityShort, FacilityClosed."""
    assert loan.facility_id is not None
    until = payment.expires_at or tx.now
    until = max(until, tx.now + timedelta(days=HOLD_DAYS))
    name = reservation_id(tx, loan)
    port.reserve(tx, loan.facility_id, amount, until, reference=loan.shown, name=name)


def reservation_id(tx: Tx, loan: Loan) -> UUID:
    """The reservation for a loan's next drawdown."""
    return ids.derived(loan.id, f"reservation/{store.draws(tx, loan.id)}")


def agree(tx: Tx, payment: Payment, loan_id: UUID, mark: str, proof: str) -> tuple[Tender, ...]:
    """The buyer agrees to what was told: the means that the loan is. `proof` says how it confirmed.

    What the platform pays stays beside it. Raises NoPayLater for a loan of somebody else or of another
    sum, PayLaterChanged where something else was told, and what a consent may.
    """
    loan = contract.locked(tx, loan_id)
    beside = tuple(t for t in payment.tenders if t.rail == "subsidy")
    due = payment.amount - sum(t.amount for t in beside)
    if loan.party != borrower(tx, payment) or loan.currency != payment.currency:
        raise NoPayLater(reason="buyer")
    if loan.amount != due or loan.facility_id is None:
        raise NoPayLater(reason="amount")
    if not loan.disclosure or mark != mark_of(loan.product, loan.version, loan.disclosure):
        raise PayLaterChanged()
    contract.consent(tx, loan.id, proof)
    return (Tender(RAIL, rail_path(RAIL), due, token=loan.shown), *beside)
