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
    ChargeBack,
    ChargeWon,
    GiveBack,
    Part,
    Payment,
    RailCannot,
    Refund,
    RefundExceeds,
    Told,
)
from huoshui.lines.payments.payment.shares import Flow, pair, replace
from huoshui.lines.payments.payment.step import TRANSIT, WRONG, Cleared, Post, Step

EXCESS = "platform:chargebacks"  # a chargeback above what its means still has
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
    # Of two means that decline, the first fails the refund: that is said once.
    said = "refund.failed" if refund.state != "failed" else ""
    return Step(after, (post,), refund=replace(refund, state="failed"), said=said)


def _restored(parts: tuple[Part, ...], amount: int) -> tuple[Part, ...]:
    """The parts after `amount` that had gone back came again, in proportion to what went."""
    given = backwards(amount, [part.back for part in parts], 0)
    return tuple(
        replace(part, back=part.back - more) for part, more in zip(parts, given, strict=True)
    )


def charge_back(payment: Payment, asked: ChargeBack, bear: Bearer) -> Step:
    """The buyer's bank takes an amount back over a rail: what its means still has from the parts.

    What it has no more (it was refunded, or charged back before, or more is taken than was paid)
    comes from EXCESS.
    """
    index, amount = _means(payment, asked), asked.amount
    left = 0 if index is None else payment.tenders[index].left
    own = min(amount, left) if asked.most is None else min(amount, left, asked.most)
    parts = shares.off_parts(payment.parts, own)
    sources = [*_givers(payment, parts, bear), (EXCESS, amount - own)]
    legs = pair([s for s in sources if s[1]], [(rail_path(asked.rail), amount)])
    after = _charged(payment, index, own, amount - own, parts)
    post = Post("payment_charged_back", legs)
    return Step(
        after, (post,), clears=(Cleared("chargeback", amount),), said="payment.charged_back"
    )


def charge_won(payment: Payment, asked: ChargeWon) -> Step:
    """The bank gives back what it took: what the platform bore comes back to it first, so that the
    parts are where they were had the chargeback never been."""
    index, amount = _means(payment, asked), asked.amount
    tender = None if index is None else payment.tenders[index]
    own = min(amount - min(tender.excess, amount), tender.charged) if tender else 0
    parts = _restored(payment.parts, own)
    targets = [*shares.gained(payment.parts, parts), (EXCESS, amount - own)]
    legs = pair([(rail_path(asked.rail), amount)], [(path, more) for path, more in targets if more])
    lifted = min(tender.excess, amount - own) if tender else 0
    after = _charged(payment, index, -own, -lifted, parts)
    post = Post("chargeback_won", legs)
    return Step(
        after, (post,), clears=(Cleared("chargeback_won", amount),), said="payment.charge_won"
    )


def recovered(payment: Payment, bear: Bearer) -> Step:
    """What a means has again while the platform bears a chargeback of it goes to the platform:
    the refund that left it with nothing failed, or its capture ended after the chargeback."""
    step = Step(payment)
    for index, tender in enumerate(payment.tenders):
        owed = min(tender.excess, tender.left)
        if owed:
            now = step.payment
            parts = shares.off_parts(now.parts, owed)
            legs = pair(_givers(now, parts, bear), [(EXCESS, owed)])
            after = _charged(now, index, owed, -owed, parts)
            step = step.also(Step(after, (Post("chargeback_recovered", legs),)))
    return step


def _means(payment: Payment, asked: ChargeBack | ChargeWon) -> int | None:
    """The place of the means that a chargeback is of; None where another took its place since."""
    place = asked.tender
    known = place < len(payment.tenders) and payment.tenders[place].rail == asked.rail
    return place if known else None


def _charged(
    payment: Payment, index: int | None, own: int, excess: int, parts: tuple[Part, ...]
) -> Payment:
    """The payment after so much more of a means was charged back, and borne by the platform."""
    tenders = list(payment.tenders)
    if index is not None:
        t = tenders[index]
        tenders[index] = replace(
            t, back=t.back + own, charged=t.charged + own, excess=t.excess + excess
        )
    return replace(payment, parts=parts, tenders=tuple(tenders), charged=payment.charged + own)
