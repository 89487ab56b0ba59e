"""Passkeys in Chromium with its virtual authenticator: made on one's own page, used to sign in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from huoshui.core.access import members
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def origin(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A passkey needs a name, not a number: localhost counts as safe without TLS."""
    with site.serving(site.app(worlds, tmp_path_factory.mktemp("passkey"))) as origin:
        yield origin.replace("127.0.0.1", "localhost")


def device(tab: Page, *, verified: bool = True) -> None:
    """Gives the tab a platform authenticator; not `verified`: the person cannot prove themselves."""
    tools = tab.context.new_cdp_session(tab)
    tools.send("WebAuthn.enable", {"enableUI": False})
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": verified,
                "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


def test_a_passkey_is_made_and_signs_in_without_a_password(
    browser: Browser, origin: str, sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        _, secret = members.invite(tx, "li@example.com", "Li Hua", "owner")
    context = browser.new_context(locale="en-GB")
    tab = context.new_page()
    device(tab)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(origin + members.link_path("test", f"book-{book}", secret))
    for field in ("password", "again"):
        tab.locator(f"input[name={field}]").fill("correct horse battery")
    assert serious(tab) == []
    tab.get_by_role("button", name="Join").click()
    tab.wait_for_url("**/console/test/me")
    assert serious(tab) == []
    tab.get_by_role("button", name="Add", exact=True).click()
    tab.get_by_role("cell", name="This device").wait_for()
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url("**/-/sign-in")

    tab.goto(f"{origin}/console/-/sign-in?world=test&book=book-{book}")
    assert serious(tab) == []
    tab.get_by_role("button", name="Sign in with a passkey").click()
    tab.wait_for_url("**/console/test")
    assert tab.locator("h1").count() == 1 and errors == []
    context.close()


def test_who_has_no_passkey_here_is_told_so(
    browser: Browser, origin: str, sandbox: Database, book: int
) -> None:
    context = browser.new_context(locale="zh-CN")
    tab = context.new_page()
    device(tab, verified=False)
    tab.goto(f"{origin}/console/-/sign-in?world=test&book=book-{book}&lang=zh")
    tab.get_by_role("button", name="使用通行密钥登录").click()
    tab.get_by_text("浏览器未返回通行密钥").wait_for()
    assert "/-/sign-in" in tab.url
    context.close()
