"""A party's own page: opened, and what the party does there that moves more than one line: it pays a loan."""

from __future__ import annotations

from huoshui.core import idempotency
from huoshui.core.db import Tx
from huoshui.facts import pages
from huoshui.facts.pages import PartyPage
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.payments.payment import secret as secrets
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


def open_for(tx: Tx, party: str, world: str, days: int) -> tuple[PartyPage, str]:
    """Open a seller's or buyer's own page for some days: what is kept of it, and its secret, told once.

    Raises BadId, UnknownSeller, UnknownBuyer, BadPartyPage.
    """
    id_ = tx.id("ptp", f"{party}/{tx.now.isoformat()}")
    secret = secrets.make(id_, world, tx.book, kind="ptp")
    return pages.open_page(tx, id_, party, secrets.digest(secret), days), secret
