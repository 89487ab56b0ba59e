"""The pages of webhooks: what they show, what may be done there and by whom; looked at by axe."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import access, clock, ids
from huoshui.core.db import Database
from huoshui.core.webhooks import service
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, session, sign_in_link
from tests import ground
from tests.interfaces.console import hooks, site
from tests.interfaces.console.hooks import Hooks
from tests.interfaces.console.test_look import CHROMIUM, serious

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


@pytest.fixture
def made(sandbox: Database, book: int, tmp_path: Path) -> Hooks:
    return hooks.history(sandbox, book, tmp_path)


@pytest.fixture
def shown(client: TestClient[Litestar], made: Hooks, book: int, tmp_path: Path):
    site.operator(client, tmp_path, "test", book)
    return client


def _paths(made: Hooks) -> list[str]:
    return [
        "webhooks", f"webhooks/{made.well}", f"webhooks/{made.failing}",
        f"webhooks/{made.disabled}", "webhook-deliveries", "webhook-deliveries?state=dead",
        f"webhook-deliveries?endpoint={made.failing}", f"webhook-deliveries/{made.given_up}",
        f"webhook-deliveries/{made.delivered}",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_answers_and_its_api_call_too(
    shown: TestClient[Litestar], made: Hooks, sandbox: Database, book: int, lang: str
) -> None:
    with sandbox.begin(book=book) as tx:
        _, key = access.make_key(tx, "test", "reader")
    calls: set[str] = set()
    for path in _paths(made):
        answer = shown.get(f"{BASE}/{path}", headers={"accept-language": lang})
        assert answer.status_code == 200, path
        text = unescape(answer.text)
        calls |= set(re.findall(r"<pre[^>]*>curl '?http://[^/]+(/v1/[^' ]*)", text))
    for call in sorted(calls):
        answer = shown.get(call, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, (call, answer.text)
    assert len(calls) >= 6


def test_an_endpoint_shows_how_it_went_and_never_its_secret(
    shown: TestClient[Litestar], made: Hooks
) -> None:
    html = shown.get(f"{BASE}/webhooks/{made.failing}").text
    for text in ("hooks.example.com/failing", "Delivered, 14 days", "Failing since", "Send 1",
                 "How much of what was sent arrived?"):  # fmt: skip
        assert text in html, text
    assert (
        "whsec_" not in html and "Former secret" in shown.get(f"{BASE}/webhooks/{made.well}").text
    )
    assert "Disabled by hand" in shown.get(f"{BASE}/webhooks").text


def test_a_delivery_tells_every_attempt(shown: TestClient[Litestar], made: Hooks) -> None:
    html = unescape(shown.get(f"{BASE}/webhook-deliveries/{made.given_up}").text)
    assert "Attempt 10: No answer in time" in html or "Attempt 10: 500" in html
    assert "upstream is away" in html and "data.data.amount" in html
    zh = shown.get(f"{BASE}/webhook-deliveries/{made.given_up}?lang=zh").text
    assert "第 10 次尝试" in zh and "已放弃" in zh


def test_lists_are_filtered_paged_and_exported(shown: TestClient[Litestar], made: Hooks) -> None:
    dead = shown.get(f"{BASE}/export/webhook-deliveries.csv?state=dead").text
    rows = list(csv.DictReader(io.StringIO(dead.lstrip("\ufeff"))))
    assert {row["State"] for row in rows} == {"Given up"} and len(rows) > 5
    assert {row["Endpoint"] for row in rows} == {"https://hooks.example.com/failing"}
    first = shown.get(f"{BASE}/webhook-deliveries?limit=5").text
    following = re.search(r'href="([^"]+)" data-next', first)
    assert following
    second = shown.get(unescape(following[1]) + "&limit=5").text
    keys = [re.findall(r'name="key" value="(whd_\w+)"', html) for html in (first, second)]
    assert len(keys[0]) == len(keys[1]) == 5 and not set(keys[0]) & set(keys[1])
    endpoints = shown.get(f"{BASE}/export/webhooks.csv").text
    assert endpoints.count("hooks.example.com") == 3


def test_resending_is_previewed_and_then_done(
    shown: TestClient[Litestar], made: Hooks, sandbox: Database, book: int
) -> None:
    def state() -> str:
        with sandbox.begin(book=book) as tx:
            return service.delivery(tx, ids.read("whd", made.given_up)).state

    body = f"key={made.given_up}"
    preview = shown.post(f"{BASE}/act/resend?dry_run=true", content=body)
    assert "Waiting" in preview.text and state() == "dead"
    refused = shown.post(
        f"{BASE}/act/resend", content=body, headers={"origin": "https://evil.example"}
    )
    assert refused.status_code == 401 and state() == "dead"
    done = shown.post(f"{BASE}/act/resend", content=body, follow_redirects=False)
    assert done.headers["location"] == f"{BASE}/webhook-deliveries" and state() == "due"
    again = shown.post(f"{BASE}/act/resend?dry_run=true", content=body)
    assert "Not possible in this state" in again.text or "pill bad" in again.text


def test_the_buttons_of_an_endpoint_do_what_they_say(
    shown: TestClient[Litestar], made: Hooks, sandbox: Database, book: int
) -> None:
    def pressed(path: str) -> str:
        html = unescape(shown.get(f"{BASE}/{path}").text)
        form = re.search(
            r'<form class="panel pad deed" method="post" action="([^"]+)"[^>]*>.*?</form>',
            html,
            re.DOTALL,
        )
        assert form
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
        answer = shown.post(form[1], data=fields, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return shown.get(answer.headers["location"]).text

    assert "Enabled" in pressed(f"webhooks/{made.disabled}")
    assert "test.triggered" in pressed(f"webhooks/{made.disabled}")
    assert "Waiting" in pressed(f"webhooks/{made.failing}")
    with sandbox.begin(book=book) as tx:
        left = tx.value(
            "SELECT count(*) FROM webhook_delivery WHERE book = %(book)s AND state = 'dead'"
        )
    assert left == 0
    assert "Waiting" in pressed(f"webhook-deliveries/{made.delivered}")


def test_who_may_only_look_does_nothing_and_anothers_are_not_found(
    client: TestClient[Litestar], made: Hooks, sandbox: Database, book: int
) -> None:
    for number, status in ((book, 403), (ground.fresh_book(), 404)):
        scopes = {"console"} if number == book else {"console", "webhooks:write"}
        with sandbox.begin(book=number) as tx:
            access.open_book(tx, ground.book(number))
            _, text = access.make_key(tx, "test", "console", frozenset(scopes))
        client.cookies.clear()
        answer = client.post("/console/-/sign-in", content=f"key={text}", follow_redirects=False)
        client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])
        for path in (f"webhooks/{made.well}/test", f"webhooks/{made.well}/enable",
                     f"webhook-deliveries/{made.given_up}/resend"):  # fmt: skip
            assert client.post(f"{BASE}/{path}").status_code == status, path
        if number == book:
            assert client.post(f"{BASE}/act/resend", content="key=x").status_code == 403
            assert 'name="key"' not in client.get(f"{BASE}/webhook-deliveries").text
        else:
            assert client.get(f"{BASE}/webhooks/{made.well}").status_code == 404
            assert "whd_" not in client.get(f"{BASE}/webhook-deliveries").text


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_the_pages_have_no_serious_finding(
    worlds: Worlds, made: Hooks, book: int, tmp_path: Path
) -> None:
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        for number, path in enumerate(_paths(made)[::2]):
            mark, lang = "&" if "?" in path else "?", ("en", "zh")[number % 2]
            tab.set_viewport_size({"width": 1280, "height": 900})
            tab.goto(f"{origin}{BASE}/{path}{mark}lang={lang}")
            tab.emulate_media(color_scheme="light")
            assert serious(tab) == [], path
            tab.emulate_media(color_scheme="dark")
            assert serious(tab, "color-contrast") == [], path
            tab.set_viewport_size({"width": 390, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert errors == []
        browser.close()
