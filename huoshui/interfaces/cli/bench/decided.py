"""A book to decide in: buyers with activities, 200 rules, a model, a policy in force, from a seed.

Used by the benchmark, by the campaign that makes thousands of decisions again, and by its small test.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.db import Database, Tx
from huoshui.core.expr import INTEGER
from huoshui.core.money import Money
from huoshui.facts import activity
from huoshui.facts.activity import Activity
from huoshui.judgement.risk.decision import Asked, facts, loading
from huoshui.judgement.risk.features.catalogue import catalogue
from huoshui.judgement.risk.models import registry
from huoshui.judgement.risk.models.serving import (
    Attribute,
    Booster,
    Characteristic,
    Coded,
    Scorecard,
)
from huoshui.judgement.risk.versions import service as versions
from huoshui.scenarios import judging

POLICY = "bench"
RULES = 200
_ABOUT = ("buyer", "device", "ip", "card", "address", "phone")
_TREES, _LEAVES, _DEPTH, _ROWS = 300, 8, 3, 4_000
_CHUNK = 500
_SAYS: dict[str, dict[str, Any]] = {"sign_in": {"success": True}}
_KINDS = ("payment.captured", "payment.failed", "sign_in")
_RULE = """
[[rule]]
name = "r{n}"
when = "{first} > {bound} and {second} < {below}"
action = "{action}"
reason = "{reason}"
owner = "bench"
expires = 2099-12-31
en = "Rule {n}."
zh = "规则 {n}。"
tests = [
    {{ fires = true, facts = {{ {first} = {more}, {second} = 0 }} }},
    {{ fires = false }},
]
"""
_BLOCKED = """
[[rule]]
name = "blocked"
when = "listed.blocked and not listed.allowed"
action = "decline"
reason = "cannot_serve"
owner = "bench"
expires = 2099-12-31
secret = true
en = "On the block list."
zh = "命中黑名单。"
tests = [
    { fires = true, facts = { "listed.blocked" = true, "listed.allowed" = false } },
    { fires = false },
]
"""
_SAID = """
policy = "{policy}"
kind = "application"
currency = "CNY"
en = "Bench"
zh = "基准"
rules = "{rules}"
features = {features}
model = "{model}"

[thresholds]
review = "0.6"
decline = "0.8"

[limit]
amount = "200000 + buyer_spend_90d"
most = 5000000

[cost]
lgd = "0.55"
capital = "0.08"
capital_annual = "0.12"
days = 90

