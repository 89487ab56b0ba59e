"""What is done about decisions: made, looked up, made again, asked what if."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import access, crypto, ids
from huoshui.core.db import Tx
from huoshui.core.expr import FactsUnreadable
from huoshui.facts.activity import service as activity
from huoshui.facts.activity.model import Subjects
from huoshui.judgement.risk.decision import change, facts, record, store
from huoshui.judgement.risk.decision.explain import Explained, explain
from huoshui.judgement.risk.decision.facts import Vector
from huoshui.judgement.risk.decision.judge import Judged, Seen, judge
from huoshui.judgement.risk.decision.loading import Loaded, asked_for, load
from huoshui.judgement.risk.decision.model import Asked, BadRequest, Decision, UnknownDecision
from huoshui.judgement.risk.lists import store as lists
from huoshui.judgement.risk.lists.store import Hits
from huoshui.judgement.risk.rules.checked import ASKED
from huoshui.judgement.risk.versions import split


class Made(msgspec.Struct, frozen=True):
    """A decision before it is kept: what followed, and its record."""

    judged: Judged
    probability: str | None
    document: dict[str, Any]


def decide(tx: Tx, policy: str, asked: Asked, *, key: str = "") -> Decision:
    """Decide on a request by a policy in force (`name`), or by a version of it (`name@number`).

    The record is sealed with the transaction. `key` tells requests of one moment apart.
    Raises NoPolicy, UnknownVersion, BadRequest, ActivityRefused.
    """
    watch = _Watch()
    asked = hashed(tx, asked)
    name, number = split(policy)
    in_force = _just(number) if number else asked_for(tx, name)
    key_known = ("risk.in_force", tx.book, name)
    known: int | None = number or tx.known(key_known)
    guess = known or in_force()
    loaded = load(tx, name, guess)
    seen_lists = lists.hits(tx, subjects_of(asked), tx.now)
    found = facts.now(tx, loaded.said.features, asked.subjects, loaded.said.currency)
    hits = seen_lists()
    if known and in_force() != guess:  # another came into force since this process looked
        tx.learn(key_known, in_force())
        return decide(tx, f"{name}@{in_force()}", asked, key=key)
    tx.learn(key_known, guess)
    watch.mark("seen")
    told = narrowed(asked, loaded)
    id_ = tx.id("dec", f"{asked.kind}/{asked.reference}/{asked.party}/{tx.now.isoformat()}/{key}")
    made = make(tx, loaded, told, found, hits, id_, tx.now, tx.actor, watch)
    row = _row(tx, id_, loaded, told, made, watch)
    store.add(tx, row)
    tx.emit(
        "decision.made", row.shown, outcome=row.outcome, what=row.kind, policy=f"{name}@{loaded.number}",
        reference=row.reference, sha256=row.sha256.hex(),
    )  # fmt: skip
    return row


def _just(number: int) -> Callable[[], int]:
    return lambda: number


def hashed(tx: Tx, asked: Asked) -> Asked:
    """A request with its identifiers as activities keep them: hashed. Raises ActivityRefused."""
    return msgspec.structs.replace(asked, subjects=activity.hashed(tx, Subjects(**asked.subjects)))


def subjects_of(asked: Asked) -> list[str]:
    """Whom lists name: `buyer:byr_…`, `device:…`."""
    return [f"{kind}:{value}" for kind, value in sorted(asked.subjects.items())]


def narrowed(asked: Asked, loaded: Loaded) -> Asked:
    """A request with those facts alone that the rules declare: nothing else is kept of it."""
    declared = loaded.ready.rules.said.facts
    told = {name: value for name, value in asked.facts.items() if name in declared}
    return msgspec.structs.replace(asked, facts=told)


def make(
    tx: Tx, loaded: Loaded, asked: Asked, vector: Vector, hits: Hits, id_: UUID, at: datetime,
    actor: str, watch: _Watch,
) -> Made:  # fmt: skip
    """The decision and its record, from what was seen. Raises BadRequest."""
    local = at.astimezone(access.zone_of(tx))
    told = _facts(loaded, asked, vector, hits, local)
    score = loaded.score(told)
    watch.mark("score")
    seen = Seen(told, local.date(), score, asked.amount, _key(asked))
    judged = judge(loaded.ready, seen)
    watch.mark("rules")
    changes = change.needed(loaded.ready, seen, judged, loaded.score)
    watch.mark("changes")
    head = {
        "id": ids.show("dec", id_), "at": at.isoformat(), "actor": actor, "book": tx.book,
        "policy": {"name": loaded.said.policy, "number": loaded.number, "digest": loaded.digest},
        "rules": {"name": loaded.rules, "digest": loaded.rules_digest},
        "model": loaded.said.model,
        "seen": {"facts": vector.seen, "lists": hits.snapshot, "versions": dict(vector.versions)},
        "lists": [ids.show("lst", each) for each in hits.ids],
    }  # fmt: skip
    probability = None if score is None else f"{score.probability:f}"
    document = record.document(head, asked, loaded.ready, seen, judged, changes)
    return Made(judged, probability, document)


def _facts(
    loaded: Loaded, asked: Asked, vector: Vector, hits: Hits, local: datetime
) -> dict[str, Any]:
    if asked.amount is not None and asked.amount.currency != loaded.said.currency:
        raise BadRequest(field="amount")
    if asked.kind != loaded.said.kind:
        raise BadRequest(field="kind")
    told: dict[str, Any] = {
        "request.kind": asked.kind,
        "request.product": asked.product or None,
        "request.amount": asked.amount,
        "request.term_days": asked.term_days,
        "request.channel": asked.channel or None,
        "request.hour": local.hour,
        "listed.blocked": "block" in hits.effects,
        "listed.allowed": "allow" in hits.effects,
        **{f"{ASKED}.{name}": value for name, value in asked.facts.items()},
        **vector.values,
    }
    try:
        return loaded.ready.rules.schema.read(told)
    except FactsUnreadable as error:
        raise BadRequest(field=str(error.errors[0].pointer), errors=error.errors) from error


def _key(asked: Asked) -> str:
    """Who asked, for what is drawn: the party, else its first subject."""
    return asked.party or ",".join(subjects_of(asked)) or asked.reference


def _row(tx: Tx, id_: UUID, loaded: Loaded, asked: Asked, made: Made, watch: _Watch) -> Decision:
    judged, text = made.judged, record.encoded(made.document)
    digest = crypto.sha256(text.encode())
    watch.mark("record")
    return Decision(
        id=id_, at=tx.now, kind=asked.kind, product=asked.product, party=asked.party,
        reference=asked.reference, policy=loaded.said.policy, policy_number=loaded.number,
        outcome=judged.outcome, amount=asked.amount.amount if asked.amount else None,
        granted=judged.granted, currency=loaded.said.currency, probability=made.probability,
        cost=judged.cost, reasons=list(judged.reasons),
        fired=[each.rule.name for each in judged.fired], explored=judged.explored,
        took_us=watch.took_us, record=text, sha256=digest, actor=tx.actor,
    )  # fmt: skip


def find(tx: Tx, id_: UUID) -> Decision:
    """One decision. Raises UnknownDecision."""
    found = store.decision(tx, id_)
    if found is None:
        raise UnknownDecision(kind="decision", id=ids.show("dec", id_))
    return found


def explained(tx: Tx, row: Decision) -> Explained:
    """A decision told in full, by the versions that it was made with. Raises UnknownVersion."""
    loaded = load(tx, row.policy, row.policy_number)
    return explain(row, loaded.ready.rules)


class Recomputed(msgspec.Struct, frozen=True):
    """A decision made again: whether to the byte, from what, and where it differs.

    `source` is `history` where facts and lists were read anew as they were, `record` where the
    record's own facts were taken because history is not that of this server.
    """

    id: str
    same: bool
    source: str
    sha256: str
    differences: tuple[record.Difference, ...] = ()


def recompute(tx: Tx, row: Decision) -> Recomputed:
    """Make a decision again from what could be seen then; nothing is kept.

    Versions must be the ones that the record names. Raises UnknownVersion.
    """
    digest = crypto.sha256(row.record.encode())
    differences = _seals(tx, row, digest)
    said = row.document
    made, source = _again(tx, row, said)
    text = record.encoded(made.document)
    if text != row.record:
        differences += record.differences(said, msgspec.json.decode(text))
    differences += _columns(row, made)
    return Recomputed(row.shown, not differences, source, digest.hex(), tuple(differences))


def _seals(tx: Tx, row: Decision, digest: bytes) -> list[record.Difference]:
    """Where the record is not the one whose hash was stored and told to the tamper log."""
    found = []
    if digest != row.sha256:
        found.append(record.Difference("/sha256", row.sha256.hex(), digest.hex()))
    told = store.sealed(tx, row.shown)
    if told != digest.hex():
        found.append(record.Difference("/log/sha256", told, digest.hex()))
    return found


def _again(tx: Tx, row: Decision, said: Mapping[str, Any]) -> tuple[Made, str]:
    policy, asked = said["policy"], record.asked_of(said)
    at, seen = datetime.fromisoformat(said["at"]), said["seen"]
    loaded = load(tx, policy["name"], policy["number"])
    watch, source = _Watch(), "history"
    if store.foreign(tx, seen["lists"]):
        source = "record"
        vector = _recorded(loaded, said)
        hits = _recorded_hits(said)
    else:
        vector = _then(tx, loaded, asked, at, seen["facts"])
        hits = lists.hits(tx, subjects_of(asked), at, seen["lists"])()
    return make(tx, loaded, asked, vector, hits, row.id, at, row.actor, watch), source  # fmt: skip


def _then(tx: Tx, loaded: Loaded, asked: Asked, at: datetime, seen: str) -> Vector:
    said = loaded.said
    return facts.then(tx, said.features, asked.subjects, said.currency, at, seen)


def _recorded(loaded: Loaded, said: Mapping[str, Any]) -> Vector:
    names = facts.schema().by_name.keys() & said["facts"].keys()
    values = {name: said["facts"][name] for name in names}
    return Vector(values, said["seen"]["versions"], said["seen"]["facts"])


def _recorded_hits(said: Mapping[str, Any]) -> Hits:
    listed = {"block": "listed.blocked", "allow": "listed.allowed"}
    effects = frozenset(effect for effect, name in listed.items() if said["facts"][name])
    found = tuple(ids.read("lst", each) for each in said["lists"])
    return Hits(said["seen"]["lists"], found, effects)


def _columns(row: Decision, made: Made) -> list[record.Difference]:
    """What stands beside the record and is found by, against what follows again."""
    judged = made.judged
    pairs = {
        "outcome": (row.outcome, judged.outcome), "granted": (row.granted, judged.granted),
        "reasons": (row.reasons, list(judged.reasons)), "cost": (row.cost, judged.cost),
        "fired": (row.fired, [each.rule.name for each in judged.fired]),
    }  # fmt: skip
    return [record.Difference(f"/columns/{n}", a, b) for n, (a, b) in pairs.items() if a != b]


class Rerun(msgspec.Struct, frozen=True):
    """What another policy would have decided over what was seen then; nothing is kept."""

    policy: str
    outcome: str
    granted: int | None
    cost: int | None
    probability: str | None
    reasons: tuple[str, ...]
    differences: tuple[record.Difference, ...]


def rerun(tx: Tx, row: Decision, policy: str) -> Rerun:
    """Ask what a policy, in force or not, would have made of a request that was decided on.

    Features that it reads besides are read as they were then. Raises UnknownVersion, NoPolicy, BadRequest.
    """
    name, number = split(policy)
    loaded = load(tx, name, number or asked_for(tx, name)())
    said, at = row.document, row.at
    asked, seen = record.asked_of(said), said["seen"]
    if store.foreign(tx, seen["lists"]):
        vector = _recorded(loaded, said)
    else:
        vector = _then(tx, loaded, asked, at, seen["facts"])
    hits = _recorded_hits(said)
    told = narrowed(asked, loaded)
    made = make(tx, loaded, told, vector, hits, row.id, at, row.actor, _Watch())
    again = msgspec.json.decode(record.encoded(made.document))
    kept = (
        "outcome",
        "granted",
        "limit",
        "cost",
        "capital_cost",
        "reasons",
        "fired",
        "score",
        "demands",
    )
    found = [d for name in kept for d in record.differences(said[name], again[name], f"/{name}")]
    judged = made.judged
    return Rerun(
        f"{name}@{loaded.number}", judged.outcome, judged.granted, judged.cost, made.probability,
        judged.reasons, tuple(found),
    )  # fmt: skip


class _Watch:
    """How long each stage took, in microseconds; never part of a record."""

    def __init__(self) -> None:
        self.took_us: dict[str, int] = {}
        self._last = time.perf_counter_ns()

    def mark(self, stage: str) -> None:
        """A stage is over."""
        now = time.perf_counter_ns()
        self.took_us[stage] = (now - self._last) // 1000
        self._last = now
