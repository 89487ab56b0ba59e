"""What the webhook pages do beyond showing: enable, test, send again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.errors import Malformed
from huoshui.core.webhooks import service
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.service import EndpointChange
from huoshui.interfaces.console.visit import Ask, Visit, enter, form, redirect, same_origin


@post("/{world:str}/webhooks/{key:str}/enable", sync_to_thread=True, status_code=200)
def enable(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Enable a disabled endpoint. Raises OutOfScope, UnknownEndpoint."""
    visit = _enter(request, world)
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        change = EndpointChange(enabled=True)
        service.update_endpoint(tx, ids.read("whe", key), change, Policy())
    return redirect(visit.frame.to(f"webhooks/{key}"))


@post("/{world:str}/webhooks/{key:str}/test", sync_to_thread=True, status_code=200)
def test(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Send a test event and show its delivery. Raises OutOfScope, UnknownEndpoint, EndpointDisabled."""
    visit = _enter(request, world)
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        queued = service.test_endpoint(tx, ids.read("whe", key))
    return redirect(visit.frame.to(f"webhook-deliveries/{ids.show('whd', queued.id)}"))


@post("/{world:str}/webhooks/{key:str}/resend", sync_to_thread=True, status_code=200)
def resend_failed(
    request: Ask, world: FromPath[str], key: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Send again what was given up since the time that the form names."""
    visit = _enter(request, world)
    since = _time(form(body).get("since", [""])[0])
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        service.resend_failed(tx, ids.read("whe", key), since)
    return redirect(visit.frame.to(f"webhook-deliveries?endpoint={key}&state=due"))


@post("/{world:str}/webhook-deliveries/{key:str}/resend", sync_to_thread=True, status_code=200)
def resend(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Send one delivery again. Raises OutOfScope, UnknownDelivery, IllegalMove."""
    visit = _enter(request, world)
    with visit.database.begin(book=visit.session.book, actor=_actor(visit)) as tx:
        service.resend(tx, ids.read("whd", key))
    return redirect(visit.frame.to(f"webhook-deliveries/{key}"))


def _enter(request: Ask, world: str) -> Visit:
    same_origin(request)
    visit = enter(request, world, "webhooks")
    if not visit.frame.may_send:
        raise OutOfScope(scope="webhooks:write")
    return visit


def _actor(visit: Visit) -> str:
    return visit.session.actor


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(what="since", reason=text[:40]) from error
    if at.tzinfo is None:
        raise Malformed(what="since", reason=text[:40])
    return at


ROUTES: list[Any] = [enable, test, resend_failed, resend]
