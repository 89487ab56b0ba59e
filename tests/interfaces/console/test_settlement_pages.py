"""The pages of settlement: windows, payout batches, the reconciliation queue; what they let one do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import access, ids
from huoshui.core.db import Database
from huoshui.interfaces.console import session
from huoshui.lines.payments.reconciliation import check, store
from huoshui.lines.payments.settlement import batches, windows
from huoshui.lines.payments.settlement import store as payout_store
from tests.interfaces.console import site
from tests.lines.test_reconciliation import captured, placed, row, upload
from tests.lines.test_settlement import approved, drafted, earn, seller

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


def fill(database: Database, book: int) -> None:
    """Two windows, a batch that was sent, a draft, a file with matched lines and two that wait."""
    with database.begin(book=book) as tx:
        for name, amount in (("one", 120_000), ("two", 35_050)):
            earn(tx, seller(tx, name), amount)
        windows.count(tx, windows.close_window(tx).number)
        approved(tx, drafted(tx))
        earn(tx, seller(tx, "three"), 8_800)
        drafted(tx)
        one, two = captured(tx, "p1", 10_000), captured(tx, "p2", 7_500)
        captured(tx, "p3", 4_200)
        captured(tx, "p4", 4_200)
        placed(tx, upload([row(tx, one, 10_000, 60), row(tx, two, 7_499, 45),
                           row(tx, "SETTLE-9", 4_200, 25)]))  # fmt: skip


@pytest.fixture
def shown(
    client: TestClient[Litestar], sandbox: Database, book: int, tmp_path: Path
) -> TestClient[Litestar]:
    """The operator, looking at that book."""
    fill(sandbox, book)
    site.operator(client, tmp_path, "test", book)
    return client


def signed_in(client: TestClient[Litestar], database: Database, book: int, *scopes: str) -> None:
    """Another, by a key of these scopes."""
    with database.begin(book=book) as tx:
        name = "-".join(sorted(scopes)) or "reader"
        _, text = access.make_key(tx, "test", name, frozenset({"console", *scopes}))
    answer = client.post("/console/-/sign-in", content=f"key={text}", follow_redirects=False)
    client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])


def hrefs(text: str, place: str) -> list[str]:
    """The pages of one sort that a page leads to."""
    return sorted(set(re.findall(rf'href="({BASE}/{place}/[^"/?]+)"', text)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_answers_and_so_does_all_it_leads_to(
    shown: TestClient[Litestar], lang: str
) -> None:
    for place in ("windows", "payouts", "reconciliation", "files"):
        page = shown.get(f"{BASE}/{place}?lang={lang}")
        assert page.status_code == 200, page.text
        for href in hrefs(page.text, place):
            inner = shown.get(href)
            assert inner.status_code == 200, inner.text
        assert shown.get(f"{BASE}/export/{place if place != 'payouts' else 'payouts'}.csv").text
    assert shown.get(f"{BASE}/windows/1/positions.csv").text.count("\n") >= 4
    for lost in ("windows/x", "windows/99", "payouts/pob_x", "reconciliation/stl_x"):
        assert shown.get(f"{BASE}/{lost}").status_code == 404


def test_a_window_is_closed_by_its_button(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    assert "Close the window" in shown.get(f"{BASE}/windows/2").text
    shown.post(f"{BASE}/windows/close")
    with sandbox.begin(book=book) as tx:
        assert windows.open_window(tx).number == 3
        assert windows.window(tx, 2).closed_by == "operator"
    signed_in(shown, sandbox, book)
    assert "Close the window" not in shown.get(f"{BASE}/windows/3").text
    assert shown.post(f"{BASE}/windows/close").status_code == 403


def test_who_drafted_a_batch_does_not_approve_it(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        (draft,) = payout_store.batches(tx, state="draft")
        batches.cancel(tx, draft.id)
    made = shown.post(f"{BASE}/payouts/make", content="currency=CNY", follow_redirects=False)
    href = made.headers["location"]
    refused = shown.post(f"{href}/approve")
    assert refused.status_code == 403 and "operator" in refused.text
    signed_in(shown, sandbox, book, "settlement:approve")
    assert shown.post(f"{href}/cancel").status_code == 403
    assert shown.post(f"{href}/approve", follow_redirects=False).status_code == 303
    with sandbox.begin(book=book) as tx:
        batch = batches.load(tx, ids.read("pob", href.rpartition("/")[2]))
        assert (batch.state, batch.approved_by) == ("sent", "key:settlement:approve")


def test_a_line_is_matched_with_one_click_and_undone(
    shown: TestClient[Litestar], sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        line = next(x for x in store.lines(tx, states=["suspense"]) if x.gross == 4_200)
    key = ids.show("stl", line.id)
    page = shown.get(f"{BASE}/reconciliation/{key}").text
    (chosen, *_) = re.findall(r'value="(stl_[^"]+~\d+)"', page)
    content = f"key={chosen}"
    preview = shown.post(f"{BASE}/act/match-items?dry_run=true", content=content)
    assert "Matched" in preview.text
    with sandbox.begin(book=book) as tx:
        assert store.line(tx, line.id).state == "suspense", "a preview keeps nothing"
    shown.post(f"{BASE}/act/match-items", content=content)
    with sandbox.begin(book=book) as tx:
        assert store.line(tx, line.id).state == "matched" and check(tx).holds
    assert "Undo the match" in shown.get(f"{BASE}/reconciliation/{key}").text
    shown.post(f"{BASE}/reconciliation/{key}/undo")
    with sandbox.begin(book=book) as tx:
        assert store.line(tx, line.id).state == "suspense" and check(tx).holds
    shown.post(f"{BASE}/act/match-lines", content=f"key={key}")
    with sandbox.begin(book=book) as tx:
        assert store.line(tx, line.id).state == "matched" and check(tx).holds


def test_a_reader_can_only_look(shown: TestClient[Litestar], sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        line = store.lines(tx, states=["suspense"])[0]
    key = ids.show("stl", line.id)
    signed_in(shown, sandbox, book)
    page = shown.get(f"{BASE}/reconciliation/{key}").text
    assert "Ask to write off" not in page and "checkbox" not in page
    for verb in ("undo", "write-off", "approve", "refuse"):
        assert shown.post(f"{BASE}/reconciliation/{key}/{verb}").status_code == 403
    assert shown.post(f"{BASE}/act/match-lines", content=f"key={key}").status_code == 403
