"""A version of a rule set or a policy, and the moves of its life. No I/O."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move

Kind = Literal["rules", "policy"]

VERSION = Machine(
    "version",
    "proposed",
    {
        "publish": Move(("proposed",), "published"),
        "refuse": Move(("proposed",), "refused"),
        "retire": Move(("published",), "retired"),
    },
)


class UnknownVersion(NotFound):
    """No rule set or policy of that name, or no such version of it."""

    code = "unknown_risk_version"


class OwnVersion(Problem):
    """Who proposed a version does not publish it: four eyes."""

    code = "own_risk_version"
    status = 403


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version; `body` is what was read of the file `source`, `digest` the hash of that."""

    kind: str
    name: str
    number: int
    digest: str
    body: dict[str, Any]
    source: str
    state: str = VERSION.initial
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""

    @property
    def shown(self) -> str:
        """How it is named: `name@number`."""
        return f"{self.name}@{self.number}"


def digest_of(said: msgspec.Struct) -> str:
    """SHA-256 of what a file says, in hex: neither comments nor layout of it count."""
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def split(ref: str) -> tuple[str, int]:
    """The name and the number of `name@number`; 0 where no number is said. Raises UnknownVersion."""
    name, _, number = ref.partition("@")
    if number and not (number.isascii() and number.isdigit() and len(number) < 7):
        raise UnknownVersion(kind="version", id=ref[:80])
    return name, int(number or 0)
