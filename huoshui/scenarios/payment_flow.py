"""What happens when a payment moves: the order that it pays for knows, and gets its money.

A payment for an order has one part: the clearing account of the rail `payment`. Whatever reaches it
is at once a tender of the order and goes into its escrow, and what the escrow gives back to it goes
back by the payment, all in one commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.core.work import Item as Work
from huoshui.core.work import Run
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import Tender as TenderFact
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Cancel, Capture, Command, GiveBack, Told
from huoshui.lines.payments.payment.service import Batch, Outcome
from huoshui.lines.payments.rails import Answer, Call
from huoshui.scenarios import loan_pay, order_flow, pay_later, payment_activity
from huoshui.scenarios.order_back import ORDER_RAIL

Verb = Literal["capture", "cancel", "refund"]


class Wish(msgspec.Struct, frozen=True):
    """What a person or a program asks of a payment: `amount` in minor units, None for all that is
    left. A capture that is not `final` leaves the rest reserved; `reason` is a refund's."""

    verb: Verb
    amount: int | None = None
    final: bool = True
    reason: str = ""


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
    """Write a batch; orders take what was captured for them, and loans follow what they pay."""
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
    payment_activity.told(tx, batch.changed())
    pay_later.follow(tx, batch.changed())
    loan_pay.follow(tx, batch.captured())


def told(tx: Tx, answers: list[tuple[Call, Answer]]) -> None:
    """What rails answered, handed on by those who asked them."""
    commands = [
        Told(ids.read("pmt", call.subject), call, answer)
        for call, answer in answers
        if call.subject.startswith("pmt_")
    ]
    for outcome in apply(tx, commands) if commands else []:
        outcome.demand()


def command(tx: Tx, id_: UUID, wish: Wish, name: str) -> Command:
    """The command behind a wish; `name` is its key, once a refund. Raises OrderRefunds."""
    match wish.verb:
        case "capture":
            return Capture(id_, wish.amount, wish.final)
        case "cancel":
            return Cancel(id_)
        case "refund":
            need_no_order(tx, id_)
            return GiveBack(id_, tx.id("prf", name), name, wish.amount, wish.reason)


def move(tx: Tx, id_: UUID, wish: Wish, name: str) -> None:
    """Do what is wished. Of a payment for an order the order is refunded, and by it the payment.

    Raises UnknownPayment and what `apply` answers.
    """
    found = service.payment(tx, id_)
    if wish.verb == "refund" and found.order_key:
        order = commerce.order(tx, found.order_key)
        order_flow.refund(tx, order.id, name, wish.amount, wish.reason)
        return
    apply(tx, [command(tx, id_, wish, name)])[0].demand()


def refund(tx: Tx, id_: UUID, key: str, amount: int | None, reason: str) -> Outcome:
    """Refund a payment that is nobody's order. Raises OrderRefunds and what `apply` answers."""
    asked = command(tx, id_, Wish("refund", amount, reason=reason), key)
    return apply(tx, [asked])[0].demand()


def need_no_order(tx: Tx, id_: UUID) -> None:
    """Raises OrderRefunds for a payment that pays for an order, LoanKeeps for one that repays a loan,
    UnknownPayment for none."""
    found = service.payment(tx, id_)
    if found.order_key:
        raise OrderRefunds(order=found.order_key)
    if loan_pay.repays(found):
        raise loan_pay.LoanKeeps(loan=found.reference)


def expire(tx: Tx, items: list[Work]) -> None:
    """Due work: payments that have run out are called off."""
    apply(tx, service.expired(tx))


WORK: dict[str, Run] = {service.EXPIRY_DUE: expire}
