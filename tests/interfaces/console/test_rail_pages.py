"""The pages of the rails: health, calls, one call, notices; in both languages, one's own alone."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import access, ids
from huoshui.core.db import Database
from tests import ground
from tests.interfaces.console import rail_books, site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASE = "/console/test"


@pytest.fixture
def call(sandbox: Database, book: int) -> str:
    return ids.show("rca", rail_books.busy(sandbox, book))


@pytest.fixture
def shown(
    client: TestClient[Litestar], call: str, book: int, tmp_path: Path
) -> TestClient[Litestar]:
    site.operator(client, tmp_path, "test", book)
    return client


def text(answer: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", answer))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_answers_and_its_api_call_too(
    shown: TestClient[Litestar], sandbox: Database, book: int, call: str, lang: str
) -> None:
    with sandbox.begin(book=book) as tx:
        _, key = access.make_key(tx, "test", "reader")
    for path in ("rails", "rail-calls", "rail-calls?state=declined&rail=card", f"rail-calls/{call}",
                 "rail-notices"):  # fmt: skip
        answer = shown.get(f"{BASE}/{path}", headers={"accept-language": lang})
        assert answer.status_code == 200, path
        assert "console." not in text(answer.text), path
        found = re.findall(r"<pre[^>]*>curl '?http://[^/]+(/v1/[^' ]*)", unescape(answer.text))
        assert found, path
        for each in found:
            asked = shown.get(each, headers={"authorization": f"Bearer {key}"})
            assert asked.status_code == 200, (each, asked.text)


def test_health_says_what_succeeds_what_is_slow_and_what_is_left_in_peace(
    shown: TestClient[Litestar],
) -> None:
    page = text(shown.get(f"{BASE}/rails", headers={"accept-language": "en"}).text)
    assert "left in peace" in page and "Transfer" in page
    for said in ("Which part of calls succeeds", "Why are calls declined?", "issuer declines"):
        assert said in page
    zh = text(shown.get(f"{BASE}/rails", headers={"accept-language": "zh"}).text)
    assert "已熔断" in zh and "发卡行拒绝" in zh and "银行卡" in zh


def test_a_call_shows_what_was_asked_what_moved_and_what_was_told(
    shown: TestClient[Litestar], call: str
) -> None:
    page = text(shown.get(f"{BASE}/rail-calls/{call}", headers={"accept-language": "en"}).text)
    for said in ("declined", "evt_1", "evt_2", "contradicts what stands", "came 1 more time"):
        assert said in page, said
    odd = text(shown.get(f"{BASE}/rail-calls?subject=sub_0041").text)
    assert "not what was asked for" in odd and "90.00" in odd
    csv = shown.get(f"{BASE}/export/rail-calls.csv?state=declined").text
    assert "insufficient_funds" in csv or "not enough money" in csv


def test_anothers_calls_are_not_found(
    client: TestClient[Litestar], sandbox: Database, call: str, tmp_path: Path
) -> None:
    number = ground.fresh_book()
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    site.operator(client, tmp_path, "test", number)
    assert client.get(f"{BASE}/rail-calls/{call}").status_code == 404
    assert call not in client.get(f"{BASE}/rail-calls").text
