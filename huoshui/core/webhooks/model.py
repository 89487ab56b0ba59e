"""The words of webhooks: endpoints, deliveries, attempts, and the states they pass through."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.errors import FieldError, NotFound, Problem
from huoshui.core.machine import Machine, Move

ENABLED, DISABLED, DELETED = "enabled", "disabled", "deleted"
DUE, DELIVERED, DEAD = "due", "delivered", "dead"
ENDPOINT = Machine(
    "webhook_endpoint",
    ENABLED,
    {
        "disable": Move((ENABLED,), DISABLED),
        "enable": Move((DISABLED,), ENABLED),
        "delete": Move((ENABLED, DISABLED), DELETED),
    },
)
DELIVERY = Machine(
    "webhook_delivery",
    DUE,
    {
        "deliver": Move((DUE,), DELIVERED),
        "give_up": Move((DUE,), DEAD),
        "resend": Move((DELIVERED, DEAD), DUE),
    },
)
ENDPOINTS_MAX = 50
EVENTS_MAX = 100
BODY_KEPT = 2_000  # characters of an answer that an attempt keeps
# Why an endpoint is disabled: by somebody, because it answered 410, because it failed for long.
BY_HAND, GONE, FAILING = "by_hand", "gone", "failing"
EVENT_PATTERN = r"^(\*|[a-z][a-z_]*\.(\*|[a-z][a-z_]*))$"
TEST_EVENT = "test.triggered"


class UnknownEndpoint(NotFound):
    """No such endpoint in this book."""

    code = "unknown_endpoint"


class UnknownDelivery(NotFound):
    """No such delivery in this book."""

    code = "unknown_delivery"


class TooManyEndpoints(Problem):
    """A book has as many endpoints as it may have."""

    code = "too_many_endpoints"
    status = 409


class EndpointDisabled(Problem):
    """A disabled endpoint is sent nothing: enable it first."""

    code = "endpoint_disabled"
    status = 409


class BadEventPattern(Problem):
    """Not a list of event types, `noun.*` or `*`."""

    code = "bad_event_pattern"
    status = 422


class Endpoint(msgspec.Struct, frozen=True):
    """Where a book's events go. `why` says why it is disabled."""

    id: UUID
    url: str
    description: str
    events: list[str]
    state: str
    why: str
    failing_since: datetime | None
    listens_until: datetime | None
    created_at: datetime


class Delivery(msgspec.Struct, frozen=True):
    """One event for one endpoint. `attempts` counts all, `attempts_before` those before a resend."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    state: str
    due_at: datetime
    attempts: int
    attempts_before: int
    status: int | None
    error: str
    created_at: datetime
    ended_at: datetime | None


class Attempt(msgspec.Struct, frozen=True):
    """One try: the status answered, or what went wrong; `ms` it took; the start of the answer."""

    number: int
    at: datetime
    status: int | None
    error: str
    ms: int
    body: str


class Reply(msgspec.Struct, frozen=True):
    """What came back: a status, or the word for what went wrong before there was one."""

    status: int | None = None
    error: str = ""
    ms: int = 0
    body: str = ""
    retry_after_s: int | None = None

    @property
    def good(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.status is not None and 200 <= self.status < 300


class Parcel(msgspec.Struct, frozen=True):
    """A delivery that was claimed: all that sending it needs. `number` is the attempt's."""

    book: int
    delivery_id: UUID
    endpoint_id: UUID
    number: int
    url: str
    sealed: list[bytes]
    event_id: UUID
    type: str
    object: str
    at: datetime
    actor: str
    data: dict[str, Any]


class Sent(msgspec.Struct, frozen=True):
    """A parcel and what came of it."""

    parcel: Parcel
    reply: Reply


def patterns(asked: list[str]) -> list[str]:
    """Event types without repeats, in order. Raises BadEventPattern, which names the first."""
    found = list(dict.fromkeys(asked))
    bad = [text for text in found if not re.fullmatch(EVENT_PATTERN, text)]
    if bad or not 1 <= len(found) <= EVENTS_MAX:
        said = bad[0][:80] if bad else ""
        fault = FieldError("/events", "event_pattern", {"text": said, "most": EVENTS_MAX})
        raise BadEventPattern(text=said, most=EVENTS_MAX, errors=(fault,))
    return found
