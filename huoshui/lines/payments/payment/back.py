"""A payment's way back: refunds and chargebacks, along the same parts and means. Pure decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huoshui.ledger import Leg
from huoshui.ledger.split import backwards
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.payment import shares
from huoshui.lines.payments.payment.going import Can, call_of
from huoshui.lines.payments.payment.machine import need
from huoshui.lines.payments.payment.model import (
    GiveBack,
    Part,
    Payment,
    RailCannot,
    Refund,
    RefundExceeds,
    Tender,
    Told,
)
from huoshui.lines.payments.payment.shares import Flow, pair, replace
from huoshui.lines.payments.payment.step import TRANSIT, WRONG, Cleared, Post, Step

EXCESS = "platform:chargebacks"  # a chargeback above what the payment still has
# What may still be taken from an account that gives back, and who bears what it cannot.
Bearer = Callable[[str, int], list[Flow]]


def give_back(payment: Payment, asked: GiveBack, can: Can, bear: Bearer, now: datetime) -> Step:
    """Refund part or all, in proportion. Raises IllegalMove, RefundExceeds, RailCannot."""
    need(payment.state, "refund")
    amount = payment.left if asked.amount is None else asked.amount
    if not 0 < amount <= payment.left:
        raise RefundExceeds(asked=amount, left=payment.left)
    back = shares.off_tenders(payment.tenders, amount)
    calls = [
        call_of(payment, index, "refund", given, asked.refund)
        for index, given in enumerate(back)
        if given and not _internal(payment, index, can)
    ]
    for call in calls:
        _check(payment, call.tender, call.amount, can)
    parts = shares.off_parts(payment.parts, amount)
    legs = pair(_givers(payment, parts, bear), _targets(payment, back, can))
    after = replace(
        payment,
        parts=parts,
        refunded=payment.refunded + amount,
        tenders=tuple(
            replace(t, back=t.back + given) for t, given in zip(payment.tenders, back, strict=True)
        ),
    )
    refund = Refund(
        id=asked.refund, key=asked.key, payment_id=payment.id, amount=amount,
        currency=payment.currency, state="pending" if calls else "succeeded", reason=asked.reason,
        back=tuple(back), waits=tuple(call.tender for call in calls), at=now,
    )  # fmt: skip
    post = Post("payment_refunded", legs)
    return Step(after, (post,), tuple(calls), (Cleared("refund", amount),), refund)


def _internal(payment: Payment, index: int, can: Can) -> bool:
    return can(payment.tenders[index].rail).internal


def _check(payment: Payment, index: int, amount: int, can: Can) -> None:
    tender = payment.tenders[index]
    if not can(tender.rail).refunds:
        raise RailCannot(rail=tender.rail, what="refunds")
    if amount != tender.taken and not can(tender.rail).refunds_in_parts:
        raise RailCannot(rail=tender.rail, what="refunds_in_parts")


def _givers(payment: Payment, after: tuple[Part, ...], bear: Bearer) -> list[Flow]:
    found: list[Flow] = []
    for account, change in shares.gained(payment.parts, after):
        found += bear(account, -change)
    return found


def _targets(payment: Payment, back: list[int], can: Can) -> list[Flow]:
    """Internal means get it at once; what goes by a rail is in transit until the rail says so."""
    return [
        (t.account if can(t.rail).internal else TRANSIT, given)
        for t, given in zip(payment.tenders, back, strict=True)
        if given
    ]


def refund_told(payment: Payment, refund: Refund, asked: Told) -> Step | None:
    """What a rail says of its share of a refund; None where it does not know yet, or said before.

    Where it cannot, the parts get it again, and the refund has failed by so much.
    """
    call, verdict = asked.call, asked.answer.verdict
    if call.tender not in refund.waits or verdict not in ("succeeded", "declined"):
        return None
    waits = tuple(index for index in refund.waits if index != call.tender)
    refund = replace(refund, waits=waits)
    if verdict == "declined":
        return _again_with_parts(payment, refund, call.tender, call.amount)
    done = not waits and refund.state == "pending"
    after = replace(refund, state="succeeded") if done else refund
    said = "refund.succeeded" if done else ""
    post = Post("rail_refunded", given_back(TRANSIT, asked))
    return Step(payment, (post,), refund=after, said=said)


def given_back(source: str, asked: Told) -> tuple[Leg, ...]:
    """What went back by a rail, out of `source`; what it moved beside what it was asked waits apart."""
    rail, wanted = rail_path(asked.call.rail), asked.call.amount
    went = wanted if asked.answer.amount is None else asked.answer.amount
    legs = [Leg(source, rail, min(went, wanted))] if went else []
    if went > wanted:
        legs.append(Leg(WRONG, rail, went - wanted))
    elif went < wanted:
        legs.append(Leg(source, WRONG, wanted - went))
    return tuple(legs)


def _again_with_parts(payment: Payment, refund: Refund, index: int, amount: int) -> Step:
    parts = _restored(payment.parts, amount)
    gained = shares.gained(payment.parts, parts)
    tender = payment.tenders[index]
    tenders = list(payment.tenders)
    tenders[index] = replace(tender, back=tender.back - amount)
    after = replace(
        payment, parts=parts, tenders=tuple(tenders), refunded=payment.refunded - amount
    )
    post = Post("refund_failed", pair([(TRANSIT, amount)], gained))
    return Step(after, (post,), refund=replace(refund, state="failed"), said="refund.failed")


def _restored(parts: tuple[Part, ...], amount: int) -> tuple[Part, ...]:
    """The parts after `amount` that had gone back came again, in proportion to what went."""
    given = backwards(amount, [part.back for part in parts], 0)
    return tuple(
        replace(part, back=part.back - more) for part, more in zip(parts, given, strict=True)
    )


def charge_back(payment: Payment, index: int, amount: int, bear: Bearer) -> Step:
    """The buyer's bank takes back `amount` over a rail: from the parts, what they lack from EXCESS."""
    tender = payment.tenders[index]
    own = min(amount, payment.left)
    parts = shares.off_parts(payment.parts, own)
    sources = [*_givers(payment, parts, bear), (EXCESS, amount - own)]
    legs = pair(sources, [(rail_path(tender.rail), amount)])
    tenders = _charged(payment, index, min(own, tender.left))
    after = replace(payment, parts=parts, tenders=tenders, charged=payment.charged + own)
    return Step(
        after, (Post("payment_charged_back", legs),), clears=(Cleared("chargeback", amount),)
    )


def _charged(payment: Payment, index: int, amount: int) -> tuple[Tender, ...]:
    tenders = list(payment.tenders)
    tenders[index] = replace(tenders[index], back=tenders[index].back + amount)
    return tuple(tenders)


def charge_won(payment: Payment, index: int, amount: int, own: int) -> Step:
    """The dispute was won: the bank gives back what it took, the parts get their `own` again."""
    rail = rail_path(payment.tenders[index].rail)
    parts = _restored(payment.parts, own)
    targets = [*shares.gained(payment.parts, parts), (EXCESS, amount - own)]
    legs = pair([(rail, amount)], [(account, more) for account, more in targets if more])
    tenders = _charged(payment, index, -min(own, payment.tenders[index].back))
    after = replace(payment, parts=parts, tenders=tenders, charged=payment.charged - own)
    return Step(after, (Post("chargeback_won", legs),), clears=(Cleared("chargeback_won", amount),))
