"""The catalog's pages: published, simulated, offered and taken back, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.catalog import service
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.scenarios import products
from tests.interfaces.console import site

FILES = dict(products.golden())


@pytest.fixture
def client(worlds: Worlds, book: int, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    """Somebody who is signed in to a book of the sandbox."""
    with TestClient(site.app(worlds, tmp_path)) as client:
        site.operator(client, tmp_path, SANDBOX, book)
        yield client


def page(client: TestClient[Litestar], path: str, lang: str = "en") -> str:
    answer = client.get(
        f"/console/{SANDBOX}/{path}", params={"lang": lang} if "?" not in path else None
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def send(client: TestClient[Litestar], path: str, fields: dict[str, str]) -> int:
    headers = {"Origin": "http://testserver.local", "Sec-Fetch-Site": "same-origin"}
    return client.post(
        f"/console/{SANDBOX}/{path}", data=fields, headers=headers, follow_redirects=False
    ).status_code


def test_a_product_that_comes_along_is_published_simulated_offered_and_withdrawn(
    client: TestClient[Litestar], worlds: Worlds, book: int
) -> None:
    assert "No product was published" in page(client, "products")
    assert send(client, "products/-/golden", {"golden": "pay-in-instalments"}) == 303
    assert "分期付款" in page(client, "products", "zh")
    path = "products/pay-in-instalments"
    stood = page(client, f"{path}?lang=en&amount=1200&instalments=12")
    for said in (
        "1,200.00 CNY",
        "not offered",
        "Yearly rate, China (simple)",
        "You borrow",
        "12.0",
    ):
        assert said in stood, said
    assert "分 12 期的金额须不低于 600 元" in page(
        client, f"{path}?lang=zh&amount=500&instalments=12"
    )
    assert send(client, f"{path}/offer", {"number": "1"}) == 303
    assert "version 1 offered" in page(client, path)
    assert send(client, f"{path}/withdraw", {}) == 303
    with worlds.database(SANDBOX).begin(book=book) as tx:
        assert service.offered_number(tx, "pay-in-instalments") is None
    assert send(client, f"{path}/withdraw", {}) == 409
    assert send(client, "products/-/golden", {"golden": "nosuch"}) == 404


def test_a_product_of_another_line_is_shown_as_its_file_says(
    client: TestClient[Litestar],
) -> None:
    assert send(client, "products/-/golden", {"golden": "factoring-with-recourse"}) == 303
    stood = page(client, "products/factoring-with-recourse")
    assert "factoring" in stood and 'type="range"' not in stood


@pytest.mark.parametrize(
    "query", ["amount=x", "amount=-1", "amount=1e99", "amount=NaN", "instalments=7"]
)
def test_a_strange_wish_is_brought_into_the_product(
    client: TestClient[Litestar], query: str
) -> None:
    assert send(client, "products/-/golden", {"golden": "pay-in-3-free"}) == 303
    assert "Instalment" in page(client, f"products/pay-in-3-free?lang=en&{query}")


def test_a_file_is_published_or_says_what_is_wrong(client: TestClient[Litestar]) -> None:
    headers = {"Origin": "http://testserver.local", "Sec-Fetch-Site": "same-origin"}

    def give(content: bytes) -> tuple[int, str]:
        answer = client.post(
            f"/console/{SANDBOX}/products/-/file?lang=en",
            files={"file": ("mine.toml", content, "application/toml")}, headers=headers,
            follow_redirects=False,
        )  # fmt: skip
        return answer.status_code, answer.text

    status, text = give(FILES["pay-in-3-free"].replace("[3]", "[0]").encode())
    assert status == 422 and "/terms/instalments" in text
    assert give(FILES["pay-in-3-free"].encode())[0] == 303
    assert give(b"\xff\xfe")[0] == 422
