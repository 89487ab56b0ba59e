"""Holds over the API: their lives, caps, closing; batches of linked commands; accounts in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huoshui.ledger import proof
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_codes import account, codes, fresh, hold, leg, on, post, run
from tests.interfaces.api.test_api_stories import money

HOLD = leg("purse", "shop", 1_000) | {"reference": "booking 7", "timeout_s": 3_600}


@pytest.fixture
def funded(tenant: Tenant) -> Tenant:
    """A tenant with 10.00 in the purse and a shop."""
    for asked in (account("till", "asset"), account("purse", floor=0), account("shop")):
        tenant.done("/accounts", asked)
    tenant.done("/transactions", {"legs": [leg("till", "purse", 1_000)]})
    return tenant


def purse(tenant: Tenant) -> tuple[int, int, int]:
    """What stands on the purse, what is held of it, and what is available."""
    [found] = tenant.get("/accounts", prefix="purse")["data"]
    return found["balance"]["amount"], found["held_out"], found["available"]


def test_a_hold_is_captured_in_part_kept_and_captured_for_good(funded: Tenant) -> None:
    made = funded.done("/holds", HOLD)
    assert (made["state"], made["remaining"], made["closes"]) == ("open", money(1_000), "")
    assert purse(funded) == (1_000, 1_000, 0)
    refused = funded.post("/transactions", {"legs": [leg("purse", "shop", 1)]})
    assert refused.json()["facts"]["result"] == "insufficient_from"

    body = {"amount": money(300), "final": False}
    part = funded.done(f"/holds/{made['id']}/capture", body)
    assert (part["hold"]["state"], part["hold"]["remaining"]) == ("open", money(700))
    assert part["transaction"]["kind"] == "capture" and part["transaction"]["hold"] == made["id"]
    assert part["transaction"]["legs"] == [leg("purse", "shop", 300)]
    assert part["transaction"]["reference"] == "booking 7"
    assert funded.get(f"/transactions/{part['transaction']['id']}") == part["transaction"]
    assert purse(funded) == (700, 700, 0)

    last = funded.done(f"/holds/{made['id']}/capture", {"amount": money(200)})
    assert (last["hold"]["state"], last["hold"]["remaining"]) == ("captured", money(0))
    assert purse(funded) == (500, 0, 500)
    shown = funded.get(f"/holds/{made['id']}")
    assert [(s["kind"], s["amount"]["amount"]) for s in shown.pop("steps")] == [
        ("hold", 1_000), ("capture", 300), ("capture", 200)
    ]  # fmt: skip
    assert shown == last["hold"]
    again = funded.post(f"/holds/{made['id']}/capture")
    assert again.json()["facts"]["result"] == "hold_already_captured"
    assert funded.nets() == {"till": -1_000, "purse": 500, "shop": 500}


def test_a_hold_is_extended_and_released(funded: Tenant) -> None:
    made = funded.done("/holds", HOLD)
    longer = funded.done(f"/holds/{made['id']}/extend", {"timeout_s": 7_200})["hold"]
    assert _at(longer) - _at(made) > timedelta(seconds=3_599)
    assert (
        funded.done(f"/holds/{made['id']}/extend", {"timeout_s": 0})["hold"]["expires_at"] is None
    )
    freed = funded.done(f"/holds/{made['id']}/release", {"amount": money(1_000)})
    assert freed["hold"]["state"] == "released" and freed["transaction"]["kind"] == "release"
    assert purse(funded) == (1_000, 0, 1_000)
    assert {e["kind"] for e in funded.get(f"/holds/{made['id']}")["steps"]} == {
        "hold", "extension", "release"
    }  # fmt: skip


def _at(held: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(held["expires_at"])


def test_a_hold_runs_out_when_the_clock_passes_it(funded: Tenant) -> None:
    made = funded.done("/holds", HOLD | {"timeout_s": 60})
    assert funded.ask("POST", "/clock", {"advance": "59s"}).status_code == 200
    assert funded.get(f"/holds/{made['id']}")["state"] == "open"
    assert funded.ask("POST", "/clock", {"advance": "2s"}).status_code == 200
    shown = funded.get(f"/holds/{made['id']}")
    assert (shown["state"], shown["remaining"]) == ("expired", money(0))
    assert purse(funded) == (1_000, 0, 1_000)
    late = funded.post(f"/holds/{made['id']}/capture")
    assert (late.status_code, late.json()["facts"]["result"]) == (409, "hold_expired")


def test_a_capture_in_another_currency_is_refused(funded: Tenant) -> None:
    made = funded.done("/holds", HOLD)
    body = {"amount": {"amount": 1, "currency": "USD"}}
    answer = funded.post(f"/holds/{made['id']}/capture", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "currency_mix")
    [result] = run(funded, on("capture", made, **body))
    assert result["code"] == "currency_differs_from_accounts"


def test_a_capped_hold_takes_what_is_there(funded: Tenant) -> None:
    body = leg("purse", "shop", 5_000) | {"cap": "from"}
    assert funded.done("/holds", body)["amount"] == money(1_000)
    capped = {"legs": [leg("purse", "shop", 5_000) | {"cap": "from"}]}
    assert funded.done("/transactions", capped)["legs"][0]["amount"] == money(0)


def test_a_hold_closes_an_account_until_it_is_released(funded: Tenant) -> None:
    made = funded.done("/holds", leg("purse", "shop", 0) | {"close": "from"})
    assert made["closes"] == "from" and funded.get("/accounts", prefix="purse")["data"][0]["closed"]
    refused = funded.post("/transactions", {"legs": [leg("till", "purse", 1)]})
    assert refused.json()["facts"]["result"] == "to_closed"
    [account_] = funded.get("/accounts", prefix="purse")["data"]
    kept = funded.post(f"/accounts/{account_['id']}/reopen", {"reason": "by hand"})
    assert (kept.status_code, kept.json()["code"]) == (409, "closed_by_hold")
    funded.done(f"/holds/{made['id']}/release")
    assert not funded.get("/accounts", prefix="purse")["data"][0]["closed"]


def test_holds_are_listed_by_state_account_and_reference(funded: Tenant) -> None:
    made = [
        funded.done("/holds", leg("purse", "shop", n) | {"reference": f"r{n % 2}"})
        for n in range(5)
    ]
    funded.done(f"/holds/{made[0]['id']}/release")
    [purse_] = funded.get("/accounts", prefix="purse")["data"]

    def found(**asked: Any) -> list[int]:
        return [h["amount"]["amount"] for h in funded.get("/holds", **asked)["data"]]

    assert found() == [4, 3, 2, 1, 0] and found(state="open") == [4, 3, 2, 1]
    assert found(state="released") == [0] and found(account=purse_["id"]) == [4, 3, 2, 1, 0]
    assert found(reference="r1") == [3, 1] and found(reference="r2") == []
    first = funded.get("/holds", limit=2)
    assert found(limit=2, after=first["next"]) == [2, 1]
    assert funded.ask("GET", "/holds?state=gone").json()["code"] == "bad_parameter"


@pytest.mark.parametrize("path", ["/holds", "/holds/{id}/capture", "/holds/{id}/release"])
def test_a_rehearsal_answers_what_the_real_thing_does(funded: Tenant, path: str) -> None:
    made = funded.done("/holds", HOLD | leg("purse", "shop", 400))
    path = path.replace("{id}", made["id"])
    body = leg("purse", "shop", 600) if path == "/holds" else {}
    before = funded.counts()
    thought = funded.ask("POST", path, body, params={"dry_run": "true"})
    assert thought.status_code == 200 and thought.headers["dry-run"] == "true"
    assert funded.counts() == before
    assert _less(thought.json()) == _less(funded.done(path, body))


def _less(found: Any) -> Any:
    """Without ids and times, which belong to the attempt."""
    if isinstance(found, dict):
        kept = {"id", "held_at", "expires_at", "effective_at", "recorded_at"}
        return {name: _less(value) for name, value in found.items() if name not in kept}
    return [_less(value) for value in found] if isinstance(found, list) else found


# Batches


def test_what_is_linked_stands_together_or_not_at_all(funded: Tenant) -> None:
    results = run(
        funded,
        post("purse", "shop", 100),
        post("purse", "shop", 100, linked=True), post("purse", "nowhere", 1),
        post("purse", "shop", 200, linked=True), post("shop", "till", 50),
        post("purse", "shop", 5_000),
    )  # fmt: skip
    assert codes(results) == [
        "created", "linked_failed", "to_not_found", "created", "created", "insufficient_from"
    ]  # fmt: skip
    assert funded.nets() == {"till": -950, "purse": 700, "shop": 250}
    assert results[3]["amounts"] == [money(200)]


def test_commands_of_a_batch_follow_each_other(funded: Tenant) -> None:
    id_ = fresh(funded)
    results = run(
        funded,
        hold("purse", "shop", 800, id=id_, linked=True),
        on("capture", id_, amount=money(300), final=False, linked=True),
        on("release", id_),
        post("purse", "shop", 700),
    )
    assert codes(results) == ["created"] * 4
    assert [r["amounts"][0]["amount"] for r in results] == [800, 300, 500, 700]
    assert purse(funded) == (0, 0, 0)


def test_an_id_of_ones_own_is_known_in_any_later_batch(funded: Tenant) -> None:
    command = post("purse", "shop", 100, id=fresh(funded))
    assert codes(run(funded, command, command)) == ["created", "exists"]
    assert codes(run(funded, command)) == ["exists"]
    assert funded.nets()["shop"] == 100


def test_a_refused_batch_is_kept_as_it_was_answered(funded: Tenant) -> None:
    body = {"commands": [post("purse", "shop", 2_000)]}
    first = funded.post("/transactions/batch", body, wish="b")
    funded.done("/transactions", {"legs": [leg("till", "purse", 5_000)]})
    again = funded.post("/transactions/batch", body, wish="b")
    assert again.headers["idempotency-hit"] == "true" and again.content == first.content
    assert codes(again.json()["results"]) == ["insufficient_from"]


@pytest.mark.parametrize(
    ("commands", "pointer"),
    [([], "/commands"), ([post("a", "b", 1)] * 501, "/commands"),
     ([{"verb": "move"}], "/commands/0/verb"), ([post("a", "b", 1, id="txn_1")], "/commands/0/id"),
     ([post("a", "b", 1, id="txn_" + "0" * 26)], "/commands/0/id"),
     ([post("a", "b", 1, effective_at="1900-01-01T00:00:00Z")], "/commands/0/effective_at"),
     ([hold("a", "b", 1, legs=[])], "/commands/0/legs")],
)  # fmt: skip
def test_a_batch_of_another_shape_is_refused_whole(
    funded: Tenant, commands: Any, pointer: str
) -> None:
    answer = funded.post("/transactions/batch", {"commands": commands})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")
    assert answer.json()["errors"][0]["pointer"] == pointer and answer.json()["errors"][0]["detail"]


# Accounts in time, closing, the tamper log


def test_a_late_posting_shows_in_one_view_only(funded: Tenant) -> None:
    now = datetime.fromisoformat(funded.get("/world")["now"])
    earlier = (now - timedelta(days=3)).isoformat()
    funded.done("/transactions", {"legs": [leg("purse", "shop", 100)], "effective_at": earlier})
    [shop] = funded.get("/accounts", prefix="shop")["data"]
    at = (now - timedelta(days=2)).isoformat()

    def stood(view: str) -> int:
        found = funded.get(f"/accounts/{shop['id']}/balance", at=at, view=view)
        assert found["view"] == view
        return int(found["balance"]["amount"])

    assert (stood("effective"), stood("recorded")) == (100, 0)
    latest = funded.get(f"/accounts/{shop['id']}/balance")
    assert (latest["balance"], latest["held_in"]) == (money(100), 0)
    shown = funded.get(f"/accounts/{shop['id']}/statement", view="effective", until=at)
    assert (shown["closing"], shown["data"][0]["late"], shown["next"]) == (100, True, None)
    recorded = funded.get(f"/accounts/{shop['id']}/statement")
    assert [line["balance"] for line in recorded["data"]] == [100] == [recorded["closing"]]
    for path in ("balance?view=both", "statement?view=", "statement?after=x"):
        answer = funded.ask("GET", f"/accounts/{shop['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")


def test_an_account_is_closed_reopened_and_bounded_by_hand(funded: Tenant) -> None:
    [shop] = funded.get("/accounts", prefix="shop")["data"]
    path = f"/accounts/{shop['id']}"
    assert funded.done(f"{path}/close", {"reason": "audit"})["closed"] is True
    refused = funded.post("/transactions", {"legs": [leg("purse", "shop", 1)]})
    assert refused.json()["facts"]["result"] == "to_closed"
    assert funded.done(f"{path}/reopen", {"reason": "audited"})["closed"] is False
    bounded = funded.done(f"{path}/bounds", {"floor": 0, "ceiling": 50})
    assert (bounded["floor"], bounded["ceiling"]) == (0, 50)
    refused = funded.post("/transactions", {"legs": [leg("purse", "shop", 51)]})
    assert refused.json()["facts"]["result"] == "limit_exceeded_to"
    assert funded.get("/events", type="account.closed")["data"][0]["object"] == shop["id"]


def test_a_line_closes_its_accounts_itself(funded: Tenant) -> None:
    from tests.interfaces.api.test_api_stories import PAID

    funded.tell(*PAID)
    [escrow] = funded.get("/accounts", prefix="escrow")["data"]
    answer = funded.post(f"/accounts/{escrow['id']}/close", {"reason": "no"})
    assert (answer.status_code, answer.json()["code"]) == (409, "belongs_to_line")


def test_a_period_is_closed_for_good(funded: Tenant) -> None:
    today = datetime.fromisoformat(funded.get("/world")["now"]).date()
    closed = funded.done("/periods", {"until": today.isoformat()})
    assert closed["since"] is None and len(closed["hash"]) == 64
    assert funded.get("/periods")["data"] == [closed]
    again = funded.post("/periods", {"until": today.isoformat()})
    assert (again.status_code, again.json()["code"]) == (409, "period_sealed_already")
    ahead = funded.post("/periods", {"until": (today + timedelta(days=3)).isoformat()})
    assert (ahead.status_code, ahead.json()["code"]) == (422, "period_not_over")


def test_the_log_is_signed_and_a_statement_proves_itself(funded: Tenant, home: Path) -> None:
    proof.seal(funded.database, home, number=funded.book)
    [shop] = funded.get("/accounts", prefix="purse")["data"]
    signed = funded.get("/ledger/checkpoint")
    assert signed["waiting"] == 0 and signed["note"].startswith(signed["origin"])
    answer = funded.ask("GET", f"/accounts/{shop['id']}/proof")
    assert answer.status_code == 200, answer.text
    proven = proof.verify_statement(answer.content, proof.read_key(signed["keys"][-1]))
    assert (proven.path, proven.closing, proven.transfers) == ("purse", 1_000, 1)
    assert funded.get("/ledger/reconciliations")["data"] == []
