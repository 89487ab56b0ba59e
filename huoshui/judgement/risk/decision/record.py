"""The record of a decision: one canonical JSON text, and where two of them differ. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from huoshui.core.expr.types import show_value
from huoshui.judgement.risk.decision.judge import Judged, Ready, Seen
from huoshui.judgement.risk.decision.model import Asked

FORM = 1  # the version of the record's form


def encoded(document: Mapping[str, Any]) -> str:
    """The canonical text: keys in order, no spaces; numbers that are not whole are texts."""
    return msgspec.json.encode(document, order="sorted").decode()


def document(
    head: Mapping[str, Any], asked: Asked, ready: Ready, seen: Seen, judged: Judged,
    changes: tuple[Mapping[str, str], ...],
) -> dict[str, Any]:  # fmt: skip
    """What is sealed. `head` is what no rule made: id, time, actor, versions, snapshot, list hits."""
    facts, score = ready.rules.schema.by_name, seen.score
    return {
        "form": FORM,
        **head,
        "asked": told(asked),
        "facts": {name: show_value(fact.type, seen.facts.get(name)) for name, fact in facts.items()},
        "score": None if score is None else {
            "raw": score.raw, "probability": f"{score.probability:f}", "points": score.points,
            "parts": [list(part) for part in score.parts],
        },
        "fired": [[each.rule.name, each.known] for each in judged.fired],
        "exploration": {"explored": judged.explored, "draw": judged.draw, "propensity": judged.propensity},
        "outcome": judged.outcome,
        "limit": judged.limit,
        "granted": judged.granted,
        "cost": judged.cost,
        "capital_cost": judged.capital_cost,
        "reasons": list(judged.reasons),
        "demands": list(judged.demands),
        "changes": [dict(each) for each in changes],
    }  # fmt: skip


def told(asked: Asked) -> dict[str, Any]:
    """A request as the record keeps it."""
    found: dict[str, Any] = msgspec.to_builtins(asked)
    return found


def asked_of(said: Mapping[str, Any]) -> Asked:
    """The request that a record keeps."""
    return msgspec.convert(said["asked"], Asked)


class Difference(msgspec.Struct, frozen=True):
    """A place where a record made again differs from the stored one."""

    pointer: str
    stored: Any
    again: Any


def differences(stored: Any, again: Any, pointer: str = "") -> list[Difference]:
    """Where two documents differ, by place."""
    if isinstance(stored, dict) and isinstance(again, dict):
        return [
            each
            for key in sorted(stored.keys() | again.keys())
            for each in differences(stored.get(key), again.get(key), f"{pointer}/{key}")
        ]
    if isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        return [
            each
            for n, pair in enumerate(zip(stored, again, strict=True))
            for each in differences(*pair, f"{pointer}/{n}")
        ]
    return [] if stored == again else [Difference(pointer, stored, again)]
