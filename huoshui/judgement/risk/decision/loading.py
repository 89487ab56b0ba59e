"""A policy made ready: its version, its rules, its model; kept while the process lives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.expr import Schema
from huoshui.judgement.risk.decision import facts
from huoshui.judgement.risk.decision.judge import Ready, Score, straight
from huoshui.judgement.risk.decision.model import NoPolicy
from huoshui.judgement.risk.decision.policy import (
    CheckedPolicy,
    Policy,
    bad,
    check,
    read_policy,
)
from huoshui.judgement.risk.models import registry, serving
from huoshui.judgement.risk.models import store as models
from huoshui.judgement.risk.rules import service as rule_sets
from huoshui.judgement.risk.rules.model import read_body
from huoshui.judgement.risk.versions import UnknownVersion, Version, split
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store

KIND: Final = "policy"
RULES: Final = "rules"


class Loaded(msgspec.Struct, frozen=True):
    """A policy that can judge: its versions by number and hash, and what scores."""

    number: int
    digest: str
    rules: str  # name@number
    rules_digest: str
    ready: Ready
    scorer: serving.Scorer | None

    @property
    def said(self) -> Policy:
        """What its file says."""
        return self.ready.policy.said

    def score(self, facts: Mapping[str, Any]) -> Score | None:
        """The score over facts; None where the policy has no model."""
        if self.scorer is None:
            return None
        found = self.scorer.score(facts)
        raw = Decimal(found.probability)
        parts = tuple((each.feature, each.weight) for each in found.reasons)
        return Score(found.probability, straight(self.said.calibration, raw), found.points, parts)


def propose(tx: Tx, content: bytes) -> Version:
    """Propose a file as the next version of its policy; all that it names must stand. Raises BadPolicy."""
    said = read_policy(content)
    prepared(tx, said)
    return versions.propose(tx, KIND, said.policy, said, content.decode())


def prepared(tx: Tx, said: Policy) -> tuple[CheckedPolicy, Version, Ready, serving.Scorer | None]:
    """A policy with what it names. Raises BadPolicy."""
    unknown = [name for name in said.features if name not in facts.schema().by_name]
    if unknown:
        raise bad(*(FieldError("/features", "policy_feature", {"name": n[:60]}) for n in unknown))
    try:
        row = versions.find(tx, RULES, *split(said.rules))
    except UnknownVersion as error:
        raise bad(FieldError("/rules", "policy_rules", {"name": said.rules})) from error
    if row.state not in ("published", "retired"):
        raise bad(FieldError("/rules", "policy_rules", {"name": said.rules}))
    scorer = _scorer(tx, said)
    every = rule_sets.compiled(row, facts.schema())
    _demand_read(said, {*every.reads(), *(scorer.inputs if scorer else ())}, every.schema)
    own = rule_sets.compiled(row, _only(facts.schema(), said.features))
    hidden = frozenset(facts.schema().by_name) - frozenset(facts.coded())
    checked = check(said, own, hidden)
    return checked, row, Ready(checked, own, facts.coded()), scorer


def _demand_read(said: Policy, read: Collection[str], known: Schema) -> None:
    """That all that rules and model read is told by requests, or is among the policy's features."""
    own = {*(known.by_name.keys() - facts.schema().by_name.keys()), *said.features}
    lacks = sorted(set(read) - own)
    if lacks:
        raise bad(*(FieldError("/features", "policy_lacks", {"name": n[:60]}) for n in lacks))


def _only(schema: Schema, names: Collection[str]) -> Schema:
    return Schema(tuple(fact for fact in schema.facts if fact.name in set(names)))


def _scorer(tx: Tx, said: Policy) -> serving.Scorer | None:
    if not said.model:
        return None
    found = models.by_digest(tx, said.model)
    if found is None:
        raise bad(FieldError("/model", "policy_no_model", {"name": said.model[:16]}))
    return registry.scorer(tx, found.id)


def load(tx: Tx, name: str, number: int) -> Loaded:
    """A version of a policy, made ready once a process. Raises UnknownVersion, BadPolicy."""
    key = ("risk.policy", tx.book, name, number)
    known: Loaded | None = tx.known(key)
    if known is not None:
        return known
    row = versions.find(tx, KIND, name, number)
    said = read_body(row.body, Policy)
    _, rules, ready, scorer = prepared(tx, said)
    found = Loaded(row.number, row.digest, rules.shown, rules.digest, ready, scorer)
    tx.learn(key, found)
    return found


def asked_for(tx: Tx, name: str) -> Callable[[], int]:
    """The number of the version of a policy that is in force; asked for, not waited for.

    What it returns raises NoPolicy.
    """
    rows = tx.ask(
        version_store.IN_FORCE,
        kind=KIND,
        name=name,
    )

    @cache
    def answer() -> int:
        found = rows()
        if not found:
            raise NoPolicy(policy=name[:60])
        return int(found[0][0])

    return answer


def policy_for(tx: Tx, kind: str, product: str, currency: str = "") -> str | None:
    """The name of the policy in force for a kind of request and a product, or None.

    One that names the product comes before one for all products.
    """
    found = [_said(tx, name, number) for name, number in version_store.numbers_in_force(tx, KIND)]
    fits = [
        p
        for p in found
        if p.kind == kind
        and (not p.products or product in p.products)
        and currency in ("", p.currency)
    ]
    return min(fits, key=lambda p: (not p.products, p.policy)).policy if fits else None


def _said(tx: Tx, name: str, number: int) -> Policy:
    """What a version says; kept while the process lives."""
    key = ("risk.said", tx.book, name, number)
    known: Policy | None = tx.known(key)
    if known is None:
        known = read_body(versions.find(tx, KIND, name, number).body, Policy)
        tx.learn(key, known)
    return known
