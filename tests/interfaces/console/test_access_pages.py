"""Signing in over HTTP, and the pages about access: what they show, once, and whom they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pyotp
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.core import access, clock, ids, passkey
from huoshui.core.access import members
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import session
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from huoshui.scenarios import order_flow
from tests import ground
from tests.core.authenticator import Authenticator
from tests.interfaces.console import site

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PASSWORD = "correct horse battery"
BASE = "/console/test"
SHANGHAI = ZoneInfo("Asia/Shanghai")  # where a day of the books ends
ORIGIN = "http://testserver.local"
Client = TestClient[Litestar]


@pytest.fixture
def client(worlds: Worlds, tmp_path: Path) -> Iterator[Client]:
    with TestClient(site.app(worlds, tmp_path)) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def invited(sandbox: Database, book: int) -> Callable[..., str]:
    """Invites somebody to the fresh book and answers the link's path."""

    def make(role: str = "owner", email: str = "li@example.com", **given: Any) -> str:
        with sandbox.begin(book=book) as tx:
            _, secret = members.invite(tx, email, "Li Hua", role, **given)
        return members.link_path("test", f"book-{book}", secret)

    return make


def post(client: Client, path: str, **fields: Any) -> Any:
    """A form."""
    return client.post(path, content=urlencode(fields, doseq=True))


def follow(client: Client, answer: Any) -> str:
    """Takes the cookie that an answer gives, and answers where it leads."""
    assert answer.status_code == 303, answer.text
    client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])
    return str(answer.headers["location"])


def join(client: Client, link: str) -> None:
    """Chooses the password and is signed in by the link."""
    assert client.get(link).status_code == 200
    query = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
    answer = post(client, "/console/-/join", password=PASSWORD, again=PASSWORD, **query)
    assert follow(client, answer) == f"{BASE}/me"


def secure(client: Client) -> tuple[str, list[str]]:
    """Turns on one-time codes; the secret and the recovery codes."""
    html = unescape(post(client, f"{BASE}/me/totp").text)
    assert "data:image/svg+xml;base64," in html
    secret = re.search(r"<code>((?:[A-Z2-7]{4} ?){8})</code>", html)
    hidden = re.search(r'name="hidden" value="([^"]+)"', html)
    assert secret and hidden
    text = secret[1].replace(" ", "")
    wrong = post(client, f"{BASE}/me/totp/prove", hidden=hidden[1], code="000000")
    assert wrong.status_code == 401 and hidden[1] != text and text not in hidden[1]
    hidden = re.search(r'name="hidden" value="([^"]+)"', unescape(wrong.text))
    assert hidden
    code = pyotp.TOTP(text).at(clock.system_now())
    done = post(client, f"{BASE}/me/totp/prove", hidden=hidden[1], code=code)
    assert done.status_code == 200, done.text
    codes = re.findall(r"<code>((?:[a-z2-7]{4}-){3}[a-z2-7]{4})</code>", done.text)
    assert len(codes) == 10
    return text, codes


def first_step(
    client: Client, book: int, email: str = "li@example.com", password: str = PASSWORD
) -> Any:
    """The form of address and password."""
    return post(
        client, "/console/-/sign-in/password", email=email, password=password, world="test",
        book=f"book-{book}",
    )  # fmt: skip


def test_a_member_joins_makes_a_second_factor_and_signs_in_with_both(
    client: Client, invited: Callable[..., str], book: int
) -> None:
    link = invited()
    join(client, link)
    assert client.get(link).status_code == 404, "a link is good once"
    assert client.get(BASE).headers["location"] == f"{BASE}/me", "a second factor comes first"
    assert post(client, f"{BASE}/keys/make", name="x").status_code == 403
    turned_on_at = clock.system_now()
    secret, codes = secure(client)
    assert client.get(BASE).status_code == 200
    assert post(client, "/console/-/sign-out").status_code == 303
    assert client.get(BASE).headers["location"] == "/console/-/sign-in", "ended on the server too"

    second = first_step(client, book)
    assert session.COOKIE not in second.cookies and second.status_code == 200
    pending = re.search(r'name="pending" value="([^"]+)"', second.text)
    assert pending
    used = pyotp.TOTP(secret).at(turned_on_at)  # by now there may be a next one
    replay = post(client, "/console/-/sign-in/code", pending=pending[1], code=used)
    assert replay.status_code == 401, "the code that turned it on is used up"
    answer = post(client, "/console/-/sign-in/code", pending=pending[1], code=codes[0])
    assert follow(client, answer) == BASE and client.get(BASE).status_code == 200
    again = post(client, "/console/-/sign-in/code", pending=pending[1], code=codes[0])
    assert again.status_code in (401, 429)
    forged = post(
        client, "/console/-/sign-in/code", pending=pending[1][:-4] + "AAAA", code=codes[1]
    )
    assert forged.status_code == 401


