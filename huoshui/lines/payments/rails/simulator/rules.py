"""What a rail does when it is asked: refuse, reserve, take, free, give back. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from huoshui.lines.payments.rails.simulator.model import (
    LATER,
    MOST,
    TWO_STEPS,
    Asked,
    Charge,
    Deed,
)


class Pace(msgspec.Struct, frozen=True):
    """How long things take there, in milliseconds."""

    later_ms: int = 1_000  # until what is pending is done
    late_ms: int = 8_000  # until what had no answer is done
    slow_ms: int = 3_000  # a slow answer
    scan_ms: int = 300_000  # until a code to scan runs out


def decide(
    asked: Asked,
    charge: Charge | None,
    fate: tuple[str, str],
    pace: Pace,
    now: datetime,
    *,
    reference: str,
    root: str,
) -> Deed:
    """What is done about a call, under a new `reference`.

    `charge` is that which it is about, `root` the reference of it; `fate` is the fault that the
    call gets, with the code of a refusal.
    """
    fault, code = fate
    takes = asked.verb != "pay_out" and begins(asked)
    deed = Deed(
        **{name: getattr(asked, name) for name in Asked.__struct_fields__},
        reference=reference,
        root=reference if begins(asked) else root,
        verdict="succeeded",
        moved=asked.amount,
        fate=fault,
        at=now,
        settled_at=now,
    )
    if fault == "declined":
        return refused(deed, code)
    wrong = _too_much(asked) if begins(asked) else _wrong(asked, charge)
    if wrong:
        return refused(deed, wrong)
    if asked.verb == "void" and charge:
        deed = msgspec.structs.replace(deed, moved=charge.reserved - charge.taken - charge.freed)
    if fault == "wrong_amount":
        less = max(1, asked.amount // 100)
        deed = msgspec.structs.replace(deed, moved=max(0, deed.moved - less))
    return _timed(deed, takes, pace, now)


def refused(deed: Deed, code: str) -> Deed:
    """The same, refused: nothing moved."""
    return msgspec.structs.replace(deed, verdict="declined", code=code, moved=0)


def begins(asked: Asked) -> bool:
    """Whether it is the first call of a charge or of a payout."""
    return asked.verb in ("authorise", "pay_out") or (asked.verb == "capture" and not asked.about)


def _timed(deed: Deed, takes: bool, pace: Pace, now: datetime) -> Deed:
    """When it is done: now, later, or once the buyer has acted."""

    def waiting(verdict: str, outcome: str, after_ms: int) -> Deed:
        due = now + timedelta(milliseconds=after_ms)
        return msgspec.structs.replace(
            deed, verdict=verdict, outcome=outcome, due_at=due, settled_at=None
        )

    match deed.fate:
        case "late_success":
            return waiting("pending", "succeeded", pace.late_ms)
        case "late_decline":
            return waiting("pending", "declined:do_not_honour", pace.late_ms)
        case "pending":
            return waiting("pending", "succeeded", pace.later_ms)
        case "action" if takes:
            return waiting("action", "declined:expired", pace.scan_ms)
    if deed.rail in LATER:
        verdict = "action" if takes and deed.rail == "qr" else "pending"
        return waiting(verdict, "succeeded", pace.later_ms)
    return deed


def _too_much(asked: Asked) -> str:
    most = MOST.get(asked.rail)
    return "amount_too_large" if most is not None and asked.amount > most else ""


def _wrong(asked: Asked, charge: Charge | None) -> str:
    """Why what builds on a charge cannot be done, or an empty text."""
    if charge is None:
        return "unknown_reference"
    if asked.currency != charge.currency:
        return "wrong_currency"
    open_ = charge.reserved - charge.taken - charge.freed
    left = charge.taken - charge.back
    match asked.verb:
        case "capture" if asked.amount > open_:
            return "amount_exceeds_authorisation"
        case "void" if open_ <= 0:
            return "nothing_to_void"
        case "refund" if asked.amount > left:
            return "amount_exceeds_capture"
        case "refund" if asked.rail == "qr" and asked.amount != charge.taken:
            return "partial_refund_not_supported"
    return ""


def is_taken(deed: Deed) -> bool:
    """Whether this call takes money at once: a capture, or a charge where that is one step."""
    return deed.verb == "capture" or (deed.verb == "authorise" and deed.rail not in TWO_STEPS)