[explore]
share = "0.01"
up_to = "0.95"
limit = 20000
key = "a key of the benchmark"
"""


def features() -> list[str]:
    """The features that are read: all whole numbers about those who ask for credit."""
    whole = {fact.name for fact in facts.schema().facts if fact.type == INTEGER}
    return [f.name for f in catalogue().values() if f.entity in _ABOUT and f.name in whole]


def rules(seed: int, count: int = RULES) -> str:
    """A file of so many rules over features; few fire."""
    chance, names = random.Random(seed), features()
    text = f'rules = "{POLICY}"\ncurrency = "CNY"\nen = "Bench"\nzh = "基准"\n'
    text += _BLOCKED
    for n in range(1, count):
        first, second = chance.sample(names, 2)
        bound = chance.randrange(10, 60)
        action = "decline" if n % 20 == 0 else "review" if n % 20 == 1 else "note"
        text += _RULE.format(
            n=n, first=first, second=second, bound=bound, more=bound + 1, action=action,
            below=chance.randrange(10, 10_000), reason="unusual_activity",
        )  # fmt: skip
    return text


def model(seed: int) -> str:
    """The text of a booster of 300 trees of depth 3, or where it cannot be trained, of a scorecard."""
    if importlib.util.find_spec("lightgbm") is None:
        return _card().text
    import lightgbm
    import numpy as np

    names, chance = features(), np.random.default_rng(seed)
    rows = chance.poisson(3, size=(_ROWS, len(names)))
    odds = rows[:, :12] @ chance.normal(0, 0.25, 12) + np.sin(rows[:, 3]) - 2
    bad = chance.random(_ROWS) < 1 / (1 + np.exp(-odds))
    made = lightgbm.train(
        {"objective": "binary", "num_leaves": _LEAVES, "max_depth": _DEPTH, "verbose": -1,
         "seed": seed, "num_threads": 1, "learning_rate": 0.05},
        lightgbm.Dataset(rows, bad), num_boost_round=_TREES,
    )  # fmt: skip
    return Booster(columns=tuple(Coded(name) for name in names)).text(made.model_to_string())


def _card() -> Scorecard:
    inputs = tuple(
        Characteristic(
            name=name, kind="number", missing=Attribute("0", 0), reference="0", reference_points="0",
            bins=(Attribute("-0.1", 3, "2"), Attribute("0", 0, "10"), Attribute("0.2", -6)),
        )
        for name in features()[:20]
    )  # fmt: skip
    return Scorecard(inputs=inputs, intercept="-1.5", base_points=530)


def furnish(database: Database, book: int, buyers: int, seed: int) -> None:
    """Fill the open book: activities of so many buyers, and the policy in force by two persons."""

    def proposed(tx: Tx) -> None:
        tx.actor = "bench/one"
        made = registry.register(tx, model(seed), {"name": "bench"})
        own = judging.propose_rules(tx, rules(seed).encode())
        tx.actor = "bench/two"
        versions.publish(tx, own)
        said = _SAID.format(
            policy=POLICY, rules=own.shown, features=msgspec.json.encode(features()).decode(),
            model=made.sha256,
        )  # fmt: skip
        policy = loading.propose(tx, said.encode())
        tx.actor = "bench/one"
        versions.publish(tx, policy)

    database.run(proposed, book=book)
    with database.begin(book=book) as tx:
        now = tx.now
    told = list(_activities(buyers, seed, now))
    for start in range(0, len(told), _CHUNK):
        some = told[start : start + _CHUNK]
        database.run(lambda tx, some=some: activity.record(tx, some), book=book)  # type: ignore[misc]


def who(n: int, seed: int) -> dict[str, Any]:
    """Whom the n-th buyer is and what it uses; some share a device or an address."""
    chance = random.Random(f"{seed}/{n}")
    buyer = ids.show("byr", ids.derived(ids.uuid7(datetime.fromisoformat("2025-01-01T00:00:00+00:00"), bytes(10)), f"{seed}/{n}"))  # fmt: skip
    return {
        "buyer": buyer, "device": f"d{n if chance.random() < 0.9 else n % 50}",
        "ip": f"10.{n % 250}.{chance.randrange(250)}.1", "card": f"card-{n}",
        "address": f"street {n if chance.random() < 0.9 else n % 100}", "phone": f"+86138{n:08}",
    }  # fmt: skip


def _activities(buyers: int, seed: int, now: datetime) -> Iterator[Activity]:
    chance = random.Random(seed)
    for n in range(buyers):
        refs = who(n, seed)
        for m in range(chance.randrange(4, 16)):
            kind = chance.choice(_KINDS)
            paid: dict[str, Any] = {} if kind == "sign_in" else {"amount_minor": chance.randrange(1_000, 90_000), "currency": "CNY"}  # fmt: skip
            at = now - timedelta(seconds=chance.randrange(60, 90 * 86_400))
            yield Activity(
                kind=kind,
                occurred_at=at,
                key=f"{n}/{m}",
                attributes=_SAYS.get(kind, {}),
                **refs,
                **paid,
            )


def asked(n: int, seed: int) -> Asked:
    """What the n-th buyer asks for."""
    refs = who(n, seed)
    amount = 50_000 + n * 7919 % 400_000
    return Asked(
        kind="application", subjects=refs, amount=Money(amount, "CNY"), party=refs["buyer"],
        reference=f"bench-{n}",
    )  # fmt: skip
