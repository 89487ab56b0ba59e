"""What is done about rule sets: proposed as versions, read back, tried on what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.judgement.risk.rules import backtest_store as store
from huoshui.judgement.risk.rules.checked import CheckedRules, check, ended
from huoshui.judgement.risk.rules.facts import request_facts
from huoshui.judgement.risk.rules.model import RuleSet, bad, read_body, read_rules
from huoshui.judgement.risk.versions import Version
from huoshui.judgement.risk.versions import service as versions

KIND: Final = "rules"
_KNOWN: dict[tuple[str, int], CheckedRules] = {}  # compiled by this process, by hash and facts
_KNOWN_MOST = 200


def schema_of(said: RuleSet, features: Schema) -> Schema:
    """The facts that are there for a set beside its own: of requests, and features."""
    return Schema((*request_facts(said.currency).facts, *features.facts))


def read(content: bytes, features: Schema) -> CheckedRules:
    """The rule set of a file, checked whole. Raises BadRules."""
    said = read_rules(content)
    return check(said, schema_of(said, features))


def propose(tx: Tx, content: bytes, features: Schema) -> Version:
    """Propose a file as the next version of its set. Raises BadRules, also for rules that have run out."""
    said = read(content, features).said
    faults = ended(said, access.today(tx))
    if faults:
        raise bad(*faults)
    return versions.propose(tx, KIND, said.rules, said, content.decode())


def compiled(row: Version, features: Schema) -> CheckedRules:
    """The set that a version keeps, compiled once a process. Raises BadRules."""
    key = (row.digest, hash(features))
    found = _KNOWN.get(key)
    if found is None:
        said = read_body(row.body, RuleSet)
        if len(_KNOWN) >= _KNOWN_MOST:
            _KNOWN.clear()
        found = _KNOWN[key] = check(said, schema_of(said, features))
    return found


class Tried(msgspec.Struct, frozen=True):
    """How often a rule would have fired on what was decided, and among what was approved.

    `fired` is None where history cannot tell: a list among its facts.
    """

    name: str
    action: str
    fired: int | None
    approved: int


class BackTest(msgspec.Struct, frozen=True):
    """A rule set over stored decisions: how many there were, were approved, and would be stopped."""

    decisions: int
    approved: int
    stopped: int  # of those approved: a rule that declines or reviews fires
    rules: tuple[Tried, ...]


def back_test(tx: Tx, own: CheckedRules, since: datetime, until: datetime) -> BackTest:
    """What a set would have done on the decisions of a time, in one statement of SQL."""
    told = store.told(own)
    counted, columns = store.counted(tx, own, told, since, until)
    rules = tuple(
        Tried(rule.name, rule.action, *columns.get(n, (None, 0)))
        for n, rule in enumerate(own.said.rule)
    )
    return BackTest(*counted, rules)
