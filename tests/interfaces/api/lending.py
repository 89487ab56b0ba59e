"""A product on offer and a loan of it, for tests over the API."""

from __future__ import annotations

from typing import Any

from tests.interfaces.api.conftest import Tenant
from tests.lines.lending.loan import ground

ASKED = {"product": "term", "amount": 1_200_000, "instalments": 12}
PROPOSED = {
    "rules": {"scenarios": [{"name": "a", "weight": "1", "lgd": "0.5", "pd_annual": ["0.1"]}]},
    "cause": "of a test",
}
CONFIRMED = {"confirmation": {"by": "in_person", "reference": "desk 4"}}


def offered(tenant: Tenant, **more: Any) -> None:
    """Publish the product and offer it."""
    with tenant.database.begin(book=tenant.book) as tx:
        ground.product(tx, **more)


def applied(tenant: Tenant, party: str) -> str:
    """A loan that was applied for and offered to a party; its id."""
    found: str = tenant.done("/loans", ASKED | {"party": party})["id"]
    return found


def running(tenant: Tenant, party: str) -> str:
    """A loan that was drawn in full; its id."""
    ref = applied(tenant, party)
    tenant.done(f"/loans/{ref}/consent", CONFIRMED)
    tenant.done(f"/loans/{ref}/draw", {"amount": {"amount": 1_200_000, "currency": "CNY"}})
    return ref


def asked_for(tenant: Tenant, party: str) -> dict[str, str]:
    """A request for relief, a page and a mark of a party, and a proposal, by the addresses under which they stand."""
    request = {"kind": "spread", "words": "The shop was flooded."}
    asked = tenant.done(f"/loans/{running(tenant, party)}/request", request)
    page = tenant.done("/party-pages", {"party": party})["page"]
    mark = tenant.done("/watch-list", {"party": party, "reason": "Its buyer failed."})
    proposal = tenant.done("/loan-loss-proposals", PROPOSED)
    return {
        "/loan-loss-proposals": proposal["id"],
        "/loan-requests": asked["id"],
        "/party-pages": page["id"],
        "/watch-list": mark["id"],
    }
