"""What rails answer, and what it does to a payment. Pure decisions.

Answers come late, twice, and after the payment went another way. An answer to what is not waited
for any more moves no state: money that came with it is booked in suspense and sent back.
"""

from __future__ import annotations

from huoshui.core import ids
from huoshui.ledger import Leg
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.payment import going
from huoshui.lines.payments.payment.back import given_back
from huoshui.lines.payments.payment.going import Can, free_all, moved
from huoshui.lines.payments.payment.model import Payment, Tender, Told
from huoshui.lines.payments.payment.shares import replace
from huoshui.lines.payments.payment.step import LATE, STUCK, TRANSIT, WRONG, Deed, Post, Step
from huoshui.lines.payments.rails import Answer, Call
from huoshui.lines.payments.rails.model import Verb


def told(payment: Payment, asked: Told, can: Can) -> Step | None:
    """What an answer to an authorisation, a capture or a void comes to; None where to nothing."""
    call, answer = asked.call, asked.answer
    if answer.verdict in ("pending", "unknown"):
        return None
    # Other means may have taken the place of the one that was asked.
    waited_for = any(t.call == call.id for t in payment.tenders[call.tender : call.tender + 1])
    if answer.verdict == "action":
        return _act(payment, call, answer) if waited_for else None
    if call.verb == "refund":
        return _sent_back(payment, asked)
    if call.verb == "void":
        return _voided(payment, call) if waited_for else None
    if not waited_for:
        return _late(payment, call, answer, can)
    if call.verb == "authorise":
        return _authorised(payment, call, answer, can)
    return _captured(payment, call, answer, can)


def _act(payment: Payment, call: Call, answer: Answer) -> Step | None:
    tender = replace(payment.tenders[call.tender], about=answer.reference)
    after = replace(payment, tenders=_with(payment, call.tender, tender), action=answer.action)
    if payment.state == "requires_action":
        return Step(after)
    return Step(moved(after, "ask"))


def _authorised(payment: Payment, call: Call, answer: Answer, can: Can) -> Step:
    reserved = call.amount if answer.amount is None else answer.amount
    tender = payment.tenders[call.tender]
    if answer.verdict == "succeeded" and reserved >= call.amount:
        tender = replace(
            tender, state="authorised", authorised=call.amount, about=answer.reference, call=None
        )
    else:
        code = answer.code or ("wrong_amount" if answer.verdict == "succeeded" else "declined")
        # Too little was reserved: what there is, is freed with the rest.
        spare = reserved if answer.verdict == "succeeded" else 0
        tender = replace(
            tender, state="authorised" if spare else "declined", authorised=spare,
            about=answer.reference or tender.about, call=None, code=code,
        )  # fmt: skip
    after = replace(payment, tenders=_with(payment, call.tender, tender))
    if any(t.state == "asked" for t in after.tenders):
        return Step(after)
    if any(t.code for t in after.tenders):
        return give_up(after, can)
    if after.capture == "manual":
        return Step(moved(after, "authorise", action="", error=""))
    return going.begin_capture(_processing(after), after.amount, True, can)


def _processing(payment: Payment) -> Payment:
    if payment.state == "processing":
        return payment
    return moved(payment, "process", action="")


def give_up(payment: Payment, can: Can) -> Step:
    """A means was declined: free the others; another means may do."""
    freed, calls = free_all(payment, can)
    error = next(t.code for t in payment.tenders if t.code)
    tenders = tuple(
        t if t.state == "declined" else replace(t, state="void", call=None) for t in payment.tenders
    )
    return Step(moved(payment, "detach", tenders=tenders, error=error, action=""), freed, calls)


