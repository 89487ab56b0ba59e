"""An entry of a list. No I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound

Effect = Literal["block", "allow"]


class UnknownEntry(NotFound):
    """No such entry of a list, or it was taken back already."""

    code = "unknown_list_entry"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A subject, as `device:…`, that is blocked or let through while the entry is valid.

    `reason` is a code of the catalogue; `ends` names the entry that this one takes back.
    """

    id: UUID
    effect: str
    subject: str
    reason: str
    note: str
    valid_from: datetime
    valid_until: datetime
    ends: UUID | None
    recorded_at: datetime
    actor: str

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("lst", self.id)
