"""What the pages of partners do beyond showing: the verbs of a claim on a cover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import parse_amount
from huoshui.facts import partners as names
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.pages.partners import NAMES
from huoshui.interfaces.console.visit import Ask, enter, form, redirect, same_origin
from huoshui.lines.lending.partners import CoverClaim, service

SCOPE = "loans:service"
_NOTE_MAX = 200
_VERBS: dict[str, Callable[[Tx, UUID, str], CoverClaim]] = {
    "submit": service.submit,
    "refuse": service.refuse,
    "contest": service.contest,
    "pay": service.pay,
    "give_back": service.give_back,
}


@post("/{world:str}/cover-claims/{key:str}/{verb:str}", sync_to_thread=True, status_code=200)
def move_cover_claim(
    request: Ask, world: FromPath[str], key: FromPath[str], verb: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Move a claim on. Raises OutOfScope, IllegalMove, ClaimAmount."""
    same_origin(request)
    visit = enter(request, world, "partners")
    id_ = ids.read("clm", key)
    if verb not in {"accept", *_VERBS}:
        raise NotFound(kind="page", id=verb[:40])
    told = form(body)
    note = told.get("note", [""])[0][:_NOTE_MAX]
    typed = told.get("amount", [""])[0].strip()

    def use_case(tx: Tx) -> CoverClaim:
        if verb != "accept":
            return _VERBS[verb](tx, id_, note)
        currency = service.find_claim(tx, id_).currency
        amount = parse_amount(typed, currency) if typed else None
        return service.accept(tx, id_, amount, note)

    acting(visit, SCOPE, use_case)
    return redirect(visit.frame.to(f"cover-claims/{key}"))


@post("/{world:str}/partners/name", sync_to_thread=True, status_code=200)
def name_partner(request: Ask, world: FromPath[str], body: RawBody) -> Response[bytes]:
    """Call a partner so from now on. Raises OutOfScope, BadPartnerName."""
    same_origin(request)
    visit = enter(request, world, "partners")
    told = form(body)
    party, en, zh = (str(told.get(name, [""])[0]).strip() for name in ("party", "en", "zh"))
    acting(visit, NAMES, lambda tx: names.name_partner(tx, party, en, zh))
    return redirect(visit.frame.to("partners"))


ROUTES: list[Any] = [name_partner, move_cover_claim]
