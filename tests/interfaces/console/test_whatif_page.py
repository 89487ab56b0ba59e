"""The page of what-if: priced anew at every move, in both languages, and empty where nothing was tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.catalog import read_product
from huoshui.core import access
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.scenarios import switching
from huoshui.scenarios.products import LINES, golden
from huoshui.scenarios.products import checked as checked_product
from huoshui.scenarios.whatif import store
from huoshui.scenarios.whatif.assumptions import ProductAssumed, checked
from huoshui.scenarios.whatif.chance import Draws
from huoshui.scenarios.whatif.full import FullRun
from huoshui.scenarios.whatif.full import store as full_store
from huoshui.scenarios.whatif.full.plan import plan
from huoshui.scenarios.whatif.full.plan import planned as planned_as
from huoshui.scenarios.whatif.model import Flow, Line
from huoshui.scenarios.whatif.store import Setup
from tests import ground
from tests.ground import START, Ground
from tests.interfaces.console import site

SAID = {"products": {"advance": {"take_up": "0.5"}}}
FREE = "pay-in-3-free"
FILE = '[name]\nen = "Early money"\nzh = "提前到账"\n'


@pytest.fixture
def client(worlds: Worlds, market: Ground, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """Somebody who is signed in to the world of a replay."""
    with TestClient(site.app(worlds, tmp_path)) as client:
        site.operator(client, tmp_path, market.name)
        yield client


def prepared(market: Ground) -> None:
    """Two advances of 100.00: one that is taken at half of take-up, one only above it."""
    day = START.date()
    lines = [
        Line("o1", "s", "", Draws(take, 0, 0), (Flow(0, day, 10_000), Flow(1, day, 10_000, 1_000, certain=True)),
             10_000, waited=480, waits=48)
        for take in (100_000, 800_000)
    ]  # fmt: skip
    with market.database.begin(book=1) as tx:
        store.keep(tx, "advance", lines)
        store.set_up(tx, Setup(1, SAID, {"advance": FILE}))
    checked(SAID)


def page(client: TestClient[Litestar], market: Ground, query: str) -> str:
    answer = client.get(f"/console/{market.name}/whatif?{query}")
    assert answer.status_code == 200
    return answer.text


def test_nothing_tried_says_how_to_try(client: TestClient[Litestar], market: Ground) -> None:
    assert f"huoshui whatif {market.name}" in page(client, market, "lang=en")


def test_a_move_prices_anew(client: TestClient[Litestar], market: Ground) -> None:
    prepared(market)
    stood = page(client, market, "lang=en")
    assert "Early money" in stood and "¥10.00" in stood
    more = page(client, market, "lang=en&advance.take_up=90")
    assert 'value="90"' in more and "¥200.00" in more, "both are lent"
    assert "18 days" in more, "480 hours against 48"
    chinese = page(client, market, "lang=zh&advance.take_up=90")
    assert "提前到账" in chinese and "净收益" in chinese


@pytest.mark.parametrize("value", ["x", "-5", "900", "1e400", "NaN"])
def test_what_is_no_share_is_left_as_it_stood(
    client: TestClient[Litestar], market: Ground, value: str
) -> None:
    prepared(market)
    assert 'name="advance.take_up" value="50"' in page(
        client, market, f"lang=en&advance.take_up={value}&.funding_annual={value}"
    )


def planned() -> FullRun:
    """A run in full of a product that comes along."""
    text = dict(golden())[FREE]
    own = checked_product(read_product(text.encode(), LINES))
    product = planned_as(own, text, ProductAssumed(take_up="0.5", fee="0.03"), "base")
    assumed = checked({"products": {FREE: {"take_up": "0.5", "fee": "0.03"}}})
    return plan(assumed, "base", 1, [product])


def test_a_full_run_is_shown_traced_and_handed_out(
    client: TestClient[Litestar], market: Ground
) -> None:
    here = f"/console/{market.name}"
    assert "Nothing was run in full here" in client.get(f"{here}/whatif-full?lang=en").text
    run = planned()
    with market.database.begin(book=1) as tx:
        full_store.begin(tx, run)
        line = Line("o1", "", "", Draws(0, 0, 0), (Flow(0, START.date(), 10_000),), 10_000)
        store.keep(tx, FREE, [line])
        store.set_up(tx, Setup(1, run.assumptions, {FREE: run.products[0].source}))
    shown = client.get(f"{here}/whatif-full?lang=en").text
    assert "Postings and estimate" in shown and "whatif-full/pay-in-3-free?figure=net" in shown
    assert "记账与估算对照" in client.get(f"{here}/whatif-full?lang=zh").text
    traced = client.get(f"{here}/whatif-full/{FREE}?figure=lent&lang=en")
    assert traced.status_code == 200 and "Lent" in traced.text
    assert client.get(f"{here}/whatif-full/{FREE}?figure=luck").status_code == 404
    rows = client.get(f"{here}/whatif/-/export/json").json()
    assert [(r["basis"], r["case"]) for r in rows] == [
        ("assumed", "low"), ("assumed", "base"), ("assumed", "high"), ("posted", "base"),
    ]  # fmt: skip
    assert client.get(f"{here}/whatif/-/export/csv").text.startswith("basis,currency,case,product")


def test_what_was_tried_goes_live_in_the_sandbox_and_off_again(
    client: TestClient[Litestar], worlds: Worlds, market: Ground
) -> None:
    with worlds.database(SANDBOX).begin(book=1) as tx:
        if 1 not in access.books(tx):
            access.open_book(tx, ground.book(1))
    run = planned()
    with market.database.begin(book=1) as tx:
        store.set_up(tx, Setup(1, run.assumptions, {FREE: run.products[0].source}))
    here = f"/console/{market.name}/whatif/-/switch"
    cross = {"Origin": "https://evil.test"}
    assert client.post(here, data={"product": FREE}, headers=cross).status_code == 401
    assert client.post(here, data={"product": "none"}).status_code in (409, 422)
    page = client.post(here, data={"product": FREE})
    assert page.status_code == 200, (page.url, page.text[-1500:])
    assert page.url.path.endswith(f"/{SANDBOX}/switched")
    with worlds.database(SANDBOX).begin(book=1) as tx:
        assert [(e.product, e.settings.fee) for e in switching.live(tx)] == [(FREE, "0.03")]
    client.post(f"/console/{SANDBOX}/switched/{FREE}/off")
    with worlds.database(SANDBOX).begin(book=1) as tx:
        assert switching.live(tx) == []
    assert client.post(f"/console/{market.name}/whatif/-/full").status_code == 409  # no replay
