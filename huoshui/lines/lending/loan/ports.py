"""What a running loan asks of others, as ports: who decides, and whose limit it is drawn under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct, Refusal
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.under import UnderFacility


class Decision(msgspec.Struct, frozen=True):
    """Whether a loan is offered; the reasons why not, each with a name and both languages.

    One that `waits` is looked at by a person first: the application stays as it is.
    """

    offered: bool
    reasons: tuple[dict[str, Any], ...] = ()
    waits: bool = False


class Decide(Protocol):
    """Decides on an application: over its facts, by the product's rules or by more."""

    def __call__(
        self, tx: Tx, loan: Loan, product: CheckedProduct, facts: Mapping[str, Any]
    ) -> Decision:
        """Offer it, or say why not."""


class Reserve(Protocol):
    """A facility as its loans see it; amounts in minor units."""

    def take(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Take so much of the limit before it is drawn, in the same transaction; raises to refuse."""

    def settle(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Principal fell by so much, or below zero rose again: it is a fact, and never refused."""


def by_rules(tx: Tx, loan: Loan, product: CheckedProduct, facts: Mapping[str, Any]) -> Decision:
    """The product's own eligibility decides."""
    del tx, loan
    refusals = product.refusals(facts)
    return Decision(
        not refusals,
        tuple(reason_of(each) for each in refusals),
    )


def reason_of(refusal: Refusal) -> dict[str, Any]:
    """A rule that does not hold, with its words in both languages."""
    rule = refusal.rule
    return {"rule": rule.name, "en": rule.en, "zh": rule.zh, "unknown": refusal.unknown}


class Ports(msgspec.Struct, frozen=True):
    """The ports that are wired; each has a default that needs nobody.

    `facts` are those that applications may tell beside what they ask for.
    """

    facts: Schema = Schema(())
    decide: Decide = by_rules
    reserve: Reserve = UnderFacility()
