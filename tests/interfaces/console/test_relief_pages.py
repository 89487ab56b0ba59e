"""Requests for relief in the console: previewed, granted, refused; papers of a loan; a seller's own page."""

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
from huoshui.lines import payments
from huoshui.lines.lending.loan import relief_store, relieving, service
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.lines.lending.loan import ground

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


@pytest.fixture
def asked(sandbox: Database, book: int) -> tuple[str, str, str]:
    """A seller whose loan runs and who asks for three instalments more: seller, loan, request."""
    with sandbox.begin(book=book) as tx:
        payments.start(tx, payments.Terms())
        ground.product(tx, "term")
        loan = ground.signed(tx, ground.borrower(tx), amount=600_000, instalments=6)
        service.draw(tx, loan.id, 600_000, "d")
        made = relieving.ask(tx, loan.id, "more", 3, "The shop was flooded.")
        return loan.party, loan.shown, made.shown


def test_a_request_is_previewed_and_decided_by_who_may(
    client: TestClient[Litestar], asked: tuple[str, str, str], sandbox: Database, book: int,
    tmp_path: Path,
) -> None:  # fmt: skip
    seller, loan, request = asked
    base, headers = "/console/test", {"Origin": str(client.base_url).rstrip("/")}

    def post(path: str, **fields: str) -> tuple[int, str]:
        answer = client.post(f"{base}/{path}?lang=en", data=fields, headers=headers)
        return answer.status_code, answer.text

    signed_in(client, sandbox, book, "loans:read")
    assert "The shop was flooded." in client.get(f"{base}/loan-requests?state=open&lang=en").text
    assert post(f"loan-requests/{request}/grant", answer="x")[0] == 403
    assert post(f"sellers/{seller}/own-page")[0] == 403
    client.cookies.clear()

    site.operator(client, tmp_path, "test", book)
    assert "申请内容" in client.get(f"{base}/loan-requests?lang=zh").text
    status, seen = post(f"loan-requests/{request}/grant/preview", answer="Get well soon.")
    assert status == 200 and "Nothing is done yet" in seen and seen.count("<tr") > 9
    status, seen = post(f"loan-requests/{request}/refuse", answer="")
    assert status == 422 and "answer" in seen
    with sandbox.begin(book=book) as tx:
        assert [r.state for r in relief_store.requests(tx)] == ["open"]
    post(f"loan-requests/{request}/grant", answer="Get well soon.")
    assert "granted" in client.get(f"{base}/loan-requests/{request}?lang=en").text
    assert post(f"loan-requests/{request}/grant", answer="again")[0] == 409
    assert post(f"loan-requests/{request}/praise")[0] == 404
    with sandbox.begin(book=book) as tx:
        kinds = tx.tuples("SELECT kind FROM loan_event WHERE book = %(book)s ORDER BY number")
    assert kinds == [("drawdown",), ("reschedule",)]

    page = client.get(f"{base}/loans/{loan}?lang=en").text
    for paper in ("contract", "statement"):
        assert f"/loans/{loan}/{paper}.pdf" in page
        file = client.get(f"{base}/loans/{loan}/{paper}.pdf?lang=zh")
        assert file.content.startswith(b"%PDF"), file.text[:200]
    _, seen = post(f"sellers/{seller}/own-page")
    [url] = set(re.findall(r'href="[^"]*(/mine/[^"]+)"', seen))
    with sandbox.begin(book=book) as tx:
        assert tx.value("SELECT count(*) FROM party_page WHERE book = %(book)s") == 1
    assert url.rpartition(".")[2] not in client.get(f"{base}/sellers/{seller}").text


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_a_request_in_a_browser(
    worlds: Worlds, asked: tuple[str, str, str], book: int, tmp_path: Path
) -> None:
    _, loan, request = asked
    with (
        site.serving(site.app(worlds, tmp_path)) as origin,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        looks = [(f"loan-requests/{request}", "zh")]
        if SHOTS:
            looks += [
                ("loan-requests", "en"),
                (f"loan-requests/{request}", "en"),
                (f"loans/{loan}", "en"),
            ]
        for path, lang in looks:
            tab.goto(f"{origin}/console/test/{path}?lang={lang}")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                name = path.replace("/", "-")[:14]
                tab.screenshot(path=Path(SHOTS) / f"c-{name}-{lang}.png", full_page=True)
            assert not serious(tab)
        browser.close()
