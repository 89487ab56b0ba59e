"""What the pages of factoring do beyond showing: the verbs of an assignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.visit import Ask, enter, form, redirect, same_origin
from huoshui.lines.lending.factoring import service
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.scenarios import factoring_flow

SCOPE = "factoring:write"
_NOTE_MAX = 200
_VERBS: dict[str, Callable[[Tx, UUID, str], Assignment]] = {
    "assign": lambda tx, id_, note: service.assign(tx, id_),
    "decline": service.decline,
    "advance": lambda tx, id_, note: factoring_flow.advance(tx, id_),
    "release": factoring_flow.release,
    "confirm": factoring_flow.confirm,
    "dispute": service.dispute,
    "resume": service.resume,
    "recourse": service.recourse,
    "write_off": service.write_off,
}


@post("/{world:str}/factoring/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_assignment(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Move an assignment on. Raises OutOfScope, IllegalMove, NoRecourse, NotOverdue, DebtorLimit."""
    same_origin(request)
    visit = enter(request, world, "factoring")
    id_ = ids.read("asg", key)
    if verb not in _VERBS:
        raise NotFound(kind="page", id=verb[:40])
    note = form(body).get("note", [""])[0][:_NOTE_MAX]
    acting(visit, SCOPE, lambda tx: _VERBS[verb](tx, id_, note))
    return redirect(visit.frame.to(f"factoring/{key}"))


ROUTES: list[Any] = [move_assignment]
