"""Webhooks out over the API: endpoints with their secrets, deliveries with their attempts, resend."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import clock, ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.webhooks import delivery_store, service
from huoshui.core.webhooks.guard import URL_MAX, Policy
from huoshui.core.webhooks.model import (
    DELIVERY,
    EVENT_PATTERN,
    EVENTS_MAX,
    Attempt,
    Delivery,
    Endpoint,
)
from huoshui.core.webhooks.service import EndpointAsked, EndpointChange
from huoshui.core.webhooks.vault import Vault
from huoshui.interfaces.api.body import BadParameter, decoded
from huoshui.interfaces.api.contract import reads, removes, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Visit,
    Word,
    after_id,
    enter,
    moment,
    page_of,
)

Url = Annotated[str, Meta(min_length=1, max_length=URL_MAX)]
Description = Annotated[str, Meta(max_length=200)]
Pattern = Annotated[str, Meta(max_length=80, pattern=EVENT_PATTERN)]
Events = Annotated[list[Pattern], Meta(min_length=1, max_length=EVENTS_MAX)]
State = Annotated[
    str, QueryParameter(name="state", max_length=20, description="due, delivered or dead")
]
Span = Annotated[str, Meta(min_length=2, max_length=6, pattern=r"^\d{1,5}[smhdw]$")]


class EndpointWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to make: where to, and which events (`order.released`, `order.*`, `*`)."""

    url: Url
    events: Events
    description: Description = ""


class EndpointChanged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of an endpoint; what is absent stays."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class RotationAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long the former secret goes on signing beside the new one, at most 30 days."""

    overlap: Span = "1d"


class TestAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: a test event is sent."""


class ResendAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the delivery is sent once more."""


class ResendFailedAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send again what was given up and had been queued since then."""

    since: datetime


class WebhookEndpointView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An endpoint; `secret` stands only in the answer that makes or rotates it."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    created_at: datetime
    description: str = ""
    disabled_why: str = ""
    failing_since: datetime | None = None
    secret: str = ""


class AttemptView(msgspec.Struct, frozen=True):
    """One attempt: the status that came back, or a word for what went wrong before there was one."""

    number: int
    at: datetime
    status: int | None
    error: str
    ms: int
    body: str


class WebhookDeliveryView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event for one endpoint; `due_at` is the next attempt's while it is due."""

    id: str
    endpoint: str
    event: str
    type: str
    state: str
    allowed: list[str]
    attempts: int
    created_at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None
    error: str = ""
    tries: list[AttemptView] | None = None


class ResentView(msgspec.Struct, frozen=True):
    """How many deliveries are due again."""

    resent: int


@writes(
    "/webhooks/endpoints",
    "webhooks:write",
    WebhookEndpointView,
    bound="book",
    asks=EndpointWanted,
    status=201,
)
def create_webhook_endpoint(request: Ask, body: RawBody) -> WebhookEndpointView:
    """Make an endpoint; its secret is in this answer and nowhere else."""
    visit = enter(request)
    asked = decoded(body, EndpointWanted)
    wanted = EndpointAsked(asked.url, list(asked.events), asked.description)
    with visit.begin() as tx:
        made, secret = service.create_endpoint(tx, wanted, _vault(request), _policy(request, visit))
    return endpoint_view(made, secret)


