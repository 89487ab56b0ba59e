"""Hosted pages in a browser: paid by thumb, followed while they move on, no serious finding by axe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from huoshui.core import passkey
from huoshui.lines.payments.escrow import Terms
from huoshui.scenarios.products import golden
from tests.ground import placed
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import BUYER, answer, fund, money
from tests.interfaces.console.test_passkey_browser import device
from tests.interfaces.hosted.conftest import CHROMIUM
from tests.interfaces.hosted.shop import opened

AXE = Path(__file__).parents[1] / "console" / "vendor" / "axe.min.js"
SHOTS = os.environ.get("HUOSHUI_SHOTS")  # a folder that pictures are written to

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def look(tab: Page, name: str) -> None:
    """Nothing serious in either scheme, nothing wider than the phone; pictures where asked for."""
    if not tab.evaluate("!!window.axe"):
        # Past the policy on purpose: axe is the test's script, not the page's.
        tab.evaluate(AXE.read_text("utf-8"))
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [
            f"{each['id']}: {node['html'][:120]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
        assert bad == [], (name, scheme)
        if SHOTS:
            tab.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png", full_page=True)
    width = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], name


def at_once(tab: Page) -> list[str]:
    """Errors of a page's scripts and of its policy, as they come."""
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    return said


def test_a_card_is_declined_and_then_pays_while_the_page_follows(
    context: BrowserContext, origin: str, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 2_000)
    fund(tenant, f"points:{BUYER}", 700, "POINTS")
    payment, secret = opened(
        tenant, reference="Two pairs of rain boots", expires_in_s=900,
        return_url="https://shop.test/thanks",
    )  # fmt: skip
    tab = context.new_page()
    said = at_once(tab)
    tab.goto(f"{origin}/pay/{secret}")
    tab.get_by_text("left to pay").wait_for()
    tab.locator("input[value=balance]").check()
    look(tab, "choose-en")
    tab.goto(f"{origin}/pay/{secret}?lang=zh")
    look(tab, "choose-zh")
    tab.goto(f"{origin}/pay/{secret}?lang=en")
    tab.locator("input[value=card]").check()
    tab.locator("select[name=token_card]").select_option("tok_decline_insufficient_funds")
    tab.locator(".wide-button").click()
    tab.get_by_text("Payment in progress").wait_for()
    look(tab, "wait-en")
    answer(tenant, payment, "declined", code="insufficient_funds")
    tab.get_by_text("There is not enough money behind it").wait_for()
    look(tab, "declined-en")
    tab.locator("input[value=balance]").check()
    tab.locator("input[value=points]").check()
    tab.locator("input[value=card]").check()
    tab.locator(".wide-button").click()
    tab.get_by_text("Payment in progress").wait_for()
    answer(tenant, payment, "succeeded")
    answer(tenant, payment, "succeeded")
    tab.get_by_role("link", name="Back to").wait_for()
    look(tab, "paid-en")
    tab.get_by_role("link", name="Receipt").click()
    tab.get_by_text("Print").wait_for()
    tenant.done(f"/payments/{payment}/refund", {"amount": money(900)})
    tab.reload()
    look(tab, "receipt-en")
    tab.goto(f"{origin}/receipt/{secret}?lang=zh")
    look(tab, "receipt-zh")
    assert said == []


@pytest.mark.parametrize("ahead_s", [-90_000, 90_000])
def test_the_time_left_is_told_whatever_clock_the_buyer_has(
    context: BrowserContext, origin: str, tenant: Tenant, ahead_s: int
) -> None:
    _, secret = opened(tenant, expires_in_s=1_800)
    tab = context.new_page()
    tab.add_init_script(f"const now = Date.now; Date.now = () => now() + {ahead_s * 1_000};")
    tab.goto(f"{origin}/pay/{secret}")
    told = tab.get_by_text("left to pay").inner_text()
    assert "00:00" < told[:5] <= "30:00", told


