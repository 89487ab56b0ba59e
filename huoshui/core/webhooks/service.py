"""What may be done with webhooks: endpoints, their secrets, deliveries, and what came of attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.webhooks import delivery_store, guard, retry, signing, store
from huoshui.core.webhooks.delivery_store import Fate
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.model import (
    BY_HAND,
    DELETED,
    DELIVERY,
    DISABLED,
    ENABLED,
    ENDPOINT,
    ENDPOINTS_MAX,
    FAILING,
    GONE,
    TEST_EVENT,
    Attempt,
    Delivery,
    Endpoint,
    EndpointDisabled,
    Sent,
    TooManyEndpoints,
    UnknownDelivery,
    UnknownEndpoint,
    patterns,
)
from huoshui.core.webhooks.vault import Vault
from huoshui.core.work import Item, Run

OVERLAP_MAX = timedelta(days=30)
PRUNE_DUE = "webhooks.prune_due"
KEPT = timedelta(days=90)  # what has ended is kept so long after its event
_PRUNED_AT_ONCE = 20_000


class EndpointAsked(msgspec.Struct, frozen=True):
    """An endpoint to make."""

    url: str
    events: list[str]
    description: str = ""


class EndpointChange(msgspec.Struct, frozen=True):
    """What to change of an endpoint; None leaves it as it is."""

    url: str | None = None
    events: list[str] | None = None
    description: str | None = None
    enabled: bool | None = None


def show_endpoint(endpoint_id: UUID) -> str:
    """The public text of an endpoint's id."""
    return ids.show("whe", endpoint_id)


