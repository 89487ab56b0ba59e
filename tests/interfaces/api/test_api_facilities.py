"""Facilities over HTTP: from the first limit to a freeze that is appealed against, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ground import placed
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import money


def ahead(tenant: Tenant, **span: int) -> datetime:
    """A moment ahead of the sandbox's clock, which others may have moved."""
    return datetime.fromisoformat(tenant.get("/world")["now"]) + timedelta(**span)


@pytest.fixture
def tenant(open_tenant: Callable[..., Tenant]) -> Tenant:
    made = open_tenant()
    made.tell(*placed())
    return made


def opened(tenant: Tenant, **more: Any) -> dict[str, Any]:
    party = tenant.get("/sellers")["data"][0]["id"]
    asked = {"level": "borrower", "limit": money(100_000), "name": "Ming", "party": party} | more
    return dict(tenant.done("/facilities", asked))


def test_a_facility_from_its_first_limit_to_its_end(tenant: Tenant) -> None:
    above = opened(tenant, level="group", party="", limit=money(80_000))
    facility = opened(tenant, parent=above["id"])["id"]
    told = tenant.get(f"/facilities/{facility}")
    assert told["drawable"] == money(80_000)
    assert told["limits"][0]["causes"] == ["opened"]
    wish = {"amount": money(80_001), "until": ahead(tenant, hours=1).isoformat()}
    refused = tenant.ask("POST", f"/facilities/{facility}/reservations", wish, headers={"Idempotency-Key": "a"})  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (409, "facility_short")
    assert refused.json()["facts"]["narrowest"] == above["id"]
    wish["amount"] = money(50_000)
    tried = tenant.ask("POST", f"/facilities/{facility}/reservations?dry_run=true", wish).json()
    assert tried["available"] == money(30_000)
    assert tenant.get(f"/facilities/{facility}")["drawable"] == money(80_000), "only rehearsed"
    kept = tenant.done(f"/facilities/{facility}/reservations", wish)["reservation"]
    drawn = tenant.done(f"/facility-reservations/{kept}/draw", {"amount": money(40_000)})
    assert [each["drawn"]["amount"] for each in drawn["way"]] == [40_000, 40_000]
    assert tenant.get("/facility-reservations", facility=facility)["data"][0]["state"] == "drawn"
    other = tenant.done(f"/facilities/{facility}/reservations", wish | {"amount": money(1)})
    freed = tenant.done(f"/facility-reservations/{other['reservation']}/release")
    assert freed["available"] == money(40_000)
    down = tenant.done(f"/facilities/{facility}/changes", {"kind": "base", "amount": money(30_000), "cause": "review"})  # fmt: skip
    assert down["facility"]["over"] == money(10_000)
    plan = tenant.get(f"/facilities/{facility}", parts=4)["plan"]
    assert [part["amount"]["amount"] for part in plan] == [2_500] * 4
    tenant.done(f"/facilities/{facility}/restore", {"amount": money(40_000), "reference": "r1"})
    assert tenant.done(f"/facilities/{facility}/close")["state"] == "closed"
    kinds = [event["type"] for event in tenant.get("/events", object=facility)["data"]]
    assert set(kinds) >= {
        "facility.opened", "facility.changed", "facility.reserved", "facility.drawn",
        "facility.released", "facility.over", "facility.restored", "facility.closed",
    }  # fmt: skip


def test_an_uplift_a_freeze_and_an_appeal(tenant: Tenant) -> None:
    facility = opened(tenant)["id"]
    lift = {
        "kind": "uplift",
        "share": "0.5",
        "cause": "season",
        "until": ahead(tenant, days=30).date().isoformat(),
    }
    made = tenant.done(f"/facilities/{facility}/changes", lift)
    assert made["facility"]["limit"] == money(150_000)
    assert made["change"]["share"] == "0.5"
    ended = tenant.done(f"/facility-changes/{made['change']['id']}/end", {"cause": "season over"})
    assert ended["facility"]["limit"] == money(100_000)
    frozen = tenant.done(
        f"/facilities/{facility}/freeze",
        {"cause": "warm truck", "until": ahead(tenant, days=30).date().isoformat()},
    )
    assert frozen["facility"]["available"] == money(0)
    freeze = frozen["change"]["id"]
    appeal = tenant.done(f"/facility-changes/{freeze}/appeal", {"words": "It was repaired."})
    assert tenant.get("/facility-appeals", state="open")["data"][0]["id"] == appeal["id"]
    answered = {"outcome": "grant", "answer": "Readings are good."}
    decided = tenant.done(f"/facility-appeals/{appeal['id']}/decide", answered)
    assert decided["state"] == "granted"
    assert tenant.get(f"/facilities/{facility}")["drawable"] == money(100_000)
    first, second = (
        tenant.get(f"/facilities/{facility}/changes", limit=3, **more)
        for more in ({}, {"after": 3})
    )
    assert [each["kind"] for each in first["data"]] == ["end", "freeze", "end"]
    assert [each["kind"] for each in second["data"]] == ["uplift", "base"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "uplift", "share": "0.5", "cause": "x"}, "bad_facility_change"),
        ({"kind": "base", "amount": {"amount": 1, "currency": "EUR"}, "cause": "x"}, "currency_mix"),
        ({"kind": "base", "cause": " "}, "bad_body"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tenant: Tenant, body: dict[str, Any], code: str) -> None:
    facility = opened(tenant)["id"]
    answer = tenant.ask("POST", f"/facilities/{facility}/changes", body)
    assert answer.json()["code"] == code
