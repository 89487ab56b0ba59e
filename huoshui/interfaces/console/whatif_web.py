"""What the what-if page does beyond showing: run in full, switch on, switch off, hand out its figures."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    enter,
    form,
    redirect,
    same_origin,
    worlds_of,
)
from huoshui.scenarios import switching, whatif
from huoshui.scenarios.replay import store as replays
from huoshui.scenarios.whatif import full, switch
from huoshui.scenarios.whatif.assumptions import checked
from huoshui.scenarios.whatif.full.run import full_name
from huoshui.scenarios.whatif.service import NotPrepared

SCOPE = "products:write"
_BEGINS_S = 20  # how long the world of a full run may take to be there
_LOOKS_S = 0.3


class FullRunFailed(Problem):
    """The full run ended before it began; the problem repeats what it said."""

    code = "whatif_full_failed"
    status = 409


@post("/{world:str}/whatif/-/full", sync_to_thread=True, status_code=200)
def run_in_full(request: Ask, world: FromPath[str]) -> Response[bytes]:
    """Run in full what was estimated here, in a world of its own, by a process of its own.

    Raises OutOfScope, NotPrepared, FullRunFailed.
    """
    same_origin(request)
    visit = enter(request, world, "whatif")
    visit.need(SCOPE)
    with visit.begin() as tx:
        if whatif.setup(tx) is None or replays.replay(tx) is None:
            raise NotPrepared(product=world)
    begin(request.app.state.settings, worlds_of(request), world)
    return redirect(f"/console/{full_name(world)}/whatif-full")


def begin(settings: Settings, worlds: Worlds, world: str) -> None:
    """Begin a full run, and wait until its world is there. Raises FullRunFailed."""
    name, before = full_name(world), _made(worlds, full_name(world))
    command = [sys.executable, "-m", "huoshui", "whatif", world, "--run-full", "--json"]
    own = {"HUOSHUI_HOME": settings.home, "HUOSHUI_DATABASE_URL": settings.database_url}
    with tempfile.TemporaryFile() as said:
        going = subprocess.Popen(
            command, env={**os.environ, **{k: v for k, v in own.items() if v}},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=going.wait, daemon=True).start()  # it ends by itself, later
        until = time.monotonic() + _BEGINS_S
        while time.monotonic() < until:
            made = _made(worlds, name)
            if made is not None and made != before:
                return
            if going.poll() is not None:
                said.seek(0)
                reason = said.read().decode(errors="replace")[-300:].strip()
                raise FullRunFailed(reason=reason or "-")
            time.sleep(_LOOKS_S)
    raise FullRunFailed(reason="no world")


def _made(worlds: Worlds, name: str) -> object:
    """When the world of a full run was made, once its replay stands; None before."""
    row = next((each for each in worlds.all() if each.name == name), None)
    if row is None:
        return None
    try:
        with worlds.database(name).begin() as tx:
            found = replays.replay(tx)
    except Problem:
        return None
    return found.started_at if found else None


@post("/{world:str}/whatif/-/switch", sync_to_thread=True, status_code=200)
def switch_on(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Let what was tried here be live in the sandbox, with the settings that it was tried with.

    Raises OutOfScope, NotPrepared, NoProductFile.
    """
    same_origin(request)
    visit = enter(request, world, "whatif")
    products = [str(each)[:60] for each in form(body).get("product", [])]
    with visit.begin() as tx:
        setup = whatif.setup(tx)
    if setup is None or not products:
        raise NotPrepared(product=", ".join(products) or world)
    there = enter(request, SANDBOX, "products")
    acting(there, SCOPE, lambda tx: switch.switch_on(tx, setup, products))
    return redirect(there.frame.to("switched"))


@post("/{world:str}/switched/{key:str}/off", sync_to_thread=True, status_code=200)
def switch_off(request: Ask, world: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Offer a product to new orders no more. Raises OutOfScope, NotSwitchedOn."""
    same_origin(request)
    visit = enter(request, world, "products")
    acting(visit, SCOPE, lambda tx: switching.switch_off(tx, key))
    return redirect(visit.frame.to("switched"))


@get("/{world:str}/whatif/-/export/{kind:str}", sync_to_thread=True)
def exported(request: Ask, world: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
    """All figures, of the estimate in its cases and of the postings where it was run in full."""
    visit = enter(request, world, "whatif")
    with visit.begin() as tx:
        rows = _rows(tx)
    name = f"{world}-whatif.{'json' if kind == 'json' else 'csv'}"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    if kind == "json":
        return Response(msgspec.json.encode(rows), media_type="application/json", headers=headers)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["basis"])
    writer.writeheader()
    writer.writerows(rows)
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


_FIELDS = (
    "case", "product", "taken", "lent", "fee", "interest", "funding", "loss", "cost", "net",
    "capital_peak", "capital_mean", "waited_h", "waits_h",
)  # fmt: skip


def _rows(tx: Tx) -> list[dict[str, Any]]:
    setup, run = whatif.setup(tx), full.setup(tx)
    found: list[dict[str, Any]] = []
    if setup is not None:
        estimate = whatif.estimate(tx, checked(setup.assumptions))
        found += [_line("assumed", estimate.currency, each) for each in estimate.results]
        if run is not None:
            posted = full.compare(tx)
            found += [
                _line("posted", posted.currency, each) | {"case": posted.case}
                for each in posted.full
            ]
    return found


def _line(basis: str, currency: str, of: Any) -> dict[str, Any]:
    return {"basis": basis, "currency": currency} | {
        name: getattr(of, name, "") for name in _FIELDS
    }


ROUTES: list[Any] = [run_in_full, switch_on, switch_off, exported]
