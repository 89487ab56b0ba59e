"""What is asked of judgement and what it answers. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.money import Money

Outcome = Literal["approve", "approve_less", "review", "decline"]
OUTCOMES: tuple[Outcome, ...] = ("approve", "approve_less", "review", "decline")
SUBJECTS = ("buyer", "merchant", "device", "ip", "card", "address", "phone", "order")


class UnknownDecision(NotFound):
    """No such decision in this book."""

    code = "unknown_decision"


class NoPolicy(Problem):
    """No policy is in force for what is asked."""

    code = "no_policy_in_force"
    status = 409


class BadRequest(Problem):
    """The request cannot be decided on: an amount in another currency, subjects or facts unknown."""

    code = "bad_decision_request"
    status = 422


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: of whom (`subjects`), how much, and the facts that it tells (asked.*).

    `party` is whose rows it belongs to, `reference` what it is about.
    """

    kind: str
    subjects: Mapping[str, str] = {}
    amount: Money | None = None
    product: str = ""
    party: str = ""
    reference: str = ""
    term_days: int | None = None
    channel: str = ""
    facts: Mapping[str, Any] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is stored; amounts in minor units, `record` is what was sealed."""

    id: UUID
    at: datetime
    kind: str
    product: str
    party: str
    reference: str
    policy: str
    policy_number: int
    outcome: str
    amount: int | None
    granted: int | None
    currency: str
    probability: Any
    cost: int | None
    reasons: list[str]
    fired: list[str]
    explored: bool
    took_us: dict[str, int]
    record: str
    sha256: bytes
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("dec", self.id)

    @property
    def offered(self) -> bool:
        """Whether it gives at least a part of what was asked."""
        return self.outcome in ("approve", "approve_less")

    @property
    def document(self) -> dict[str, Any]:
        """What the record says."""
        found: dict[str, Any] = msgspec.json.decode(self.record)
        return found
