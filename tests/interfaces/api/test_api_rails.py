"""The door for what rails tell: signed, kept once, never for another world; and what staff sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from huoshui.core import clock, ids, work
from huoshui.core.db import Tx
from huoshui.core.webhooks import signing
from huoshui.core.worlds import LIVE
from huoshui.lines.payments import rails
from huoshui.lines.payments.rails import Answer, Call, inbox, registry
from huoshui.lines.payments.rails.recording import Said, record
from huoshui.lines.payments.rails.sender import claim
from huoshui.lines.payments.rails.simulated.client import Simulated
from huoshui.scenarios.rail_flow import PORTS
from tests.interfaces.api.conftest import Tenant

SECRET, OTHER, WRONG = (signing.shown(letter * 32) for letter in (b"k", b"o", b"w"))
AT = "2026-03-03T01:00:00Z"


@pytest.fixture(autouse=True)
def card() -> Iterator[None]:
    rail = Simulated("card", "http://127.0.0.1:9", SECRET)
    registry.register(rail)
    yield
    registry.forget("card")
    rail.close()


def sent(tenant: Tenant, key: str = "1") -> UUID:
    """A call that has left and has no answer."""
    with tenant.database.begin(book=tenant.book) as tx:
        call = Call(id=tx.id("rca", key), rail="card", verb="authorise", subject="other_x", tender=0,
                    amount=5_000, currency="CNY", token="tok_ok")  # fmt: skip
        rails.queue(tx, [call])
        claim(tx, "card", 8)
    return call.id


def told(call: UUID, event: str = "evt_1", **more: Any) -> dict[str, Any]:
    """A webhook that a call succeeded."""
    return {"id": event, "at": AT, "kind": "answer", "key": str(call), "reference": f"card_{call.hex[-8:]}",
            "verdict": "succeeded", "amount": 5_000, "currency": "CNY"} | more  # fmt: skip


def signed(event: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """As a rail signs while it changes its secret: with another one beside it."""
    now_s, secrets = int(clock.system_now().timestamp()), [OTHER, secret]
    return signing.headers(event, now_s, body, [signing.secret_of(each) for each in secrets])


def notify(
    tenant: Tenant, body: Any, *, secret: str = SECRET, rail: str = "card", world: str = "test"
) -> httpx.Response:
    """Send a webhook, signed."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    event = body.get("id", "evt") if isinstance(body, dict) else "evt"
    headers = signed(event, content, secret)
    path = f"/rails/{rail}/notices?world={world}"
    return tenant.ask("POST", path, content, key="", headers=headers)


def drain(tenant: Tenant) -> None:
    work.drain(tenant.database, inbox.work(PORTS), book=tenant.book)


def events(tenant: Tenant, kind: str) -> list[Any]:
    return tenant.get("/events", type=kind)["data"]


def test_a_notice_is_kept_once_and_taken_in_by_due_work(tenant: Tenant) -> None:
    call = sent(tenant)
    event = f"evt_{call}"
    body = told(call, event, secret="s3", pan="6222021234567890123")
    assert [notify(tenant, body).json() for _ in range(3)] == [
        {"taken": 1},
        {"taken": 0},
        {"taken": 0},
    ]
    [kept] = tenant.get("/rails/notices")["data"]
    assert (kept["state"], kept["repeats"], kept["event"]) == ("new", 2, event)
    assert "s3" not in kept["body"] and "6222" not in kept["body"] and "succeeded" in kept["body"]
    drain(tenant)
    shown = tenant.get(f"/rails/calls/{ids.show('rca', call)}")
    assert (shown["state"], shown["answered"]["amount"]) == ("succeeded", 5_000)
    assert shown["reference"] == f"card_{call.hex[-8:]}", "the notice came before our own answer"
    assert shown["notices"] == [kept["id"]]
    notify(tenant, told(call, event + "x", verdict="declined", amount=None))
    drain(tenant)
    states = [each["state"] for each in tenant.get("/rails/notices")["data"]]
    assert states == ["contradicted", "applied"]
    assert len(events(tenant, "rail.contradicted")) == 1


