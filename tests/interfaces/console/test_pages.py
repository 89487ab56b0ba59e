"""The pages over real worlds: what they show, who sees them, what they refuse."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import access, clock, ids
from huoshui.core.db import Database
from huoshui.interfaces.console import make_ticket, session
from huoshui.interfaces.console.pages import PAGES
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests import ground
from tests.ground import Ground
from tests.interfaces.console import site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


# `merchant` is the front of a seller's own member, nobody else's: test_merchant_pages opens it.
SELLERS_OWN = "merchant"


@pytest.fixture
def shown(client: TestClient[Litestar], market: Ground, tmp_path: Path) -> TestClient[Litestar]:
    """A client of the operator, looking at five orders."""
    site.orders(market)
    site.operator(client, tmp_path, market.name)
    return client


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_answers_and_so_does_every_link_on_it(
    shown: TestClient[Litestar], market: Ground, lang: str
) -> None:
    site.replayed(market, ended=True)
    base = f"/console/{market.name}"
    waiting, seen = [base, f"{base}/replays"], set[str]()
    while waiting:
        href = waiting.pop()
        if href in seen or len(seen) > 200:
            continue
        seen.add(href)
        answer = shown.get(href, headers={"accept-language": lang})
        assert answer.status_code == 200, href
        if "text/html" in answer.headers["content-type"]:
            assert answer.headers["content-security-policy"].startswith("default-src 'self'")
            found = re.findall(rf'href="({base}[^"#]*)"', answer.text)
            waiting += [link.replace("&amp;", "&") for link in found if "lang=" not in link]
    apart = ("replay", "search", SELLERS_OWN)
    plain = {path for path in PAGES if "{" not in path and path not in apart}
    assert {f"{base}/{path}".rstrip("/") for path in plain} <= seen
    assert shown.get(f"{base}/{SELLERS_OWN}").status_code == 404
    assert shown.get(f"{base}/{SELLERS_OWN}/s1").status_code == 200


def test_the_api_call_behind_each_page_answers(shown: TestClient[Litestar], market: Ground) -> None:
    site.replayed(market, ended=True)
    with market.database.begin(book=1) as tx:
        _, key = access.make_key(tx, market.name, "reader")
    base = f"/console/{market.name}"
    paths = [path for path in PAGES if "{" not in path and path not in ("search", SELLERS_OWN)]
    paths += ["replays", "orders/o3", "sellers/s1", "accounts/escrow", "journal?account=escrow"]
    paths += [f"{SELLERS_OWN}/s1"]
    calls: set[str] = set()
    for path in paths:
        html = unescape(shown.get(f"{base}/{path}".rstrip("/")).text)
        found = re.findall(r"<pre[^>]*>curl '?http://[^/]+(/v1/[^' ]*)", html)
        assert found, path
        calls |= set(found)
    for call in sorted(calls):
        answer = shown.get(call, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, (call, answer.text)


def test_a_running_replay_shows_its_progress(shown: TestClient[Litestar], market: Ground) -> None:
    site.replayed(market, ended=False)
    base = f"/console/{market.name}"
    page = shown.get(f"{base}/replay").text
    assert f'hx-get="{base}/replay/progress"' in page
    assert "<progress" in shown.get(f"{base}/replay/progress").text
    assert market.name in shown.get(f"{base}/replays").text


def test_the_report_labels_every_figure_and_is_kept_as_one_file(
    shown: TestClient[Litestar], market: Ground
) -> None:
    site.replayed(market, ended=True)
    base = f"/console/{market.name}"
    html = shown.get(f"{base}/replay").text
    figures = re.findall(r'<div class="\w+">\s*<dt>(.*?)</dt>(.*?)</div>', html, re.DOTALL)
    unlabelled = [name for name, rest in figures if 'class="mark' not in rest]
    assert unlabelled == ["Books"]
    assert "verified ✓" in html and "Order without items" in html
    assert "0% of the 99,441" in html
    kept = shown.get(f"{base}/replay/report.html")
    assert "attachment" in kept.headers["content-disposition"]
    assert not re.search(r'(?:src|href)="(?:https?:)?/', kept.text)
    assert shown.get(f"{base}/replay/progress").headers["hx-refresh"] == "true"


def test_an_order_tells_its_whole_story(shown: TestClient[Litestar], market: Ground) -> None:
    html = shown.get(f"/console/{market.name}/orders/o3").text
    for text in ("Order placed", "Paid into escrow", "Delivered", "Released and split",
                 "Goods returned", "Refunded", "CN¥110.00", "CN¥10.00"):  # fmt: skip
        assert text in html, text
    assert "assumed" in html and "observed" in html
    assert "/v1/orders/ord_" in html


def test_lists_are_paged_by_key_and_filtered(shown: TestClient[Litestar], market: Ground) -> None:
    base = f"/console/{market.name}/orders"
    first = shown.get(base, params={"limit": 2}).text
    assert re.findall(r">(o\d)<", first) == ["o5", "o4"]
    following = re.search(r'href="([^"]+)" data-next', first)
    assert following
    second = shown.get(following[1].replace("&amp;", "&") + "&limit=2").text
    assert re.findall(r">(o\d)<", second) == ["o3", "o2"]
    held = shown.get(base, params={"state": "held"}).text
    assert re.findall(r">(o\d)<", held) == ["o2"]
    nothing = shown.get(base, params={"seller": "nobody"}).text
    assert "No order fits these filters" in nothing


def test_export_holds_plain_amounts(shown: TestClient[Litestar], market: Ground) -> None:
    answer = shown.get(f"/console/{market.name}/export/orders.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["Order"] for row in rows] == ["o5", "o4", "o3", "o2", "o1"]
    assert rows[4]["Items and freight"] == "110.00"
    assert rows[4]["Items and freight (ISO 4217)"] == "CNY"


def test_search_finds_by_key_id_and_path(shown: TestClient[Litestar], market: Ground) -> None:
    results = f"/console/{market.name}/search/results"
    assert "/orders/ord_" in shown.get(results, params={"q": "o2"}).text
    assert "/sellers/slr_" in shown.get(results, params={"q": "s1"}).text
    assert "escrow" in shown.get(results, params={"q": "esc"}).text
    assert "&lt;b&gt;" in shown.get(results, params={"q": "<b>zz"}).text


def test_nobody_sees_a_page_without_a_session(
    client: TestClient[Litestar], market: Ground, tmp_path: Path
) -> None:
    for path in ("", "/orders", "/export/orders.csv", "/search/results?q=o1"):
        answer = client.get(f"/console/{market.name}{path}", follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/console/-/sign-in"
    client.cookies.set(session.COOKIE, "x.y")
    assert client.get(f"/console/{market.name}", follow_redirects=False).status_code == 303


def test_a_link_signs_in_once(client: TestClient[Litestar], tmp_path: Path) -> None:
    ticket = make_ticket(tmp_path, "test", clock.system_now())
    href = f"/console/-/sign-in?ticket={ticket}"
    first = client.get(href)
    assert first.status_code == 200
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert client.get(href).status_code == 401
    late = make_ticket(tmp_path, "test", clock.system_now() - 2 * ground.HOUR)
    assert client.get(f"/console/-/sign-in?ticket={late}").status_code == 401


def _signed_in(client: TestClient[Litestar], database: Database, book: int, *scopes: str) -> str:
    with database.begin(book=book) as tx:
        key, text = access.make_key(tx, "test", "console", frozenset({"console", *scopes}))
    answer = client.post("/console/-/sign-in", content=f"key={text}", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])
    return ids.show("key", key.id)


def test_a_key_opens_its_own_world_and_book_until_it_is_revoked(
    client: TestClient[Litestar], market: Ground, sandbox: Database, book: int
) -> None:
    shown_id = _signed_in(client, sandbox, book)
    assert "Test market" in client.get("/console/test").text
    assert client.get(f"/console/{market.name}").status_code == 404
    with sandbox.begin(book=book) as tx:
        access.revoke(tx, ids.read("key", shown_id))
    assert client.get("/console/test", follow_redirects=False).status_code == 303


def test_a_key_without_the_scope_does_not_sign_in(
    client: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        _, text = access.make_key(tx, "test", "reader", frozenset({"ledger:read"}))
    for key in (text, "hs_test_" + "x" * 32, "hs_nowhere_" + "x" * 32, "nonsense"):
        answer = client.post("/console/-/sign-in", content=f"key={key}", follow_redirects=False)
        assert answer.status_code == 401
        assert session.COOKIE not in answer.cookies


def test_another_books_order_is_not_found(
    client: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    other = ground.fresh_book()
    with sandbox.begin(book=other) as tx:
        access.open_book(tx, ground.book(other))
        payments.start(tx, Terms())
    Ground("test", sandbox, other).take(*ground.placed("theirs", at=ground.START))
    _signed_in(client, sandbox, book)
    assert client.get("/console/test/orders/theirs").status_code == 404
    assert "theirs" not in client.get("/console/test/orders").text


def test_bulk_confirmation_is_previewed_and_then_done(
    client: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
    here = Ground("test", sandbox, book)
    here.take(*ground.placed("o1"), ground.tender("o1"))
    _signed_in(client, sandbox, book, "payments:write")
    html = client.get("/console/test/orders").text
    key = re.search(r'name="key" value="(ord_[0-9a-z]+)"', html)
    assert key
    before = here.nets()
    preview = client.post("/console/test/act/confirm?dry_run=true", content=f"key={key[1]}")
    assert "released" in preview.text and "CN¥88.00" in preview.text
    assert here.nets() == before
    elsewhere = {"origin": "https://evil.example"}
    body = f"key={key[1]}"
    refused = client.post("/console/test/act/confirm", content=body, headers=elsewhere)
    assert refused.status_code == 401
    assert here.nets() == before
    client.post("/console/test/act/confirm", content=body, follow_redirects=False)
    assert "escrow" not in here.nets()


def test_a_reader_cannot_act(client: TestClient[Litestar], sandbox: Database, book: int) -> None:
    _signed_in(client, sandbox, book)
    assert 'name="key"' not in client.get("/console/test/orders").text
    answer = client.post("/console/test/act/confirm", content="key=x")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "path", ["orders/none", "accounts/none", "transactions/txn_x", "replay", "what/is/this"]
)
def test_what_is_not_there_is_said_in_the_readers_language(
    shown: TestClient[Litestar], market: Ground, path: str
) -> None:
    answer = shown.get(f"/console/{market.name}/{path}", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert '<html lang="zh-CN">' in answer.text


def test_the_language_asked_for_is_kept(shown: TestClient[Litestar], market: Ground) -> None:
    assert "订单" in shown.get(f"/console/{market.name}/orders?lang=zh").text
    assert "日记账" in shown.get(f"/console/{market.name}/journal").text
