"""Why a decision came out so, for a person, in both languages: told from its record and versions. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from huoshui.core import i18n
from huoshui.core.expr.saying import value_told
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.decision.model import Decision
from huoshui.judgement.risk.rules import CheckedRules


class Words(msgspec.Struct, frozen=True):
    """The same in both languages."""

    en: str
    zh: str

    def said(self, lang: str) -> str:
        """In the reader's language."""
        return self.zh if lang == "zh" else self.en


class Cited(msgspec.Struct, frozen=True):
    """A reason: its code and its sentence."""

    code: str
    says: Words


class RuleTold(msgspec.Struct, frozen=True):
    """A rule that fired: what it does, what it is for, and the conditions that made it fire."""

    name: str
    action: str
    reason: str
    owner: str
    secret: bool
    says: Words
    because: tuple[Words, ...]


class PartTold(msgspec.Struct, frozen=True):
    """What one feature added to the score, in log-odds of the bad outcome."""

    fact: str
    says: Words
    value: Words
    weight: str


class FactTold(msgspec.Struct, frozen=True):
    """A fact as the decision saw it."""

    fact: str
    says: Words
    value: Words
    known: bool


class ChangeTold(msgspec.Struct, frozen=True):
    """What would have turned it into an approval: a fact, from what to what, and what to do."""

    fact: str
    says: Words
    before: str
    after: str
    do: Words


class Explained(msgspec.Struct, frozen=True):
    """A decision told in full."""

    outcome: str
    says: Words
    reasons: tuple[Cited, ...]
    rules: tuple[RuleTold, ...]
    parts: tuple[PartTold, ...]
    changes: tuple[ChangeTold, ...]
    facts: tuple[FactTold, ...]


def explain(row: Decision, rules: CheckedRules) -> Explained:
    """A decision told in full, by the rules that it was made with."""
    said = row.document
    values = rules.schema.read(said["facts"])
    score = said["score"] or {"parts": []}
    return Explained(
        row.outcome,
        _words(f"outcome.{row.outcome}"),
        tuple(cited(code) for code in row.reasons),
        tuple(_rule(rules, name, values) for name, _ in said["fired"]),
        tuple(_part(rules, values, name, weight) for name, weight in score["parts"]),
        tuple(_change(rules, each) for each in said["changes"]),
        tuple(_fact(rules, values, name) for name in rules.schema.by_name),
    )


def cited(code: str) -> Cited:
    """A reason of the catalogue."""
    return Cited(code, Words(*(catalogue.said(code, lang) for lang in ("en", "zh"))))


def _words(key: str) -> Words:
    return Words(i18n.text(key, "en"), i18n.text(key, "zh"))


def _rule(rules: CheckedRules, name: str, values: Mapping[str, Any]) -> RuleTold:
    rule = next(each for each in rules.said.rule if each.name == name)
    found = rules.test_of(name).explain(values).reasons
    because = tuple(Words(each.en, each.zh) for each in found)
    return RuleTold(
        name, rule.action, rule.reason, rule.owner, rule.secret, Words(rule.en, rule.zh), because
    )


def _value(rules: CheckedRules, values: Mapping[str, Any], name: str) -> Words:
    fact = rules.schema.by_name[name]
    told = value_told(fact.type, values.get(name), fact)
    return Words(told.en, told.zh)


def _named(rules: CheckedRules, name: str) -> Words:
    fact = rules.schema.by_name[name]
    return Words(fact.said("en"), fact.said("zh"))


def _part(rules: CheckedRules, values: Mapping[str, Any], name: str, weight: str) -> PartTold:
    return PartTold(name, _named(rules, name), _value(rules, values, name), weight)


def _change(rules: CheckedRules, each: Mapping[str, str]) -> ChangeTold:
    name = each["fact"]
    do = Words(each["en"], each["zh"])
    return ChangeTold(name, _named(rules, name), each["from"], each["to"], do)


def _fact(rules: CheckedRules, values: Mapping[str, Any], name: str) -> FactTold:
    known = values.get(name) is not None
    return FactTold(name, _named(rules, name), _value(rules, values, name), known)
