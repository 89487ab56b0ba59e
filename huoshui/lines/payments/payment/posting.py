"""Deeds of a step as commands of the ledger, linked: all stand or none."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger import Command, Leg, Transaction
from huoshui.lines.payments.payment.model import Payment
from huoshui.lines.payments.payment.step import TRANSIT, Deed, Free, Post, Reserve, Use
from huoshui.lines.payments.payment.units import UnitMove


def commands_of(
    tx: Tx, payment: Payment, deeds: Sequence[Deed], units: Sequence[UnitMove] = ()
) -> list[Command]:
    """The deeds in their order, each joined with the next; what moves nothing is left out.

    Units that are taken or given in place of money go first.
    """
    made = [
        _command(tx, payment, deed, number)
        for number, deed in enumerate(deeds)
        if not (isinstance(deed, Post) and not deed.legs)
    ]
    made = [*_unit_transactions(tx, payment, units), *made]
    last = len(made) - 1
    return [
        msgspec.structs.replace(command, linked=True) if number < last else command
        for number, command in enumerate(made)
    ]


def _unit_transactions(tx: Tx, payment: Payment, units: Sequence[UnitMove]) -> list[Transaction]:
    reference = ids.show("pmt", payment.id)
    return [
        Transaction(
            id=tx.id("txn", f"{reference}/{payment.version}/unit/{number}"),
            template="points_redeemed" if move.redeems else "points_restored",
            reference=reference,
            currency=move.unit,
            legs=(Leg(move.source, move.target, move.number),),
            effective_at=tx.now,
        )
        for number, move in enumerate(units)
    ]


def _command(tx: Tx, payment: Payment, deed: Deed, number: int) -> Command:
    reference = ids.show("pmt", payment.id)
    id_ = tx.id("txn", f"{reference}/{payment.version}/{number}")
    match deed:
        case Post():
            return _transaction(tx, id_, deed.template, reference, payment, deed.legs)
        case Reserve():
            legs = (Leg(deed.account, TRANSIT, deed.amount),)
            made = _transaction(tx, deed.hold, "payment_held", reference, payment, legs)
            return msgspec.structs.replace(made, hold=True)
        case Use():
            return ledger.Capture(id=id_, hold=deed.hold, amount=deed.amount, final=deed.final)
        case Free():
            return ledger.Release(id=id_, hold=deed.hold)


def _transaction(
    tx: Tx, id_: UUID, template: str, reference: str, payment: Payment, legs: tuple[Leg, ...]
) -> Transaction:
    return Transaction(
        id=id_,
        template=template,
        reference=reference,
        currency=payment.currency,
        legs=legs,
        effective_at=tx.now,
    )
