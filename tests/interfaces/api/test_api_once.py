"""Once and in rehearsal: idempotency keys, also under concurrency, and `?dry_run=true`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests import ground
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import PAID, money, postings

TILL = {"path": "till", "currency": "CNY", "class": "asset"}
PURSE = {"path": "purse", "currency": "CNY", "class": "liability", "floor": 0}
FILL = {"legs": [{"from": "till", "to": "purse", "amount": money(100)}]}
EMPTY = {"legs": [{"from": "purse", "to": "till", "amount": money(100)}]}


def together(count: int, call: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The same call from several threads at once."""
    with ThreadPoolExecutor(count) as threads:
        return [f.result() for f in [threads.submit(call) for _ in range(count)]]


def test_a_repeat_gets_the_first_answer_and_nothing_more_happens(tenant: Tenant) -> None:
    tenant.tell(*PAID)
    first = tenant.post("/orders/o1/refund", {"amount": money(500)}, wish="r-1")
    before = tenant.counts()
    again = tenant.post("/orders/o1/refund", {"amount": money(500)}, wish="r-1")
    assert again.status_code == 200 and again.content == first.content
    assert again.headers["idempotency-hit"] == "true"
    assert "idempotency-hit" not in first.headers
    assert tenant.counts() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [("/orders/o1/refund", {"amount": money(501)}), ("/orders/o1/cancel", {"amount": money(500)})],
)
def test_another_wish_under_the_same_key_is_refused(tenant: Tenant, path: str, body: Any) -> None:
    tenant.tell(*PAID)
    tenant.done("/orders/o1/refund", {"amount": money(500)}, wish="r-1")
    before = tenant.counts()
    body = body if path.endswith("refund") else {"reason": "x"}
    answer = tenant.post(path, body, wish="r-1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert tenant.counts() == before


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "a b", "ключ".encode()])
def test_what_moves_money_needs_a_key_that_can_be_kept(tenant: Tenant, key: str | bytes) -> None:
    tenant.tell(*PAID)
    before = tenant.counts()
    for path in ("/orders/o1/confirm", "/orders/o1/refund", "/orders/o1/cancel"):
        answer = tenant.ask("POST", path, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    answer = tenant.ask("POST", "/transactions", FILL, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert tenant.counts() == before


def test_a_refused_wish_may_be_tried_again_under_its_key(tenant: Tenant) -> None:
    for account in (TILL, PURSE):
        tenant.done("/accounts", account)
    assert tenant.post("/transactions", EMPTY, wish="e").json()["code"] == "posting_refused"
    tenant.done("/transactions", FILL)
    tenant.done("/transactions", EMPTY, wish="e")
    assert tenant.nets() == {}


def test_facts_and_accounts_honour_a_key_and_need_none(tenant: Tenant) -> None:
    assert tenant.ask("POST", "/accounts", TILL).status_code == 200
    facts = {"facts": [ground.shop()]}
    first = tenant.post("/facts", facts, wish="f")
    again = tenant.post("/facts", facts, wish="f")
    assert again.content == first.content and again.headers["idempotency-hit"] == "true"
    assert again.json()["results"][0]["outcome"] == "created"
    other = tenant.post("/facts", {"facts": []}, wish="f")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    tenant.done("/accounts", PURSE, wish="p")
    assert tenant.post("/accounts", PURSE, wish="p").headers["idempotency-hit"] == "true"


def test_a_key_of_one_book_is_nothing_to_another(
    tenant: Tenant, open_tenant: Callable[..., Tenant]
) -> None:
    other = open_tenant()
    for one in (tenant, other):
        one.tell(*PAID)
    first = tenant.post("/orders/o1/confirm", wish="c")
    second = other.post("/orders/o1/confirm", wish="c")
    assert second.status_code == 200 and "idempotency-hit" not in second.headers
    assert first.json()["order"] != second.json()["order"]


def test_a_key_cannot_stand_in_for_the_flows_own_refunds(tenant: Tenant) -> None:
    tenant.tell(*PAID)
    tenant.done("/orders/o1/refund", {"amount": money(1)}, wish="cancellation/o1")
    assert tenant.done("/orders/o1/cancel")["refund"]["amount"] == money(10_999)
    assert tenant.nets() == {}


def test_one_key_from_many_threads_has_one_effect_and_one_answer(tenant: Tenant) -> None:
    for account in (TILL, PURSE):
        tenant.done("/accounts", account)
    tenant.done("/transactions", FILL)
    # The purse bears this once: a second effect would be refused, a second answer would differ.
    answers = together(8, lambda: tenant.post("/transactions", EMPTY, wish="all"))
    assert {a.status_code for a in answers} == {200}, [a.text for a in answers]
    assert len({a.content for a in answers}) == 1
    assert sum("idempotency-hit" not in a.headers for a in answers) == 1
    assert tenant.nets() == {} and tenant.counts()["txn"] == 2


@pytest.mark.parametrize("verb", ["confirm", "cancel", "refund"])
def test_an_orders_verb_from_many_threads_moves_its_money_once(tenant: Tenant, verb: str) -> None:
    tenant.tell(*PAID)
    answers = together(6, lambda: tenant.post(f"/orders/o1/{verb}", wish="one"))
    assert {a.status_code for a in answers} == {200}, [a.text for a in answers]
    assert len({a.content for a in answers}) == 1
    assert tenant.counts()["txn"] == 2 and tenant.get("/trial-balance")["balanced"]


def test_different_keys_from_many_threads_never_give_back_more_than_was_paid(
    tenant: Tenant,
) -> None:
    tenant.tell(*PAID)
    answers = together(6, lambda: tenant.post("/orders/o1/refund", {"amount": money(4_000)}))
    assert sorted(a.status_code for a in answers) == [200, 200, 422, 422, 422, 422]
    assert {a.json()["code"] for a in answers if a.status_code != 200} == {"over_refund"}
    assert tenant.nets() == {"escrow": 3_000, "rail:card:clearing": -3_000}


def test_facts_from_many_threads_are_known_once(tenant: Tenant) -> None:
    answers = together(4, lambda: tenant.ask("POST", "/facts", {"facts": PAID}))
    assert {a.status_code for a in answers} == {200}, [a.text for a in answers]
    outcomes = [r["outcome"] for a in answers for r in a.json()["results"]]
    assert outcomes.count("created") == len(PAID) and set(outcomes) == {"created", "exists"}
    assert tenant.nets() == {"escrow": 11_000, "rail:card:clearing": -11_000}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/orders/o1/confirm", None),
        ("/orders/o1/cancel", {"reason": "late"}),
        ("/orders/o1/refund", {"amount": money(1_234)}),
        ("/orders/o1/refund", None),
        ("/transactions", FILL),
    ],
)
def test_a_rehearsal_answers_what_the_real_thing_does_and_leaves_nothing(
    tenant: Tenant, path: str, body: Any
) -> None:
    tenant.tell(*PAID)
    for account in (TILL, PURSE):
        tenant.done("/accounts", account)
    before = tenant.counts()
    for _ in range(2):
        rehearsed = tenant.ask("POST", path, body, params={"dry_run": "true"})
        assert rehearsed.status_code == 200 and rehearsed.headers["dry-run"] == "true"
    assert tenant.counts() == before
    # Bare headers carry no key into a rehearsal, and a rehearsal uses none up.
    tenant.ask("POST", path, body, params={"dry_run": "true"}, headers={"Idempotency-Key": "k"})
    real = tenant.post(path, body, wish="k")
    assert "dry-run" not in real.headers and "idempotency-hit" not in real.headers
    if path == "/transactions":
        assert rehearsed.json()["legs"] == real.json()["legs"]
        return
    assert postings(rehearsed.json()) == postings(real.json())
    assert rehearsed.json()["state"] == real.json()["state"]


def test_a_reversal_and_facts_are_rehearsed_too(tenant: Tenant) -> None:
    facts = {"facts": PAID}
    rehearsed = tenant.ask("POST", "/facts", facts, params={"dry_run": "true"})
    assert {r["outcome"] for r in rehearsed.json()["results"]} == {"created"}
    assert tenant.counts()["order_"] == tenant.counts()["txn"] == 0
    for account in (TILL, PURSE):
        tenant.done("/accounts", account)
    posted = tenant.done("/transactions", FILL)["id"]
    path = f"/transactions/{posted}/reverse"
    thought = tenant.ask("POST", path, params={"dry_run": "true"}).json()
    assert tenant.counts()["txn"] == 1
    assert thought["legs"] == tenant.done(path)["legs"]


def test_a_rehearsal_is_refused_as_the_real_thing_would_be(tenant: Tenant) -> None:
    tenant.tell(*PAID)
    answer = tenant.ask(
        "POST", "/orders/o1/refund", {"amount": money(99_999)}, params={"dry_run": "true"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "over_refund")
