"""The pages of devices, mandates and offline payments, over what a real wallet and till did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from edge.protocol import proved
from huoshui.core import access
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.devices import Devices
from tests.interfaces.console import site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


class Shown:
    """A signed-in browser, and the devices of its book."""

    def __init__(
        self, client: TestClient[Litestar], sandbox: Database, book: int, home: Path
    ) -> None:
        with sandbox.begin(book=book) as tx:
            payments.start(tx, Terms())
        self.client = client
        self.devices = Devices(Tenant(client, sandbox, "test", book), home / "devices")
        self.ids = self.devices.everything()
        self.devices.tenant.done(
            "/device-events", {"events": [self.devices.debit(self.ids["/mandates"], 12_000)]}
        )
        site.operator(client, home, "test", book)

    def page(self, path: str, lang: str = "en") -> str:
        answer = self.client.get(f"{BASE}/{path}", headers={"accept-language": lang})
        assert answer.status_code == 200, answer.text
        return answer.text

    def paths(self) -> list[str]:
        return [
            "devices", "devices?role=wallet&state=frozen", f"devices/{self.ids['/devices']}",
            f"devices/{self.devices.machine}", "mandates", f"mandates/{self.ids['/mandates']}",
            "offline", f"offline/{self.ids['/programmes']}", "double-spends",
            f"double-spends/{self.ids['/double-spends']}",
        ]  # fmt: skip


@pytest.fixture
def shown(worlds: Worlds, sandbox: Database, book: int, tmp_path: Path) -> Iterator[Shown]:
    with TestClient(site.app(worlds, tmp_path)) as client:
        yield Shown(client, sandbox, book, tmp_path)


def text(answer: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", answer))


def test_every_page_answers_in_both_languages_and_its_api_call_too(
    shown: Shown, sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        _, key = access.make_key(tx, "test", "reader")
    for path in shown.paths():
        for lang in ("en", "zh"):
            page = shown.page(path, lang)
            assert "console." not in text(page), path
        found = re.findall(r"<pre[^>]*>curl '?http://[^/]+(/v1/[^' ]*)", unescape(page))
        assert found, path
        for each in found:
            asked = shown.client.get(each, headers={"authorization": f"Bearer {key}"})
            assert asked.status_code == 200, (each, asked.text)


def test_a_double_spend_shows_its_two_vouchers_and_gives_the_evidence(shown: Shown) -> None:
    case = shown.ids["/double-spends"]
    page = text(shown.page(f"double-spends/{case}"))
    for said in ("First deposited", "Contradicts it", "double spend", "10.00"):
        assert said in page, said
    assert "双花" in text(shown.page(f"double-spends/{case}", "zh"))
    file = shown.client.get(f"{BASE}/double-spends/{case}/evidence.json").text
    assert proved(file, shown.devices.certificate["issuer"]).device == shown.ids["/devices"]


def test_a_device_is_thawed_and_a_mandate_revoked_by_a_button(shown: Shown) -> None:
    device, mandate = shown.ids["/devices"], shown.ids["/mandates"]
    assert "Thaw" in text(shown.page(f"devices/{device}"))
    shown.client.post(f"{BASE}/devices/{device}/thaw")
    assert "Freeze" in text(shown.page(f"devices/{device}"))
    assert "120.00" in text(shown.page(f"mandates/{mandate}"))
    shown.client.post(f"{BASE}/mandates/{mandate}/revoke")
    page = text(shown.page(f"mandates/{mandate}", "zh"))
    assert "已撤销" in page and "超单笔限额" in page
    answer: Any = shown.client.post(f"{BASE}/devices/{device}/revoke")
    assert answer.status_code == 404
