"""Who decides on loans: judgement, where a policy in force says so; else the product's own rules.

The product's rules always hold: they are what the product is. What passes them is decided by the policy in
force for the product and its currency. What a person is to look at waits as an application.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huoshui.catalog import CheckedProduct
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.decision import Asked, loading
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.ports import Decision, Ports, by_rules
from huoshui.scenarios import judging

KIND = "application"
_SUBJECTS = {"byr": "buyer", "slr": "merchant"}


def decide(tx: Tx, loan: Loan, product: CheckedProduct, facts: Mapping[str, Any]) -> Decision:
    """Decide on an application. Raises BadRequest for facts that the policy cannot read."""
    own = by_rules(tx, loan, product, facts)
    if not own.offered:
        return own
    policy = loading.policy_for(tx, KIND, loan.product, loan.currency)
    if policy is None:
        return own
    made = judging.decide(tx, asked_of(loan), policy=policy, key=loan.shown)
    return Decision(
        made.outcome == "approve", tuple(_told(code) for code in made.reasons),
        waits=made.outcome == "review",
    )  # fmt: skip


def asked_of(loan: Loan) -> Asked:
    """What an application asks of judgement."""
    about = _SUBJECTS.get(loan.party.partition("_")[0])
    return Asked(
        kind=KIND, subjects={about: loan.party} if about else {}, product=loan.product,
        amount=Money(loan.amount, loan.currency), party=loan.party, reference=loan.shown,
        facts=loan.facts,
    )  # fmt: skip


def _told(code: str) -> dict[str, Any]:
    return {"rule": code, "unknown": False} | {
        lang: reasons.said(code, lang) for lang in ("en", "zh")
    }


LOANS = Ports(decide=decide)
