"""The ways in which a rail fails, and which of them a call gets: by its token, by order, by chance."""

from __future__ import annotations

import random
import re
from decimal import Decimal, InvalidOperation

from huoshui.core.errors import Problem

# What happens to the request and its answer.
LOSSES = {
    "slow": "the answer takes its time",
    "lost_answer": "it is done, and the connection breaks before the answer",
    "lost_request": "the connection breaks before anything is done",
    "outage": "the rail answers 503 and does nothing",
    "late_success": "no answer; later it is done, and told",
    "late_decline": "no answer; later it is refused, and told",
    "pending": "accepted now, done later",
    "wrong_amount": "less is moved than was asked",
    "declined": "refused",
    "action": "the buyer has to act first",
}
# What happens to the webhook about it.
NOTICES = {
    "duplicate_notice": "the webhook comes twice",
    "notice_out_of_order": "the webhook comes late, after others",
    "notice_first": "the webhook comes before the answer",
    "no_notice": "no webhook comes",
}
# What begins there by itself once the money was taken.
AFTERWARDS = {
    "dispute": "a chargeback is opened",
    "dispute_excess": "a chargeback of more than was paid is opened",
    "return": "the money comes back",
}
FAULTS = LOSSES | NOTICES | AFTERWARDS
ALIASES = {"timeout_then_success": "lost_answer", "3ds": "action"}
VERBS = ("authorise", "capture", "void", "refund", "pay_out")
_DECLINED = re.compile(r"decline_([a-z_]{1,60})")
_CODES = ("insufficient_funds", "do_not_honour", "expired_card", "suspected_fraud")
CERTAIN = 1_000_000


class UnknownFault(Problem):
    """Not a fault that the simulator knows, or no chance from 0 to 1."""

    code = "unknown_fault"
    status = 422


def chance(text: str) -> tuple[str, int]:
    """`lost_answer=0.05`: the fault and its chance in a million. Raises UnknownFault."""
    name, _, share = text.partition("=")
    name = ALIASES.get(name, name)
    try:
        value = Decimal(share or "1")
    except InvalidOperation:
        value = Decimal(-1)
    if name not in FAULTS or not 0 <= value <= 1:
        raise UnknownFault(fault=text[:60], known=", ".join(FAULTS))
    return name, int(value * CERTAIN)


def of_token(token: str, verb: str, *, begins: bool) -> tuple[str, str]:
    """The fault that a token asks for in a verb, and the code of a refusal; both may be empty.

    `begins` says that the call is the first of its charge or payout. `tok_decline_insufficient_funds` fails when it is authorised (or taken, where that is one
    step), `tok_capture_lost_answer` when it is captured. What begins by itself needs no verb.
    """
    _, _, wish = token.partition("_")
    for name in VERBS:
        if wish.startswith(f"{name}_"):
            return _named(wish.removeprefix(f"{name}_")) if name == verb else ("", "")
    fault, code = _named(wish)
    return (fault, code) if begins or fault in AFTERWARDS else ("", "")


def by_chance(chances: dict[str, int], seed: str) -> tuple[str, str]:
    """The fault that a call gets by chance: the same for the same seed, which names the call."""
    dice = random.Random(seed)
    for name, millionths in sorted(chances.items()):
        if dice.randrange(CERTAIN) < millionths:
            return name, dice.choice(_CODES) if name == "declined" else ""
    return "", ""


def _named(wish: str) -> tuple[str, str]:
    refused = _DECLINED.fullmatch(wish)
    if refused:
        return "declined", refused[1]
    name = ALIASES.get(wish, wish)
    return (name, "do_not_honour" if name == "declined" else "") if name in FAULTS else ("", "")
