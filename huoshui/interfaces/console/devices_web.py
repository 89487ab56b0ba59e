"""What the pages of devices and mandates do beyond showing: stop, let go on, revoke, evidence."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from huoshui.core.errors import NotFound
from huoshui.interfaces.console.visit import HEADERS, Ask, enter, redirect, same_origin
from huoshui.lines.payments.devices import service as devices
from huoshui.lines.payments.mandates import service as mandates
from huoshui.lines.payments.vouchers import service as vouchers


@post("/{world:str}/devices/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_device(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str]
) -> Response[bytes]:
    """Freeze or thaw a device. Raises OutOfScope, IllegalMove."""
    same_origin(request)
    visit = enter(request, world, "devices")
    visit.need("devices:write")
    if verb not in ("freeze", "thaw") or not visit.frame.writes("devices:write"):
        raise NotFound(kind="page", id=request.url.path[-80:])
    with visit.begin() as tx:
        device = devices.find(tx, key)
        if verb == "freeze":
            devices.freeze(tx, device.id, "suspected")
        else:
            devices.thaw(tx, device.id)
    return redirect(visit.frame.to(f"devices/{key}"))


@post("/{world:str}/mandates/{key:str}/revoke", sync_to_thread=True, status_code=200)
def revoke_mandate(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Take a payer's consent back from now on. Raises OutOfScope, IllegalMove."""
    same_origin(request)
    visit = enter(request, world, "mandates")
    visit.need("mandates:write")
    if not visit.frame.writes("mandates:write"):
        raise NotFound(kind="page", id=request.url.path[-80:])
    with visit.begin() as tx:
        mandates.revoke(tx, mandates.find(tx, key).id)
    return redirect(visit.frame.to(f"mandates/{key}"))


@get("/{world:str}/double-spends/{key:str}/evidence.json", sync_to_thread=True)
def evidence(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The evidence file of a double spend."""
    visit = enter(request, world, "offline")
    visit.need("devices:read")
    with visit.begin() as tx:
        case = vouchers.find_case(tx, key)
        body = vouchers.evidence(tx, case).encode()
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{case.shown}.json"'}
    return Response(body, media_type="application/json", headers=headers)


ROUTES: list[Any] = [move_device, revoke_mandate, evidence]
