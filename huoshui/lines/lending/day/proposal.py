"""Parameters of expected losses that somebody proposed. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move
from huoshui.lines.lending.impairment import Rules

PROPOSAL = Machine(
    "loss_proposal",
    "proposed",
    {"confirm": Move(("proposed",), "confirmed"), "refuse": Move(("proposed",), "refused")},
)


class UnknownProposal(NotFound):
    """No such proposal in this book."""

    code = "unknown_loss_proposal"


class OwnProposal(Problem):
    """Who proposed parameters does not put them in force: four eyes."""

    code = "own_loss_proposal"
    status = 403


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters that somebody proposed for a product, '' for all others, from a day on."""

    id: UUID
    product: str
    since: date
    rules: dict[str, Any]
    cause: str
    state: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("lrp", self.id)

    def read(self) -> Rules:
        """The parameters."""
        return msgspec.convert(self.rules, Rules)
