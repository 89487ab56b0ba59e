"""The button “Run in full” really runs: the process that it starts, its progress, its figures on the page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.catalog import read_product
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.sample import generate
from huoshui.scenarios import whatif
from huoshui.scenarios.products import LINES, checked, golden
from huoshui.scenarios.replay import Asked, replay
from huoshui.scenarios.whatif import Offered
from huoshui.scenarios.whatif.assumptions import checked as read_assumed
from huoshui.scenarios.whatif.full.run import full_name
from tests.interfaces.console import site

FREE, BASE = "pay-in-3-free", "button"
WITHIN_S = 120


@pytest.fixture
def client(worlds: Worlds, main_url: str, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """An operator of a small history on which a product was tried."""
    generate(tmp_path / "orders", 600, 5, lambda *_: None)
    asked = Asked((tmp_path / "orders",), spool=tmp_path / "spools", name=BASE, until="2024-07-20")
    replay(worlds, asked)
    text = dict(golden())[FREE]
    files = {FREE: Offered(checked(read_product(text.encode(), LINES)), text)}
    with worlds.database(BASE).begin(book=1) as tx:
        whatif.prepare(tx, read_assumed({"products": {FREE: {"take_up": "0.8"}}}), files, seed=1)
    app = site.app(worlds, tmp_path)
    app.state["settings"] = Settings(home=str(tmp_path), database_url=main_url)
    with TestClient(app) as client:
        site.operator(client, tmp_path, BASE)
        yield client
    for name in (full_name(BASE), BASE):
        worlds.drop(name)


def test_the_button_runs_in_full_and_the_page_tells_it(client: TestClient[Litestar]) -> None:
    assert f"/console/{BASE}/whatif/-/full" in client.get(f"/console/{BASE}/whatif?lang=en").text
    page = client.post(f"/console/{BASE}/whatif/-/full")
    assert page.status_code == 200 and page.url.path.endswith(f"/{full_name(BASE)}/whatif-full")
    polled = f"/console/{full_name(BASE)}/replay/progress"
    seen, until = {polled in page.text}, time.monotonic() + WITHIN_S
    here = f"/console/{full_name(BASE)}/whatif-full?lang=en"
    while "Postings and estimate" not in (text := client.get(here).text):
        assert time.monotonic() < until, text[-2000:]
        seen.add(polled in text)
        time.sleep(0.2)
    assert True in seen, "its progress was shown while it went on"
    assert client.get(polled).headers["HX-Refresh"] == "true"
    [posted] = [
        row
        for row in client.get(f"/console/{full_name(BASE)}/whatif/-/export/json").json()
        if row["basis"] == "posted"
    ]
    assert posted["product"] == FREE and posted["taken"] > 3 and posted["lent"] > 0
    shown = f"{posted['lent'] / 100:,.2f}"
    assert shown in re.sub(r"\s", "", text), (shown, posted)
    traced = client.get(f"/console/{full_name(BASE)}/whatif-full/{FREE}?figure=lent&lang=en").text
    assert shown in re.sub(r"\s", "", traced) and "loan.drawn" in traced
