"""A borrower pays a loan through the payments line: what is captured repays it, in the same commit.

The payment has one part, the clearing account of the loan's product, and names the loan. It is not
given back as a payment: what was too much is credit of the loan, and paid out from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from huoshui.core import ids
from huoshui.core.access import today
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.factoring.chart import clearing_path
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service, store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment.model import Create, Part, Payment

ROLE = "loan"
PAY_WITHIN = timedelta(hours=1)


class PaysNothing(Problem):
    """The amount is none that this loan can take now; the problem names what settles it."""

    code = "loan_pays_nothing"
    status = 422


class LoanKeeps(Problem):
    """A payment that repaid a loan goes back by the loan, as credit or by a reversal."""

    code = "loan_keeps_payment"
    status = 409


def payment_of(tx: Tx, loan: Loan, amount: int, world: str, wish: str) -> tuple[Create, str]:
    """The payment by which a borrower repays `amount` minor units, and the secret of its pages.

    Raises IllegalMove before the first drawdown, PaysNothing above what settles the loan.
    """
    most = service.settlement(tx, loan.id).total
    if not 0 < amount <= most:
        raise PaysNothing(most=most, currency=loan.currency)
    id_ = tx.id("pmt", f"{loan.shown}/{wish}")
    secret = secrets.make(id_, world, tx.book)
    command = Create(
        id=id_,
        currency=loan.currency,
        tenders=(),
        parts=(Part(clearing_path(loan.product), ROLE, amount),),
        buyer=loan.party,
        reference=loan.shown,
        expires_at=tx.now + PAY_WITHIN,
        secret=secrets.digest(secret),
    )
    return command, secret


def repays(payment: Payment) -> bool:
    """Whether a payment is one of a loan's borrower for the loan."""
    return any(part.role == ROLE for part in payment.parts)


def follow(tx: Tx, captured: Sequence[tuple[int, Payment]]) -> None:
    """What was captured for loans repays them; each with what was captured of it before."""
    paid = [
        Repayment(
            loan_id=ids.read("loan", after.reference),
            amount=after.captured - before,
            key=f"{ids.show('pmt', after.id)}/{after.captured}",
        )
        for before, after in captured
        if repays(after) and after.captured > before
    ]
    for each in sorted(paid, key=lambda one: one.loan_id):
        service.repay(tx, [each])


def called_back(tx: Tx, payment: Payment, amount: int, key: str) -> None:
    """The payer's bank took `amount` back: the loan owes it again, from today."""
    loan_id, day = ids.read("loan", payment.reference), today(tx)
    shown = ids.show("pmt", payment.id)
    left = amount
    for row in store.events(tx, [loan_id]):
        if left and row.kind == "payment" and row.key.startswith(f"{shown}/"):
            part = min(left, row.amount or 0)
            event = e.ChargedBack(id="", on=day, recorded=day, of=row.shown, amount=part)
            service.record(tx, loan_id, event, f"{key}/{row.number}")
            left -= part


def paid_again(tx: Tx, payment: Payment, amount: int, key: str) -> None:
    """The payer's bank gave `amount` again: it repays the loan, from today."""
    loan_id = ids.read("loan", payment.reference)
    service.repay(tx, [Repayment(loan_id=loan_id, amount=amount, key=f"{key}/again")])
