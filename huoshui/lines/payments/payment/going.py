"""A payment's way in: begun, confirmed, authorised, captured, called off. Pure decisions.

Where every means is internal and nothing is to be reserved, the money goes from the means to the
parts in one transaction. Else what comes in goes through transit: internal means are held first
and used last, since what is held cannot be refused any more, and a rail can.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from huoshui.core import ids
from huoshui.ledger import Leg
from huoshui.lines.payments.payment import shares
from huoshui.lines.payments.payment.machine import PAYMENT, need
from huoshui.lines.payments.payment.model import (
    Capture,
    CaptureExceeds,
    Captures,
    Create,
    Payment,
    RailCannot,
    Tender,
    TendersDiffer,
)
from huoshui.lines.payments.payment.shares import pair, replace
from huoshui.lines.payments.payment.step import (
    LATE,
    TRANSIT,
    Cleared,
    Deed,
    Free,
    Post,
    Reserve,
    Step,
    Use,
)
from huoshui.lines.payments.rails import Call, Capabilities
from huoshui.lines.payments.rails.model import Verb

Can = Callable[[str], Capabilities]
CONFIRM = "confirm"  # the action of a buyer who has to confirm strongly


def moved(payment: Payment, verb: str, **changes: object) -> Payment:
    """The payment after a verb of its machine. Raises IllegalMove."""
    state = PAYMENT.after(payment.state, verb)
    return replace(payment, state=state, trail=(*payment.trail, state), **changes)


def created(asked: Create, now: datetime, can: Can) -> Payment:
    """A new payment. Raises TendersDiffer, RailCannot, UnknownRail."""
    amount = sum(part.amount for part in asked.parts)
    if asked.tenders:
        _agree(asked.tenders, amount, asked.currency, asked.capture, can)
    state = "requires_confirmation" if asked.tenders else PAYMENT.initial
    return Payment(
        id=asked.id,
        state=state,
        trail=(state,),
        currency=asked.currency,
        amount=amount,
        capture=asked.capture,
        buyer=asked.buyer,
        order_key=asked.order_key,
        reference=asked.reference,
        tenders=asked.tenders,
        parts=asked.parts,
        created_at=now,
        updated_at=now,
        expires_at=asked.expires_at,
        secret=asked.secret,
        return_url=asked.return_url,
    )


def attach(payment: Payment, tenders: tuple[Tender, ...], can: Can) -> Step:
    """By these means. Raises IllegalMove, TendersDiffer, RailCannot, UnknownRail."""
    need(payment.state, "attach")
    _agree(tenders, payment.amount, payment.currency, payment.capture, can)
    return Step(moved(payment, "attach", tenders=tenders, error=""))


def _agree(
    tenders: tuple[Tender, ...], amount: int, currency: str, captures: Captures, can: Can
) -> None:
    given = sum(tender.amount for tender in tenders)
    if given != amount:
        raise TendersDiffer(given=given, amount=amount)
    for tender in tenders:
        able = can(tender.rail)
        lacks = ""
        if able.pays_out and not able.acts:
            lacks = "pays_in"
        elif captures == "manual" and not able.authorises:
            lacks = "authorises"
        elif able.amount_max is not None and tender.amount > able.amount_max:
            lacks = "amount_max"
        elif able.currencies and currency not in able.currencies:
            lacks = "currencies"
        if lacks:
            raise RailCannot(rail=tender.rail, what=lacks)


def ask_buyer(payment: Payment, action: str) -> Step:
    """The buyer has something to do first."""
    return Step(moved(payment, "ask", action=action))


def confirm(payment: Payment, can: Can) -> Step:
    """Go on with the means: take it all where the ledger alone decides, else reserve.

    Raises IllegalMove.
    """
    need(payment.state, "confirm")
    internal = all(can(tender.rail).internal for tender in payment.tenders)
    if internal and payment.capture == "automatic":
        return _take_at_once(payment)
    tenders, deeds, calls = [], list[Deed](), []
    for index, tender in enumerate(payment.tenders):
        if can(tender.rail).internal:
            hold = ids.derived(payment.id, f"hold/{index}/{payment.version}")
            deeds.append(Reserve(hold, tender.account, tender.amount))
            reserved = replace(tender, state="authorised", authorised=tender.amount, hold=hold)
            tenders.append(reserved)
        elif can(tender.rail).authorises:
            call = call_of(payment, index, "authorise", tender.amount)
            calls.append(call)
            tenders.append(replace(tender, state="asked", call=call.id))
        else:  # nothing can be reserved there: it is asked first of all once the others are
            tenders.append(replace(tender, state="authorised", authorised=tender.amount))
    after = replace(payment, tenders=tuple(tenders), action="", final=True)
    step = Step(after, tuple(deeds), tuple(calls))
    if calls:
        return replace(step, payment=moved(after, "process"))
    if payment.capture == "manual":
        return replace(step, payment=moved(after, "authorise"))
    return step.also(begin_capture(after, after.amount, True, can))


def _take_at_once(payment: Payment) -> Step:
    legs = pair(
        [(tender.account, tender.amount) for tender in payment.tenders],
        [(part.account, part.amount) for part in payment.parts],
    )
    after = moved(
        payment,
        "capture",
        tenders=tuple(
            replace(t, state="authorised", authorised=t.amount, taken=t.amount)
            for t in payment.tenders
        ),
        parts=tuple(replace(part, taken=part.amount) for part in payment.parts),
        captured=payment.amount,
        action="",
        error="",
    )
    cleared = Cleared("capture", payment.amount)
    return Step(after, (Post("payment_captured", legs),), clears=(cleared,))


def capture(payment: Payment, asked: Capture, can: Can) -> Step:
    """Take some or all of what is reserved. Raises IllegalMove, CaptureExceeds, RailCannot."""
    need(payment.state, "capture")
    left = payment.amount - payment.captured
    amount = left if asked.amount is None else asked.amount
    if not 0 < amount <= left:
        raise CaptureExceeds(asked=amount, left=left)
    return begin_capture(payment, amount, asked.final or amount == left, can)


def begin_capture(payment: Payment, amount: int, final: bool, can: Can) -> Step:
    """Ask every means for its share; where no rail is asked, it is all done."""
    given = shares.in_order(amount, [tender.spare for tender in payment.tenders])
    tenders = []
    for tender, asking in zip(payment.tenders, given, strict=True):
        if asking and not can(tender.rail).internal:
            _check_parts(tender, asking, final, can)
        # What was declined before may pass now: only what this capture is answered counts.
        code = "" if asking else tender.code
        tenders.append(replace(tender, asking=asking, come=0, code=code))
    return go_on(replace(payment, tenders=tuple(tenders), final=final), can)


def go_on(payment: Payment, can: Can) -> Step:
    """Ask the rails whose share has not come, those that could not reserve it first: they may
    decline, and nothing of the others has to go back then. Once all has come, it is done."""
    missing = [
        index
        for index, tender in enumerate(payment.tenders)
        if tender.asking > tender.come and not can(tender.rail).internal
    ]
    unsure = [n for n in missing if not can(payment.tenders[n].rail).authorises]
    if not missing:
        return complete(payment, can)
    tenders, calls = list(payment.tenders), []
    for index in unsure or missing:
        call = call_of(payment, index, "capture", tenders[index].asking)
        calls.append(call)
        tenders[index] = replace(tenders[index], call=call.id)
    asked = replace(payment, tenders=tuple(tenders))
    after = asked if asked.state == "processing" else moved(asked, "process")
    return Step(after, calls=tuple(calls))


def _check_parts(tender: Tender, asking: int, final: bool, can: Can) -> None:
    whole = asking == tender.spare and not tender.taken
    if not whole and not (final and not tender.taken) and not can(tender.rail).captures_in_parts:
        raise RailCannot(rail=tender.rail, what="captures_in_parts")


def complete(payment: Payment, can: Can) -> Step:
    """All rails have given what they were asked for: use what is held, and pay the parts."""
    amount = payment.asking
    deeds: list[Deed] = []
    calls: list[Call] = []
    tenders = []
    for index, tender in enumerate(payment.tenders):
        given, spare = tender.asking, tender.spare
        if tender.hold and given:
            deeds.append(Use(tender.hold, given, payment.final or given == spare))
        elif payment.final and tender.state == "authorised" and not given and spare:
            freed, called = _free(payment, index, can)
            deeds += freed
            calls += called
        taken = tender.taken + given
        reserved = taken if payment.final else tender.authorised
        tenders.append(
            replace(tender, taken=taken, authorised=reserved, asking=0, come=0, call=None)
        )
    parts = shares.onto_parts(payment.parts, amount)
    gained = shares.gained(payment.parts, parts)
    deeds.append(Post("payment_captured", pair([(TRANSIT, amount)], gained)))
    after = replace(
        payment,
        tenders=tuple(tenders),
        parts=parts,
        captured=payment.captured + amount,
        error="",
        action="",
    )
    if payment.final:
        after = moved(after, "capture")
    elif payment.state != "partially_captured":  # where it is, another part leaves it
        after = moved(after, "capture_part")
    return Step(after, tuple(deeds), tuple(calls), (Cleared("capture", amount),))


def cancel(payment: Payment, can: Can) -> Step:
    """Call it off, or free the rest of what was captured in part. Raises IllegalMove.

    Where a rail has something reserved, it is asked to free it first; what has come of a capture
    that waits for the buyer goes back.
    """
    need(payment.state, "cancel")
    if payment.state == "partially_captured":
        freed, calls = free_all(payment, can)
        tenders = tuple(replace(t, authorised=t.taken) for t in payment.tenders)
        return Step(moved(payment, "capture", tenders=tenders), freed, calls)
    payment, waits, refunds = undo_come(payment)
    cancelled = moved(payment, "cancel", action="")
    freed, calls = free_all(payment, can)
    if calls and payment.state == "requires_capture":
        waiting = {call.tender: call.id for call in calls}
        tenders = tuple(
            replace(t, call=waiting[n]) if n in waiting else replace(t, state="void", call=None)
            for n, t in enumerate(payment.tenders)
        )
        return Step(moved(payment, "process", tenders=tenders), freed, calls)
    tenders = tuple(replace(t, state="void", call=None) for t in payment.tenders)
    return Step(replace(cancelled, tenders=tenders), (*waits, *freed), (*refunds, *calls))


def undo_come(payment: Payment) -> tuple[Payment, tuple[Deed, ...], tuple[Call, ...]]:
    """End a capture under way that will not be: what came of it waits apart and goes back."""
    calls = tuple(
        call_of(payment, index, "refund", tender.come)
        for index, tender in enumerate(payment.tenders)
        if tender.come
    )
    came = sum(call.amount for call in calls)
    waits = (Post("payment_late", (Leg(TRANSIT, LATE, came),)),) if came else ()
    tenders = tuple(replace(t, asking=0, come=0) for t in payment.tenders)
    return replace(payment, tenders=tenders), waits, calls


def free_all(payment: Payment, can: Can) -> tuple[tuple[Deed, ...], tuple[Call, ...]]:
    """Free everything that is reserved and not captured."""
    deeds: list[Deed] = []
    calls: list[Call] = []
    for index, tender in enumerate(payment.tenders):
        if tender.state == "authorised" and tender.spare:
            freed, called = _free(payment, index, can)
            deeds += freed
            calls += called
    return tuple(deeds), tuple(calls)


def _free(payment: Payment, index: int, can: Can) -> tuple[list[Deed], list[Call]]:
    tender = payment.tenders[index]
    if tender.hold:
        return [Free(tender.hold)], []
    if can(tender.rail).voids and not tender.taken:
        return [], [call_of(payment, index, "void", tender.spare)]
    return [], []  # the rail lets it run out by itself


def call_of(
    payment: Payment, index: int, verb: Verb, amount: int, refund: UUID | None = None
) -> Call:
    """What a means is asked: a call of its own for each command of the payment."""
    tender = payment.tenders[index]
    name = f"{verb}/{index}/{payment.version}" + (f"/{refund}" if refund else "")
    return Call(
        id=ids.derived(payment.id, name),
        rail=tender.rail,
        verb=verb,
        subject=ids.show("pmt", payment.id),
        tender=index,
        amount=amount,
        currency=payment.currency,
        token=tender.token,
        about=tender.about,
        refund=refund,
    )
