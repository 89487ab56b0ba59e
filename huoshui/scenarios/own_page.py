"""What a party does on its own page that moves more than one line: it pays a loan."""

from __future__ import annotations

from huoshui.core import idempotency
from huoshui.core.db import Tx
from huoshui.lines.lending.loan.model import Loan
from huoshui.scenarios import loan_pay, payment_flow


def begin_payment(tx: Tx, loan: Loan, amount: int, world: str, wish: str) -> str:
    """Begin to repay `amount` minor units; the secret of the payment's pages, the same for the same wish.

    Raises PaysNothing, IllegalMove.
    """
    key, asked = f"page/{loan.shown}/{wish}", f"{amount} {loan.currency}".encode()
    before = idempotency.kept(tx, key, asked)
    if before:
        return before.body.decode()
    command, secret = loan_pay.payment_of(tx, loan, amount, world, wish)
    payment_flow.apply(tx, [command])[0].demand()
    idempotency.keep(tx, key, asked, 200, secret.encode())
    return secret