@pytest.mark.parametrize("odd", ["secret", "body", "rail", "world", "live", "size", "junk"])
def test_what_is_not_signed_by_the_rail_leaves_nothing(tenant: Tenant, odd: str) -> None:
    call = sent(tenant)
    body = told(call)
    before = tenant.get("/rails/notices")["data"]
    if odd == "body":
        good = msgspec.json.encode(body)
        headers = signed("evt", good)
        answer = tenant.ask(
            "POST",
            "/rails/card/notices?world=test",
            good.replace(b"5000", b"6000"),
            key="",
            headers=headers,
        )
    else:
        given: dict[str, Any] = {
            "secret": {"secret": WRONG}, "rail": {"rail": "balance"}, "world": {"world": "r-1"},
            "live": {"world": LIVE}, "size": {}, "junk": {},
        }[odd]  # fmt: skip
        if odd == "size":
            body |= {"reason": "x" * inbox.BODY_MOST}
        answer = notify(tenant, b"[]" if odd == "junk" else body, **given)
    wanted = {
        "secret": 401,
        "body": 401,
        "rail": 422,
        "world": 404,
        "live": 422,
        "size": 413,
        "junk": 400,
    }
    assert answer.status_code == wanted[odd], answer.text
    assert SECRET not in answer.text
    assert tenant.get("/rails/notices")["data"] == before


def test_a_notice_of_nothing_we_know_waits_is_shown_and_then_told(tenant: Tenant) -> None:
    """It is kept by the book of the call that it names; where there is none, by the first book."""
    call = sent(tenant)
    notice = registry.rail("card").read
    body = msgspec.json.encode(told(UUID(int=9), f"evt_u{call}"))
    headers = signed(f"evt_u{call}", body)
    with tenant.database.begin(book=tenant.book) as tx:
        inbox.receive(tx, "card", notice(headers, body), body)
    for attempt in range(1, 8):
        drain(tenant)
        [kept] = tenant.get("/rails/notices")["data"]
        assert (kept["attempts"], kept["state"]) == (
            attempt,
            "unknown" if attempt == 7 else "waiting",
        )
        with tenant.database.begin(book=tenant.book) as tx:
            tx.run(
                "UPDATE work SET due_at = %(now)s WHERE book = %(book)s AND kind = 'rails.notice_due'",
                now=tx.now,
            )
    [event] = events(tenant, "rail.notice_unknown")
    assert event["object"] == kept["id"]


def test_out_of_order_a_dispute_waits_for_the_word_that_the_money_was_taken(tenant: Tenant) -> None:
    call = sent(tenant)
    dispute = told(call, f"evt_d{call}", kind="dispute_opened", amount=9_000, reason="fraudulent")
    notify(tenant, dispute)
    drain(tenant)
    assert [n["state"] for n in tenant.get("/rails/notices")["data"]] == ["waiting"]
    notify(tenant, told(call, f"evt_a{call}"))
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run("UPDATE work SET due_at = %(now)s WHERE book = %(book)s", now=tx.now)
    drain(tenant)
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run("UPDATE work SET due_at = %(now)s WHERE book = %(book)s", now=tx.now)
    drain(tenant)
    assert {n["state"] for n in tenant.get("/rails/notices")["data"]} == {"applied"}
    [event] = events(tenant, "rail.noticed")
    assert event["data"]["what"] == "dispute_opened" and event["data"]["amount"] == 9_000


def test_rails_are_listed_with_their_health_and_calls_are_ones_own(
    open_tenant: Callable[..., Tenant], tenant: Tenant
) -> None:
    call, other = sent(tenant), open_tenant()

    def answer(tx: Tx) -> None:
        said = Answer(verdict="declined", code="do_not_honour", reference=f"r-{call}")
        record(tx, [Said(call_id=call, answer=said, took_ms=120)], PORTS.answered)

    tenant.database.run(answer, book=tenant.book)
    listed = {each["name"]: each for each in tenant.get("/rails")["data"]}
    assert listed["balance"]["ready"] and listed["balance"]["capabilities"]["internal"]
    assert listed["card"]["ready"] and not listed["qr"]["ready"]
    found = {k: listed["card"][k] for k in ("declined", "success", "codes", "p50_ms", "breaker")}
    assert found == {"declined": 1, "success": "0.0000", "codes": {"do_not_honour": 1},
                     "p50_ms": found["p50_ms"], "breaker": "closed"}  # fmt: skip
    assert 120 <= found["p50_ms"] <= 150
    shown = ids.show("rca", call)
    assert [
        c["id"] for c in tenant.get("/rails/calls", subject="other_x", state="declined")["data"]
    ] == [shown]
    assert other.get("/rails/calls")["data"] == []
    assert other.ask("GET", f"/rails/calls/{shown}").status_code == 404
    assert tenant.ask("GET", "/rails/calls", key=tenant.make_key("facts:read")).status_code == 403
