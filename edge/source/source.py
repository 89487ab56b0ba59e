"""A source: its key, what it is registered as, and the certificates that it signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.protocol import Milestone, Refused, public_text, sealed
from edge.state import State

_DAY_MS = 86_400_000
_DAYS_MOST = 400


@dataclass(frozen=True)
class Reached:
    """Who reached what."""

    subject: str
    kind: str
    reference: str


class Source:
    """Who certifies milestones."""

    def __init__(self, home: Path) -> None:
        self._state = State(
            home, "CREATE TABLE IF NOT EXISTS signed (number INTEGER PRIMARY KEY, text TEXT)"
        )

    def public(self) -> str:
        """Its public key, to be registered with a marketplace."""
        return public_text(self._state.key())

    def named(self, source: str, market: str) -> None:
        """Keep the id and the books under which it was registered."""
        self._state.keep(source=source, market=market)

    def certify(self, wanted: Reached, *, days: int, at: int) -> str:
        """The signed text of a milestone that runs out after so many days.

        Raises Refused: not_set_up, lasting.
        """
        if not 1 <= days <= _DAYS_MOST:
            raise Refused("lasting", days=days)
        source, market = self._state.known("source"), self._state.known("market")
        with self._state.writing() as run:
            number = run("INSERT INTO signed (text) VALUES ('')").lastrowid
        said = Milestone(
            source=source, number=str(number), kind=wanted.kind, subject=wanted.subject,
            reference=wanted.reference, market=market, at=at, ends=at + days * _DAY_MS,
        )  # fmt: skip
        text = sealed(said, self._state.key())
        with self._state.writing() as run:
            run("UPDATE signed SET text = ? WHERE number = ?", (text, number))
        return text
