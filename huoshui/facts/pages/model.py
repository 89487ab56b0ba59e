"""What the page of a party is. No I/O."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem


class UnknownPartyPage(NotFound):
    """No such page of a party in this book."""

    code = "unknown_party_page"


class BadPartyPage(Problem):
    """A page is good for 1 to 365 days; nothing else can be asked."""

    code = "bad_party_page"
    status = 422


class PartyPage(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a party's own page."""

    id: UUID
    party: str
    digest: bytes
    made_at: datetime
    made_by: str
    ends_at: datetime
    ended_at: datetime | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("ptp", self.id)

    def opens(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.ended_at is None and now < self.ends_at
