"""Sources of milestones and own pages of parties in the console: enrolled, moved, opened, ended, looked at."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from edge.protocol import Milestone, new_key, public_text, sealed
from huoshui.core import clock, ids
from huoshui.core.access import this_book
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.facts.milestones import service, store
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines import payments
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.lines.lending.loan import ground

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")
DAY_MS = 86_400_000


@pytest.fixture
def party(sandbox: Database, book: int) -> str:
    with sandbox.begin(book=book) as tx:
        payments.start(tx, payments.Terms())
        return ground.borrower(tx)


def test_a_source_is_enrolled_suspended_rotated_and_revoked(
    client: TestClient[Litestar], party: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    base, headers = "/console/test", {"Origin": str(client.base_url).rstrip("/")}
    key, other = new_key(), new_key()

    def post(path: str, **fields: str) -> tuple[int, str, str]:
        answer = client.post(f"{base}/{path}?lang=en", data=fields, headers=headers)
        return answer.status_code, answer.text, str(answer.url)

    asked = {"name": "City school", "key": public_text(key), "kinds": "course_completed， degree"}
    signed_in(client, sandbox, book, "facilities:read")
    assert post("milestone-sources/enrol", **asked)[0] == 403
    client.cookies.clear()

    site.operator(client, tmp_path, "test", book)
    assert post("milestone-sources/enrol", **asked | {"key": "x"})[0] == 422
    status, seen, url = post("milestone-sources/enrol", **asked)
    source = url.partition("?")[0].rpartition("/")[2]
    assert status == 200 and "course_completed, degree" in seen
    _certified(sandbox, book, source, party, key)
    place = f"milestone-sources/{source}"
    assert "python-101" in client.get(f"{base}/{place}?lang=en").text
    assert "python-101" in client.get(f"{base}/milestones?source={source}&lang=zh").text
    with sandbox.begin(book=book) as tx:
        [fact] = store.milestones(tx, subject=party)
    assert fact.text in client.get(f"{base}/milestones/{fact.shown}?lang=en").text
    assert client.get(f"{base}/milestones/mst_00000000000000000000000001").status_code == 404

    status, seen, _ = post(f"{place}/rotate", key="no key")
    assert status == 422 and "no key" in seen and "does not fit" in seen
    assert public_text(other) in post(f"{place}/rotate", key=public_text(other))[1]
    assert "audit" in post(f"{place}/suspend", reason="audit")[1]
    listed = client.get(f"{base}/milestone-sources?state=suspended&lang=zh").text
    assert "City school" in listed and "已暂停" in listed
    post(f"{place}/resume")
    post(f"{place}/revoke", reason="closed")
    assert post(f"{place}/resume")[0] == 409
    assert post(f"{place}/praise")[0] == 404
    with sandbox.begin(book=book) as tx:
        found = store.sources(tx, None, 10)[0]
        assert (found.state, found.reason, found.public) == (
            "revoked",
            "closed",
            public_text(other),
        )


def _certified(sandbox: Database, book: int, source: str, party: str, key: object) -> None:
    with sandbox.begin(book=book) as tx:
        at = int(tx.now.timestamp() * 1000)
        said = Milestone(
            source=source, number="1", kind="course_completed", subject=party,
            reference="python-101", market=this_book(tx).slug, at=at, ends=at + 90 * DAY_MS,
        )  # fmt: skip
        service.accept(tx, sealed(said, key))  # type: ignore[arg-type]


def test_a_page_is_opened_for_a_seller_or_a_buyer_and_ended(
    client: TestClient[Litestar], party: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    base, headers = "/console/test", {"Origin": str(client.base_url).rstrip("/")}

    def post(path: str, **fields: str) -> tuple[int, str]:
        answer = client.post(f"{base}/{path}?lang=en", data=fields, headers=headers)
        return answer.status_code, answer.text

    signed_in(client, sandbox, book, "parties:read")
    assert post("own-pages/open", party=party)[0] == 403
    client.cookies.clear()
    site.operator(client, tmp_path, "test", book)
    with sandbox.begin(book=book) as tx:
        buyer = ids.show("byr", tx.value("SELECT id FROM buyer WHERE book = %(book)s"))
    for whose in (party, buyer):
        status, seen = post("own-pages/open", party=whose, days="7")
        assert status == 200, seen
        [url] = set(re.findall(r'href="[^"]*(/mine/[^"]+)"', seen))
        key = re.findall(r"ptp_[0-9a-z]{26}", url)[0]
        assert client.get(url).status_code == 200
        again = client.get(f"{base}/own-pages/{key}?lang=zh").text
        assert url.rpartition(".")[2] not in again and "有效" in again
        assert key in client.get(f"{base}/own-pages?party={whose}&lang=en").text
        assert post(f"own-pages/{key}/end")[0] == 200
        assert client.get(url).status_code == 404
    for days in ("0", "366", "x"):
        assert post("own-pages/open", party=party, days=days)[0] == 422
    assert post("own-pages/open", party="byr_00000000000000000000000001")[0] == 404
    assert "bad_party_page" not in client.get(f"{base}/own-pages?lang=zh").text


def test_a_partner_is_named(
    client: TestClient[Litestar], party: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    base, headers = "/console/test", {"Origin": str(client.base_url).rstrip("/")}
    fields = {"party": "picc", "en": "PICC Property", "zh": "中国人保财险"}
    signed_in(client, sandbox, book, "loans:read")
    assert client.post(f"{base}/partners/name", data=fields, headers=headers).status_code == 403
    client.cookies.clear()
    site.operator(client, tmp_path, "test", book)
    answer = client.post(f"{base}/partners/name", data=fields, headers=headers)
    assert answer.status_code == 200 and "中国人保财险" in answer.text
    wrong = fields | {"party": "PICC!"}
    assert client.post(f"{base}/partners/name", data=wrong, headers=headers).status_code == 422


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_the_pages_in_a_browser(
    worlds: Worlds, sandbox: Database, party: str, book: int, tmp_path: Path
) -> None:
    key = new_key()
    with sandbox.begin(book=book) as tx:
        made = service.register(tx, "City school", public_text(key), ["course_completed"])
    _certified(sandbox, book, made.shown, party, key)
    with (
        site.serving(site.app(worlds, tmp_path)) as origin,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        source = f"milestone-sources/{made.shown}"
        looks = [(source, "zh", "dark"), ("own-pages", "en", "light")]
        if SHOTS:
            places = (source, "milestone-sources", "milestones", "own-pages", "partners")
            looks = [(place, lang, tone) for place in places
                     for lang, tone in (("zh", "dark"), ("en", "light"), ("zh", "light"))]  # fmt: skip
        for path, lang, tone in looks:
            tab.emulate_media(color_scheme=tone)  # type: ignore[arg-type]
            tab.goto(f"{origin}/console/test/{path}?lang={lang}")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                name = path.replace("/", "-")[:19]
                tab.screenshot(path=Path(SHOTS) / f"p-{name}-{lang}-{tone}.png", full_page=True)
            assert not serious(tab)
        browser.close()