def create_endpoint(
    tx: Tx, asked: EndpointAsked, vault: Vault, policy: Policy
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is never to be had again.

    Raises BadWebhookUrl, ForbiddenAddress, BadEventPattern, TooManyEndpoints.
    """
    guard.place(asked.url, policy)
    events = patterns(asked.events)
    if store.count_endpoints(tx) >= ENDPOINTS_MAX:
        raise TooManyEndpoints(most=ENDPOINTS_MAX)
    made = Endpoint(
        tx.id("whe", ""), asked.url, asked.description, events, ENABLED, "", None, None, tx.now
    )
    store.add_endpoint(tx, made)
    secret = _add_secret(tx, made.id, vault, tx.now)
    tx.later(PRUNE_DUE, "daily", tx.now + timedelta(days=1))
    host = guard.host_of(made.url)  # what stands behind it in a URL may be a secret
    tx.emit("webhook.created", show_endpoint(made.id), host=host, events=events)
    return made, secret


def _add_secret(tx: Tx, endpoint_id: UUID, vault: Vault, former_until: datetime) -> str:
    secret = vault.fresh()
    sealed = vault.seal(tx.book, endpoint_id, secret)
    store.add_secret(tx, endpoint_id, sealed, former_until=former_until)
    return signing.shown(secret)


def endpoints(tx: Tx, *, after: UUID | None = None, limit: int = 50) -> list[Endpoint]:
    """The endpoints of the book, newest first."""
    return store.endpoints(tx, after=after, limit=limit)


def endpoint(tx: Tx, endpoint_id: UUID) -> Endpoint:
    """One endpoint. Raises UnknownEndpoint."""
    found = store.endpoint(tx, endpoint_id)
    return _standing(found, endpoint_id)


def _standing(found: Endpoint | None, endpoint_id: UUID) -> Endpoint:
    if found is None or found.state == DELETED or found.listens_until is not None:
        shown = show_endpoint(endpoint_id)
        raise UnknownEndpoint(kind="webhook endpoint", id=shown, endpoint=shown)
    return found


def _locked(tx: Tx, endpoint_id: UUID) -> Endpoint:
    return _standing(store.locked_endpoints(tx, [endpoint_id]).get(endpoint_id), endpoint_id)


def update_endpoint(tx: Tx, endpoint_id: UUID, change: EndpointChange, policy: Policy) -> Endpoint:
    """Change an endpoint; enabling it sends what is still due to it.

    Raises UnknownEndpoint, BadWebhookUrl, ForbiddenAddress, BadEventPattern.
    """
    before = _locked(tx, endpoint_id)
    if change.url is not None:
        guard.place(change.url, policy)
    after = msgspec.structs.replace(
        before,
        url=before.url if change.url is None else change.url,
        description=before.description if change.description is None else change.description,
        events=before.events if change.events is None else patterns(change.events),
    )
    after = _switched(after, change.enabled)
    if after != before:
        store.keep_endpoint(tx, after)
        changed = sorted(
            name
            for name in ("url", "description", "events", "state")
            if getattr(before, name) != getattr(after, name)
        )
        tx.emit("webhook.changed", show_endpoint(endpoint_id), changed=changed, state=after.state)
    return after


def _switched(endpoint: Endpoint, enabled: bool | None) -> Endpoint:
    if enabled is None or enabled == (endpoint.state == ENABLED):
        return endpoint
    state = ENDPOINT.after(endpoint.state, "enable" if enabled else "disable")
    why = "" if enabled else BY_HAND
    return msgspec.structs.replace(endpoint, state=state, why=why, failing_since=None)


def rotate_secret(tx: Tx, endpoint_id: UUID, vault: Vault, overlap: timedelta) -> str:
    """A new secret; the one before signs beside it for `overlap` more. Raises UnknownEndpoint."""
    _locked(tx, endpoint_id)
    until = tx.now + min(max(overlap, timedelta(0)), OVERLAP_MAX)
    secret = _add_secret(tx, endpoint_id, vault, until)
    tx.emit("webhook.rotated", show_endpoint(endpoint_id), former_until=until.isoformat())
    return secret


def delete_endpoint(tx: Tx, endpoint_id: UUID) -> None:
    """Remove an endpoint; what is due to it is given up, its history stays. Raises UnknownEndpoint."""
    before = _locked(tx, endpoint_id)
    state = ENDPOINT.after(before.state, "delete")
    after = msgspec.structs.replace(before, state=state, why="", failing_since=None)
    store.keep_endpoint(tx, after)
    store.drop_secrets(tx, endpoint_id)
    delivery_store.end_due(tx, endpoint_id)
    tx.emit("webhook.deleted", show_endpoint(endpoint_id), host=guard.host_of(before.url))


def test_endpoint(tx: Tx, endpoint_id: UUID) -> Delivery:
    """Send a test event to this endpoint, whatever it listens to.

    Raises UnknownEndpoint, EndpointDisabled.
    """
    _awake(endpoint(tx, endpoint_id))
    shown = show_endpoint(endpoint_id)
    tx.emit("test.triggered", shown, asked_by=tx.actor)
    tx.flush()  # the event must stand before it can be queued
    return delivery(tx, delivery_store.queue_newest(tx, endpoint_id, TEST_EVENT, shown))


def _awake(endpoint: Endpoint) -> Endpoint:
    if endpoint.state == DISABLED:
        raise EndpointDisabled(endpoint=show_endpoint(endpoint.id))
    return endpoint


def delivery(tx: Tx, delivery_id: UUID) -> Delivery:
    """One delivery. Raises UnknownDelivery."""
    found = delivery_store.delivery(tx, delivery_id)
    if found is None:
        shown = ids.show("whd", delivery_id)
        raise UnknownDelivery(kind="webhook delivery", id=shown, delivery=shown)
    return found


def history(tx: Tx, delivery_id: UUID) -> tuple[Delivery, list[Attempt]]:
    """One delivery and its attempts. Raises UnknownDelivery."""
    return delivery(tx, delivery_id), delivery_store.attempts(tx, delivery_id)


def resend(tx: Tx, delivery_id: UUID) -> Delivery:
    """Send a delivery that has ended once more, under the same webhook-id.

    Raises UnknownDelivery, IllegalMove while it is due, UnknownEndpoint, EndpointDisabled.
    """
    found = delivery(tx, delivery_id)
    _awake(endpoint(tx, found.endpoint_id))
    DELIVERY.after(found.state, "resend")
    delivery_store.revive(tx, [delivery_id])
    return delivery(tx, delivery_id)


def resend_failed(tx: Tx, endpoint_id: UUID, since: datetime) -> int:
    """Send again what was given up since then; how many. Raises UnknownEndpoint, EndpointDisabled."""
    _awake(endpoint(tx, endpoint_id))
    return delivery_store.revive_dead(tx, endpoint_id, since)


def prune(tx: Tx, items: list[Item]) -> None:
    """Due work: forget deliveries that ended long ago; a large past goes piece by piece."""
    gone = delivery_store.prune(tx, tx.now - KEPT, _PRUNED_AT_ONCE)
    wait = timedelta(minutes=1) if gone == _PRUNED_AT_ONCE else timedelta(days=1)
    for item in items:
        tx.later(item.kind, item.key, tx.now + wait)


def record(tx: Tx, sent: Sequence[Sent]) -> None:
    """Keep what came of attempts of one book and decide what follows."""
    delivery_store.keep_attempts(tx, sent)
    standing = delivery_store.tries_of(tx, [s.parcel.delivery_id for s in sent])
    fates, gone = [], []
    for each in sent:
        parcel, reply = each.parcel, each.reply
        made, before = standing.get(parcel.delivery_id, (0, 0))
        # A lease ran out and somebody else tries now: only good news of this attempt counts.
        if made != parcel.number and not (made and reply.good):
            continue
        verdict = retry.verdict(parcel.delivery_id, parcel.number - before, reply, tx.now)
        fates.append(
            Fate(parcel.delivery_id, parcel.number, verdict.state, verdict.due_at,
                 reply.status, reply.error)
        )  # fmt: skip
        if verdict.gone:
            gone.append(parcel.endpoint_id)
    if fates:
        delivery_store.keep_fates(tx, fates)
    _judge(tx, sent, gone)


def _judge(tx: Tx, sent: Sequence[Sent], gone: Sequence[UUID]) -> None:
    """What the answers say of the endpoints: well, failing, failing for too long, gone."""
    well = {s.parcel.endpoint_id for s in sent if s.reply.good}
    seen = store.failing(tx, sorted({s.parcel.endpoint_id for s in sent}))
    # Most often nothing changes, and no row is locked.
    news = [
        id_
        for id_, since in seen.items()
        if id_ in gone
        or (since is None) != (id_ in well)
        or (id_ not in well and retry.failed_for_long(since, tx.now))
    ]
    for id_, before in store.locked_endpoints(tx, news).items() if news else ():
        after = _judged(tx, before, well=id_ in well, gone=id_ in gone)
        if after != before:
            store.keep_endpoint(tx, after)


def _judged(tx: Tx, before: Endpoint, *, well: bool, gone: bool) -> Endpoint:
    if before.state != ENABLED or before.listens_until is not None:
        return before
    if well and not gone:
        return msgspec.structs.replace(before, failing_since=None)
    why = GONE if gone else FAILING if retry.failed_for_long(before.failing_since, tx.now) else ""
    if not why:
        since = before.failing_since or tx.now
        return msgspec.structs.replace(before, failing_since=since)
    tx.emit("webhook.disabled", show_endpoint(before.id), why=why, host=guard.host_of(before.url))
    state = ENDPOINT.after(before.state, "disable")
    return msgspec.structs.replace(before, state=state, why=why, failing_since=None)


def listen(tx: Tx, events: list[str], listens_s: int) -> Endpoint:
    """A listener at a terminal: an endpoint that lasts as long as it says that it is there."""
    store.drop_listener(tx)
    made = Endpoint(
        tx.id("whe", ""), "listen:", "", patterns(events), ENABLED, "", None, tx.now, tx.now
    )
    store.add_endpoint(tx, made, listens_s=listens_s)
    return made


WORK: dict[str, Run] = {PRUNE_DUE: prune}
