"""The ledger's pages over a book of its own: what they show, who may close, what they refuse."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import access, ids, work
from huoshui.core.db import Database
from huoshui.interfaces.console import session
from huoshui.ledger import periods, proof, reconciliation, upkeep
from huoshui.ledger import service as ledger
from tests import ground
from tests.ground import Ground
from tests.interfaces.console import books, site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"
ANN = f"{BASE}/accounts/wallet:ann"


@pytest.fixture
def hold(sandbox: Database, book: int, tmp_path: Path) -> str:
    """A filled and sealed book; the id of one of its holds."""
    return books.history(sandbox, book, tmp_path)


@pytest.fixture
def shown(
    client: TestClient[Litestar], hold: str, book: int, tmp_path: Path
) -> TestClient[Litestar]:
    """A client of the operator, looking at that book."""
    site.operator(client, tmp_path, "test", book)
    return client


def _signed_in(client: TestClient[Litestar], database: Database, book: int, *scopes: str) -> None:
    with database.begin(book=book) as tx:
        _, text = access.make_key(tx, "test", "console", frozenset({"console", *scopes}))
    answer = client.post("/console/-/sign-in", content=f"key={text}", follow_redirects=False)
    client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_answers_and_its_api_call_too(
    shown: TestClient[Litestar], sandbox: Database, book: int, hold: str, lang: str
) -> None:
    with sandbox.begin(book=book) as tx:
        _, key = access.make_key(tx, "test", "reader")
    calls: set[str] = set()
    for path in ("accounts/wallet:ann", "accounts/wallet:ann?view=effective", "holds", "periods",
                 "accounts/bank:main?view=recorded", f"holds/{hold}", "journal", "periods/close",
                 "verify", "lane"):  # fmt: skip
        answer = shown.get(f"{BASE}/{path}", headers={"accept-language": lang})
        assert answer.status_code == 200, path
        assert "console." not in re.sub(r"<[^>]*>", "", answer.text), path
        found = re.findall(r"<pre[^>]*>curl '?http://[^/]+(/v1/[^' ]*)", unescape(answer.text))
        assert found, path
        calls |= set(found)
    for call in sorted(calls):
        answer = shown.get(call, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, (call, answer.text)


def test_an_account_tells_its_state_its_curve_and_what_came_late(
    shown: TestClient[Litestar],
) -> None:
    page = unescape(shown.get(ANN).text)
    for text in ("Can still leave", "Held to go out", "CN¥280.00", "Open holds", "As recorded",
                 "As it took effect", "late, recorded", "hold CN¥90.00", "all transfers of",
                 "huoshui verify --statement"):  # fmt: skip
        assert text in page, text
    other = unescape(shown.get(f"{BASE}/accounts/free:hotel").text)
    assert "not bounded" in other
    assert "As it took effect" not in other
    effective = unescape(shown.get(f"{ANN}?view=effective").text)
    assert "Opening" in effective
    assert "Statement, " in effective


def test_a_statement_is_paged_and_exported_in_both_views(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        account = ledger.account_at(tx, "wallet:ann", "CNY")
    first = (account.opened_at - timedelta(days=9)).date()
    for view in ("", "recorded", "effective"):
        href, rows = f"{ANN}?view={view}&limit=7&from={first}", 0
        while href:
            page = shown.get(href).text
            rows += len(re.findall(r"<tr data-href=\"[^\"]*/transactions/", page))
            match = re.search(r'href="([^"]+)" data-next', page)
            href = unescape(match[1]) + "&limit=7" if match else ""
        # Holds, releases and extensions move nothing and stand on no statement.
        assert rows == (85 if view else account.version), view
    assert "Statement, " in shown.get(f"{ANN}?view=recorded").text
    answer = shown.get(f"{ANN}/statement.csv?view=effective&from={first}")
    lines = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert lines[-1]["balance_minor"] == str(account.in_ - account.out_)
    assert len(lines) == 85


def test_the_downloaded_statement_proves_itself(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    answer = shown.get(f"{ANN}/statement.json")
    assert "attachment" in answer.headers["content-disposition"]
    with sandbox.begin(book=book) as tx:
        key = proof.log_keys(tx)[-1]
    found = proof.verify_statement(answer.content, key)
    assert (found.path, found.currency) == ("wallet:ann", "CNY")
    assert found.transfers > 80


def test_what_waits_for_the_sealer_is_said(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        books.post(tx, "bank:main", "wallet:ann", 1)
    assert "all but the newest" in shown.get(ANN).text
    assert shown.get(f"{ANN}/statement.json").status_code == 409
    assert "Batches: transfers" in shown.get(f"{BASE}/verify").text


def test_another_books_account_and_hold_are_not_found(
    client: TestClient[Litestar], sandbox: Database, hold: str, book: int
) -> None:
    other = ground.fresh_book()
    with sandbox.begin(book=other) as tx:
        access.open_book(tx, ground.book(other))
    with sandbox.begin(book=book) as tx:
        key = ids.show("acc", ledger.account_at(tx, "wallet:ann", "CNY").id)
    _signed_in(client, sandbox, other, "ledger:write", "ledger:close")
    for path in (f"accounts/{key}", "accounts/wallet:ann", f"accounts/{key}/statement.csv",
                 f"accounts/{key}/statement.json", f"holds/{hold}", f"holds?account={key}",
                 f"journal?account={key}", f"transactions/{hold}"):  # fmt: skip
        assert client.get(f"{BASE}/{path}").status_code == 404, path
    for path in ("holds", "journal", "journal?reference=booking+1", "periods"):
        page = client.get(f"{BASE}/{path}")
        assert page.status_code == 200
        assert ">wallet:ann<" not in page.text
        assert "booking 1<" not in page.text


def test_holds_are_found_by_state_account_and_reference(
    shown: TestClient[Litestar], hold: str
) -> None:
    def references(query: str) -> list[str]:
        page = shown.get(f"{BASE}/holds?{query}").text
        return re.findall(r">\s*(booking \d)<", page)

    assert references("") == ["booking 4", "booking 3", "booking 2", "booking 1"]
    assert references("state=open") == ["booking 2", "booking 1"]
    assert references("state=open&account=free:shop") == ["booking 1"]
    assert references("reference=booking+3") == ["booking 3"]
    assert references("state=captured&from=2020-01-01") == []
    assert "Holds of the last 30 days" in shown.get(f"{BASE}/holds?state=expired").text
    answer = shown.get(f"{BASE}/export/holds.csv?state=open")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["Still held"] for row in rows] == ["90.00", "190.00"]
    page = unescape(shown.get(f"{BASE}/holds/{hold}").text)
    for text in ("Captured", "Extended", "for 2 days", "the rest stays held", "CN¥190.00"):
        assert text in page, text


def test_the_journal_is_searched_where_an_index_leads(shown: TestClient[Litestar]) -> None:
    def found(query: str) -> int:
        page = shown.get(f"{BASE}/journal?{query}").text
        return len(re.findall(r"<tr data-href=\"[^\"]*/transactions/", page))

    assert found("reference=found+late") == 4
    assert found("reference=found+late&most=249.99") == 0
    assert found("kind=capture&from=2020-01-01") == 1
    assert found("account=free:shop&kind=hold") == 1
    assert found("actor=key:shop&account=free:hotel") == 4
    assert found("least=250&most=250&from=2020-01-01") == 4
    assert found("template=order_released&from=2020-01-01&limit=500") == 40
    assert found("template=order_released") == 0
    for query in ("template=order_released", "kind=hold", "actor=x", "least=1", "most=1"):
        page = shown.get(f"{BASE}/journal?{query}").text
        assert "Add days, an account or a reference" in page, query
    assert "Nothing fits" in shown.get(f"{BASE}/journal?reference=nobody").text
    assert "CN¥1,000.00" in shown.get(f"{BASE}/journal?reference=found+late").text
    assert shown.get(f"{BASE}/journal?least=1.234&from=2020-01-01").status_code == 422
    assert shown.get(f"{BASE}/journal?after=nonsense").status_code == 404


def test_a_period_is_previewed_and_closed_once(
    client: TestClient[Litestar], sandbox: Database, hold: str, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        before, today = periods.sealed_until(tx), tx.now.date()
    until = today - timedelta(days=2)
    _signed_in(client, sandbox, book, "ledger:read")
    page = client.get(f"{BASE}/periods/close?until={until}").text
    assert "This would seal" in page
    assert "needs a key with the scope" in page
    assert '<form class="panel pad deed"' not in page
    body = f"until={until}"
    refused = client.post(f"{BASE}/periods/close", content=body)
    assert refused.status_code == 403
    _signed_in(client, sandbox, book, "ledger:close")
    page = client.get(f"{BASE}/periods/close?until={until}").text
    assert f'name="until" value="{until}"' in page
    elsewhere = {"origin": "https://evil.example"}
    assert client.post(f"{BASE}/periods/close", content=body, headers=elsewhere).status_code == 401
    with sandbox.begin(book=book) as tx:
        assert periods.sealed_until(tx) == before
    done = client.post(f"{BASE}/periods/close", content=body, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"{BASE}/periods")
    with sandbox.begin(book=book) as tx:
        newest = periods.periods(tx, limit=1)[0]
        assert newest.actor.startswith("key_")
    assert newest.hash[:16] in client.get(f"{BASE}/periods").text
    for again, status in ((until, 409), (today + timedelta(days=3), 422), ("soon", 400)):
        answer = client.post(f"{BASE}/periods/close", content=f"until={again}")
        assert answer.status_code == status
    assert client.get(f"{BASE}/periods/close?until={until}").status_code == 409


def test_what_changes_something_needs_a_session(client: TestClient[Litestar]) -> None:
    for path in ("periods/close", "verify/reconcile"):
        assert client.post(f"{BASE}/{path}", content="until=2020-01-01").status_code == 401


def test_a_comparison_is_put_off_to_now_once_and_shown(
    client: TestClient[Litestar], sandbox: Database, hold: str, book: int
) -> None:
    _signed_in(client, sandbox, book, "ledger:read")
    assert client.post(f"{BASE}/verify/reconcile").status_code == 403
    _signed_in(client, sandbox, book, "ledger:write")
    assert "Compare now" in client.get(f"{BASE}/verify").text
    elsewhere = {"origin": "https://evil.example"}
    assert client.post(f"{BASE}/verify/reconcile", headers=elsewhere).status_code == 401
    for _ in range(2):
        done = client.post(f"{BASE}/verify/reconcile", follow_redirects=False)
        assert done.status_code == 303
    page = client.get(f"{BASE}/verify").text
    assert "under way" in page
    assert 'hx-trigger="every 3s"' in page
    work.drain(sandbox, upkeep.WORK, book=book)
    with sandbox.begin(book=book) as tx:
        assert [run.holds for run in reconciliation.reconciliations(tx)] == [True]
    page = client.get(f"{BASE}/verify").text
    assert "all agrees" in page
    assert 'hx-trigger="every 3s"' not in page


def test_the_lane_of_this_process_is_shown_and_a_replay_has_none(
    shown: TestClient[Litestar], market: Ground, tmp_path: Path
) -> None:
    page = shown.get(f"{BASE}/lane").text
    assert "Waiting now" in page
    assert 'hx-trigger="every 3s"' in page
    site.operator(shown, tmp_path, market.name)
    assert "No lane here" in shown.get(f"/console/{market.name}/lane").text
    for path in ("verify", "periods/close?until=2025-03-01"):
        page = shown.get(f"/console/{market.name}/{path}").text
        assert "deed" not in page
        assert "replay" in page
