"""What every answer carries, and its line in the log of requests."""

from __future__ import annotations

import time
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from huoshui.core.access import Actor
from huoshui.core.access.requests import RequestLog
from huoshui.interfaces.api import problems
from huoshui.interfaces.api.door import BEGUN, CALLER

_SNIFF = ("X-Content-Type-Options", "nosniff")
_STORE = ("Cache-Control", "no-store")  # of the API: answers are about money, and about now


async def on_every_answer(message: Message, scope: Scope) -> None:
    """Headers that every answer carries, problems and the framework's own included."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in said(scope, int(message["status"])):
        headers.setdefault(name, value)


def said(scope: Scope, status: int) -> list[tuple[str, str]]:
    """The headers that an answer of this request carries beside its own; it is noted as answered."""
    request_id = problems.id_of(scope)
    _note(scope, status, request_id)
    headers = [("X-Request-Id", request_id), _SNIFF]
    if scope["path"].startswith("/v1"):
        headers.append(_STORE)
    return headers


def _note(scope: Scope, status: int, request_id: str) -> None:
    """Put a call by a key into the log of requests: its path alone, never a query or a body."""
    state: dict[str, Any] = scope["state"]
    caller: Actor | None = state.get(CALLER)
    log: RequestLog | None = getattr(scope["litestar_app"].state, "requests", None)
    if caller is None or log is None:
        return
    log.note(
        caller.world,
        caller.book,
        key_id=caller.key_id,
        caller=caller.name,
        method=str(scope.get("method", "")),
        path=scope["path"],
        status=status,
        took_us=(time.perf_counter_ns() - state[BEGUN]) // 1000,
        request_id=request_id,
    )