def _captured(payment: Payment, call: Call, answer: Answer, can: Can) -> Step:
    tender = payment.tenders[call.tender]
    deeds: list[Deed] = []
    if answer.verdict == "succeeded":
        came = call.amount if answer.amount is None else answer.amount
        deeds.append(_arrival(call, came))
        tender = replace(
            tender, state="authorised", authorised=max(tender.authorised, tender.taken + call.amount),
            come=call.amount, about=answer.reference or tender.about, call=None,
        )  # fmt: skip
    else:
        tender = replace(tender, call=None, code=answer.code or "declined")
    after = replace(payment, tenders=_with(payment, call.tender, tender))
    if any(t.call for t in after.tenders):
        return Step(after, tuple(deeds))
    after = _processing(after)
    if any(t.asking and t.code for t in after.tenders):
        return Step(after, tuple(deeds)).also(_break_off(after, can))
    return Step(after, tuple(deeds)).also(going.go_on(after, can))


def _arrival(call: Call, came: int) -> Post:
    """What came over a rail, for transit; what it moved beside what it was asked waits apart."""
    rail, asked = rail_path(call.rail), call.amount
    legs = [Leg(rail, TRANSIT, min(came, asked))] if came else []
    if came > asked:
        legs.append(Leg(rail, WRONG, came - asked))
    elif came < asked:
        legs.append(Leg(WRONG, TRANSIT, asked - came))
    return Post("rail_captured", tuple(legs))


def _break_off(payment: Payment, can: Can) -> Step:
    """One of several captures was declined: what came with the others goes back."""
    ended, waits, calls = going.undo_come(payment)
    error = next(t.code for t in payment.tenders if t.code)
    tenders = tuple(replace(t, state="declined" if t.code else t.state) for t in ended.tenders)
    after = replace(ended, tenders=tenders, error=error, action="")
    if payment.captured:
        return Step(moved(after, "capture_part"), waits, calls)
    freed, voids = free_all(after, can)
    return Step(moved(after, "fail"), (*waits, *freed), (*calls, *voids))


def _voided(payment: Payment, call: Call) -> Step:
    """The rail has freed what it had, or will let it run out: either way nothing is reserved."""
    tender = replace(payment.tenders[call.tender], state="void", call=None)
    after = replace(payment, tenders=_with(payment, call.tender, tender))
    if after.state != "processing" or any(t.call for t in after.tenders):
        return Step(after)
    return Step(moved(after, "void"))


def _late(payment: Payment, call: Call, answer: Answer, can: Can) -> Step | None:
    """Nobody waits for it any more: what was reserved is freed, what came goes back."""
    if answer.verdict != "succeeded":
        return None
    amount = call.amount if answer.amount is None else answer.amount
    if call.verb == "authorise":
        calls = (_undo(payment, call, answer, "void", amount),) if can(call.rail).voids else ()
        return Step(payment, calls=calls, said="payment.late_answer")
    arrival = Post("rail_captured_late", (Leg(rail_path(call.rail), LATE, amount),))
    back = _undo(payment, call, answer, "refund", amount)
    return Step(payment, (arrival,), (back,), said="payment.late_answer")


def _undo(payment: Payment, call: Call, answer: Answer, verb: Verb, amount: int) -> Call:
    """The call that undoes one, by its own rail: the payment may have other means by now."""
    id_ = ids.derived(payment.id, f"{verb}/{call.id}")
    about = answer.reference
    return replace(call, id=id_, verb=verb, amount=amount, about=about, refund=None)


def _sent_back(payment: Payment, asked: Told) -> Step:
    """What was to go back of a broken capture, or of one that came too late, has gone, or cannot."""
    if asked.answer.verdict == "succeeded":
        return Step(payment, (Post("late_returned", given_back(LATE, asked)),))
    return Step(
        payment, (Post("refund_stuck", (Leg(LATE, STUCK, asked.call.amount),)),),
        said="payment.refund_stuck",
    )  # fmt: skip


def _with(payment: Payment, index: int, tender: Tender) -> tuple[Tender, ...]:
    tenders = list(payment.tenders)
    tenders[index] = tender
    return tuple(tenders)
