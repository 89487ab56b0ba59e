"""The HTTP API under `/v1`: thin handlers over the use cases, problem+json, cursor lists."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import HTTPException

from huoshui import __version__
from huoshui.core.errors import Problem
from huoshui.core.worlds import LIVE
from huoshui.interfaces.api import (
    activities,
    allocations,
    batches,
    books,
    borrower_marks,
    calculators,
    catalog,
    closing,
    decisions,
    devices,
    disputes,
    facilities,
    factoring,
    features,
    history,
    loan_disbursements,
    loan_papers,
    loan_portfolio,
    loan_requests,
    loans,
    loss_proposals,
    mandates,
    merchant_dues,
    milestones,
    model_trainings,
    offline,
    openapi,
    orders,
    parties,
    partners,
    party_pages,
    pay_later,
    payment_links,
    payments,
    people,
    postings,
    problems,
    rails,
    reconciliation,
    rule_sets,
    seller_loans,
    settlement,
    soundness,
    suspects,
    webhooks,
    whatif,
    world,
)
from huoshui.interfaces.api.answering import on_every_answer
from huoshui.interfaces.api.application import Application
from huoshui.interfaces.api.door import Ask, Door
from huoshui.interfaces.api.problems import BODY_MAX

HANDLERS = [
    *orders.HANDLERS, *payments.HANDLERS, *payment_links.HANDLERS, *books.HANDLERS, *postings.HANDLERS, *batches.HANDLERS,
    *history.HANDLERS, *closing.HANDLERS, *soundness.HANDLERS, *allocations.HANDLERS,
    *settlement.HANDLERS, *reconciliation.HANDLERS, *world.HANDLERS, *rails.HANDLERS, *parties.HANDLERS, *people.HANDLERS,
    *devices.HANDLERS, *mandates.HANDLERS, *offline.HANDLERS,
    *webhooks.HANDLERS,
    *disputes.HANDLERS, *facilities.HANDLERS, *whatif.HANDLERS, *catalog.HANDLERS,
    *factoring.HANDLERS,
    *loans.HANDLERS, *loan_disbursements.HANDLERS, *merchant_dues.HANDLERS, *loan_portfolio.HANDLERS,
    *pay_later.HANDLERS, *seller_loans.HANDLERS,
    *partners.HANDLERS,
    *milestones.HANDLERS, *model_trainings.HANDLERS,
    *activities.HANDLERS,
    *features.HANDLERS,
    *loan_papers.HANDLERS, *loan_requests.HANDLERS, *party_pages.HANDLERS,
    *borrower_marks.HANDLERS, *loss_proposals.HANDLERS,
    *calculators.HANDLERS,
    *decisions.HANDLERS, *rule_sets.HANDLERS, *suspects.HANDLERS,
]  # fmt: skip
EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    Problem: problems.on_problem,
    HTTPException: problems.on_http,
    Exception: problems.on_bug,
}


def routes() -> Router:
    """Every handler of the API."""
    return Router("/v1", route_handlers=[contract, rails.receive_notices, *HANDLERS])


@get(["/openapi", "/openapi/openapi.json"], sync_to_thread=False)
def contract() -> Response[bytes]:
    """The OpenAPI document; it needs no key."""
    return Response(_document(), media_type="application/json")


@get("/health", sync_to_thread=True)
def health(request: Ask) -> dict[str, str]:
    """Whether the database answers."""
    door: Door = request.app.state.door
    with door.worlds.database(LIVE).begin():
        pass
    return {"status": "ok", "version": __version__}


@post("/v1/ping", sync_to_thread=False, status_code=200)
def ping() -> dict[str, str]:
    """Nothing but an answer: what the way here and back takes."""
    return {}


@cache
def _document() -> bytes:
    return msgspec.json.encode(openapi.document(HANDLERS))


__all__ = [
    "BODY_MAX",
    "EXCEPTION_HANDLERS",
    "HANDLERS",
    "Application",
    "Door",
    "health",
    "on_every_answer",
    "ping",
    "routes",
]  # fmt: skip
