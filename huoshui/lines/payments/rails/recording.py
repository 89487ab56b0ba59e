"""Recording what rails said: rows move, and each change is handed on once, in the same commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.payments.rails import health_store, store
from huoshui.lines.payments.rails.model import Answer, Call, Notice
from huoshui.lines.payments.rails.pace import Breaker, next_ask
from huoshui.lines.payments.rails.store import CallRow
from huoshui.lines.payments.rails.tally import Count, class_of
from huoshui.lines.payments.rails.verdict import FINAL, Effect, Standing, sane

Answered = Callable[[Tx, list[tuple[Call, Answer]]], None]
Noticed = Callable[[Tx, Call, Notice], None]


class Ports(msgspec.Struct, frozen=True):
    """What the scenarios do with what rails say.

    `answered` gets each change of a call once; `noticed` what began at the rail: a dispute, money
    that came back. Both are called in the commit that records it.
    """

    answered: Answered
    noticed: Noticed


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and how it came: to a request (in `took_ms`), by a notice, or because a sender died."""

    call_id: UUID
    answer: Answer
    took_ms: int | None = None
    way: Literal["asked", "notice", "lost"] = "asked"


class Recorded(msgspec.Struct, frozen=True):
    """A call after an answer, and what that did."""

    row: CallRow
    effect: Effect
    said: Said


def record(tx: Tx, said: Sequence[Said], answered: Answered) -> list[Recorded]:
    """Let answers take effect, in their order; unknown calls are passed over.

    What a rail says against its own final word changes nothing and is told as an event.
    """
    rows = store.lock(tx, [each.call_id for each in said])
    references = _references(tx, rows, said)
    found = []
    for each in said:
        if each.call_id in rows:
            recorded = _one(tx, rows[each.call_id], each, references)
            rows[each.call_id] = recorded.row
            found.append(recorded)
    store.settle(tx, list(rows.values()))
    changed = [each for each in found if each.effect == "changed"]
    if changed:
        answered(tx, [(each.row.call, _told(each)) for each in changed])
    _tell(tx, found)
    _breakers(tx, [each for each in found if each.said.way == "asked"])
    _tally(tx, changed)
    return found


def _one(tx: Tx, row: CallRow, said: Said, references: dict[tuple[str, str], UUID]) -> Recorded:
    answer = sane(said.answer)
    before = Standing(**{name: getattr(row, name) for name in Standing.__struct_fields__})
    after, effect = before.after(answer)
    if after.reference != row.reference:
        owner = references.setdefault((row.rail, after.reference), row.id)
        if owner != row.id:  # it gave one id to two calls: ours is known by our own key alone
            after = msgspec.structs.replace(after, reference="", flag="reference_reused")
    fields = {name: getattr(after, name) for name in Standing.__struct_fields__}
    final = after.state in FINAL
    row = msgspec.structs.replace(
        row,
        **fields,
        settled_at=(row.settled_at or tx.now) if final else None,
        look_at=None if final else tx.now + _wait(row, said),
    )
    return Recorded(row, effect, said)


def _wait(row: CallRow, said: Said) -> timedelta:
    return next_ask(1 if said.way == "lost" else row.attempts)


def _references(
    tx: Tx, rows: dict[UUID, CallRow], said: Sequence[Said]
) -> dict[tuple[str, str], UUID]:
    pairs = {
        (rows[each.call_id].rail, each.answer.reference)
        for each in said
        if each.call_id in rows and each.answer.reference
    }
    return store.of_references(tx, sorted(pairs)) if pairs else {}


def _told(recorded: Recorded) -> Answer:
    """The answer as it is handed on: with the reference and the amount that the call now has."""
    row, verdict = recorded.row, sane(recorded.said.answer).verdict
    return Answer(
        verdict=verdict,
        reference=row.reference,
        amount=row.answered,
        code=row.code,
        action=row.action,
    )


def _tell(tx: Tx, found: Sequence[Recorded]) -> None:
    for each in found:
        key = ids.show("rca", each.row.id)
        facts: dict[str, Any] = {
            "rail": each.row.rail,
            "verb": each.row.verb,
            "subject": each.row.subject,
        }
        if each.effect == "contradicted":
            said = each.said.answer
            tx.emit("rail.contradicted", key, **facts, state=each.row.state, said=said.verdict)
        elif each.effect == "changed" and each.row.flag == "amount_differs":
            asked, moved = each.row.amount, each.row.answered
            tx.emit("rail.amount_differs", key, **facts, asked=asked, moved=moved)
        elif each.effect == "changed" and each.row.state == "unknown":
            tx.emit("rail.silent", key, **facts)


def _breakers(tx: Tx, found: Sequence[Recorded]) -> None:
    for rail in sorted({each.row.rail for each in found}):
        said = [each.said.answer for each in found if each.row.rail == rail]
        silent = sum(1 for answer in said if answer.verdict == "unknown" and not answer.code)
        spoke = len(said) - silent
        rests = health_store.breaker(tx, rail) == Breaker()
        if rests and not silent:
            continue
        before = health_store.lock_breaker(tx, rail)
        after = before.heard(spoke, silent, tx.now)
        if after != before:
            health_store.put_breaker(tx, rail, after)
            _tell_breaker(tx, rail, before, after)


def _tell_breaker(tx: Tx, rail: str, before: Breaker, after: Breaker) -> None:
    if after.opened_at and not before.opened_at:
        tx.emit("rail.breaker_opened", f"rail:{rail}", silences=after.silences)
    if before.opened_at and not after.opened_at:
        tx.emit("rail.breaker_closed", f"rail:{rail}", since=before.opened_at.isoformat())


def _tally(tx: Tx, changed: Sequence[Recorded]) -> None:
    hour = tx.now.replace(minute=0, second=0, microsecond=0)
    sums: dict[tuple[str, str, str, str, int], int] = {}
    for each in changed:
        first = (
            each.said.way == "asked" and each.row.attempts == 1 and each.said.took_ms is not None
        )
        class_ = class_of(each.said.took_ms or 0) if first else 0
        key = (each.row.rail, each.row.verb, sane(each.said.answer).verdict, each.row.code, class_)
        sums[key] = sums.get(key, 0) + 1
    counts = [
        Count(rail, hour, verb, verdict, code, class_, calls)
        for (rail, verb, verdict, code, class_), calls in sums.items()
    ]
    if counts:
        health_store.add_counts(tx, counts)
