"""Applications for loans: the policy in force decides, after the product's own rules; without one, those alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from huoshui.core.db import Tx
from huoshui.judgement.risk.decision import loading, service, store
from huoshui.judgement.risk.decision.store import Search
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import Loan
from huoshui.scenarios import judging
from huoshui.scenarios.judged_loans import LOANS
from tests.ground import Ground
from tests.judgement.risk.conftest import GOOD, POLICY, RULES
from tests.lines.lending.loan import ground

_RULE = """
[[eligibility]]
name = "small"
test = "asked.amount <= 20000 CNY"
en = "At most 20,000."
zh = "不超过 2 万元。"
"""


@pytest.fixture
def trade(market: Ground) -> Iterator[Tx]:
    """A transaction of a market with its terms in force."""
    with market.database.begin(book=market.number) as tx:
        yield tx


def _in_force(tx: Tx) -> None:
    tx.actor = "ann"
    rules = judging.propose_rules(tx, RULES.encode())
    tx.actor = "bob"
    versions.publish(tx, rules)
    policy = loading.propose(tx, POLICY.encode())
    tx.actor = "ann"
    versions.publish(tx, policy)


def _apply(tx: Tx, party: str, amount: int = 300_000, **facts: Any) -> Loan:
    asked = Application(
        product="term", party=party, amount=amount, instalments=3, facts=GOOD | facts
    )
    loan = contract.apply(tx, asked, key=f"{amount}/{sorted(facts.items())}")
    return contract.decide(tx, loan.id, LOANS)


@pytest.mark.parametrize(
    ("facts", "state", "code"),
    [
        ({}, "offered", None),
        ({"free_income_monthly": 50_000}, "declined", "capacity"),
        ({"free_income_monthly": 110_000}, "declined", "limit_reached"),
        ({"identity_verified": False}, "applied", None),
    ],
)
def test_a_policy_in_force_decides(
    trade: Tx, facts: dict[str, Any], state: str, code: str | None
) -> None:
    tx = trade
    ground.product(tx)
    party = ground.borrower(tx)
    _in_force(tx)
    loan = _apply(tx, party, **facts)
    assert loan.state == state
    assert [each["rule"] for each in loan.reasons or ()] == ([code] if code else [])
    (made,) = store.decisions(tx, Search(reference=loan.shown))
    assert made.party == party and made.document["asked"]["subjects"] == {"merchant": party}
    tx.flush()  # the event with its hash
    assert service.recompute(tx, made).same


def test_without_a_policy_the_products_own_rules_decide_and_with_one_they_hold_too(
    trade: Tx,
) -> None:
    tx = trade
    ground.product(tx, more=_RULE)
    party = ground.borrower(tx)
    assert _apply(tx, party, free_income_monthly=1).state == "offered"
    assert store.decisions(tx, Search()) == []
    _in_force(tx)
    small = _apply(tx, party, 2_000_100, free_income_monthly=3_000_000)
    assert [each["rule"] for each in small.reasons or ()] == ["small"]
    assert store.decisions(tx, Search()) == []
    row = version_store.latest(tx, "policy", "shop-credit")
    assert row is not None
    versions.retire(tx, row, "over")
    assert _apply(tx, party, 300_100, free_income_monthly=1).state == "offered"
