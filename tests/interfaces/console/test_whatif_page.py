"""The page of what-if: priced anew at every move, in both languages, and empty where nothing was tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core.worlds import Worlds
from huoshui.scenarios.whatif import store
from huoshui.scenarios.whatif.assumptions import checked
from huoshui.scenarios.whatif.chance import Draws
from huoshui.scenarios.whatif.model import Flow, Line
from huoshui.scenarios.whatif.store import Setup
from tests.ground import START, Ground
from tests.interfaces.console import site

SAID = {"products": {"advance": {"take_up": "0.5"}}}
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
