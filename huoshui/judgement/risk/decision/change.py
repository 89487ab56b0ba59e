"""What would have to change for a decision to be an approval: the smallest steps of what can change.

Each fact that a policy calls changeable is moved its own way, step by step, by halving. Nothing is
found where something stands in the way that no such fact moves, or that must not be told. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from huoshui.core.expr.types import plain
from huoshui.judgement.risk.decision.judge import Judged, Ready, Score, Seen, judge
from huoshui.judgement.risk.decision.policy import Change
from huoshui.judgement.risk.rules import CheckedRules

STEPS_MOST = 1_000
_STOPS = ("decline", "review")
Rescore = Callable[[Mapping[str, Any]], Score | None]
_GIVEN = ("approve", "approve_less")


def needed(
    ready: Ready, seen: Seen, judged: Judged, rescore: Rescore
) -> tuple[dict[str, str], ...]:
    """The changes that together would turn it into an approval; none where it is one, or none help."""
    said = ready.policy.said.change
    if judged.outcome in _GIVEN or not said or _stands(ready, judged):
        return ()
    narrow = narrowed(ready)

    def given(values: Mapping[str, Decimal]) -> bool:
        facts = {**seen.facts, **{name: _as(ready, name, v) for name, v in values.items()}}
        again = msgspec.structs.replace(seen, facts=facts, score=rescore(facts))
        return judge(narrow, again).outcome in _GIVEN

    known = [c for c in said if seen.facts.get(c.fact) is not None and _room(c, seen) > 0]
    alone = [(n / _room(c, seen), c, n) for c in known if (n := _least(c, seen, {}, given))]
    if alone:
        _, change, steps = min(alone, key=lambda found: found[0])
        return (_told(change, seen, steps),)
    return _together(known, seen, given)


def _together(
    known: list[Change], seen: Seen, given: Callable[[Mapping[str, Decimal]], bool]
) -> tuple[dict[str, str], ...]:
    """Several changes at once: all as far as they go, then each taken back as far as it may be."""
    values = {c.fact: _moved(c, seen, _room(c, seen)) for c in known}
    if len(known) < 2 or not given(values):
        return ()
    steps = {}
    for change in known:
        others = {name: value for name, value in values.items() if name != change.fact}
        steps[change.fact] = 0 if given(others) else _least(change, seen, others, given)
        values = others | (
            {change.fact: _moved(change, seen, n)} if (n := steps[change.fact]) else {}
        )
    return tuple(_told(c, seen, steps[c.fact]) for c in known if steps[c.fact])


def _least(
    change: Change, seen: Seen, others: Mapping[str, Decimal],
    given: Callable[[Mapping[str, Decimal]], bool],
) -> int:  # fmt: skip
    """The fewest steps that are enough, or 0 where even the bound is not."""
    low, high = 0, _room(change, seen)
    if high == 0 or not given({**others, change.fact: _moved(change, seen, high)}):
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        if given({**others, change.fact: _moved(change, seen, middle)}):
            high = middle
        else:
            low = middle
    return high


def _room(change: Change, seen: Seen) -> int:
    """How many steps there are from what is to the bound."""
    value = Decimal(seen.facts[change.fact])
    way = Decimal(change.bound) - value if change.to == "up" else value - Decimal(change.bound)
    return min(max(int(way / Decimal(change.step)), 0), STEPS_MOST)


def _moved(change: Change, seen: Seen, steps: int) -> Decimal:
    way = Decimal(change.step) * steps
    value = Decimal(seen.facts[change.fact])
    return value + way if change.to == "up" else value - way


def _as(ready: Ready, name: str, value: Decimal) -> int | Decimal:
    return int(value) if ready.rules.schema.by_name[name].type.kind == "integer" else value


def _told(change: Change, seen: Seen, steps: int) -> dict[str, str]:
    return {
        "fact": change.fact, "from": plain(Decimal(seen.facts[change.fact])),
        "to": plain(_moved(change, seen, steps)), "en": change.en, "zh": change.zh,
    }  # fmt: skip


def _stands(ready: Ready, judged: Judged) -> bool:
    """Whether a rule stands in the way that no change moves, or that must not be told."""
    movable = {c.fact for c in ready.policy.said.change}
    stops = [each.rule for each in judged.fired if each.rule.action in _STOPS]
    return any(
        rule.secret or not movable & set(ready.rules.test_of(rule.name).names) for rule in stops
    )


_NARROW: dict[int, tuple[Ready, Ready]] = {}
_NARROW_MOST = 50


def narrowed(ready: Ready) -> Ready:
    """The policy with those rules alone that changes can move, and the caps; kept for the next time."""
    known = _NARROW.get(id(ready))
    if known is not None and known[0] is ready:
        return known[1]
    movable = {c.fact for c in ready.policy.said.change}
    kept = [
        (rule, test)
        for rule, test in zip(ready.rules.said.rule, ready.rules.tests, strict=True)
        if rule.action == "cap" or (rule.action in _STOPS and movable & set(test.names))
    ]
    said = msgspec.structs.replace(ready.rules.said, rule=[rule for rule, _ in kept])
    rules = CheckedRules(said, ready.rules.schema, tuple(test for _, test in kept))
    found = msgspec.structs.replace(ready, rules=rules)
    if len(_NARROW) >= _NARROW_MOST:
        _NARROW.clear()
    _NARROW[id(ready)] = (ready, found)
    return found
