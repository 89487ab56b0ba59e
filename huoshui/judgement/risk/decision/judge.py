"""The decision itself: a function of a policy and of what was seen, exact, without I/O or chance."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import Any

import msgspec

from huoshui.core.money import Money
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.decision.policy import PROBABILITY, CheckedPolicy, Cost, Explore
from huoshui.judgement.risk.rules import CheckedRules, Fired

_PLACES = Decimal("1e-12")
_DIGITS = 60
_YEAR_DAYS = 365
REASONS_MOST = 4


class Score(msgspec.Struct, frozen=True):
    """A score: the probability of the bad outcome, calibrated, points, and what each feature added."""

    raw: str
    probability: Decimal
    points: int | None
    parts: tuple[tuple[str, str], ...]  # feature, weight; heaviest against first


class Seen(msgspec.Struct, frozen=True):
    """All that a decision is made of: facts that the schema has read, the day, the score, who asked."""

    facts: Mapping[str, Any]
    on: date
    score: Score | None
    amount: Money | None
    key: str  # who asked, for the exploration's hash


class Ready(msgspec.Struct, frozen=True):
    """A policy with its rules, ready to judge. `coded` gives each feature's reason, none where hidden."""

    policy: CheckedPolicy
    rules: CheckedRules
    coded: Mapping[str, str]


class Judged(msgspec.Struct, frozen=True):
    """What follows: the outcome, what is given, why, and what was made use of."""

    outcome: str
    granted: int | None
    limit: int | None
    cost: int | None
    capital_cost: int | None
    reasons: tuple[str, ...]
    fired: tuple[Fired, ...]
    demands: tuple[str, ...]
    explored: bool
    draw: str
    propensity: str


def judge(ready: Ready, seen: Seen) -> Judged:
    """Rules first, then the score, then the limit; exploration may lift a decline by score."""
    fired = tuple(ready.rules.fired(seen.facts, seen.on))
    by = {
        action: [f for f in fired if f.rule.action == action]
        for action in ("decline", "review", "cap")
    }
    verdict, draw, explored = "approve", "", False
    if by["decline"]:
        verdict = "decline"
    elif _at_least(ready, seen, "decline"):
        draw, explored = _explored(ready.policy.said.explore, seen)
        verdict = "approve" if explored else "decline"
    elif by["review"] or _at_least(ready, seen, "review"):
        verdict = "review"
    limit = None if verdict == "decline" else _limit(ready, seen, by["cap"], explored)
    outcome, granted = _outcome(ready, seen, verdict, limit)
    cost, capital = _costs(ready.policy.said.cost, seen.score, granted)
    return Judged(
        outcome=outcome, granted=granted, limit=limit, cost=cost, capital_cost=capital,
        reasons=_reasons(ready, seen, outcome, verdict, by), fired=fired,
        demands=("step_up",) if any(f.rule.action == "step_up" for f in fired) else (),
        explored=explored, draw=draw, propensity=_propensity(ready.policy.said.explore, draw, explored),
    )  # fmt: skip


def _at_least(ready: Ready, seen: Seen, name: str) -> bool:
    bounds = ready.policy.said.thresholds
    if bounds is None or seen.score is None:
        return False
    return seen.score.probability >= Decimal(getattr(bounds, name))


def _explored(explore: Explore | None, seen: Seen) -> tuple[str, bool]:
    """The draw of who asked, and whether it is given a chance; a hash that nobody can steer."""
    if explore is None or seen.score is None or seen.score.probability >= Decimal(explore.up_to):
        return "", False
    mac = hmac.new(explore.key.encode(), seen.key.encode(), hashlib.sha256).digest()
    draw = Decimal(int.from_bytes(mac[:5])) / Decimal(1 << 40)
    return f"{draw.quantize(_PLACES):f}", draw < Decimal(explore.share)


def _propensity(explore: Explore | None, draw: str, explored: bool) -> str:
    """The probability with which it came out so; nothing where no draw was made."""
    if explore is None or not draw:
        return ""
    share = Decimal(explore.share)
    return f"{share if explored else 1 - share:f}"


def _limit(ready: Ready, seen: Seen, caps: list[Fired], explored: bool) -> int | None:
    """The limit in minor units; None where the policy says nothing of one and no rule caps it."""
    said = ready.policy.said.limit
    bounds = [each.rule.limit or 0 for each in caps]
    if said is not None and ready.policy.limit is not None:
        facts = seen.facts
        if seen.score is not None:
            facts = {**facts, PROBABILITY: seen.score.probability}
        found = ready.policy.limit.answer(facts).value
        bounds.append(min(int(found or 0), said.most))
    if explored and ready.policy.said.explore is not None:
        bounds.append(ready.policy.said.explore.limit)
    return max(min(bounds), 0) if bounds else None


def _outcome(ready: Ready, seen: Seen, verdict: str, limit: int | None) -> tuple[str, int | None]:
    """The outcome, and how much is given: nothing unless it is approved."""
    if verdict != "approve":
        return verdict, None
    asked = seen.amount.amount if seen.amount else None
    least = ready.policy.said.limit.least if ready.policy.said.limit else 1
    if limit is None:
        return "approve", asked
    if limit < min(least, asked if asked is not None else least):
        return "decline", None
    if asked is None:
        return "approve", limit
    return ("approve", asked) if limit >= asked else ("approve_less", limit)


def _costs(
    cost: Cost | None, score: Score | None, granted: int | None
) -> tuple[int | None, int | None]:
    """PD x LGD x EAD, and what the capital costs meanwhile; minor units, half up."""
    if cost is None or score is None or granted is None:
        return None, None
    with localcontext() as exact:
        exact.prec = _DIGITS
        ead = granted * Decimal(cost.ead)
        loss = ead * score.probability * Decimal(cost.lgd)
        held = ead * Decimal(cost.capital) * Decimal(cost.capital_annual) * cost.days / _YEAR_DAYS
        return _whole(loss), _whole(held)


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _reasons(
    ready: Ready, seen: Seen, outcome: str, verdict: str, by: Mapping[str, list[Fired]]
) -> tuple[str, ...]:
    """At most four codes for what is not simply approved; what is secret is said as `verification`."""
    if outcome == "approve":
        return ()
    if outcome == "approve_less" or verdict == "approve":
        found = [_told(each) for each in by["cap"]] or ["limit_reached"]
    else:
        found = [_told(each) for each in by[verdict]]
        if not (verdict == "decline" and found):
            found += _scored(ready, seen, verdict)
    return tuple(dict.fromkeys(found))[:REASONS_MOST]


def _told(fired: Fired) -> str:
    return catalogue.GENERIC if fired.rule.secret else fired.rule.reason


def _scored(ready: Ready, seen: Seen, verdict: str) -> list[str]:
    """The reasons of a score: of the features that spoke most against who asked."""
    if seen.score is None or not _at_least(ready, seen, verdict):
        return []
    against = [name for name, weight in seen.score.parts if Decimal(weight) > 0]
    codes = [ready.coded[name] for name in against if ready.coded.get(name)]
    return codes or ["score"]


def straight(points: list[tuple[str, str]], raw: Decimal) -> Decimal:
    """A probability put straight: between two points of the calibration on the line that joins them."""
    if not points:
        return raw
    known = [(Decimal(a), Decimal(b)) for a, b in points]
    if raw <= known[0][0]:
        return known[0][1]
    for (a, b), (c, d) in pairwise(known):
        if raw <= c:
            with localcontext() as exact:
                exact.prec = _DIGITS
                return (b + (d - b) * (raw - a) / (c - a)).quantize(_PLACES)
    return known[-1][1]
