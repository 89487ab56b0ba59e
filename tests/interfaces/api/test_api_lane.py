"""The hot verbs under load: one effect a key, money conserved, a full lane, a revoked key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar

from huoshui.app import create_app
from huoshui.core.lane import LaneStopped
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from huoshui.interfaces.lanes import Lanes
from tests.core.lane_verbs import ECHO, Gate, queued
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_codes import account, leg
from tests.interfaces.api.test_api_stories import money

Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def funded(tenant: Tenant) -> Tenant:
    """A tenant with 1,000 in the purse."""
    for asked in (account("till", "asset"), account("purse", floor=0), account("shop")):
        tenant.done("/accounts", asked)
    tenant.done("/transactions", {"legs": [leg("till", "purse", 1_000)]})
    return tenant


def http_to(app: Litestar) -> httpx.AsyncClient:
    """A client whose requests the application answers in this event loop."""
    transport = httpx.ASGITransport(app=cast(Any, app))
    return httpx.AsyncClient(transport=transport, base_url="http://huoshui.test")


def at_once(app: Litestar, tenant: Tenant, talk: Callable[[Send], Awaitable[Any]]) -> Any:
    """What a conversation of many concurrent requests comes to."""

    async def main() -> Any:
        async with http_to(app) as http:

            async def send(path: str, body: Any, wish: str) -> httpx.Response:
                headers = {"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": wish}
                content = msgspec.json.encode(body)
                return await http.post(f"/v1{path}", content=content, headers=headers)

            return await talk(send)

    return asyncio.run(main())


MOVE = {"legs": [leg("purse", "shop", 10)]}


def test_fifty_requests_with_one_key_have_one_effect_and_one_answer(
    app: Litestar, funded: Tenant
) -> None:
    async def talk(send: Send) -> list[httpx.Response]:
        body = {"legs": [leg("purse", "shop", 1_000)]}  # it is there once
        return await asyncio.gather(*(send("/transactions", body, "one") for _ in range(50)))

    answers = at_once(app, funded, talk)
    assert {a.status_code for a in answers} == {200}, answers[0].text
    assert len({a.content for a in answers}) == 1
    assert sum("idempotency-hit" not in a.headers for a in answers) == 1
    assert funded.nets() == {"till": -1_000, "shop": 1_000}


def test_fifty_requests_with_a_key_each_share_batches_and_conserve_money(
    app: Litestar, funded: Tenant
) -> None:
    lane = app.state.lanes.of(SANDBOX)
    before = lane.health()

    async def talk(send: Send) -> list[httpx.Response]:
        moves = [send("/transactions", MOVE, f"m{n}") for n in range(50)]
        holds = [send("/holds", leg("purse", "shop", 20), f"h{n}") for n in range(50)]
        return await asyncio.gather(*moves, *holds)

    answers = at_once(app, funded, talk)
    assert {a.status_code for a in answers} == {200, 409}
    done = [a.json() for a in answers if a.status_code == 200]
    moved = sum(10 for a in done if "legs" in a)
    held = sum(20 for a in done if "remaining" in a)
    assert moved + held in (990, 1_000), "what is there is given out, and no more"
    [purse] = funded.get("/accounts", prefix="purse")["data"]
    assert (purse["balance"], purse["held_out"]) == (money(1_000 - moved), held)
    assert lane.health().batches - before.batches < 50
    assert funded.counts()["burnt"] == 0, "an id that nobody knows is not burnt"


def test_one_key_with_other_bodies_is_taken_by_the_first(app: Litestar, funded: Tenant) -> None:
    async def talk(send: Send) -> list[httpx.Response]:
        bodies = [{"legs": [leg("purse", "shop", n)]} for n in range(1, 21)]
        return await asyncio.gather(*(send("/transactions", body, "one") for body in bodies))

    answers = at_once(app, funded, talk)
    assert sorted(a.status_code for a in answers) == [200] + [422] * 19
    assert {a.json()["code"] for a in answers if a.status_code == 422} == {"idempotency_key_reused"}
    assert funded.counts()["txn"] == 2


def test_two_processes_give_one_key_one_effect(
    app: Litestar, other: Litestar, funded: Tenant
) -> None:
    async def both() -> list[httpx.Response]:
        clients = [http_to(app), http_to(other)]
        headers = {"Authorization": f"Bearer {funded.key}"}
        content = msgspec.json.encode({"legs": [leg("purse", "shop", 100)]})
        sent = [
            client.post(
                "/v1/transactions", content=content, headers=headers | {"Idempotency-Key": f"k{n}"}
            )
            for n in range(20)
            for client in clients
        ]
        return list(await asyncio.gather(*sent))

    answers = asyncio.run(both())
    # Ten fit; each key has one answer, whichever process was asked.
    assert sorted(a.status_code for a in answers) == [200] * 20 + [409] * 20
    assert len({a.content for a in answers if a.status_code == 200}) == 10
    assert sum("idempotency-hit" in a.headers for a in answers) == 10
    assert funded.nets() == {"till": -1_000, "shop": 1_000}


@pytest.fixture
def other(worlds: Worlds, tmp_path: Path) -> Iterator[Litestar]:
    """The application once more, with a lane of its own that holds little."""
    app = create_app(Settings(home=str(tmp_path)), worlds)
    app.state.lanes = Lanes(worlds, queue_max=80)
    yield app
    app.state.lanes.stop()


def test_a_full_lane_refuses_and_says_when_to_come_again(other: Litestar, funded: Tenant) -> None:
    lane = other.state.lanes.of(SANDBOX)
    gate = Gate()

    async def talk(send: Send) -> httpx.Response:
        first = await gate.shut(lane)
        wishes = [
            asyncio.create_task(lane.submit(ECHO, list(range(40)), caller=caller))
            for caller in "ab"
        ]
        await queued(lane, 80)
        refused = await send("/transactions", MOVE, "full")
        gate.let_on.set()
        await asyncio.gather(first, *wishes)
        done = await send("/transactions", MOVE, "full")
        assert done.status_code == 200 and "idempotency-hit" not in done.headers
        return refused

    refused = at_once(other, funded, talk)
    assert (refused.status_code, refused.json()["code"]) == (429, "lane_full")
    assert int(refused.headers["retry-after"]) == refused.json()["facts"]["retry_after_s"] >= 1
    assert lane.health().refused == 1


def test_more_than_a_lane_takes_at_once_is_refused(other: Litestar, funded: Tenant) -> None:
    async def talk(send: Send) -> httpx.Response:
        return await send("/transactions", {"legs": [leg("purse", "shop", 1)] * 41}, "large")

    answer = at_once(other, funded, talk)
    assert (answer.status_code, answer.json()["code"]) == (413, "lane_too_large")


def test_a_stopped_lane_is_told(other: Litestar, funded: Tenant) -> None:
    lane = other.state.lanes.of(SANDBOX)
    lane.stop()

    async def talk(send: Send) -> httpx.Response:
        return await send("/transactions", MOVE, "late")

    answer = at_once(other, funded, talk)
    assert (answer.status_code, answer.json()["code"]) == (503, LaneStopped.code)


@pytest.mark.parametrize("body", [MOVE, {"legs": []}, {"legs": [leg("purse", "nowhere", 1)]}])
def test_a_key_that_is_revoked_moves_nothing_more(funded: Tenant, body: Any) -> None:
    key = funded.make_key("ledger:write")
    headers = {"Idempotency-Key": "first"}
    assert funded.ask("POST", "/transactions", MOVE, key=key, headers=headers).status_code == 200
    ref = funded.get("/keys", limit=1)["data"][0]["id"]
    assert funded.ask("DELETE", f"/keys/{ref}").status_code == 204
    before = funded.counts()
    for wish in ("first", "second"):
        headers = {"Idempotency-Key": wish}
        for params in ({}, {"dry_run": "true"}):
            answer = funded.ask(
                "POST", "/transactions", body, key=key, headers=headers, params=params
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")
    assert funded.counts() == before


def test_the_lane_tells_how_it_is(funded: Tenant, timed: Tenant) -> None:
    found = funded.get("/ledger/lane")
    assert found["world"] == SANDBOX and found["batches"] >= 1 <= found["batch_items"]["max"]
    nothing = timed.ask("GET", "/ledger/lane")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")


def test_a_key_that_is_revoked_moves_nothing_in_a_world_without_a_lane(timed: Tenant) -> None:
    timed.done("/accounts", account("till", "asset"))
    timed.done("/accounts", account("purse"))
    key, fill = timed.make_key("ledger:write"), {"legs": [leg("till", "purse", 100)]}
    listed = timed.get("/keys")["data"]  # its clock stands still, so that they are in no order
    [ref] = [row["id"] for row in listed if key.endswith(row["hint"][-4:])]
    seen = []
    for wish in ("first", "second"):
        headers = {"Idempotency-Key": wish}
        seen.append(timed.ask("POST", "/transactions", fill, key=key, headers=headers).status_code)
        timed.ask("DELETE", f"/keys/{ref}")
    assert seen == [200, 401] and timed.counts()["txn"] == 1


def test_a_world_without_a_lane_does_the_same_alone(timed: Tenant) -> None:
    for asked in (account("till", "asset"), account("purse", floor=0)):
        timed.done("/accounts", asked)
    fill = {"legs": [leg("till", "purse", 100)]}
    first = timed.post("/transactions", fill, wish="f")
    again = timed.post("/transactions", fill, wish="f")
    assert first.status_code == 200 and again.content == first.content
    refused = timed.post("/holds", leg("purse", "till", 101), wish="h")
    assert refused.json()["facts"]["result"] == "insufficient_from"
    timed.done("/transactions", fill)
    assert timed.done("/holds", leg("purse", "till", 101), wish="h")["remaining"] == money(101)
    assert timed.counts()["burnt"] == 0
