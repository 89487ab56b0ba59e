"""Judgement as the product uses it: its features are wired here, and who may be decided on by which policy."""

from __future__ import annotations

from datetime import datetime

from huoshui.core.db import Tx
from huoshui.facts.activity import service as activity
from huoshui.facts.activity.model import Subjects
from huoshui.judgement.risk.decision import Asked, Decision, NoPolicy, facts, loading, service
from huoshui.judgement.risk.rules import CheckedRules
from huoshui.judgement.risk.rules import service as rule_sets
from huoshui.judgement.risk.rules.service import BackTest
from huoshui.judgement.risk.versions import Version
from huoshui.judgement.risk.versions import service as versions


def subject(tx: Tx, about: str, value: str) -> str:
    """A subject as lists keep it: identifiers hashed. Raises ActivityRefused."""
    found = activity.hashed(tx, Subjects(**{about: value}))
    return f"{about}:{found[about]}"


def decide(tx: Tx, asked: Asked, *, policy: str = "", key: str = "") -> Decision:
    """Decide by a policy, or by the one in force for what is asked. Raises NoPolicy, BadRequest."""
    name = policy or loading.policy_for(
        tx, asked.kind, asked.product, asked.amount.currency if asked.amount else ""
    )
    if name is None:
        raise NoPolicy(policy=f"{asked.kind} {asked.product}".strip()[:60])
    return service.decide(tx, name, asked, key=key)


def read_rules(content: bytes) -> CheckedRules:
    """The rule set of a file, checked whole. Raises BadRules."""
    return rule_sets.read(content, facts.schema())


def propose_rules(tx: Tx, content: bytes) -> Version:
    """Propose a file as the next version of its rule set. Raises BadRules."""
    return rule_sets.propose(tx, content, facts.schema())


def back_test(tx: Tx, row: Version, since: datetime, until: datetime) -> BackTest:
    """What a version of a rule set would have done on what was decided."""
    return rule_sets.back_test(tx, rule_sets.compiled(row, facts.schema()), since, until)


def move(tx: Tx, before: Version, verb: str, reason: str) -> Version:
    """Publish, refuse or retire a version. Raises OwnVersion, IllegalMove."""
    if verb == "publish":
        return versions.publish(tx, before)
    return (versions.refuse if verb == "refuse" else versions.retire)(tx, before, reason)