def test_nobody_is_told_who_is_a_member_and_guessing_gets_slow(
    client: Client, invited: Callable[..., str], sandbox: Database, book: int
) -> None:
    join(client, invited())
    client.cookies.clear()

    def told(answer: Any) -> str:
        [said] = re.findall(r'role="alert">([^<]+)<', answer.text.replace(" hidden", ""))[:1]
        return str(said)

    wrong = [
        first_step(client, book, password="wrong horse battery"),
        first_step(client, book, email="nobody@example.com"),
        first_step(client, 999_999),
        post(client, "/console/-/sign-in/password", email="x", password="y", world="nowhere"),
    ]
    assert {answer.status_code for answer in wrong} == {401}
    assert len({told(answer) for answer in wrong}) == 1
    for email in ("li@example.com", "nobody@example.com"):
        answers = [first_step(client, book, email=email, password="no") for _ in range(5)]
        assert [a.status_code for a in answers][-1] == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
    with sandbox.begin(book=book) as tx:  # however long the tries took
        tx.run("UPDATE sign_in_failure SET free_at = now() + interval '1 hour'")
    assert first_step(client, book).status_code == 429, "also with the right password"
    with sandbox.begin(book=book) as tx:
        tx.run("DELETE FROM sign_in_failure")


def test_a_password_alone_adds_no_second_factor_beside_one(
    client: Client, invited: Callable[..., str], book: int, sandbox: Database
) -> None:
    join(client, invited())
    with sandbox.begin(book=book) as tx:  # a passkey, made elsewhere meanwhile
        member = members.by_email(tx, "li@example.com")
        assert member
        where = passkey.site_of(ORIGIN)
        begun = passkey.begin_registration(tx, where, member.shown, "x")
        device = Authenticator()
        made = device.make(begun.options, where.origin)
        passkey.finish_registration(tx, where, member.shown, begun.id, made, "phone")
    html = unescape(post(client, f"{BASE}/me/totp").text)
    hidden = re.search(r'name="hidden" value="([^"]+)"', html)
    secret = re.search(r"<code>((?:[A-Z2-7]{4} ?){8})</code>", html)
    assert hidden and secret
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(clock.system_now())
    assert post(client, f"{BASE}/me/totp/prove", hidden=hidden[1], code=code).status_code == 401
    assert post(client, f"{BASE}/me/passkeys/begin").status_code == 401
    client.cookies.clear()
    answer = first_step(client, book)
    assert answer.status_code == 401 and session.COOKIE not in answer.cookies
    assert "passkey" in answer.text


def test_a_passkey_signs_in_and_the_last_factor_stays(
    client: Client, invited: Callable[..., str], book: int
) -> None:
    join(client, invited())
    device, origin = Authenticator(), ORIGIN
    begun = post(client, f"{BASE}/me/passkeys/begin").json()
    body = {"id": begun["id"], "answer": msgspec.json.decode(device.make(begun["options"], origin)),
            "name": "phone"}  # fmt: skip
    made = client.post(f"{BASE}/me/passkeys", json=body)
    assert made.json() == {"href": f"{BASE}/me"}
    assert client.post(f"{BASE}/me/passkeys", json=body).status_code == 403, "used up"
    page = client.get(f"{BASE}/me").text
    assert "phone" in page and client.get(BASE).status_code == 200
    kept = re.search(r'value="(pky_[0-9a-z]+)"', page)
    assert kept
    refused = post(client, f"{BASE}/me/passkeys/forget", passkey=kept[1])
    assert refused.status_code == 409

    client.cookies.clear()
    place = {"world": "test", "book": f"book-{book}"}
    begun = post(client, "/console/-/sign-in/passkey/begin", **place).json()
    for wrong in (True, False):
        answer = device.use(begun["options"], "https://evil.test" if wrong else origin)
        body = {"id": begun["id"], "answer": msgspec.json.decode(answer), **place}
        found = client.post("/console/-/sign-in/passkey", json=body)
        assert found.status_code == 403, "the wrong answer used the challenge up"
    begun = post(client, "/console/-/sign-in/passkey/begin", **place).json()
    answer = device.use(begun["options"], origin)
    body = {"id": begun["id"], "answer": msgspec.json.decode(answer), **place}
    found = client.post("/console/-/sign-in/passkey", json=body)
    assert found.json() == {"href": BASE}
    client.cookies.set(session.COOKIE, found.cookies[session.COOKIE])
    assert client.get(BASE).status_code == 200


