"""The watch list, a borrower and loss parameters in the console: put, graded, proposed, confirmed by another."""

from __future__ import annotations

import os
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
from huoshui.lines.lending import marks
from huoshui.lines.lending.day import losses, proposal_store, proposing
from huoshui.lines.lending.impairment import Outlook, Rules
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.marks import store
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.lines.lending.loan import ground

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")
FORM = {
    "product": "", "name_0": "base", "weight_0": "0.7", "lgd_0": "0.45", "pd_0": "0.03 0.02",
    "name_1": "low", "weight_1": "0.3", "lgd_1": "0.6", "pd_1": "0.09", "ccf": "0.5",
    "covers": "integral", "sicr_days": "30", "default_days": "90", "cure_days": "90",
    "watch_days": "30", "restructured_days": "365", "grades": "A 0.01, B 0.02, C 0.08",
    "grades_down": "2", "pull_share": "0.2", "cause": "model of spring",
}  # fmt: skip


@pytest.fixture
def loan(sandbox: Database, book: int) -> tuple[str, str]:
    """A borrower and its loan, which runs; parameters hold."""
    with sandbox.begin(book=book) as tx:
        payments.start(tx, payments.Terms())
        ground.product(tx, "term")
        losses.say(tx, "", Rules([Outlook("base", "1", "0.5", ["0.04"])]), "of a test")
        made = ground.signed(tx, ground.borrower(tx), amount=600_000, instalments=6)
        service.draw(tx, made.id, 600_000, "d")
        return made.party, made.shown


class Desk:
    """Forms of the console as somebody sends them."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client, self.headers = client, {"Origin": str(client.base_url).rstrip("/")}

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form."""
        url = f"/console/test/{path}?lang=en"
        answer = self.client.post(url, data=fields, headers=self.headers)
        return answer.status_code, answer.text

    def get(self, path: str, lang: str = "en") -> str:
        """A page."""
        return self.client.get(f"/console/test/{path}{'&' if '?' in path else '?'}lang={lang}").text


def test_a_borrower_is_watched_graded_and_taken_off(
    client: TestClient[Litestar], loan: tuple[str, str], sandbox: Database, book: int, tmp_path: Path
) -> None:  # fmt: skip
    party, shown = loan
    desk = Desk(client)
    signed_in(client, sandbox, book, "loans:read")
    asked = {"party": party, "kind": "watched", "reason": "Its buyer failed."}
    assert "Nobody is on the list" in desk.get("watch-list")
    assert desk.post("watch-list/-/put", **asked)[0] == 403
    assert desk.post(f"borrowers/{party}/grade", grade="B")[0] == 403
    client.cookies.clear()

    site.operator(client, tmp_path, "test", book)
    status, seen = desk.post("watch-list/-/put", **asked | {"until": "1999-01-01"})
    assert status == 422 and "until" in seen and "Its buyer failed." in seen
    assert desk.post("watch-list/-/put", **asked)[0] == 200
    assert "Its buyer failed." in desk.get("watch-list") and "关注" in desk.get("watch-list", "zh")
    assert desk.post(f"borrowers/{party}/grade", grade="B", source="model")[0] == 200
    assert desk.post(f"borrowers/{party}/grade", grade="C", on="x")[0] == 422
    assert "model" in desk.get(f"borrowers/{party}") and "watched" in desk.get(f"loans/{shown}")
    with sandbox.begin(book=book) as tx:
        (mark,) = store.marks(tx, party=party)
    assert desk.post(f"watch-list/{mark.shown}/remove", why="paid")[0] == 200
    assert "Undo" in desk.get(f"watch-list/{mark.shown}")
    assert desk.post(f"watch-list/{mark.shown}/restore")[0] == 200
    assert "Take off" in desk.get(f"watch-list/{mark.shown}")
    assert client.get("/console/test/borrowers/slr_nobody").status_code == 404


def test_loss_parameters_are_previewed_proposed_and_confirmed_by_another(
    client: TestClient[Litestar], loan: tuple[str, str], sandbox: Database, book: int, tmp_path: Path
) -> None:  # fmt: skip
    del loan
    desk = Desk(client)
    site.operator(client, tmp_path, "test", book)
    assert "0.04" in desk.get("loss-rules")  # filled in with what holds
    status, seen = desk.post("loss-rules/-/propose/preview", **FORM | {"weight_0": "0.8"})
    assert status == 422 and "model of spring" in seen
    status, seen = desk.post("loss-rules/-/propose/preview", **FORM)
    assert status == 200 and "Effect on the book" in seen
    with sandbox.begin(book=book) as tx:
        assert proposal_store.proposals(tx) == []
    status, seen = desk.post("loss-rules/-/propose", **FORM)
    assert status == 200, seen[-3000:]
    with sandbox.begin(book=book) as tx:
        (made,) = proposal_store.proposals(tx)
    assert made.rules["staging"]["grades"][2] == {"name": "C", "pd": "0.08"}
    status, seen = desk.post(f"loss-rules/{made.shown}/confirm")
    assert status == 403 and "another person" in seen
    client.cookies.clear()
    signed_in(client, sandbox, book, "loans:read", "loans:service")
    assert "Put in force" in desk.get(f"loss-rules/{made.shown}")
    assert desk.post(f"loss-rules/{made.shown}/confirm")[0] == 200
    with sandbox.begin(book=book) as tx:
        found = losses.segments(tx, made.since)[""]
    assert found.integral and found.staging.grades_down == 2


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_the_pages_in_a_browser(
    worlds: Worlds, loan: tuple[str, str], sandbox: Database, book: int, tmp_path: Path
) -> None:
    party, shown = loan
    with sandbox.begin(book=book) as tx:
        marks.grade(tx, party, "B", source="model")
        marks.put(tx, party, "watched", "Its main buyer failed.")
        rules = Rules([Outlook("base", "1", "0.6", ["0.06"])])
        proposal = proposing.propose(tx, "", rules, "model of spring")
    with (
        site.serving(site.app(worlds, tmp_path)) as origin,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        looks = [("watch-list", "zh"), ("loss-rules", "en")]
        if SHOTS:
            looks += [
                ("watch-list", "en"), (f"borrowers/{party}", "zh"), (f"borrowers/{party}", "en"),
                ("loss-rules", "zh"), (f"loss-rules/{proposal.shown}", "zh"),
                (f"loss-rules/{proposal.shown}", "en"), (f"loans/{shown}", "zh"),
            ]  # fmt: skip
        for path, lang in looks:
            tab.goto(f"{origin}/console/test/{path}?lang={lang}")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                name = path.replace("/", "-")[:14]
                tab.screenshot(path=Path(SHOTS) / f"m-{name}-{lang}.png", full_page=True)
            assert not serious(tab)
        browser.close()
