"""What tests of decisions share: a book with the golden rules and policy in force."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from huoshui.core.db import Database, Tx
from huoshui.core.money import Money
from huoshui.judgement.risk.decision import Asked, facts, loading
from huoshui.judgement.risk.rules import service as rule_sets
from huoshui.judgement.risk.versions import service as versions

RULES = resources.files("huoshui.judgement.risk.rules.golden").joinpath("shop-credit.toml").read_text("utf-8")  # fmt: skip
POLICY = resources.files("huoshui.judgement.risk.decision.golden").joinpath("shop-credit.toml").read_text("utf-8")  # fmt: skip
GOOD = {"identity_verified": True, "free_income_monthly": 500_000}
By = Callable[..., Any]


@pytest.fixture
def by(sandbox: Database, book: int) -> By:
    """Do something in the book, in somebody's name: by("ann", use_case)."""
    return lambda actor, act: sandbox.run(act, book=book, actor=actor)


def publish_rules(by: By, text: str = RULES) -> str:
    """Rules in force, by two persons; their version."""
    row = by("ann", lambda tx: rule_sets.propose(tx, text.encode(), facts.schema()))
    return str(by("bob", lambda tx: versions.publish(tx, row)).shown)


def publish_policy(by: By, text: str = POLICY) -> str:
    """A policy in force, by two persons; its version."""
    row = by("ann", lambda tx: loading.propose(tx, text.encode()))
    return str(by("bob", lambda tx: versions.publish(tx, row)).shown)


@pytest.fixture
def policy(by: By) -> str:
    """The golden policy in force."""
    publish_rules(by)
    publish_policy(by)
    return "shop-credit"


def asks(amount: int = 300_000, **more: Any) -> Asked:
    """An application of a buyer who is verified and has income left, unless it says otherwise."""
    facts = {**GOOD, **more.pop("facts", {})}
    given: dict[str, Any] = {
        "subjects": {"device": "d1"},
        "reference": "r1",
        **more,
    }
    return Asked(kind="application", amount=Money(amount, "CNY"), facts=facts, **given)


def count(tx: Tx, table: str) -> int:
    """How many rows of the book a table has."""
    return int(tx.value(f"SELECT count(*) FROM {table} WHERE book = %(book)s"))  # type: ignore[arg-type]
