"""The public calculator: what a loan on offer costs, told to anybody; as a page, a plot, a table, an API."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext

from huoshui.interfaces.hosted.plot import bars
from huoshui.scenarios import products
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import money
from tests.interfaces.hosted.conftest import CHROMIUM
from tests.interfaces.hosted.shop import words
from tests.interfaces.hosted.test_hosted_look import SHOTS, at_once, look


@pytest.fixture
def address(tenant: Tenant) -> str:
    lending.offered(tenant)
    return f"/calculator/test.{tenant.book}"


def test_anybody_learns_what_a_loan_on_offer_costs_and_nothing_else(
    client: httpx.Client, tenant: Tenant, address: str
) -> None:
    before = tenant.counts()
    asked = {"product": "term", "amount": "12,000", "instalments": "12", "lang": "en"}
    page = client.get(address, params=asked)
    seen = words(page.text)
    told = tenant.done("/loan-offers", lending.ASKED)["disclosure"]
    for rate in told["rates"].values():
        assert f"{rate}%" in seen
    assert page.text.count("<rect") == 24
    assert "none" not in page.headers["content-security-policy"].split("img-src")[1].split(";")[0]
    table = client.get(f"{address}/schedule.csv", params=asked | {"amount": "1200000"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["due"] for row in rows] == [row["due"] for row in told["instalments"]]
    assert sum(int(row["principal"].replace(".", "")) for row in rows) == 1_200_000
    assert "from CN¥100.00 to" in words(client.get(address, params={"lang": "en"}).text)
    over = client.get(address, params=asked | {"amount": "1"})
    assert 'role="alert"' in over.text
    for wrong in ("/calculator/test.999999", "/calculator/live.x", "/calculator/x.1"):
        assert client.get(wrong).status_code == 404
    assert client.get(f"{address}/schedule.csv", params={"product": "none"}).status_code == 404
    assert tenant.counts() == before


def test_rates_and_schedules_over_the_api_are_those_of_the_law(tenant: Tenant) -> None:
    rates = {"received": money(600_000), "payments": [104_500] * 6}
    told = tenant.done("/calculators/rates", rates)
    assert (told["cn_irr_pct"], told["cn_simple_pct"]) == ("16.38", "15.27")
    assert (told["eu_aprc_pct"], told["us_apr_pct"]) == ("16.38", "15.27")
    asked = {"amount": money(1_200_000), "rate_annual": "0.12", "instalments": 12, "fee": 12_000}
    found = tenant.done("/calculators/schedule", asked | {"start": "2026-01-15"})
    assert (found["received"], len(found["instalments"])) == (1_188_000, 12)
    assert found["principal"] + found["interest"] == found["total"]
    assert float(found["rates"]["cn_irr_pct"]) > 14
    for wrong in ({"rate_annual": "2"}, {"day_count": "moon"}, {"instalments": 9_999}):
        assert tenant.post("/calculators/schedule", asked | wrong).status_code in (400, 422), wrong
    nothing = tenant.post("/calculators/rates", rates | {"payments": [0]})
    assert nothing.status_code == 422


def test_bars_fill_their_room_whatever_comes() -> None:
    assert "rect" not in bars([], "<b>")
    assert "&lt;b&gt;" in bars([(1, 1)], "<b>")
    assert bars([(0, 0), (10**15, 10**14)], "").count("<rect") == 4


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_calculator_on_a_phone(
    context: BrowserContext, origin: str, tenant: Tenant, address: str
) -> None:
    tenant.done("/catalog", {"file": dict(products.golden())["pay-in-instalments"], "offer": True})
    tab = context.new_page()
    said = at_once(tab)
    tab.goto(f"{origin}{address}?lang=zh")
    tab.locator("input[name=amount]").fill("12000")
    tab.locator(".wide-button").click()
    tab.locator("svg.plot").wait_for()
    look(tab, "calculator-zh")
    if SHOTS:
        tab.goto(f"{origin}{address}?lang=en&product=term&amount=12000&instalments=12")
        look(tab, "calculator-en")
    assert said == []