def test_a_form_from_elsewhere_is_refused(client: Client, invited: Callable[..., str]) -> None:
    join(client, invited())
    secure(client)
    for path in (
        f"{BASE}/me/password", f"{BASE}/me/totp", f"{BASE}/me/passkeys/begin",
        f"{BASE}/members/invite", f"{BASE}/organisations/open", f"{BASE}/keys/make",
        f"{BASE}/me/sessions/end",
    ):  # fmt: skip
        answer = client.post(path, content="", headers={"origin": "https://evil.test"})
        assert answer.status_code == 401, path


def test_a_removed_member_is_out_at_once(
    client: Client, invited: Callable[..., str], sandbox: Database, book: int
) -> None:
    join(client, invited())
    secure(client)
    assert client.get(BASE).status_code == 200
    with sandbox.begin(book=book) as tx:
        member = members.by_email(tx, "li@example.com")
        assert member
        members.remove_member(tx, member.id)
    assert client.get(BASE).headers["location"] == "/console/-/sign-in"


def test_a_viewer_reads_and_changes_nothing(client: Client, invited: Callable[..., str]) -> None:
    join(client, invited("viewer"))
    secure(client)
    assert client.get(f"{BASE}/orders").status_code == 200
    for page in ("members", "organisations", "keys", "requests"):
        assert client.get(f"{BASE}/{page}").status_code == 403, page
        if page != "keys":
            assert client.get(f"{BASE}/export/{page}.csv").status_code == 403, page
    for path in ("members/invite", "organisations/open", "keys/make"):
        assert post(client, f"{BASE}/{path}", name="x").status_code == 403, path
    assert post(client, f"{BASE}/act/revoke?dry_run=true", key="x").status_code == 403


def _sold(database: Database, book: int) -> dict[str, Any]:
    """Two sellers with a confirmed order each: their ids and settlement accounts."""
    with database.begin(book=book) as tx:
        payments.start(tx, Terms())
        for n in ("1", "2"):
            order_flow.take(tx, [
                *ground.placed(f"o{n}", items=((f"s{n}", 10_000, 1_000),)),
                ground.tender(f"o{n}"), ground.delivery(f"o{n}"), ground.confirmation(f"o{n}"),
            ])  # fmt: skip
    with database.begin(book=book) as tx:
        found: dict[str, Any] = dict(tx.tuples("SELECT key, id FROM seller WHERE book = %(book)s"))
        for n in ("1", "2"):
            path = f"merchant:{ids.show('slr', found[f's{n}'])}:settlement"
            found[f"a{n}"] = ids.show(
                "acc",
                tx.value("SELECT id FROM account WHERE book = %(book)s AND path = %(p)s", p=path),
            )
    return found


def test_a_sellers_member_sees_its_own_statements_and_no_other_page(
    client: Client, invited: Callable[..., str], sandbox: Database, book: int
) -> None:
    known = _sold(sandbox, book)
    with sandbox.begin(book=book) as tx:
        shop = access.open_organisation(tx, "seller", "Shop one", object_id=known["s1"])
    join(client, invited("viewer", organisation_id=shop.id))
    secure(client)
    month = f"{clock.system_now().astimezone(SHANGHAI):%Y-%m}"
    page = client.get(f"{BASE}/statements?month={month}")
    assert page.status_code == 200 and known["a1"] in page.text and known["a2"] not in page.text
    assert 'href="/console/test/orders"' not in page.text, "the menu names what opens"
    own = client.get(f"{BASE}/statements/{known['a1']}/{month}.csv")
    assert own.status_code == 200 and own.text.count("\n") > 1
    assert client.get(f"{BASE}/statements/{known['a2']}/{month}.csv").status_code == 404
    export = client.get(f"{BASE}/export/statements.csv?month={month}").text
    assert "Shop" in export or "s1" in export
    assert client.get(f"{BASE}/me").status_code == 200
    for path in ("", "/orders", "/sellers", "/accounts", "/journal", "/members", "/keys", "/verify",
                 "/requests", "/organisations", "/lane", "/replays", "/search/results?q=o2",
                 "/export/orders.csv", f"/accounts/{known['a1']}", "/orders/o1", "/trial-balance",
                 f"/accounts/{known['a2']}/statement.csv"):  # fmt: skip
        answer = client.get(f"{BASE}{path}")
        assert answer.status_code == 404, path
        assert known["a2"] not in answer.text.replace(path, "")
    for path in ("/act/confirm", "/periods/close", "/verify/reconcile", "/members/invite"):
        assert post(client, f"{BASE}{path}", name="x").status_code in (403, 404), path
    with sandbox.begin(book=book) as tx:
        access.end_organisation(tx, shop.id)
    assert client.get(f"{BASE}/me").headers["location"] == "/console/-/sign-in"


