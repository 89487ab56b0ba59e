"""What a merchant owes over the API: told to it and to the marketplace, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

from huoshui.core import access, ids
from tests.ground import placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import money
from tests.lines.lending.loan import ground
from tests.lines.lending.partners.test_partners import PARTNERS


def test_a_merchant_sees_its_own_alone(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant()
    tenant.tell(*placed(items=(("s1", 10_000, 0), ("s2", 10_000, 0))))
    one, two = (tenant.get("/sellers", key=key)["data"][0]["id"] for key in ("s1", "s2"))
    with tenant.database.begin(book=tenant.book) as tx:
        ground.product(tx, "joint", more=PARTNERS)
        made = access.open_organisation(
            tx, "seller", "S1", role="owner", object_id=ids.read("slr", one)
        )
        key = access.make_key(tx, tenant.world, "s1", organisation_id=made.id)[1]
    asked = {"product": "joint", "amount": 1_200_000, "instalments": 12, "party": one}
    ref = tenant.done("/loans", asked)["id"]
    tenant.done(f"/loans/{ref}/consent", lending.CONFIRMED)
    tenant.done(f"/loans/{ref}/draw", {"amount": money(1_200_000)})
    [due] = tenant.get("/sellers/s1/dues")["owed"]
    assert (due["why"], due["amount"], due["reference"]) == ("premium", money(3_600), ref)
    batch = tenant.done("/payout-batches", {"currency": "CNY"})
    assert batch["amount"] == money(1_194_000 - 3_600)
    own = tenant.ask("GET", f"/sellers/{one}/dues", key=key)
    assert own.status_code == 200, own.text
    assert own.json()["owed"] == []
    assert [each["amount"] for each in own.json()["taken"]] == [money(3_600)]
    other = tenant.ask("GET", f"/sellers/{two}/dues", key=key)
    assert (other.status_code, other.json()["code"]) == (404, "unknown_seller")
