"""What stands under an id, and whether a repeat asks for the same."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.ledger.model import (
    ALL,
    CAP_FROM,
    CAP_TO,
    CAPS,
    CAPTURE,
    CLOSES,
    EXTENSION,
    HOLD,
    KEEP,
    POST,
    RELEASE,
    Capture,
    Code,
    Command,
    Extend,
    Leg,
    OnHold,
    Release,
    Result,
    Transaction,
)

_CAPPED = CAP_FROM | CAP_TO


class StandingLeg(msgspec.Struct, frozen=True):
    """A leg as posted; `amount` is what moved, which a cap may have made less than was asked."""

    source: str
    target: str
    amount: int
    flags: int


class Standing(msgspec.Struct, frozen=True):
    """A transaction as posted, as far as a repeat can differ from it."""

    kind: int
    hold_id: UUID | None
    timeout_s: int | None
    currency: str
    template: str
    reference: str
    reverses: UUID | None
    legs: tuple[StandingLeg, ...]


def standing(result: Result) -> Standing:
    """What a command that was created leaves behind."""
    first = result.moved[0]
    command = result.command
    sides = (
        [(leg.source, leg.target) for leg in command.legs]
        if isinstance(command, Transaction)
        else [("", "")]
    )
    return Standing(
        first.kind,
        first.hold_id,
        first.timeout_s,
        first.currency,
        first.template,
        first.reference,
        first.reverses,
        tuple(
            StandingLeg(source, target, moved.amount, moved.flags)
            for (source, target), moved in zip(sides, result.moved, strict=True)
        ),
    )


def repeat(command: Command, before: Standing, held: int | None) -> Code:
    """`exists` where the command asks for what stands, else in what it differs first.

    `held` is what was held in all under the command's hold, in minor units. Times are left out:
    a retry may carry another moment and is the same wish.
    """
    if isinstance(command, Transaction):
        return _transaction(command, before)
    return _on_hold(command, before, held)


def _transaction(asked: Transaction, before: Standing) -> Code:
    closes = CLOSES[asked.close]
    if before.kind != (HOLD if asked.hold else POST):
        return "differs_kind"
    flags = [CAPS[leg.cap] | closes for leg in asked.legs]
    if len(flags) == len(before.legs) and flags != [leg.flags for leg in before.legs]:
        return "differs_kind"
    if asked.timeout_s != (before.timeout_s or 0):
        return "differs_timeout"
    fault = _legs(asked, before)
    if fault:
        return fault
    if asked.template != before.template:
        return "differs_code"
    if (asked.reference, asked.reverses) != (before.reference, before.reverses):
        return "differs_reference"
    return "exists"


def _legs(asked: Transaction, before: Standing) -> Code | None:
    pairs = list(zip(asked.legs, before.legs, strict=False))
    if len(asked.legs) != len(before.legs) or asked.currency != before.currency:
        return "differs_from"
    if any(leg.source != stood.source for leg, stood in pairs):
        return "differs_from"
    if any(leg.target != stood.target for leg, stood in pairs):
        return "differs_to"
    if any(_other_amount(leg, stood) for leg, stood in pairs):
        return "differs_amount"
    return None


def _other_amount(leg: Leg, stood: StandingLeg) -> bool:
    # A capped leg moved what there was: whoever asked for that much or more asked for the same.
    return leg.amount < stood.amount if stood.flags & _CAPPED else leg.amount != stood.amount


def _on_hold(asked: OnHold, before: Standing, held: int | None) -> Code:
    kinds = {Capture: CAPTURE, Release: RELEASE, Extend: EXTENSION}
    flags = before.legs[0].flags
    if before.kind != kinds[type(asked)]:
        return "differs_kind"
    if isinstance(asked, Capture) and asked.final is bool(flags & KEEP):
        return "differs_kind"
    if asked.hold != before.hold_id:
        return "differs_hold"
    if isinstance(asked, Extend):
        return "exists" if asked.timeout_s == (before.timeout_s or 0) else "differs_timeout"
    moved = before.legs[0].amount
    if isinstance(asked, Release):
        return "exists" if asked.amount in (0, moved) else "differs_amount"
    whole = flags & ALL or moved == held
    same = whole if asked.amount is None else asked.amount == moved
    return "exists" if same else "differs_amount"
