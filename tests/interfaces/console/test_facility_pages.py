"""Facilities in the console: what the pages show in both languages, and what the forms do."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import access, clock, ids, work
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines.lending.facility import port, service, store
from huoshui.lines.lending.facility.service import Asked, Freezing
from huoshui.lines.lending.facility.way import stands
from huoshui.scenarios.due import WORK
from tests.ground import DAY, HOUR, START, Ground
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.lines.lending.facility.ground import family

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


def filled(market: Ground) -> tuple[str, str]:
    """A season that lifted a limit and fell back below what is drawn, and a freeze with an appeal."""
    with market.database.begin() as tx:
        folk = family(tx, 8_000_000, 6_000_000, 5_000_000, 1_000_000)
        first = date(2025, 3, 13)
        for each, share in ((folk.scene, 500_000), (folk.borrower, 500_000)):
            service.change_limit(
                tx, each.id,
                Asked(kind="uplift", since=first, until=first + timedelta(days=19),
                      share_ppm=share, cause="Spring season"),
            )  # fmt: skip
        lift = Asked(
            kind="achievement", amount=400_000, cause="Course completed", evidence="fact/cert-77",
            until=date(2025, 8, 1), since=date(2025, 3, 20),
        )  # fmt: skip
        service.change_limit(tx, folk.scene.id, lift)
    for n, amount in ((2, 2_000_000), (12, 3_500_000), (18, 1_300_000)):
        work.advance(market.database, WORK, START + n * DAY)
        with market.database.begin() as tx:
            made = port.reserve(tx, folk.scene.id, amount, tx.now + HOUR, reference=f"order {n}")
            assert made.reservation is not None
            port.draw(tx, made.reservation.id)
    with market.database.begin() as tx:
        port.reserve(tx, folk.scene.id, 300_000, tx.now + 30 * DAY, reference="order 19")
        port.restore(tx, folk.scene.id, 900_000, cause=tx.id("txn", "r"))
    work.advance(market.database, WORK, START + 31 * DAY)
    with market.database.begin() as tx:
        until = access.today(tx) + timedelta(days=20)
        frozen = service.freeze(tx, folk.phones.id, Freezing(cause="Stock not found", until=until))
        service.appeal(tx, frozen.change.id, "The goods stand in the second warehouse.")
    return folk.scene.shown, folk.phones.shown


def test_what_the_pages_show_in_both_languages(
    client: TestClient[Litestar], market: Ground, tmp_path: Path
) -> None:
    scene, phones = filled(market)
    site.operator(client, tmp_path, market.name)
    base = f"/console/{market.name}"
    for lang, words in (
        (
            "en",
            ("over its limit", "Plan to come down", "Spring season", "Uplift for an achievement"),
        ),
        ("zh", ("超出额度", "压降计划", "Spring season", "成就调增", "额度树")),
    ):
        page = client.get(f"{base}/facilities/{scene}?lang={lang}").text
        for word in words:
            assert word in page, word
    listed = client.get(f"{base}/facilities?lang=en").text
    assert "Appeals waiting" in listed and "frozen" in listed and phones in listed
    queue = client.get(f"{base}/facility-appeals?lang=en&state=open").text
    assert "second warehouse" in queue
    table = client.get(f"{base}/export/facilities.csv?lang=en").text
    assert "54000.00" in next(line for line in table.splitlines() if scene in line)


def test_a_form_is_previewed_then_done_by_who_may(
    client: TestClient[Litestar], sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        scene = family(tx, 100_000, 60_000, 50_000).scene
        until = (access.today(tx) + timedelta(days=9)).isoformat()
    site.operator(client, tmp_path, "test", book)
    here = f"/console/test/facilities/{scene.shown}"
    sent = {"cause": "warm <truck>", "until": until}
    seen = client.post(f"{here}/freeze/preview?lang=en", data=sent).text
    assert "What would change today" in seen and "warm &lt;truck&gt;" in seen
    with sandbox.begin(book=book) as tx:
        assert stands(tx, [scene])[0].available == 50_000, "a preview does nothing"
    assert client.post(f"{here}/freeze", data=sent, follow_redirects=False).status_code == 303
    refused = client.post(f"{here}/freeze/preview?lang=en", data={"cause": "x", "until": "soon"})
    assert refused.status_code == 422 and "field “until”" in refused.text
    with sandbox.begin(book=book) as tx:
        assert stands(tx, [scene])[0].available == 0
        change = store.changes(tx, [scene.id])[scene.id][-1]
        appeal = service.appeal(tx, change.id, "repaired")
    page = client.get(f"{here}?lang=en").text
    assert "Answer an appeal" in page and "repaired" in page
    answered = {"appeal": appeal.shown, "outcome": "grant", "answer": "Right."}
    assert client.post(f"{here}/decide", data=answered, follow_redirects=False).status_code == 303
    with sandbox.begin(book=book) as tx:
        assert stands(tx, [scene])[0].available == 50_000
        assert service.find_appeal(tx, ids.read("fap", appeal.shown)).decided_by != "system"
    change_of = {"kind": "base", "amount": "700.00", "cause": "review"}
    assert client.post(f"{here}/change", data=change_of, follow_redirects=False).status_code == 303
    assert client.post(f"{here}/sell", data={}, follow_redirects=False).status_code == 404
    signed_in(client, sandbox, book, "facilities:read")
    assert "Preview" not in client.get(f"{here}?lang=en").text
    assert client.post(f"{here}/close", data={}, follow_redirects=False).status_code == 403


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no browser")
def test_the_pages_are_sound_to_look_at(worlds: Worlds, market: Ground, tmp_path: Path) -> None:
    scene, phones = filled(market)
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        ticket = make_ticket(tmp_path, market.name, clock.system_now(), book=1)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url(f"**/console/{market.name}")
        for lang, width, scheme in (
            ("en", 1280, "light"),
            ("zh", 1280, "dark"),
            ("zh", 390, "light"),
        ):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for name in (
                "facilities",
                f"facilities/{scene}",
                f"facilities/{phones}",
                "facility-appeals",
            ):
                tab.goto(f"{origin}/console/{market.name}/{name}?lang={lang}")
                tab.wait_for_load_state("networkidle")
                assert serious(tab) == [], (name, lang, width)
                if SHOTS:
                    shot = f"{name.replace('/', '-')[:14]}{name[-3:]}-{lang}-{width}.png"
                    tab.screenshot(path=Path(SHOTS) / shot, full_page=True)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        browser.close()
