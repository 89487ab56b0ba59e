"""Decisions and rules in the console: what was seen and why, made again, rules changed with a look at history."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import clock
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli.bench import decided
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.judgement.risk.decision import Decision, loading
from huoshui.scenarios import judging
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.judgement.risk.conftest import POLICY, RULES, asks, publish_policy, publish_rules

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")
BASE = "/console/test"


def made(sandbox: Database, book: int, amount: int = 300_000, **facts: object) -> Decision:
    return sandbox.run(
        lambda tx: judging.decide(tx, asks(amount, facts=facts), key=f"{amount}/{facts}"), book=book, actor="shop"
    )  # fmt: skip


def test_a_decision_is_shown_and_made_again_and_rules_are_changed_with_a_look_at_history(
    client: TestClient[Litestar], sandbox: Database, book: int, tmp_path: Path
) -> None:
    by = lambda actor, act: sandbox.run(act, book=book, actor=actor)  # noqa: E731
    publish_rules(by)
    publish_policy(by)
    declined = made(sandbox, book, free_income_monthly=42_000)
    for amount in (300_000, 500_000):
        made(sandbox, book, amount)
    site.operator(client, tmp_path, "test", book)
    listed = client.get(f"{BASE}/decisions?lang=en").text
    assert listed.count("Approved") >= 2 and declined.shown in listed
    assert declined.shown not in client.get(f"{BASE}/decisions?lang=en&outcome=approve").text
    page = client.get(f"{BASE}/decisions/{declined.shown}?lang=en&again=1").text
    for said in (
        "The same to the byte",
        "nothing_left",
        "102000",
        "verify more income",
        "CNY 3,000",
    ):
        assert said in page, said
    assert "逐字节一致" in client.get(f"{BASE}/decisions/{declined.shown}?lang=zh&again=1").text
    assert "limit_reached" in client.get(f"{BASE}/reasons?lang=en").text

    here = f"{BASE}/risk/rule-sets/shop-credit@1/propose"
    bad = client.post(
        f"{here}/preview?lang=en", data={"text": RULES.replace("20000 CNY", "20000 USD")}
    )
    assert bad.status_code == 422 and "two currencies" in bad.text
    text = RULES.replace("request.amount > 20000 CNY", "request.amount > 4000 CNY").replace("amount = 2000000,", "amount = 400000,")  # fmt: skip
    preview = client.post(f"{here}/preview?lang=en", data={"text": text})
    assert preview.status_code == 200 and "4000 CNY" in preview.text
    assert "shop-credit@2" not in client.get(f"{BASE}/rule-sets?lang=en").text  # it was undone
    assert client.post(here, data={"text": text}, follow_redirects=False).status_code == 303
    assert "shop-credit@2" in client.get(f"{BASE}/rule-sets?lang=en").text
    own = client.post(f"{BASE}/risk/rule-sets/shop-credit@2/publish", follow_redirects=False)
    assert own.status_code == 403
    # Another person's policy may be published by the operator.
    other = by("ann", lambda tx: loading.propose(tx, POLICY.replace("most = 5000000", "most = 10000").encode()))  # fmt: skip
    done = client.post(f"{BASE}/risk/policies/{other.shown}/publish", follow_redirects=False)
    assert done.status_code == 303
    assert "Published" in client.get(f"{BASE}/policies/{other.shown}?lang=en").text


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no browser")
def test_the_pages_of_decisions_are_sound_to_look_at(
    worlds: Worlds, sandbox: Database, book: int, tmp_path: Path
) -> None:
    decided.furnish(sandbox, book, 20, 3)
    ask = partial(judging.decide, asked=decided.asked(0, 3), policy=decided.POLICY)
    row = sandbox.run(ask, book=book)
    places = ("decisions", f"decisions/{row.shown}?again=1", "rule-sets", "rule-sets/bench@1", "policies/bench@1")  # fmt: skip
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        for lang, width in (("en", 1280), ("zh", 390)):
            tab.set_viewport_size({"width": width, "height": 900})
            for name in places:
                mark = "&" if "?" in name else "?"
                tab.goto(f"{origin}{BASE}/{name}{mark}lang={lang}")
                tab.wait_for_load_state("networkidle")
                assert serious(tab) == [], (name, lang, width)
                if SHOTS:
                    shot = f"{name.partition('?')[0].replace('/', '-')[:16]}-{lang}-{width}.png"
                    tab.screenshot(path=Path(SHOTS) / shot, full_page=True)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        browser.close()
