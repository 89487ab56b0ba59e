"""Hosted pages over the whole application: a tenant that makes payments, rails that are ready."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.simulated.client import Simulated
from tests.interfaces.api.conftest import app, client, live, open_tenant, tenant
from tests.interfaces.console import site

CHROMIUM = "/usr/bin/chromium"
__all__ = ["app", "client", "live", "open_tenant", "tenant"]


@pytest.fixture(autouse=True)
def rails() -> Iterator[None]:
    """The simulated rails are set up; nothing is sent, since no due work runs here."""
    names = ("card", "transfer", "qr")
    kept = {name: registry.is_ready(name, live=False) for name in names}
    made = [Simulated(name, "http://127.0.0.1:9", "s") for name in names if not kept[name]]
    for rail in made:
        registry.register(rail)
    yield
    for rail in made:
        registry.forget(rail.name)
        rail.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def origin(app: Litestar, client: httpx.Client) -> Iterator[str]:
    """The application on a port; as `localhost`, since a passkey belongs to a name."""
    with site.serving(app) as origin:
        yield origin.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone."""
    context = browser.new_context(
        locale="en-GB", viewport={"width": 390, "height": 800}, reduced_motion="reduce"
    )
    yield context
    context.close()
