"""What a buyer is offered to pay later with, and what is refused. No I/O."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from huoshui.core.errors import Problem

RAIL = "pay_later"


class NoPayLater(Problem):
    """This payment cannot be paid later with this product; the problem says why."""

    code = "no_pay_later"
    status = 409


class PayLaterChanged(Problem):
    """What was agreed to is not what is offered now: look at it again."""

    code = "pay_later_changed"
    status = 409


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A product with a number of instalments: what it would cost, or why it is not for this payment.

    `disclosure` is all that is told before the consent (see `loan.contract.disclosure`), `mark` names
    exactly this text; `reasons` are names of rules, each with both languages.
    """

    product: str
    version: int
    instalments: int
    name: dict[str, str]
    disclosure: dict[str, Any] | None = None
    mark: str = ""
    reasons: tuple[dict[str, Any], ...] = ()

    @property
    def open(self) -> bool:
        """Whether it may be chosen."""
        return self.disclosure is not None


def mark_of(product: str, version: int, disclosure: dict[str, Any]) -> str:
    """What names a disclosure: who agrees to it has seen exactly this."""
    said = msgspec.json.encode([product, version, disclosure], order="sorted")
    return hashlib.sha256(said).hexdigest()[:32]
