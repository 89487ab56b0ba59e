"""Webhooks over the API: made, looked at, changed, rotated, tested, resent; the secret told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar

from huoshui.core.webhooks import signing
from huoshui.core.webhooks.courier import Courier, Pace
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.sending import Sender
from huoshui.core.webhooks.vault import Vault
from huoshui.interfaces.cli.receiving import Received, Receiver
from tests.interfaces.api.conftest import Tenant

HOOK = {"url": "https://hooks.example.com/in", "events": ["order.*", "test.*"]}


def made(tenant: Tenant, **more: Any) -> Any:
    """An endpoint that was just made."""
    answer = tenant.ask("POST", "/webhooks/endpoints", HOOK | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Received]]:
    """What arrives: whatever name is called leads to a receiver of this test."""
    got: list[Received] = []
    receiver = Receiver(told=got.append).start()
    post = Sender.post

    async def redirected(self: Sender, url: str, headers: Any, body: bytes) -> Any:
        return await post(self, receiver.url, headers, body)

    monkeypatch.setattr(Sender, "post", redirected)
    yield got
    receiver.stop()


def deliver(app: Litestar, tenant: Tenant) -> None:
    """Send what is due in this book: what other tests left due in theirs stays away."""
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run(
            "UPDATE webhook_delivery SET state = 'dead', ended_at = created_at"
            " WHERE book <> %(book)s AND state = 'due'"
        )
    courier = Courier(
        tenant.database, Vault(app.state.settings.home_path), Policy(False, True), Pace(idle_ms=20)
    )
    courier.deliver_due()


def test_an_endpoint_is_made_seen_changed_and_removed(tenant: Tenant) -> None:
    one = made(tenant, description="Warehouse")
    assert signing.secret_of(one.pop("secret"))
    assert one["enabled"] and one["events"] == ["order.*", "test.*"]
    path = f"/webhooks/endpoints/{one['id']}"
    assert tenant.get(path) == one, "the secret is told once"
    assert tenant.get("/webhooks/endpoints") == {"data": [one], "next": None}
    changed = tenant.done(path, {"events": ["*"], "enabled": False})
    assert (changed["enabled"], changed["disabled_why"]) == (False, "by_hand")
    assert changed["events"] == ["*"] and changed["url"] == one["url"]
    assert tenant.post(f"{path}/test").json()["code"] == "endpoint_disabled"
    assert tenant.done(path, {"enabled": True})["enabled"]
    assert tenant.ask("DELETE", path).status_code == 204
    assert tenant.ask("DELETE", path).json()["code"] == "unknown_endpoint"
    assert tenant.get("/webhooks/endpoints")["data"] == []
    told = {e["type"] for e in tenant.get("/events", object=one["id"])["data"]}
    assert told == {"webhook.created", "webhook.changed", "webhook.deleted"}


def test_what_stands_in_a_url_behind_its_host_is_told_to_nobody_else(tenant: Tenant) -> None:
    one = made(tenant, url="https://hooks.example.com/in?token=hidden")
    tenant.ask("DELETE", f"/webhooks/endpoints/{one['id']}")
    told = tenant.get("/events", object=one["id"])["data"]
    assert [e["data"].get("host") for e in told] == ["hooks.example.com"] * 2
    assert "hidden" not in str(told)


def test_a_secret_is_rotated_and_stands_in_no_kept_answer(tenant: Tenant) -> None:
    one = made(tenant)
    first = one["secret"]
    answer = tenant.post(f"/webhooks/endpoints/{one['id']}/rotate", {"overlap": "2h"}).json()
    assert answer["secret"] != first and answer["id"] == one["id"]
    assert tenant.post(f"/webhooks/endpoints/{one['id']}/rotate").json()["secret"]
    with tenant.database.begin(book=tenant.book) as tx:
        kept = tx.tuples("SELECT convert_from(body, 'UTF8') FROM idempotency WHERE book = %(book)s")
        told = tx.tuples("SELECT data::text FROM event WHERE book = %(book)s")
    assert not any("whsec_" in text for (text,) in [*kept, *told])


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"url": "http://127.0.0.1/"}, "forbidden_address", None),
        ({"url": "https://metadata.google.internal/"}, "forbidden_address", None),
        ({"url": "https://hooks.example.com:25/"}, "bad_webhook_url", "/url"),
        ({"url": "mailto:a@b.c"}, "bad_webhook_url", "/url"),
        ({"events": []}, "bad_body", "/events"),
        ({"events": ["everything"]}, "bad_body", "/events/0"),
        ({"secret": "x"}, "bad_body", "/secret"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(
    tenant: Tenant, change: dict[str, Any], code: str, pointer: str | None
) -> None:
    before = tenant.counts()
    answer = tenant.ask("POST", "/webhooks/endpoints", HOOK | change)
    assert answer.status_code in (400, 422) and answer.json()["code"] == code
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert tenant.counts() == before


def test_the_live_world_takes_https_alone(live: Tenant) -> None:
    answer = live.ask("POST", "/webhooks/endpoints", HOOK | {"url": "http://hooks.example.com/"})
    assert answer.json()["facts"]["rule"] == "https"
    assert made(live)["url"].startswith("https://")


def test_deliveries_are_listed_shown_with_attempts_and_sent_again(
    tenant: Tenant, app: Litestar, received: list[Received]
) -> None:
    one = made(tenant)
    path = f"/webhooks/endpoints/{one['id']}"
    queued = tenant.done(f"{path}/test", wish="w1")
    again = tenant.post(f"{path}/test", wish="w1")
    assert again.json() == queued and again.headers["idempotency-hit"] == "true"
    assert (queued["state"], queued["attempts"], queued["allowed"]) == (
        "due",
        0,
        ["deliver", "give_up"],
    )
    refused = tenant.post(f"/webhooks/deliveries/{queued['id']}/resend")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")
    deliver(app, tenant)
    shown = tenant.get(f"/webhooks/deliveries/{queued['id']}")
    assert (shown["state"], shown["status"], len(shown["tries"])) == ("delivered", 200, 1)
    [got] = received
    assert got.id == queued["event"] and got.body["data"]["object"] == one["id"]
    assert got.body["data"] == tenant.get("/events", type="test.triggered")["data"][0]
    listed = tenant.get("/webhooks/deliveries", endpoint=one["id"], state="delivered")["data"]
    assert [d["id"] for d in listed] == [queued["id"]]
    assert tenant.get("/webhooks/deliveries", event=queued["event"])["data"] == listed
    assert tenant.get("/webhooks/deliveries", type="order.released")["data"] == []
    assert tenant.done(f"/webhooks/deliveries/{queued['id']}/resend")["state"] == "due"
    deliver(app, tenant)
    assert [g.times for g in received] == [1, 2]


def test_what_was_given_up_is_sent_again_after_a_rehearsal(
    tenant: Tenant, app: Litestar, received: list[Received]
) -> None:
    one = made(tenant)
    path = f"/webhooks/endpoints/{one['id']}"
    for _ in range(3):
        tenant.done(f"{path}/test")
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run(
            "UPDATE webhook_delivery SET state = 'dead', ended_at = created_at WHERE book = %(book)s"
        )
    asked = {"since": "2020-01-01T00:00:00Z"}
    assert tenant.done(f"{path}/resend?dry_run=true", asked) == {"resent": 3}
    deliver(app, tenant)
    assert received == []
    assert tenant.done(f"{path}/resend", asked) == {"resent": 3}
    deliver(app, tenant)
    assert len(received) == 3
    assert tenant.done(f"{path}/resend", asked) == {"resent": 0}
    assert (
        tenant.post(f"{path}/resend", {"since": "2020-01-01T00:00:00"}).json()["code"] == "bad_time"
    )