def test_a_code_is_scanned_and_a_desk_has_room(
    context: BrowserContext, origin: str, tenant: Tenant
) -> None:
    payment, secret = opened(tenant)
    tab = context.new_page()
    tab.set_viewport_size({"width": 1280, "height": 800})
    said = at_once(tab)
    tab.goto(f"{origin}/pay/{secret}?lang=zh")
    look(tab, "desk-zh")
    tab.locator("input[value=qr]").check()
    tab.locator(".wide-button").click()
    answer(tenant, payment, "action", action=f"https://wallet.test/pay/{payment}")
    tab.get_by_role("img", name="付款二维码").wait_for()
    look(tab, "scan-zh")
    answer(tenant, payment, "succeeded")
    tab.get_by_text("付款成功").wait_for()
    look(tab, "paid-zh")
    assert said == []


def test_a_large_amount_is_confirmed_by_a_passkey_that_is_made_at_the_first_use(
    context: BrowserContext, origin: str, open_tenant: Any
) -> None:
    tenant = open_tenant(terms=Terms(strong_from=5_000))
    fund(tenant, f"wallet:{BUYER}", 50_000)
    tab = context.new_page()
    device(tab)
    said = at_once(tab)
    for first in (True, False):
        payment, secret = opened(tenant, buyer=BUYER)
        tab.goto(f"{origin}/pay/{secret}?lang=en")
        tab.locator(".wide-button").click()
        if first:
            tab.get_by_role("button", name="Make a passkey").wait_for()
            look(tab, "prove-first-en")
            tab.locator(".wide-button").click()
        tab.get_by_role("button", name="Confirm with passkey").wait_for()
        look(tab, f"prove-{first}-en")
        tab.locator(".wide-button").click()
        tab.get_by_text("was paid.").wait_for()
        assert tenant.get(f"/payments/{payment}")["payment"]["state"] == "succeeded"
    assert said == []


def test_a_stranger_with_the_link_confirms_nothing(
    browser: Browser, context: BrowserContext, origin: str, open_tenant: Any
) -> None:
    """The buyer has a passkey: another device can neither use one of its own nor add one."""
    tenant = open_tenant(terms=Terms(strong_from=5_000))
    fund(tenant, f"wallet:{BUYER}", 50_000)
    mine = context.new_page()
    device(mine)
    _, secret = opened(tenant)
    mine.goto(f"{origin}/pay/{secret}")
    mine.locator(".wide-button").click()
    mine.get_by_role("button", name="Make a passkey").click()
    mine.get_by_role("button", name="Confirm with passkey").wait_for()
    strange = browser.new_context(locale="zh-CN").new_page()
    device(strange)
    strange.goto(f"{origin}/pay/{secret}")
    strange.get_by_role("button", name="用通行密钥确认").click()
    strange.get_by_text("未能完成").wait_for()
    look(strange, "prove-refused-zh")
    strange.context.close()
    # It is nobody's who signs in, whatever the buyer is called.
    with tenant.database.begin(book=tenant.book) as tx:
        [kept] = passkey.passkeys(tx, f"buyer/{BUYER}")
    assert kept.owner == "buyer/" + BUYER


def test_without_javascript_it_is_paid_as_well(
    browser: Browser, origin: str, tenant: Tenant
) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    _, secret = opened(tenant)
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    tab = context.new_page()
    tab.goto(f"{origin}/pay/{secret}")
    tab.locator(".wide-button").click()
    tab.get_by_text("付款成功").wait_for()
    context.close()


def test_a_loan_is_read_agreed_to_and_pays_by_thumb(
    context: BrowserContext, origin: str, tenant: Tenant
) -> None:
    tenant.done("/switched", {"file": dict(golden())["pay-in-instalments"]})
    tenant.tell(*placed("o-thumb", items=(("s1", 90_000, 0),)))
    made = tenant.done("/payments", {"amount": money(90_000), "order": "o-thumb"})
    tab = context.new_page()
    said = at_once(tab)
    for lang in ("zh", "en"):
        tab.goto(f"{origin}/pay/{made['secret']}?lang={lang}")
        tab.locator('input[value="later:pay-in-instalments/3"]').check()
        look(tab, f"later-{lang}")
    tab.locator('input[name="agree_pay-in-instalments/3"]').check()
    tab.locator("button.wide-button").click()
    tab.get_by_text("was paid.").wait_for()
    assert said == []
