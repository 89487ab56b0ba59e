"""A policy's file: features, rules, model, thresholds, limit, cost of risk, exploration. No I/O."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from huoshui.core import money
from huoshui.core.errors import FieldError, Problem
from huoshui.core.expr import DECIMAL, INTEGER, Expression, Fact, Schema, expression_of
from huoshui.judgement.risk.rules.checked import CheckedRules
from huoshui.judgement.risk.rules.model import Key, Sentence, Source, read_file, unknown_currency

Part = Annotated[str, msgspec.Meta(pattern=r"^(0|1|0\.[0-9]{1,12})$")]  # a part of one
Number = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
AskKind = Literal["application", "payment", "payout", "onboarding"]
KINDS: tuple[AskKind, ...] = ("application", "payment", "payout", "onboarding")
PROBABILITY = "score.probability"
SCORE = Schema((Fact(PROBABILITY, DECIMAL, "probability of default", "违约概率"),))


class BadPolicy(Problem):
    """The file is no policy that could be proposed; each error names a field and the mend."""

    code = "bad_policy"
    status = 422


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which probability on a person looks at it, and from which on it is declined."""

    review: Part
    decline: Part


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The limit in minor units: an expression, kept between `least` and `most`; below, it is declined."""

    amount: Source
    least: Minor = 1
    most: Minor


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the risk of a limit costs: PD x LGD x EAD, and capital for the time that it is out.

    `ead` is the part of the limit that is drawn at default; `capital` the part that is held of EAD, at
    `capital_annual` a year for `days`.
    """

    lgd: Part
    ead: Part = "1"
    capital: Part = "0"
    capital_annual: Part = "0"
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 365


class Explore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of those who would be declined by score, this share is given a small limit, to learn from.

    Only below probability `up_to`; who it is follows from a hash keyed with `key`, not from chance.
    """

    share: Part
    up_to: Part
    limit: Minor
    key: Annotated[str, msgspec.Meta(min_length=16, max_length=200)]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that who asked can change: which way helps, by which steps, how far, and what to do."""

    fact: Annotated[str, msgspec.Meta(max_length=80)]
    to: Literal["up", "down"]
    step: Number
    bound: Number
    en: Sentence
    zh: Sentence


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy. `products` are those that it decides for, none meaning all of its kind.

    `rules` is a version `name@number`; `model` the hash of a registered model; `calibration` are points
    (scored, true) between which a probability is put straight.
    """

    policy: Key
    kind: AskKind
    currency: str
    en: Sentence
    zh: Sentence
    products: Annotated[list[Key], msgspec.Meta(max_length=100)] = []
    features: Annotated[list[str], msgspec.Meta(max_length=200)] = []
    rules: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+@[0-9]+$")]
    model: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    calibration: Annotated[list[tuple[Part, Part]], msgspec.Meta(max_length=100)] = []
    thresholds: Thresholds | None = None
    limit: Limit | None = None
    cost: Cost | None = None
    explore: Explore | None = None
    change: Annotated[list[Change], msgspec.Meta(max_length=20)] = []


def bad(*faults: FieldError) -> BadPolicy:
    """A refusal for these faults."""
    return BadPolicy(count=len(faults), errors=faults)


def read_policy(content: bytes) -> Policy:
    """The policy of a file's bytes. Raises BadPolicy."""
    found = read_file(content, Policy, bad)
    faults = [*_shape(found)]
    if faults:
        raise bad(*faults)
    return found


def _shape(said: Policy) -> list[FieldError]:
    """What no type tells: the currency, the order of bounds, what needs a model."""
    faults = [] if money.is_currency(said.currency) else [unknown_currency(said.currency)]
    if bool(said.model) is not bool(said.thresholds):
        faults.append(FieldError("/thresholds", "policy_model", {}))
    if said.thresholds and Decimal(said.thresholds.review) > Decimal(said.thresholds.decline):
        limit = said.thresholds.review
        faults.append(FieldError("/thresholds/decline", "bounds", {"sign": ">=", "limit": limit}))
    if said.limit and said.limit.least > said.limit.most:
        faults.append(
            FieldError("/limit/most", "bounds", {"sign": ">=", "limit": said.limit.least})
        )
    faults += [
        FieldError(f"/{name}", "policy_model", {})
        for name in ("cost", "explore")
        if getattr(said, name) and not said.model
    ]
    points = [Decimal(a) for a, _ in said.calibration], [Decimal(b) for _, b in said.calibration]
    if any(sorted(set(each)) != each for each in points):
        faults.append(FieldError("/calibration", "policy_rising", {}))
    return faults


class CheckedPolicy(msgspec.Struct, frozen=True, dict=True):
    """A policy whose limit is read and whose names are known."""

    said: Policy
    limit: Expression | None


def check(said: Policy, rules: CheckedRules, hidden: frozenset[str]) -> CheckedPolicy:
    """The policy, if all that it says means something over these rules' facts. Raises BadPolicy.

    `hidden` are facts that are never told to who asked: nothing that can be changed is among them.
    """
    faults: list[FieldError] = []
    if said.currency != rules.said.currency:
        faults.append(FieldError("/currency", "policy_currency", {"value": rules.said.currency}))
    schema = Schema((*rules.schema.facts, *SCORE.facts)) if said.model else rules.schema
    limit = (
        expression_of("/limit/amount", said.limit.amount, INTEGER, schema, faults)
        if said.limit
        else None
    )
    numbers = {f.name for f in rules.schema.facts if f.type.kind in ("integer", "decimal")}
    for n, change in enumerate(said.change):
        if change.fact not in numbers - hidden:
            faults.append(
                FieldError(f"/change/{n}/fact", "policy_change", {"name": change.fact[:60]})
            )
        if Decimal(change.step) <= 0:
            faults.append(FieldError(f"/change/{n}/step", "bounds", {"sign": ">", "limit": 0}))
    if faults:
        raise bad(*faults)
    return CheckedPolicy(said, limit)
