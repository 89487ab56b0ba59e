"""What happens when a payment moves: the order that it pays for knows, and gets its money.

A payment for an order has one part: the clearing account of the rail `payment`. Whatever reaches it
is at once a tender of the order and goes into its escrow, and what the escrow gives back to it goes
back by the payment, all in one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.core.work import Item as Work
from huoshui.core.work import Run
from huoshui.facts.commerce.model import Tender as TenderFact
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Command, GiveBack, Told
from huoshui.lines.payments.payment.service import Batch, Outcome
from huoshui.lines.payments.rails import Answer, Call
from huoshui.scenarios import order_flow
from huoshui.scenarios.order_back import ORDER_RAIL


class OrderRefunds(Problem):
    """A payment for an order goes back by the order, which knows who has the money now."""

    code = "order_refunds"
    status = 409


def apply(tx: Tx, commands: Sequence[Command]) -> list[Outcome]:
    """Move payments, and the orders that they pay for."""
    batch = Batch(tx, commands)
    outcomes = [batch.take(command) for command in commands]
    finish(tx, batch)
    return outcomes


def finish(tx: Tx, batch: Batch) -> None:
    """Write a batch, then let orders take what was captured for them."""
    batch.flush()
    facts = [
        TenderFact(
            key=f"{ids.show('pmt', after.id)}/{after.captured}",
            occurred_at=tx.now,
            order=after.order_key,
            method=ORDER_RAIL,
            amount=Money(after.captured - before, after.currency),
        )
        for before, after in batch.captured()
        if after.order_key
    ]
    if facts:
        order_flow.take(tx, facts)


def told(tx: Tx, answers: list[tuple[Call, Answer]]) -> None:
    """What rails answered, handed on by those who asked them."""
    commands = [
        Told(ids.read("pmt", call.subject), call, answer)
        for call, answer in answers
        if call.subject.startswith("pmt_")
    ]
    for outcome in apply(tx, commands) if commands else []:
        outcome.demand()


def refund(tx: Tx, id_: UUID, key: str, amount: int | None, reason: str) -> Outcome:
    """Refund a payment that is nobody's order. Raises OrderRefunds and what `apply` answers."""
    need_no_order(tx, id_)
    asked = GiveBack(id_, tx.id("prf", key), key, amount, reason)
    return apply(tx, [asked])[0].demand()


def need_no_order(tx: Tx, id_: UUID) -> None:
    """Raises OrderRefunds for a payment that pays for an order, UnknownPayment for none."""
    found = service.payment(tx, id_)
    if found.order_key:
        raise OrderRefunds(order=found.order_key)


def expire(tx: Tx, items: list[Work]) -> None:
    """Due work: payments that have run out are called off."""
    service.expire(tx)


WORK: dict[str, Run] = {service.EXPIRY_DUE: expire}
