"""What a borrower asks for who cannot pay as agreed, and the event that grants it. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound, Problem
from huoshui.core.machine import Machine, Move
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.time.months import add_months

Kind = Literal["pause", "later", "more", "spread"]
REQUEST = Machine(
    "request",
    "open",
    {
        "grant": Move(("open",), "granted"),
        "refuse": Move(("open",), "refused"),
        "take_back": Move(("open",), "taken_back"),
    },
)


class UnknownRequest(NotFound):
    """No such request about a loan in this book."""

    code = "unknown_loan_request"


class RequestStands(Problem):
    """The loan has a request that is not decided yet."""

    code = "loan_request_stands"
    status = 409


class BadRequest(Problem):
    """The request does not fit: the problem says which field."""

    code = "bad_loan_request"
    status = 422


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request for relief: no interest for `count` months, the next instalment `count` months later,
    `count` instalments more, or what is overdue spread over what is left; and why, in words."""

    id: UUID
    loan_id: UUID
    kind: Kind
    count: int
    words: str
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None = None
    decided_by: str = ""
    answer: str = ""
    event_id: UUID | None = None

    @property
    def shown(self) -> str:
        """Its public id."""
        return ids.show("lrq", self.id)


def check(kind: Kind, count: int, words: str) -> None:
    """Raises BadRequest."""
    if not words.strip():
        raise BadRequest(field="words")
    if (count == 0) != (kind == "spread") or not 0 <= count <= 12:
        raise BadRequest(field="count")


def granting(asked: Request, state: State, today: date) -> e.AnyEvent:
    """The event by which a request is granted. Raises BadRequest where nothing is left to be changed."""
    on = {"id": "", "on": today, "recorded": today}
    if asked.kind == "pause":
        return e.InterestPaused(until=add_months(today, asked.count), **on)  # type: ignore[arg-type]
    if asked.kind == "spread":
        return e.ReAmortised(**on)  # type: ignore[arg-type]
    open_ = [row.due for row in state.regular() if row.outstanding > 0]
    due = next((day for day in open_ if day >= today), None)
    if due is None:
        raise BadRequest(field="kind")
    if asked.kind == "later":
        moved = add_months(due, asked.count)
        return e.Rescheduled(due=due, moved_to=moved, **on)  # type: ignore[arg-type]
    return e.Rescheduled(due=due, more=asked.count, **on)  # type: ignore[arg-type]