@reads("/webhooks/endpoints", "webhooks:read", Page[WebhookEndpointView], bound="book")
def list_webhook_endpoints(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[WebhookEndpointView]:
    """Endpoints, newest first."""
    with enter(request).begin() as tx:
        cursor = after_id("whe", after)
        rows = service.endpoints(tx, after=cursor, limit=limit)
    return page_of("whe", rows, limit, endpoint_view)


@reads("/webhooks/endpoints/{ref:str}", "webhooks:read", WebhookEndpointView, bound="book")
def show_webhook_endpoint(request: Ask, ref: Ref) -> WebhookEndpointView:
    """One endpoint."""
    with enter(request).begin() as tx:
        return endpoint_view(service.endpoint(tx, ids.read("whe", ref)))


@writes(
    "/webhooks/endpoints/{ref:str}",
    "webhooks:write",
    WebhookEndpointView,
    bound="book",
    asks=EndpointChanged,
    idempotency="optional",
)
def update_webhook_endpoint(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Change an endpoint, disable it, or enable it: then what is still due to it is sent."""
    visit = enter(request)
    asked = decoded(body, EndpointChanged)
    events = list(asked.events) if asked.events is not None else None
    change = EndpointChange(asked.url, events, asked.description, asked.enabled)
    policy = _policy(request, visit)

    def use_case(tx: Tx) -> WebhookEndpointView:
        return endpoint_view(service.update_endpoint(tx, ids.read("whe", ref), change, policy))

    return visit.answer(body, use_case)


@writes(
    "/webhooks/endpoints/{ref:str}/rotate",
    "webhooks:write",
    WebhookEndpointView,
    bound="book",
    asks=RotationAsked,
    body_needed=False,
)
def rotate_webhook_secret(request: Ask, ref: Ref, body: RawBody) -> WebhookEndpointView:
    """Give an endpoint a new secret; both sign until the overlap is over."""
    visit = enter(request)
    asked = decoded(body or b"{}", RotationAsked)
    with visit.begin() as tx:
        id_ = ids.read("whe", ref)
        secret = service.rotate_secret(tx, id_, _vault(request), clock.span(asked.overlap))
        return endpoint_view(service.endpoint(tx, id_), secret)


@removes("/webhooks/endpoints/{ref:str}", "webhooks:write", bound="book")
def delete_webhook_endpoint(request: Ask, ref: Ref) -> None:
    """Remove an endpoint. What is due to it is given up; its deliveries can still be read."""
    with enter(request).begin() as tx:
        service.delete_endpoint(tx, ids.read("whe", ref))


@writes(
    "/webhooks/endpoints/{ref:str}/test",
    "webhooks:write",
    WebhookDeliveryView,
    bound="book",
    asks=TestAsked,
    body_needed=False,
    idempotency="optional",
)
def test_webhook_endpoint(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Send an endpoint the event `test.triggered`, whatever it listens to."""
    visit = enter(request)
    decoded(body or b"{}", TestAsked)
    return visit.answer(
        body, lambda tx: delivery_view(service.test_endpoint(tx, ids.read("whe", ref)))
    )


@writes(
    "/webhooks/endpoints/{ref:str}/resend",
    "webhooks:write",
    ResentView,
    bound="book",
    asks=ResendFailedAsked,
    idempotency="optional",
    dry_run=True,
)
def resend_failed_webhooks(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Send an endpoint again what was given up since a time; rehearsed, how many that would be."""
    visit = enter(request)
    asked = decoded(body, ResendFailedAsked)
    since = moment(asked.since.isoformat())
    assert since is not None, "a time was given"
    return visit.answer(
        body, lambda tx: ResentView(service.resend_failed(tx, ids.read("whe", ref), since))
    )


@reads("/webhooks/deliveries", "webhooks:read", Page[WebhookDeliveryView], bound="book")
def list_webhook_deliveries(
    request: Ask,
    endpoint: Word = "",
    event: Word = "",
    type: Word = "",
    state_: State = "",
    since: Time = None,
    until: Time = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[WebhookDeliveryView]:
    """Deliveries, of the newest events first; by endpoint, event, type, state and time of queueing."""
    visit = enter(request)
    if state_ and state_ not in DELIVERY.states:
        fault = FieldError("state", "choice", {"value": state_[:40]})
        raise BadParameter(name="state", errors=(fault,))
    with visit.begin() as tx:
        rows = delivery_store.deliveries(
            tx,
            endpoint_id=ids.read("whe", endpoint) if endpoint else None,
            event_id=ids.read("evt", event) if event else None,
            kind=type,
            state=state_,
            since=moment(since),
            until=moment(until),
            after=after_id("whd", after),
            limit=limit,
        )
    return page_of("whd", rows, limit, delivery_view)


@reads("/webhooks/deliveries/{ref:str}", "webhooks:read", WebhookDeliveryView, bound="book")
def show_webhook_delivery(request: Ask, ref: Ref) -> WebhookDeliveryView:
    """One delivery with its attempts. A number that is missing was cut off by a stop of ours."""
    with enter(request).begin() as tx:
        return delivery_view(*service.history(tx, ids.read("whd", ref)))


@writes(
    "/webhooks/deliveries/{ref:str}/resend",
    "webhooks:write",
    WebhookDeliveryView,
    bound="book",
    asks=ResendAsked,
    body_needed=False,
    idempotency="optional",
)
def resend_webhook(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Send a delivery that has ended once more, under the same `webhook-id`."""
    visit = enter(request)
    decoded(body or b"{}", ResendAsked)
    return visit.answer(body, lambda tx: delivery_view(service.resend(tx, ids.read("whd", ref))))


def _vault(request: Ask) -> Vault:
    return Vault(request.app.state.settings.home_path)


def _policy(request: Ask, visit: Visit) -> Policy:
    allow = request.app.state.settings.webhooks_allow_private
    return Policy(https_only=visit.world.kind == "live", allow_private=allow)


def endpoint_view(row: Endpoint, secret: str = "") -> WebhookEndpointView:
    """An endpoint, with its secret where that is told."""
    return WebhookEndpointView(
        service.show_endpoint(row.id),
        row.url,
        row.events,
        row.state == "enabled",
        row.created_at,
        row.description,
        row.why,
        row.failing_since,
        secret,
    )


def delivery_view(row: Delivery, tries: list[Attempt] | None = None) -> WebhookDeliveryView:
    """A delivery, with its attempts where they are asked for."""
    return WebhookDeliveryView(
        ids.show("whd", row.id),
        service.show_endpoint(row.endpoint_id),
        ids.show("evt", row.event_id),
        row.type,
        row.state,
        list(DELIVERY.allowed(row.state)),
        row.attempts,
        row.created_at,
        row.due_at if row.state == "due" else None,
        row.ended_at,
        row.status,
        row.error,
        None if tries is None else [_attempt(each) for each in tries],
    )


def _attempt(row: Attempt) -> AttemptView:
    return AttemptView(row.number, row.at, row.status, row.error, row.ms, row.body)


HANDLERS = [
    create_webhook_endpoint, list_webhook_endpoints, show_webhook_endpoint,
    update_webhook_endpoint, rotate_webhook_secret, delete_webhook_endpoint,
    test_webhook_endpoint, resend_failed_webhooks, list_webhook_deliveries,
    show_webhook_delivery, resend_webhook,
]  # fmt: skip
