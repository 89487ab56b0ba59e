"""Partners over the API: a loss is claimed, accepted in part, paid; who gained what adds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.ground import placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import money
from tests.lines.lending.loan import ground
from tests.lines.lending.partners.test_partners import PARTNERS

JOINT = {"product": "joint", "amount": 1_200_000, "instalments": 12}


def test_a_loss_is_claimed_and_everybodys_gain_adds_up(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant()
    tenant.tell(*placed())
    party = tenant.get("/sellers")["data"][0]["id"]
    with tenant.database.begin(book=tenant.book) as tx:
        ground.product(tx, "joint", more=PARTNERS)
    ref = tenant.done("/loans", JOINT | {"party": party})["id"]
    tenant.done(f"/loans/{ref}/consent", lending.CONFIRMED)
    tenant.done(f"/loans/{ref}/draw", {"amount": money(1_200_000)})
    assert tenant.get("/cover-claims")["data"] == []
    tenant.done(f"/loans/{ref}/change", {"change": {"kind": "charge_off"}})
    claims = {each["party"]: each for each in tenant.get("/cover-claims", loan=ref)["data"]}
    assert claims["insurer"]["due_by_component"]["principal"] == 960_000
    assert claims["fund"]["due"] == money(120_000)
    assert claims["fund"]["allowed"] == ["submit"]
    fund = f"/cover-claims/{claims['fund']['id']}"
    refused = tenant.post(f"{fund}/pay", {})
    assert refused.status_code == 409
    tenant.done(f"{fund}/submit", {"note": "file 7"})
    too_much = tenant.post(f"{fund}/accept", {"amount": 120_001})
    assert too_much.json()["code"] == "cover_claim_amount"
    assert tenant.done(f"{fund}/accept", {"amount": 100_000})["state"] == "part_accepted"
    assert tenant.done(f"{fund}/pay", {})["outstanding"] == money(0)
    entries = tenant.get(fund)["entries"]
    assert [each["verb"] for each in entries] == ["draft", "submit", "accept_part", "pay"]
    assert entries[1]["note"] == "file 7"
    named = {"party": "bank", "en": "First Bank", "zh": "第一银行"}
    assert tenant.done("/partner-names", named) == tenant.done("/partner-names", named)
    assert tenant.get("/partner-names")["data"][0]["zh"] == "第一银行"
    for wrong in ({"party": "A b"}, {"en": " x"}, {"zh": "a\nb"}):
        assert tenant.post("/partner-names", named | wrong).json()["code"] == "bad_partner_name"
    found: list[dict[str, Any]] = tenant.get("/partners")["data"]
    gains = {f"{each['role']}:{each['party']}": each["gain"]["amount"] for each in found}
    assert sum(gains.values()) == 0
    assert gains["government:fund"] == -100_000
    assert gains["insurer:insurer"] == 12_000
    bank = next(each for each in found if each["party"] == "bank")
    assert bank["position"] == money(0) and bank["items"]["covered"] == money(70_000)
