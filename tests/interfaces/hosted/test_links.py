"""Payment links: each visit begins a payment of its own, a form sent twice begins one."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from huoshui.interfaces.hosted import pace
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import answer, money
from tests.interfaces.hosted.shop import Buyer, words

BOOTS = {"seller": "slr_one", "title_en": "Rain boots", "title_zh": "雨靴"}


def made(tenant: Tenant, **asked: Any) -> dict[str, Any]:
    """A link of a seller for 60.00, as asked."""
    found: dict[str, Any] = tenant.done("/payment-links", BOOTS | {"amount": money(6_000)} | asked)
    return found


def path(link: dict[str, Any]) -> str:
    """The address of a link's page on this server."""
    return str(link["url"]).partition("huoshui.test")[2]


def test_every_visit_begins_a_payment_and_a_form_twice_begins_one(
    client: httpx.Client, tenant: Tenant
) -> None:
    link = made(tenant, return_url="https://shop.test/")
    page = client.get(path(link), params={"lang": "zh"})
    assert "雨靴" in words(page.text) and "¥60.00" in page.text
    wish = re.findall(r'name="wish" value="([^"]+)"', page.text)[0]
    sent = [
        client.post(path(link), data={"wish": w}, follow_redirects=False)
        for w in (wish, wish, "A" * 32)
    ]
    assert [r.status_code for r in sent] == [303] * 3
    first, again, other = (r.headers["location"] for r in sent)
    assert first == again != other
    buyer = Buyer(client, first.rpartition("/")[2])
    assert "Rain boots" in buyer.sees()
    buyer.pay(rail="card", token_card="tok_ok")
    payment = tenant.get("/payments", state="processing")["data"][0]["id"]
    answer(tenant, payment, "succeeded")
    answer(tenant, payment, "succeeded")
    found = buyer.get("/receipt/{secret}")
    assert found.status_code == 200, tenant.get(f"/payments/{payment}")["payment"]
    assert "Rain boots" in words(found.text)
    assert tenant.nets()["merchant:slr_one:settlement"] == 5_280
    assert len(tenant.get("/payments")["data"]) == 2


def test_an_open_amount_keeps_its_bounds_and_the_marketplace_has_links_too(
    client: httpx.Client, tenant: Tenant
) -> None:
    link = made(tenant, seller="", amount=None, least=money(100), most=money(50_000))
    for said in ("", "0.99", "500.01", "x", "1.001"):
        refused = client.post(path(link), data={"wish": "A" * 32, "amount": said})
        assert refused.status_code in (400, 422), said
    assert "from 1.00 to 500.00 CNY" in words(
        client.post(path(link), data={"wish": "A" * 32, "amount": "0.99"}).text
    )
    sent = client.post(
        path(link), data={"wish": "A" * 32, "amount": "12.34"}, follow_redirects=False
    )
    buyer = Buyer(client, sent.headers["location"].rpartition("/")[2])
    assert "12.34" in buyer.sees()
    [payment] = tenant.get("/payments")["data"]
    assert [p["account"] for p in payment["parts"]] == ["platform:commission"]


def test_an_ended_link_begins_nothing_and_a_wrong_one_is_not_there(
    client: httpx.Client, tenant: Tenant
) -> None:
    link = made(tenant)
    assert tenant.done(f"/payment-links/{link['id']}/end")["state"] == "ended"
    again = tenant.done(f"/payment-links/{link['id']}/end")
    assert again["ended_at"] == tenant.get(f"/payment-links/{link['id']}")["ended_at"]
    assert "This link was ended" in words(client.get(path(link)).text)
    assert client.post(path(link), data={"wish": "A" * 32}).status_code == 410
    assert tenant.get("/payments")["data"] == []
    for wrong in ("/link/x", path(link)[:-26] + "0" * 26, path(link).replace("/link/test", "/link/live"),
                  path(link).replace("/link/test", "/link/none")):  # fmt: skip
        assert client.get(wrong).status_code == 404, wrong
    fresh = made(tenant)
    strange = {"sec-fetch-site": "cross-site"}
    assert client.post(path(fresh), data={"wish": "A" * 32}, headers=strange).status_code == 403
    assert client.post(path(fresh), data={"wish": "short"}).status_code == 403


def test_too_many_payments_by_a_link_wait(
    client: httpx.Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LINKS", pace.Pace(3, 36_000))
    link = made(tenant)
    told = [
        client.post(path(link), data={"wish": f"{n:032d}"}, follow_redirects=False).status_code
        for n in range(5)
    ]
    assert told == [303, 303, 303, 429, 429]


def test_a_link_has_a_code(client: httpx.Client, tenant: Tenant) -> None:
    link = made(tenant)
    drawn = client.get(path(link) + "/qr.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert drawn.text.startswith("<svg")
    assert link["qr"] == link["url"] + "/qr.svg"


@pytest.mark.parametrize(
    "asked",
    [
        {"amount": None},
        {"amount": money(0)},
        {"least": money(1)},
        {"amount": None, "least": money(5)},
        {"amount": None, "least": money(5), "most": money(4)},
        {"amount": None, "least": money(5), "most": money(9, "EUR")},
        {"amount": money(5, "XXY")},
        {"title_zh": ""},
    ],
)
def test_what_is_no_link_is_refused(tenant: Tenant, asked: dict[str, Any]) -> None:
    before = tenant.counts()
    refused = tenant.post("/payment-links", BOOTS | {"amount": money(6_000)} | asked)
    assert refused.status_code in (400, 422), refused.text
    assert tenant.counts() == before


def test_links_are_listed_newest_first(tenant: Tenant) -> None:
    found = [made(tenant)["id"] for _ in range(3)]
    first = tenant.get("/payment-links", limit=2)
    assert [x["id"] for x in first["data"]] == found[:0:-1]
    rest = tenant.get("/payment-links", limit=2, after=first["next"])
    assert [x["id"] for x in rest["data"]] == found[:1] and rest["next"] is None
