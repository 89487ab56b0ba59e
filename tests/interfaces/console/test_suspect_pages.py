"""Suspects in the console: searched, drawn, judged by who may, and taken back."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import clock
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.judgement.risk.suspects import service, store
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.judgement.risk import planting

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


@pytest.fixture
def member(sandbox: Database, book: int) -> str:
    """One of a ring that was told and not yet searched for."""
    with sandbox.begin(book=book) as tx:
        return planting.gang(tx)[0]


def test_a_ring_is_searched_for_drawn_and_judged_by_who_may(
    client: TestClient[Litestar], member: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    base, headers = "/console/test", {"Origin": str(client.base_url).rstrip("/")}

    def post(path: str, **fields: str) -> tuple[int, str]:
        answer = client.post(f"{base}/{path}?lang=en", data=fields, headers=headers)
        return answer.status_code, answer.text

    signed_in(client, sandbox, book, "decisions:read")
    assert "No suspects" in client.get(f"{base}/suspects?lang=en").text
    assert post("suspects/search")[0] == 403
    client.cookies.clear()

    site.operator(client, tmp_path, "test", book)
    assert post("suspects/search")[0] == 200
    with sandbox.begin(book=book) as tx:
        [ring] = store.page(tx, kind="ring", member=member)
    listed = client.get(f"{base}/suspects?lang=zh").text
    assert ring.shown in listed and "团伙" in listed
    page = client.get(f"{base}/suspects/{ring.shown}?lang=en").text
    assert "Shared identifier" in page and "data:image/svg+xml" in page
    assert all(each in page for each in ring.members)
    status, seen = post(f"suspects/{ring.shown}/confirm", reason=" ")
    assert (status == 422 and "A reason is needed" in seen) or "reason" in seen
    assert post(f"suspects/{ring.shown}/praise", reason="x")[0] == 404
    assert "Confirmed" in post(f"suspects/{ring.shown}/confirm", reason="one tablet")[1]
    assert post(f"suspects/{ring.shown}/clear", reason="no")[0] == 409
    assert "Take back" in client.get(f"{base}/suspects/{ring.shown}?lang=en").text
    assert re.search(r"Found\b", post(f"suspects/{ring.shown}/reopen", reason="a school")[1])
    assert client.get(f"{base}/suspects/sus_00000000000000000000000000").status_code == 404


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_a_ring_in_a_browser(
    worlds: Worlds, member: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        service.search(tx)
        [ring] = store.page(tx, kind="ring", member=member)
    with (
        site.serving(site.app(worlds, tmp_path)) as origin,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        looks = [(f"suspects/{ring.shown}", "zh")]
        if SHOTS:
            looks += [("suspects", "en"), (f"suspects/{ring.shown}", "en")]
        for path, lang in looks:
            tab.goto(f"{origin}/console/test/{path}?lang={lang}")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                name = path.replace("/", "-")[:14]
                tab.screenshot(path=Path(SHOTS) / f"c-{name}-{lang}.png", full_page=True)
            assert not serious(tab)
        browser.close()
