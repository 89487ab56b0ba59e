"""A payment link is opened: each wish to pay by it begins one payment, however often it is sent."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core import idempotency
from huoshui.core.db import Tx
from huoshui.lines.payments.escrow import store as terms_store
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.links import Link, LinkOver
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment.model import Create
from huoshui.lines.payments.payment.sale import own_sale, sale
from huoshui.scenarios import payment_flow

PAY_WITHIN = timedelta(hours=1)


def begin(tx: Tx, link: Link, said: int | None, world: str, wish: str) -> str:
    """Begin a payment by a link; the secret of its pages, the same for the same wish.

    `said` is the payer's amount in minor units where the link leaves it open. Raises LinkOver,
    LinkAmount.
    """
    amount = link.due(said)
    key, asked = f"link/{link.shown}/{wish}", f"{amount} {link.currency}".encode()
    before = idempotency.kept(tx, key, asked)
    if before:
        return before.body.decode()
    if link.state(tx.now) != "active":
        raise LinkOver()
    terms = terms_store.terms(tx) or Terms()
    id_ = tx.id("pmt", key)
    secret = secrets.make(id_, world, tx.book)
    command = Create(
        id=id_,
        currency=link.currency,
        tenders=(),
        parts=sale(link.seller, amount, terms) if link.seller else own_sale(amount),
        reference=link.shown,
        expires_at=tx.now + PAY_WITHIN,
        secret=secrets.digest(secret),
        return_url=link.return_url,
    )
    payment_flow.apply(tx, [command])[0].demand()
    idempotency.keep(tx, key, asked, 200, secret.encode())
    return secret
