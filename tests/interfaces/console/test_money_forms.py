"""Forms that move money or take files: a preview is what happens, a refusal says why and keeps nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import access, clock, ids
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, session, sign_in_link
from huoshui.ledger import journal
from huoshui.lines import payments
from huoshui.lines.payments.disputes import store as disputes
from huoshui.lines.payments.disputes.model import FILE_MOST
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.payment.model import Create, Part, Tender
from huoshui.lines.payments.payment.service import payment
from huoshui.lines.payments.rails import store as rails
from huoshui.lines.payments.reconciliation import store as files
from huoshui.scenarios import payment_flow
from huoshui.scenarios.order_back import ORDER_PART
from tests import ground
from tests.ground import Ground
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.lines.payments.test_disputes import CARD, PARTS, Paid
from tests.lines.test_reconciliation import captured, row, upload

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


class Desk:
    """An operator at the pages of a book."""

    def __init__(self, client: TestClient[Litestar], market: Ground) -> None:
        self.client = client
        self.market = market

    def begin(self) -> Any:
        return self.market.database.begin(book=self.market.number)

    def page(self, place: str) -> str:
        answer = self.client.get(f"{BASE}/{place}{'&' if '?' in place else '?'}lang=en")
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, place: str, expect: int = 303, **fields: Any) -> str:
        answer = self.client.post(f"{BASE}/{place}?lang=en", data=fields, follow_redirects=False)
        assert answer.status_code == expect, answer.text
        return answer.text

    def give(self, place: str, name: str, content: bytes, expect: int = 303, **fields: Any) -> str:
        answer = self.client.post(
            f"{BASE}/{place}?lang=en",
            data=fields,
            files={"file": (name, content)},
            follow_redirects=False,
        )
        assert answer.status_code == expect, answer.text
        return answer.text

    def postings(self, reference: str) -> list[tuple[str, str, str, int]]:
        with self.begin() as tx:
            found = journal.page(tx, reference=reference, limit=200)
        return [(p.entry.template, leg.source, leg.target, leg.amount)
                for p in sorted(found, key=lambda p: p.entry.id) for leg in p.legs]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def client(worlds: Worlds, home: Path) -> Iterator[TestClient[Litestar]]:
    with TestClient(site.app(worlds, home)) as client:
        yield client


@pytest.fixture
def desk(client: TestClient[Litestar], sandbox: Database, book: int, home: Path) -> Desk:
    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
    client.cookies.clear()
    site.operator(client, home, "test", book)
    return Desk(client, Ground("test", sandbox, book))


def previewed(text: str) -> list[tuple[str, str, str]]:
    """The postings that a preview shows: source, target, amount as written."""
    table = text[text.index('<caption class="seen-by-ear">Postings') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r"<tr.*?</tr>", table[table.index("<tbody>") :], re.DOTALL)
    return [
        (*re.findall(r'title="([^"]+)"', each), re.findall(r'class="money[^>]*>([^<]+)', each)[0])
        for each in rows
    ]  # type: ignore[misc]


def test_a_preview_of_a_refund_is_what_is_then_posted(desk: Desk) -> None:
    paid = Paid(desk.market)
    key, version = ids.show("pmt", paid.id), str(paid.now().version)
    assert "Up to CN¥60.00 can go back" in desk.page(f"payments/{key}")
    asked: dict[str, Any] = {"version": version, "amount": "20.00", "reason": "too small"}
    before = desk.postings(key)
    text = desk.send(f"payments/{key}/refund/preview", 200, **asked)
    shown = previewed(text)
    assert "Asked of rails" in text and "Nothing has been moved yet" in text
    assert paid.now().refunded == 0 and desk.postings(key) == before, "nothing was kept"
    desk.send(f"payments/{key}/refund", **asked)
    done = desk.postings(key)[len(before) :]
    assert [
        (source, target, f"CN¥{amount / 100:.2f}") for _, source, target, amount in done
    ] == shown
    assert len(done) > 1 and paid.now().refunded == 2_000
    desk.send(f"payments/{key}/refund", 409, **asked)
    assert paid.now().refunded == 2_000, "the same form twice is once"


def test_a_preview_shows_what_the_rehearsal_of_the_api_shows(desk: Desk) -> None:
    paid = Paid(desk.market)
    key, version = ids.show("pmt", paid.id), str(paid.now().version)
    with desk.begin() as tx:
        _, text = access.make_key(tx, "test", "api", frozenset({"payments:write"}))
    answer = desk.client.post(
        f"/v1/payments/{key}/refund?dry_run=true",
        headers={"Authorization": f"Bearer {text}"},
        json={"amount": {"amount": 1_234, "currency": "CNY"}},
    )
    assert answer.json()["amount"]["amount"] == 1_234, answer.text
    page = desk.send(f"payments/{key}/refund/preview", 200, version=version, amount="12.34")
    went = [amount for _, _, amount in previewed(page)]
    assert sum(int(a.removeprefix("CN¥").replace(".", "")) for a in went) == 1_234
    too_much = desk.client.post(
        f"/v1/payments/{key}/refund?dry_run=true",
        headers={"Authorization": f"Bearer {text}"},
        json={"amount": {"amount": 6_001, "currency": "CNY"}},
    )
    refused = desk.send(f"payments/{key}/refund/preview", 422, version=version, amount="60.01")
    assert too_much.status_code == 422 and "CN¥60.01 is more than" in refused


def reserved(desk: Desk, order: str = "") -> UUID:
    """A payment of 60.00 by card whose means is reserved and nothing captured."""
    with desk.begin() as tx:
        id_ = tx.id("pmt", "manual")
        asked = Create(id=id_, currency="CNY", tenders=(Tender("card", CARD, 6_000, token="tok"),),
                       parts=PARTS, confirm=True, capture="manual")  # fmt: skip
        payment_flow.apply(tx, [asked])[0].demand()
    answered(desk, id_)
    return id_


def answered(desk: Desk, id_: UUID) -> None:
    """The rail says yes to all it was asked."""
    paid = Paid.__new__(Paid)
    paid.market, paid.id = desk.market, id_
    paid.answer("succeeded")


def test_a_capture_in_parts_keeps_or_frees_the_rest(desk: Desk) -> None:
    id_ = reserved(desk)
    key = ids.show("pmt", id_)
    page = desk.page(f"payments/{key}")
    assert f"{key}/capture/preview" in page and f"{key}/cancel/preview" in page
    assert f"{key}/refund/preview" not in page, "nothing was captured that could go back"
    with desk.begin() as tx:
        version = str(payment(tx, id_).version)
        asked_before = len(rails.of_subject(tx, key))
    wish: dict[str, Any] = {"version": version, "amount": "25", "final": "no"}
    text = desk.send(f"payments/{key}/capture/preview", 200, **wish)
    assert "No money moves at once" in text and "Asked of rails" in text and "CN¥25.00" in text
    with desk.begin() as tx:
        assert len(rails.of_subject(tx, key)) == asked_before, "a preview asks no rail"
    desk.send(f"payments/{key}/capture", **wish)
    answered(desk, id_)
    with desk.begin() as tx:
        found = payment(tx, id_)
    assert (found.state, found.captured) == ("partially_captured", 2_500)
    page = desk.page(f"payments/{key}")
    assert all(f"{key}/{verb}/preview" in page for verb in ("capture", "refund", "cancel"))
    desk.send(f"payments/{key}/cancel", version=str(found.version))
    with desk.begin() as tx:
        found = payment(tx, id_)
    assert found.captured == 2_500 and "capture" not in found.state
    assert f"{key}/capture/preview" not in desk.page(f"payments/{key}")


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"amount": "60.01"}, 422, "CN¥60.01 is more than the CN¥60.00 that is left"),
        ({"amount": "1.005"}, 422, ""),
        ({"amount": "a lot"}, 422, ""),
        ({"amount": "1", "version": "0"}, 409, ""),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    desk: Desk, fields: dict[str, str], status: int, says: str
) -> None:
    paid = Paid(desk.market)
    key = ids.show("pmt", paid.id)
    said: dict[str, Any] = {"version": str(paid.now().version)} | fields
    text = desk.send(f"payments/{key}/refund/preview", status, **said)
    assert 'role="alert"' in text and says in text and f'value="{fields["amount"]}"' in text
    assert paid.now().refunded == 0


def test_a_payment_for_an_order_is_refunded_by_its_order(desk: Desk) -> None:
    desk.market.take(*ground.placed("o1"))
    paid = Paid(desk.market, (Part(ORDER_PART, "order", 11_000),), order="o1")
    key, version = ids.show("pmt", paid.id), str(paid.now().version)
    assert "Refund the order" in desk.page(f"payments/{key}")
    asked: dict[str, Any] = {"version": version, "amount": "30.00"}
    shown = previewed(desk.send(f"payments/{key}/refund/preview", 200, **asked))
    assert any("escrow" in source for source, _, _ in shown), "the order's own posting is shown"
    assert paid.now().refunded == 0
    desk.send(f"payments/{key}/refund", **asked)
    assert paid.now().refunded == 3_000


def test_who_may_not_write_sees_no_form_and_moves_nothing(
    desk: Desk, sandbox: Database, book: int
) -> None:
    paid = Paid(desk.market)
    key = ids.show("pmt", paid.id)
    with sandbox.begin(book=book) as tx:
        _, text = access.make_key(tx, "test", "reader", frozenset({"console", "payments:read"}))
    desk.client.cookies.delete(session.COOKIE)
    answer = desk.client.post("/console/-/sign-in", data={"key": text}, follow_redirects=False)
    desk.client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])
    page = desk.page(f"payments/{key}")
    assert "/preview" not in page
    for place in (f"payments/{key}/refund", f"payments/{key}/refund/preview"):
        desk.send(place, 403, version=str(paid.now().version))
    assert paid.now().refunded == 0


def test_evidence_is_given_listed_and_taken_as_it_was(desk: Desk) -> None:
    paid = Paid(desk.market)
    paid.notice("dispute_opened", 6_500, "fraudulent")
    key = ids.show("dpt", paid.dispute().id)
    content = b"%PDF-1.7 \x00\x01 slip\r\n"
    desk.give(f"disputes/{key}/evidence", "C:\\desk\\签收单 1.pdf", content, note="at the door")
    with desk.begin() as tx:
        [given] = disputes.evidence(tx, paid.dispute().id)
    assert (given.name, given.note, given.media_type) == (
        "签收单 1.pdf", "at the door", "application/pdf",
    )  # fmt: skip
    assert f"disputes/{key}/evidence/1" in desk.page(f"disputes/{key}")
    answer = desk.client.get(f"{BASE}/disputes/{key}/evidence/1")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%AD")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert desk.client.get(f"{BASE}/disputes/{key}/evidence/2").status_code == 404

    page = desk.give(f"disputes/{key}/evidence", "page.html", b"\x00<script>", 422)
    assert "Not taken as evidence" in page and 'role="alert"' in page
    desk.give(f"disputes/{key}/evidence", "big.txt", b"a" * (FILE_MOST + 1), 422)
    desk.give(f"disputes/{key}/evidence", "huge.txt", b"a" * (FILE_MOST + 100_000), 413)
    answer = desk.client.post(
        f"{BASE}/disputes/{key}/evidence?lang=en", files={"note": (None, "x")}
    )
    assert answer.status_code == 422 and "No file was sent" in answer.text
    with desk.begin() as tx:
        assert len(disputes.evidence(tx, paid.dispute().id)) == 1
    desk.send(f"disputes/{key}/submit")
    assert 'type="file"' not in desk.page(f"disputes/{key}")
    late = desk.give(f"disputes/{key}/evidence", "late.txt", b"late", 409)
    assert "<li>" in late, "the page says why although it has no form any more"


def test_a_file_of_an_acquirer_is_imported_once_and_a_bad_one_not_at_all(desk: Desk) -> None:
    with desk.begin() as tx:
        one = captured(tx, "p1", 10_000)
        good = upload([row(tx, one, 10_000, 60), row(tx, "SETTLE-9", 4_200, 25)])
    assert 'type="file"' in desk.page("files")
    said: dict[str, Any] = {"profile": "acquirer", "rail": "card"}
    bad = desk.give("files/import", "bad.csv", b"date,fee\nx,y\n", 422, **said)
    assert 'role="alert"' in bad and 'value="card"' in bad
    desk.give("files/import", "card.csv", good.content, 422, profile="acquirer")
    with desk.begin() as tx:
        assert files.files(tx, after=None, limit=5) == []
    desk.give("files/import", "card.csv", good.content, **said)
    with desk.begin() as tx:
        [found] = files.files(tx, after=None, limit=5)
        states = files.line_states(tx, found.id)
    assert found.lines == 2 and states == {"matched": 1, "suspense": 1}
    again = desk.give("files/import", "other.csv", good.content, 409, **said)
    assert "Imported before" in again and "card.csv" in again


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_in_a_browser_a_refund_is_previewed_and_a_file_is_given(
    worlds: Worlds, sandbox: Database, book: int, home: Path
) -> None:
    """In Chinese, on a phone: nothing serious by axe on the form, its refusal, its preview."""
    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
    market = Ground("test", sandbox, book)
    paid, disputed = Paid(market), Paid(market, name="2")
    disputed.notice("dispute_opened", 6_500, "fraudulent")
    base = f"payments/{ids.show('pmt', paid.id)}"
    with site.serving(site.app(worlds, home)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        viewport: Any = {"width": 390, "height": 800}
        tab = browser.new_context(reduced_motion="reduce", viewport=viewport).new_page()
        ticket = make_ticket(home, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        tab.goto(f"{origin}{BASE}/{base}?lang=zh")
        form = tab.locator("form[action$='refund/preview']")
        for amount, shown_by in (("99", "[role=alert]"), ("20.00", "text=退款预览")):
            form.locator("input[name=amount]").fill(amount)
            form.get_by_role("button", name="预览").click()
            tab.locator(shown_by).first.wait_for()
            assert serious(tab) == [], amount
        assert paid.now().refunded == 0
        tab.get_by_role("button", name="确认退款").click()
        tab.wait_for_url(f"**/{base}")
        assert paid.now().refunded == 2_000
        tab.goto(f"{origin}{BASE}/disputes/{ids.show('dpt', disputed.dispute().id)}")
        slip: Any = {"name": "签收单.txt", "mimeType": "text/plain", "buffer": "已签收".encode()}
        tab.locator("input[type=file]").set_input_files(files=[slip])
        tab.get_by_role("button", name="上传").click()
        with tab.expect_download() as download:
            tab.get_by_role("link", name="签收单.txt").click()
        assert download.value.suggested_filename == "签收单.txt"
        assert serious(tab) == []
        browser.close()
