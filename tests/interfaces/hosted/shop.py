"""A shop that makes payments, and a buyer who opens their pages without JavaScript."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx

from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import BUYER, money

FIELDS = re.compile(r'name="(version|token)" value="([^"]+)"')


def opened(tenant: Tenant, **asked: Any) -> tuple[str, str]:
    """A payment of 60.00 by a buyer to a seller: its id, and the secret of its pages."""
    body = {"amount": money(6_000), "seller": "slr_one", "buyer": BUYER} | asked
    made = tenant.done("/payments", body)
    return made["payment"]["id"], made["secret"]


class Buyer:
    """Somebody with a browser and a link."""

    def __init__(self, client: httpx.Client, secret: str, lang: str = "en") -> None:
        self.client, self.secret, self.lang = client, secret, lang

    def get(self, path: str = "/pay/{secret}", **params: str) -> httpx.Response:
        """A page; redirects are not followed."""
        return self.client.get(
            path.format(secret=self.secret), params={"lang": self.lang} | params,
            follow_redirects=False,
        )  # fmt: skip

    def form(self) -> dict[str, str]:
        """The hidden fields of the page's first form."""
        return dict(FIELDS.findall(self.get().text))

    def send(self, fields: dict[str, Any], path: str = "", **headers: str) -> httpx.Response:
        """A form of the checkout, as it is."""
        return self.client.post(
            f"/pay/{self.secret}{path}", data=fields, params={"lang": self.lang}, headers=headers,
            follow_redirects=False,
        )  # fmt: skip

    def pay(self, **chosen: Any) -> httpx.Response:
        """Choose and press the button."""
        return self.send(self.form() | chosen)

    def sees(self) -> str:
        """The text of the checkout, without tags."""
        return words(self.get().text)


def words(page: str) -> str:
    """What a page says, without its tags."""
    body = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()
