"""A rule set whose conditions are read, typed and tested; what of it fires. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from huoshui.core.errors import FieldError
from huoshui.core.expr import (
    BOOLEAN,
    BadDeclaration,
    BadType,
    Expression,
    FactsUnreadable,
    Schema,
    expression_of,
    read_schema,
)
from huoshui.core.money import UnknownCurrency
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.rules.model import Rule, RuleSet, Trial, bad

ASKED = "asked"  # what a set declares for requests to tell is read as asked.<name>


class Fired(NamedTuple):
    """A rule that fired; `known` is false where it did for lack of facts."""

    rule: Rule
    known: bool


class CheckedRules(msgspec.Struct, frozen=True, dict=True):
    """A rule set with its conditions compiled, one Python function each, over a schema of facts."""

    said: RuleSet
    schema: Schema
    tests: tuple[Expression, ...]

    def fired(self, facts: Mapping[str, Any], on: date) -> list[Fired]:
        """The rules that fire over facts that the schema has read, in the order of the file."""
        found = []
        for rule, test in zip(self.said.rule, self.tests, strict=True):
            value = test.answer(facts).value
            fires = value is True or (value is None and rule.missing == "fire")
            if fires and on <= rule.expires:
                found.append(Fired(rule, value is True))
        return found

    def reads(self) -> frozenset[str]:
        """Every fact that a condition reads."""
        return frozenset(name for test in self.tests for name in test.names)

    def test_of(self, name: str) -> Expression:
        """The condition of a rule."""
        return next(t for r, t in zip(self.said.rule, self.tests, strict=True) if r.name == name)


def declared(said: RuleSet) -> Schema:
    """What requests may tell a set, as facts asked.*. Raises BadRules."""
    try:
        return read_schema({ASKED: said.facts}) if said.facts else Schema(())
    except (BadDeclaration, BadType, UnknownCurrency) as refused:
        name = str(refused.facts.get("name", refused.facts.get("type", "")))
        raise bad(FieldError("/facts", "rule_fact", {"name": name[:60]})) from refused


def check(said: RuleSet, facts: Schema) -> CheckedRules:
    """The set, if all that it says means something over these facts. Raises BadRules."""
    schema = Schema((*facts.facts, *declared(said).facts))
    faults: list[FieldError] = []
    tests = [
        expression_of(f"/rule/{n}/when", rule.when, BOOLEAN, schema, faults)
        for n, rule in enumerate(said.rule)
    ]
    faults += [
        FieldError(f"/rule/{n}/reason", "rule_reason", {"name": rule.reason})
        for n, rule in enumerate(said.rule)
        if not reasons.is_code(rule.reason)
    ]
    for n, (rule, test) in enumerate(zip(said.rule, tests, strict=True)):
        if test is not None:
            faults += _tried(n, rule, test)
    if faults:
        raise bad(*faults)
    return CheckedRules(said, schema, tuple(test for test in tests if test))


def ended(said: RuleSet, on: date) -> list[FieldError]:
    """The rules that have run out by a day: nobody proposes one."""
    return [
        FieldError(f"/rule/{n}/expires", "rule_expired", {"day": rule.expires.isoformat()})
        for n, rule in enumerate(said.rule)
        if rule.expires < on
    ]


def _tried(n: int, rule: Rule, test: Expression) -> list[FieldError]:
    """The tests of a rule that do not come out as they say."""
    faults = []
    for m, trial in enumerate(rule.tests):
        place = f"/rule/{n}/tests/{m}"
        strange = sorted(trial.facts.keys() - test.schema.by_name.keys())
        faults += [FieldError(place, "unknown", {"field": name[:60]}) for name in strange]
        try:
            fires = _fires(rule, test, trial)
        except FactsUnreadable as refused:
            faults += [
                msgspec.structs.replace(e, pointer=f"{place}/facts/{e.pointer}")
                for e in refused.errors
            ]
            continue
        if fires is not trial.fires:
            faults.append(FieldError(place, "rule_test", {"rule": rule.name, "fires": trial.fires}))
    return faults  # fmt: skip


def _fires(rule: Rule, test: Expression, trial: Trial) -> bool:
    value = test.answer(test.schema.read(trial.facts)).value
    return value is True or (value is None and rule.missing == "fire")
