"""A rule set's file, read strictly: what is wrong is told by field. No I/O."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from huoshui.core import money
from huoshui.core.errors import FieldError, Problem
from huoshui.core.fields import field_error

FILE_MOST = 400_000  # bytes
RULES_MOST = 1_000
Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Source = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]  # of an expression
Action = Literal["decline", "review", "step_up", "cap", "note"]
ACTIONS: tuple[Action, ...] = ("decline", "review", "step_up", "cap", "note")
S = TypeVar("S", bound=msgspec.Struct)


class BadRules(Problem):
    """The file is no rule set that could be proposed; each error names a field and the mend."""

    code = "bad_rules"
    status = 422


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test of a rule: over these facts, all others missing, it fires or it does not."""

    fires: bool
    facts: dict[str, Any] = {}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A condition and what follows where it holds: `action`, with `reason` for who asked.

    `en` and `zh` say to colleagues what it is for. A `cap` bounds the limit to `limit` minor units.
    One that is `secret` is never told to who asked. `missing` says what it does without its facts.
    """

    name: Word
    when: Source
    action: Action
    reason: Word
    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    expires: date
    en: Sentence
    zh: Sentence
    limit: Annotated[int, msgspec.Meta(ge=0, le=10**15)] | None = None
    secret: bool = False
    missing: Literal["pass", "fire"] = "pass"
    tests: Annotated[list[Trial], msgspec.Meta(min_length=1, max_length=50)]


class RuleSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named set of rules over amounts of one currency; `facts` declares what requests may tell it.

    `rules` is its name, `rule` the list of them.
    """

    rules: Key
    currency: str
    en: Sentence
    zh: Sentence
    facts: dict[str, Any] = {}
    rule: Annotated[list[Rule], msgspec.Meta(max_length=RULES_MOST)]


def bad(*faults: FieldError) -> BadRules:
    """A refusal for these faults."""
    return BadRules(count=len(faults), errors=faults)


def read_rules(content: bytes) -> RuleSet:
    """The rule set of a file's bytes. Raises BadRules."""
    found = read_file(content, RuleSet, bad)
    faults = [] if money.is_currency(found.currency) else [unknown_currency(found.currency)]
    names = [rule.name for rule in found.rule]
    for n, rule in enumerate(found.rule):
        if rule.name in names[:n]:
            faults.append(FieldError(f"/rule/{n}/name", "product_twice", {"name": rule.name}))
        if (rule.limit is None) is (rule.action == "cap"):
            faults.append(FieldError(f"/rule/{n}/limit", "rule_limit", {"action": rule.action}))
    if faults:
        raise bad(*faults)
    return found


def unknown_currency(found: str) -> FieldError:
    """A file's currency that is none."""
    return FieldError("/currency", "product_currency", {"value": found[:12]})


def read_file(content: bytes, kind: type[S], refusal: Any) -> S:
    """What a TOML file says, as a struct. `refusal` makes the problem of faults, which is raised."""
    if len(content) > FILE_MOST:
        raise refusal(FieldError("", "product_too_large", {"limit_kb": FILE_MOST // 1000}))
    try:
        return msgspec.convert(tomllib.loads(content.decode()), kind)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refusal(FieldError("", "product_toml", {"reason": str(error)[:200]})) from error
    except msgspec.ValidationError as error:
        raise refusal(field_error(str(error))) from error


def read_body(body: Mapping[str, Any], kind: type[S]) -> S:
    """What a version keeps, as the struct that it was."""
    return msgspec.convert(body, kind)
