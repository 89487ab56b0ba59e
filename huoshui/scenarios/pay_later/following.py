"""What becomes of a loan as its payment moves: reserved, drawn, freed, repaid by a refund."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.access import today
from huoshui.core.db import Tx
from huoshui.lines.lending.facility import port
from huoshui.lines.lending.facility import store as facilities
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan import store as loan_store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.ports import Ports
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.loan.under import UnderFacility
from huoshui.lines.payments.payment.machine import FINAL
from huoshui.lines.payments.payment.model import Payment, Tender
from huoshui.scenarios.pay_later import fees
from huoshui.scenarios.pay_later.agreeing import reservation_id, reserve
from huoshui.scenarios.pay_later.model import RAIL
from huoshui.scenarios.pay_later.posting import Entry, post

_KIND = "merchant_issued_refund"
Moved = tuple[Payment | None, Payment]  # before and after


class Reserved(UnderFacility):
    """The facility as a loan at the checkout sees it: what was reserved for it is drawn."""

    def take(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Draw the reservation; where there is none, or it has run out, take it of the limit now."""
        loan = loan_store.loan(tx, loan_id)
        name = reservation_id(tx, loan) if loan else None
        made = facilities.reservation(tx, name) if name else None
        if made is not None and port.fates(tx, [made])[0].state == "held":
            port.draw(tx, made.id, amount)
            return
        super().take(tx, facility_id, loan_id, amount)


PORTS = Ports(reserve=Reserved())


class _Part(msgspec.Struct, frozen=True):
    """A loan as a payment's means, before and after it moved."""

    payment: Payment
    loan_id: UUID
    before: Tender | None
    after: Tender | None

    @property
    def drawn(self) -> int:
        """What was captured of it now."""
        return (self.after.taken if self.after else 0) - (self.before.taken if self.before else 0)

    @property
    def returned(self) -> int:
        """What went back to it now."""
        return (self.after.back if self.after else 0) - (self.before.back if self.before else 0)

    @property
    def waits(self) -> int:
        """What may still be captured of it."""
        payment, after = self.payment, self.after
        if after is None or payment.state in (*FINAL, "requires_payment_method"):
            return 0
        return (after.authorised or after.amount) - after.taken

    @property
    def over(self) -> bool:
        """Whether nothing was ever captured of it, nor will be."""
        return not self.waits and not (self.after and self.after.taken)


def follow(tx: Tx, moved: Sequence[Moved]) -> None:
    """Let loans follow the payments that they pay, in the same commit; no others are touched."""
    parts = [part for before, after in moved for part in _parts(before, after)]
    parts.sort(key=lambda each: each.loan_id)
    _draw(tx, [part for part in parts if part.drawn > 0])
    for part in parts:
        _follow(tx, part)
    for before, after in moved:
        if not after.order_key and any(t.rail == RAIL for t in after.tenders):
            fees.of_payment(tx, before, after)


def _parts(before: Payment | None, after: Payment) -> Iterator[_Part]:
    old = _by_loan(before)
    new = _by_loan(after)
    for token in {**old, **new}:
        yield _Part(after, ids.read("loan", token), old.get(token), new.get(token))


def _by_loan(payment: Payment | None) -> dict[str, Tender]:
    if payment is None:
        return {}
    return {t.token: t for t in payment.tenders if t.rail == RAIL and t.token}


def _follow(tx: Tx, part: _Part) -> None:
    if part.returned > 0:
        _repay(tx, part, contract.locked(tx, part.loan_id))
    if part.waits:
        reserve(tx, part.payment, contract.locked(tx, part.loan_id), part.waits)
    elif part.over:
        _free(tx, contract.locked(tx, part.loan_id))


def _draw(tx: Tx, parts: Sequence[_Part]) -> None:
    """Draw what was captured of each loan, all posted at once; it pays what its rail gave."""
    if not parts:
        return
    batch = loans.Batch(tx, [part.loan_id for part in parts], PORTS)
    entries = []
    for part in parts:
        shown, taken = ids.show("pmt", part.payment.id), part.after.taken if part.after else 0
        event = e.Drawn(id="", on=today(tx), recorded=today(tx), amount=part.drawn)
        batch.record(part.loan_id, event, f"{shown}/{taken}")
        loan = batch.loans[part.loan_id].loan
        entries.append(_entry(tx, part, loan, "pay_later_paid", f"paid/{taken}", part.drawn))
    batch.flush()
    post(tx, entries)


def _entry(tx: Tx, part: _Part, loan: Loan, template: str, what: str, amount: int) -> Entry:
    shown = ids.show("pmt", part.payment.id)
    return Entry(
        id=tx.id("txn", f"{shown}/{loan.shown}/{what}"), template=template,
        names={"book": loan.product, "party": loan.party}, amount=amount, currency=loan.currency,
        reference=loan.shown,
    )  # fmt: skip


def _repay(tx: Tx, part: _Part, loan: Loan) -> None:
    """What went back repays the loan, with interest where the product says so; the rest is the buyer's."""
    back = part.after.back if part.after else 0
    key = f"{ids.show('pmt', part.payment.id)}/back/{back}"
    post(tx, [_entry(tx, part, loan, "pay_later_returned", f"back/{back}", part.returned)])
    [paid] = loans.repay(
        tx, [Repayment(loan_id=loan.id, amount=part.returned, key=key, kind=_KIND)]
    )
    credit = paid.position.credit
    if credit:
        event = e.CreditRefunded(id="", on=today(tx), recorded=today(tx), amount=credit)
        loans.record(tx, loan.id, event, f"{key}/credit")
        post(tx, [_entry(tx, part, loan, "pay_later_credit", f"credit/{back}", credit)])


def _free(tx: Tx, loan: Loan) -> None:
    """Nothing comes of it: the limit is free again, and the loan is withdrawn."""
    made = facilities.reservation(tx, reservation_id(tx, loan))
    if made is not None and port.fates(tx, [made])[0].state == "held":
        port.release(tx, made.id)
    if loan.state in ("offered", "signed"):
        contract.withdraw(tx, loan.id)
