"""What reconciliation speaks of: lines of files, open items, matches. No I/O."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

ARRIVED = "arrived"  # the suspense account through which what is matched at once passes
MATCHED_AT_MOST = 1_000  # lines or items in a match that a person makes


class UnknownLine(NotFound):
    """No such line of a file in this book."""

    code = "unknown_line"


class UnknownFile(NotFound):
    """No such statement file in this book."""

    code = "unknown_file"


class UnknownMatch(NotFound):
    """No such match in this book."""

    code = "unknown_match"


class ItemGone(Problem):
    """One of the open items is not open any more, or was never there."""

    code = "item_gone"
    status = 409


class MatchDiffers(Problem):
    """Lines and items differ by more than the tolerance; the problem names both sums."""

    code = "match_differs"
    status = 422


class LineBusy(Problem):
    """The line is not in a state for that; the problem names its state."""

    code = "line_busy"
    status = 409


class SplitDiffers(Problem):
    """The parts do not come to the line, or one of them is nothing."""

    code = "split_differs"
    status = 422


class WriteOffLimit(Problem):
    """More than the terms let two persons write off."""

    code = "write_off_limit"
    status = 403


class UndoneAlready(Problem):
    """The match was undone before."""

    code = "undone_already"
    status = 409


class File(msgspec.Struct, frozen=True):
    """A statement file; sums in minor units, `target` is the account that its money arrives on."""

    id: UUID
    digest: str
    name: str
    format: str
    source: str
    rail: str
    target: str
    currency: str
    lines: int
    gross: int
    fee: int
    net: int
    opening: int | None
    closing: int | None
    imported_at: datetime
    actor: str


class Line(msgspec.Struct, frozen=True):
    """A line of a file: `gross` less `fee` is `net`, signed minor units.

    `cause` names the suspense account it arrived on, `subject` what of ours it is about.
    """

    id: UUID
    file_id: UUID
    number: int
    parent_id: UUID | None
    kind: str
    rail: str
    gross: int
    fee: int
    net: int
    currency: str
    reference: str
    subject: str
    batch: str
    note: str
    at: datetime
    state: str
    cause: str
    match_id: UUID | None
    arrival_id: UUID | None
    since: datetime
    asked_by: str = ""
    reason: str = ""


class Place(msgspec.Struct, frozen=True):
    """An account that files are held against."""

    id: UUID
    path: str
    kind: str

    @property
    def rail(self) -> str:
        """The rail whose account it is."""
        return self.path.split(":")[1]


class Item(msgspec.Struct, frozen=True):
    """A transfer's leg that no line has met yet: we expect `amount`, signed minor units, to come."""

    account_id: UUID
    txn_id: UUID
    leg: int
    amount: int
    reference: str
    at: datetime
    path: str = ""

    @property
    def key(self) -> tuple[UUID, int, UUID]:
        """What names it."""
        return (self.txn_id, self.leg, self.account_id)

    @property
    def rail(self) -> str:
        """The rail that owes it."""
        return self.path.split(":")[1]


class Proposal(msgspec.Struct, frozen=True):
    """Lines and items that belong together; `difference` is what the items have more."""

    rule: str
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    difference: int = 0


class Match(msgspec.Struct, frozen=True):
    """A match that was posted; undone it is kept, with the transaction that undid it."""

    id: UUID
    rule: str
    account_id: UUID
    currency: str
    gross: int
    difference: int
    txn_id: UUID
    made_at: datetime
    actor: str
    undone_at: datetime | None = None
    undone_by: str = ""
    undo_txn: UUID | None = None
