"""What a payment link is. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem

State = Literal["active", "expired", "ended"]


class UnknownLink(NotFound):
    """No such payment link in this book."""

    code = "unknown_payment_link"


class BadLink(Problem):
    """A link has either an amount or both bounds, the lower one not above the other."""

    code = "bad_payment_link"
    status = 422


class LinkOver(Problem):
    """The link was ended, or its time is up: it begins no payment any more."""

    code = "payment_link_over"
    status = 410


class LinkAmount(Problem):
    """The amount lies outside of the link's bounds; the problem names them."""

    code = "payment_link_amount"
    status = 422


class LinkAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A link to make; amounts in minor units."""

    seller: str = ""
    currency: str
    amount: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    title_en: str
    title_zh: str
    return_url: str = ""
    expires_at: datetime | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A payment link; amounts in minor units. An empty `seller` is the marketplace itself."""

    id: UUID
    seller: str
    currency: str
    amount: int | None
    amount_min: int | None
    amount_max: int | None
    title_en: str
    title_zh: str
    return_url: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("plk", self.id)

    def title(self, lang: str) -> str:
        """What is paid for, in a language."""
        return self.title_zh if lang == "zh" else self.title_en

    def state(self, now: datetime) -> State:
        """Whether it begins payments now."""
        if self.ended_at is not None:
            return "ended"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

    def due(self, said: int | None) -> int:
        """What a payer is to pay who said an amount, or None. Raises LinkAmount."""
        if self.amount is not None:
            return self.amount
        low, high = self.amount_min or 1, self.amount_max or 1
        if said is None or not low <= said <= high:
            raise LinkAmount(low=low, high=high, currency=self.currency)
        return said


def check(asked: LinkAsked) -> None:
    """Raises BadLink."""
    low, high = asked.amount_min, asked.amount_max
    bounds = low is not None and high is not None and 0 < low <= high
    fixed = asked.amount is not None and asked.amount > 0 and low is None and high is None
    if not fixed and not (bounds and asked.amount is None):
        raise BadLink()
