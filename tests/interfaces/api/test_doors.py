"""Attacks on the doors beside the API's own: injection, forged cookies, exports, bombs, paths."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from huoshui.core.worlds import BadWorldName, Worlds
from huoshui.facts.commerce import model
from huoshui.facts.commerce.reading import check
from huoshui.facts.commerce.reading.source import read_source
from huoshui.interfaces.console import session
from tests import ground
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import PAID

ROOT = Path(__file__).parents[3]
INJECTIONS = ["' OR 1=1 --", "'; DROP TABLE txn; --", "%", "_", "\\", "{book}", "%(book)s", "$1"]


@pytest.fixture
def browser(client: httpx.Client) -> Iterator[httpx.Client]:
    """The client, its cookies forgotten at the end."""
    yield client
    client.cookies.clear()


@pytest.mark.parametrize(
    ("path", "name"),
    [("/orders", "buyer"), ("/orders", "seller"), ("/sellers", "key"), ("/accounts", "prefix"),
     ("/accounts", "kind"), ("/accounts", "after"), ("/transactions", "reference"),
     ("/events", "type"), ("/events", "object")],
)  # fmt: skip
def test_a_text_is_never_read_as_sql(
    open_tenant: Callable[..., Tenant], tenant: Tenant, path: str, name: str
) -> None:
    tenant.tell(*PAID)
    before = tenant.counts()
    for text in INJECTIONS:
        found = tenant.get(path, **{name: text})["data"]
        assert found == [] or (name == "after" and all(a["path"] > text for a in found))
        body = {"facts": [ground.shop(text.replace(" ", "").replace(":", ""))]}
        assert tenant.ask("POST", "/facts", body, params={"dry_run": "true"}).status_code == 200
    assert tenant.counts() == before


def _signed_in(browser: httpx.Client, tenant: Tenant) -> str:
    key = tenant.make_key("console", "facts:read")
    answer = browser.post("/console/-/sign-in", content=f"key={key}", follow_redirects=False)
    assert answer.status_code == 303
    cookie = answer.cookies[session.COOKIE]
    browser.cookies.set(session.COOKIE, cookie)
    return cookie


def test_a_forged_cookie_opens_nothing(browser: httpx.Client, tenant: Tenant) -> None:
    cookie = _signed_in(browser, tenant)
    body, _, signature = cookie.partition(".")
    assert browser.get("/console/test", follow_redirects=False).status_code == 200
    turned = "A" if body[3] != "A" else "B"
    for forged in (
        f"{body[:3]}{turned}{body[4:]}.{signature}", f"{body}.", body, f".{signature}", "é.x",
        f"{body}.{signature}x",
    ):  # fmt: skip
        browser.cookies.clear()
        headers = {b"cookie": f"{session.COOKIE}={forged}".encode()}
        answer = browser.get("/console/test", headers=headers, follow_redirects=False)
        assert answer.status_code == 303, forged
        assert answer.headers["location"] == "/console/-/sign-in"


def test_an_export_holds_no_formula(browser: httpx.Client, tenant: Tenant) -> None:
    names = ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1"]
    tenant.tell(
        *(model.Seller(key=f"s{n}", occurred_at=ground.START, name=name)
          for n, name in enumerate(names))
    )  # fmt: skip
    _signed_in(browser, tenant)
    answer = browser.get("/console/test/export/sellers.csv")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    cells = [c for row in csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))) for c in row]
    assert not [c for c in cells if c[:1] in "=+@\t\r" and c]
    for name in names:
        assert any(c.lstrip("'") == name.strip() or c == f"'{name}" for c in cells), name


def test_a_bomb_of_a_file_is_a_fault_and_not_a_full_memory(tmp_path: Path) -> None:
    (tmp_path / "marketplace.toml").write_text(
        '[history]\nlayout = "huoshui"\ncurrency = "CNY"\ntime_zone = "UTC"\n'
    )
    with gzip.open(tmp_path / "orders.csv.gz", "wb", compresslevel=9) as bomb:
        bomb.write(b"key,")
        for _ in range(48):
            bomb.write(b"0" * 1024**2)
    assert (tmp_path / "orders.csv.gz").stat().st_size < 100_000
    tracemalloc.start()
    try:
        report = check.check(read_source([tmp_path], {}), lambda *_: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert not report.good
    assert peak < 24 * 1024**2, peak


@pytest.mark.parametrize("name", ["../../etc", "a/b", 'x"; DROP DATABASE y; --', "A", ""])
def test_a_world_is_never_named_into_sql_or_a_path(worlds: Worlds, name: str) -> None:
    with pytest.raises(BadWorldName):
        worlds.create_replay(name, seed=1, clock_at=ground.START)


@pytest.mark.parametrize(
    "path", ["/console/-/static/../../../../etc/passwd", "/console/-/static/%2e%2e%2fapp.py"]
)
def test_static_files_are_those_of_the_package_alone(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_security_page_names_tests_that_exist(lang: str) -> None:
    text = (ROOT / "docs" / lang / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 15
    for file, test in named:
        assert (ROOT / file).exists(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), test