def test_every_console_page_is_shut_to_organisations_unless_it_narrows_itself() -> None:
    from huoshui.interfaces.console.pages import PAGES

    assert {path for path, place in PAGES.items() if place.bounded} == {
        "statements",
        "me",
        "links",
        "links/{key:str}",
        "merchant",
        "merchant/{key:str}",
    }


def test_a_key_is_made_once_shown_once_and_revoked_after_a_preview(
    client: Client, sandbox: Database, book: int, tmp_path: Path
) -> None:
    site.operator(client, tmp_path, "test", book)
    made = post(client, f"{BASE}/keys/make", name="till", scope=["facts:read", "ledger:read"])
    [text] = re.findall(r"<code>(hs_test_[\w-]+)</code>", made.text)
    headers = {"authorization": f"Bearer {text}"}
    assert client.get("/v1/orders", headers=headers).status_code == 200
    assert client.get("/v1/events", headers=headers).status_code == 403
    page = client.get(f"{BASE}/keys").text
    assert "till" in page and text not in page and text[-4:] in page
    with sandbox.begin(book=book) as tx:
        [key] = access.keys(tx)
    shown = ids.show("key", key.id)
    preview = post(client, f"{BASE}/act/revoke?dry_run=true", key=shown)
    assert "till" in preview.text and client.get("/v1/orders", headers=headers).status_code == 200
    assert post(client, f"{BASE}/act/revoke", key=shown).headers["location"] == f"{BASE}/keys"
    assert client.get("/v1/orders", headers=headers).status_code == 401


def test_an_organisation_is_opened_granted_and_ended(
    client: Client, sandbox: Database, book: int, tmp_path: Path
) -> None:
    known = _sold(sandbox, book)
    site.operator(client, tmp_path, "test", book)
    opened = post(client, f"{BASE}/organisations/open", name="Bank", role="partner/reader")
    href = opened.headers["location"]
    assert "Bank" in client.get(href).text
    post(client, f"{href}/grant", seller="s1")
    page = client.get(href).text
    assert ids.show("slr", known["s1"]) in page
    [grant] = re.findall(r'value="(grt_[0-9a-z]+)"', page)
    post(client, f"{href}/revoke", grant=grant)
    assert "grt_" not in client.get(href).text
    invited = post(client, f"{BASE}/members/invite", organisation=href.rpartition("/")[2],
                   email="x@bank.example", name="X", role="reader")  # fmt: skip
    [link] = re.findall(r"<code>(http[^<]+/-/join[^<]+)</code>", unescape(invited.text))
    assert client.get(link).status_code == 200
    assert "x@bank.example" in client.get(f"{BASE}/members").text
    post(client, f"{href}/end")
    assert client.get(link).status_code == 404


def test_requests_are_logged_without_query_body_or_key(
    client: Client, sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        key, text = access.make_key(tx, "test", "till", frozenset({"facts:read"}))
    headers = {"authorization": f"Bearer {text}"}
    client.get("/v1/orders?buyer=very-secret", headers=headers)
    client.get("/v1/orders/very-absent", headers=headers)
    client.post("/v1/facts", content='{"facts": ["very-hidden"]}', headers=headers)
    client.app.state.requests.write()
    with sandbox.begin(book=book) as tx:
        rows = tx.tuples("SELECT * FROM request_log WHERE book = %(book)s ORDER BY id")
    assert [(row[6], row[7]) for row in rows] == [
        ("/v1/orders", 200), ("/v1/orders/very-absent", 404), ("/v1/facts", 403)
    ]  # fmt: skip
    assert all(row[3] == key.id and 0 < row[8] < 60_000_000 for row in rows)
    assert not re.search("very-secret|very-hidden|" + text, str(rows))
    site.operator(client, tmp_path, "test", book)
    page = client.get(f"{BASE}/requests?status=4xx").text
    assert "very-absent" in page and "/v1/facts" in page
    only = client.get(f"{BASE}/requests?status=403&key={ids.show('key', key.id)}").text
    assert "very-absent" not in only and "/v1/facts" in only
    table = client.get(f"{BASE}/export/requests.csv?path=/v1/orders").text
    assert table.count("/v1/orders") == 2 and "/v1/facts" not in table
