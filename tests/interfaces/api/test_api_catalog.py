"""Products over the API: checked, published once, quoted, offered, compared, taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from huoshui.scenarios.products import golden
from tests.interfaces.api.conftest import Tenant

FILES = dict(golden())
PAID = FILES["pay-in-instalments"]


@pytest.fixture
def tenant(open_tenant: Any) -> Tenant:
    """A marketplace of its own."""
    found: Tenant = open_tenant()
    return found


def test_a_product_goes_from_its_file_to_an_offer_and_back(tenant: Tenant) -> None:
    made = tenant.done("/catalog", {"file": PAID})
    assert (made["product"], made["number"], made["offered"]) == ("pay-in-instalments", 1, None)
    assert tenant.done("/catalog", {"file": f"# a comment\n{PAID}"})["number"] == 1, (
        "it says the same"
    )
    dearer = PAID.replace('"0.09 if', '"0.10 if')
    assert tenant.done("/catalog", {"file": dearer, "offer": True})["offered"] == 2
    changes = tenant.get("/catalog/pay-in-instalments/changes", before=1, after=2)["changes"]
    assert [each["pointer"] for each in changes] == ["/price/rate_annual"]
    [row] = tenant.get("/catalog")["data"]
    assert (row["latest"], row["offered"]) == (2, 2)
    assert tenant.done("/catalog/pay-in-instalments/offer", {"number": 1})["offered"] == 1
    assert tenant.done("/catalog/pay-in-instalments/withdraw", {})["offered"] is None
    again = tenant.post("/catalog/pay-in-instalments/withdraw", {})
    assert (again.status_code, again.json()["code"]) == (409, "product_not_offered")
    kinds = [e["type"] for e in tenant.get("/events", object="pay-in-instalments")["data"]]
    assert kinds.count("product.published") == 2 and "product.withdrawn" in kinds


def test_a_quote_is_the_whole_loan(tenant: Tenant) -> None:
    tenant.done("/catalog", {"file": PAID})
    asked = {"amount": 600_000, "instalments": 12, "on": "2026-01-15"}
    found = tenant.get("/catalog/pay-in-instalments/quote", **asked)
    rows = found["instalments"]
    assert (len(rows), rows[0]["due"], rows[-1]["balance"]["amount"]) == (12, "2026-02-15", 0)
    assert sum(row["principal"]["amount"] for row in rows) == 600_000
    assert sum(row["total"]["amount"] for row in rows) == found["total"]["amount"]
    assert Decimal(found["irr_simple"]) == pytest.approx(Decimal("0.12"), abs=Decimal("0.0001"))
    assert found["refused_by"] == []
    small = tenant.get("/catalog/pay-in-instalments/quote", amount=50_000, instalments=12)
    assert small["refused_by"] == ["large_enough_for_a_year"]


def test_what_is_wrong_is_named(tenant: Tenant) -> None:
    tenant.done("/catalog", {"file": PAID})
    bad = tenant.post("/catalog", {"file": PAID.replace("max = 2_000_000", "max = 1")})
    assert bad.status_code == 422 and "/amount/max" in bad.text
    path = "/catalog/pay-in-instalments/quote"
    for params, code, status in (
        ({"amount": 1, "instalments": 3}, "loan_outside_product", 422),
        ({"amount": 60_000, "instalments": 3, "on": "soon"}, "bad_parameter", 400),
        ({"amount": 60_000, "instalments": 3, "number": 9}, "unknown_catalog_product", 404),
    ):
        answer = tenant.ask("GET", path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert tenant.ask("GET", "/catalog/nosuch").status_code == 404


def test_a_rehearsal_publishes_nothing(tenant: Tenant) -> None:
    answer = tenant.ask("POST", "/catalog", {"file": PAID}, params={"dry_run": "true"})
    assert answer.status_code == 200
    assert tenant.get("/catalog")["data"] == []
