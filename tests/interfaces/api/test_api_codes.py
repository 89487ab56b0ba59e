"""Every result code of the ledger over HTTP, told in both languages with its field and its mend."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from huoshui.core import i18n, ids
from huoshui.ledger.model import AMOUNT_MAX, LEGS_MAX, Code
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import PAID, money

# No body can ask for these: a hold names one leg by its shape, a post has no timeout and no close.
BY_SHAPE = {"hold_has_one_leg", "timeout_only_on_hold", "closing_must_be_hold"}
OF_LEDGER = set(get_args(Code)) - {"created"}
OF_CALL = {"belongs_to_line", "currencies_mixed", "id_in_future"}


def account(path: str, class_: str = "liability", currency: str = "CNY", **bounds: int) -> Any:
    return {"path": path, "currency": currency, "class": class_, **bounds}


ACCOUNTS = [
    account("till", "asset"), account("purse", floor=0), account("vault", ceiling=1_000),
    account("shut", floor=0), account("dollars", currency="USD"), account("shop"),
    account("full"), account("credit", floor=-500),
]  # fmt: skip


@pytest.fixture
def funded(tenant: Tenant) -> Tenant:
    """A tenant with accounts of its own, 1,000 in the purse and 100 on the account that is shut."""
    for asked in ACCOUNTS:
        tenant.done("/accounts", asked)
    results = run(tenant, post("till", "purse", 1_000), post("till", "shut", 100))
    assert codes(results) == ["created", "created"]
    return tenant


def run(tenant: Tenant, *commands: dict[str, Any], lang: str = "en") -> list[dict[str, Any]]:
    """The results of a batch."""
    answer = tenant.post("/transactions/batch", {"commands": commands}, params={"lang": lang})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert len(results) == len(commands)
    return results


def codes(results: list[dict[str, Any]]) -> list[str]:
    return [result["code"] for result in results]


def leg(source: str, target: str, amount: int, currency: str = "CNY") -> dict[str, Any]:
    return {"from": source, "to": target, "amount": {"amount": amount, "currency": currency}}


def post(
    source: str, target: str, amount: int, currency: str = "CNY", **words: Any
) -> dict[str, Any]:
    return {"verb": "post", "legs": [leg(source, target, amount, currency)], **words}


def hold(source: str, target: str, amount: int, **words: Any) -> dict[str, Any]:
    return {"verb": "hold", **leg(source, target, amount), **words}


def on(verb: str, of: Any, **words: Any) -> dict[str, Any]:
    return {"verb": verb, "hold": of if isinstance(of, str) else of["id"], **words}


def now(tenant: Tenant) -> datetime:
    return datetime.fromisoformat(tenant.get("/world")["now"])


def fresh(tenant: Tenant, **later: int) -> str:
    return ids.show("txn", ids.uuid7(now(tenant) + timedelta(**later), os.urandom(10)))


Steps = Callable[[Tenant], list[dict[str, Any]]]


def _stands(tenant: Tenant, again: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    """A post and a hold, and then another command under the id of one of them."""
    id_ = fresh(tenant)
    first = {"id": id_, "reference": "r"}
    assert codes(run(tenant, post("purse", "shop", 5, **first))) == ["created"]
    return run(tenant, again(id_))


def _of_hold(tenant: Tenant, *then: Callable[[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    made = tenant.done("/holds", leg("purse", "shop", 100) | {"timeout_s": 60})
    return run(tenant, *(each(made) for each in then))


def _twice_on_hold(tenant: Tenant, first: Any, second: Any) -> list[dict[str, Any]]:
    [made, other] = [tenant.done("/holds", leg("purse", "shop", 100)) for _ in range(2)]
    id_ = fresh(tenant)
    return run(tenant, first(made, id_), second(made, other, id_))


def _shut(tenant: Tenant) -> None:
    [shut] = tenant.get("/accounts", prefix="shut")["data"]
    tenant.done(f"/accounts/{shut['id']}/close", {"reason": "test"})


def _closed(tenant: Tenant, command: dict[str, Any]) -> list[dict[str, Any]]:
    _shut(tenant)
    return run(tenant, command)


def _failed(tenant: Tenant) -> list[dict[str, Any]]:
    id_ = fresh(tenant)
    refused = run(tenant, post("purse", "shop", 2_000, id=id_))
    assert codes(refused) == ["insufficient_from"]
    run(tenant, post("till", "purse", 5_000))
    return run(tenant, post("purse", "shop", 2_000, id=id_))


def _archived(tenant: Tenant) -> list[dict[str, Any]]:
    id_ = fresh(tenant)
    with tenant.database.begin(book=tenant.book) as tx:
        tx.run(
            """INSERT INTO ledger_state (book, horizon) VALUES (%(book)s, %(id)s)
            ON CONFLICT (book) DO UPDATE SET horizon = EXCLUDED.horizon""",
            id=UUID(int=ids.read("txn", id_).int + 1),
        )
    return run(tenant, post("purse", "shop", 1, id=id_))


def _reversed(tenant: Tenant) -> list[dict[str, Any]]:
    made = tenant.done("/transactions", {"legs": [leg("purse", "shop", 5)]})
    reversal = tenant.done(f"/transactions/{made['id']}/reverse")
    return run(tenant, post("shop", "purse", 5, id=reversal["id"]))


def _sealed(tenant: Tenant) -> list[dict[str, Any]]:
    day = now(tenant).date()
    tenant.ask("POST", "/periods", {"until": day.isoformat()})
    return run(
        tenant, post("purse", "shop", 1, effective_at=f"{day - timedelta(days=2)}T00:00:00Z")
    )


def _expired(tenant: Tenant) -> list[dict[str, Any]]:
    made = tenant.done("/holds", leg("purse", "shop", 100) | {"timeout_s": 60})
    assert tenant.ask("POST", "/clock", {"advance": "61s"}).status_code == 200
    return run(tenant, on("capture", made))


def _of_line(tenant: Tenant) -> list[dict[str, Any]]:
    tenant.tell(*PAID)
    return run(tenant, post("escrow", "shop", 1))


REACHED: dict[str, tuple[Steps, str]] = {
    "linked_failed": (lambda t: run(
        t, post("purse", "shop", 1, linked=True), post("purse", "shop", 5_000)), "linked"),
    "chain_left_open": (lambda t: run(t, post("purse", "shop", 1, linked=True)), "linked"),
    "differs_kind": (lambda t: _stands(t, lambda i: hold("purse", "shop", 5, id=i)), "id"),
    "differs_from": (lambda t: _stands(t, lambda i: post("till", "shop", 5, id=i)), "legs/0/from"),
    "differs_to": (lambda t: _stands(t, lambda i: post("purse", "till", 5, id=i)), "legs/0/to"),
    "differs_amount": (
        lambda t: _stands(t, lambda i: post("purse", "shop", 6, id=i)), "legs/0/amount/amount"),
    "differs_reference": (
        lambda t: _stands(t, lambda i: post("purse", "shop", 5, id=i)), "reference"),
    "differs_code": (_reversed, "id"),
    "differs_hold": (lambda t: _twice_on_hold(
        t, lambda a, i: on("capture", a, id=i), lambda a, b, i: on("capture", b, id=i)), "hold"),
    "differs_timeout": (lambda t: _twice_on_hold(
        t, lambda a, i: on("extend", a, id=i, timeout_s=60),
        lambda a, b, i: on("extend", a, id=i, timeout_s=61)), "timeout_s"),
    "id_already_failed": (_failed, "id"),
    "id_too_old": (_archived, "id"),
    "id_in_future": (
        lambda t: run(t, post("purse", "shop", 1, id=fresh(t, minutes=6))), "id"),
    "no_legs": (lambda t: run(t, {"verb": "post", "legs": []}), "legs"),
    "too_many_legs": (lambda t: run(
        t, {"verb": "post", "legs": [leg("till", "shop", 1)] * (LEGS_MAX + 1)}), "legs"),
    "amount_out_of_range": (
        lambda t: run(t, post("purse", "shop", AMOUNT_MAX + 1)), "legs/0/amount/amount"),
    "currency_required": (
        lambda t: run(t, post("purse", "shop", 1, "")), "legs/0/amount/currency"),
    "same_account": (lambda t: run(t, post("purse", "purse", 1)), "legs/0/from"),
    "timeout_out_of_range": (
        lambda t: run(t, hold("purse", "shop", 1, timeout_s=-1)), "timeout_s"),
    "effective_in_future": (lambda t: run(t, post(
        "purse", "shop", 1, effective_at=(now(t) + timedelta(hours=1)).isoformat())),
        "effective_at"),
    "period_sealed": (_sealed, "effective_at"),
    "from_not_found": (lambda t: run(t, post("nowhere", "shop", 1)), "legs/0/from"),
    "to_not_found": (lambda t: run(t, post("purse", "nowhere", 1)), "legs/0/to"),
    "accounts_in_different_currency": (
        lambda t: run(t, post("purse", "dollars", 1)), "legs/0/amount/currency"),
    "currency_differs_from_accounts": (
        lambda t: run(t, post("purse", "shop", 1, "USD")), "legs/0/amount/currency"),
    "hold_not_found": (lambda t: run(t, on("capture", fresh(t))), "hold"),
    "not_a_hold": (lambda t: _stands(t, lambda i: on("capture", i)), "hold"),
    "exceeds_hold": (lambda t: _of_hold(
        t, lambda h: on("capture", h, amount=money(101))), "amount/amount"),
    "release_amount_mismatch": (lambda t: _of_hold(
        t, lambda h: on("release", h, amount=money(99))), "amount/amount"),
    "hold_already_captured": (lambda t: _of_hold(
        t, lambda h: on("capture", h), lambda h: on("capture", h)), "hold"),
    "hold_already_released": (lambda t: _of_hold(
        t, lambda h: on("release", h), lambda h: on("extend", h, timeout_s=1)), "hold"),
    "hold_expired": (_expired, "hold"),
    "from_closed": (lambda t: _closed(t, post("shut", "shop", 1)), "legs/0/from"),
    "to_closed": (lambda t: _closed(t, hold("purse", "shut", 1)), "to"),
    "insufficient_from": (lambda t: run(t, post("purse", "shop", 1_001)), "legs/0/from"),
    "limit_exceeded_to": (lambda t: run(t, post("till", "vault", 1_001)), "legs/0/to"),
    "counter_full": (lambda t: run(
        t, post("till", "full", AMOUNT_MAX), post("till", "full", AMOUNT_MAX)),
        "legs/0/amount/amount"),
    "belongs_to_line": (_of_line, ""),
    "currencies_mixed": (lambda t: run(t, {"verb": "post", "legs": [
        leg("purse", "shop", 1), leg("purse", "dollars", 1, "USD")]}), "legs/0/amount/currency"),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(REACHED))
def test_a_code_is_told_with_its_field_and_its_mend(funded: Tenant, code: str) -> None:
    steps, field = REACHED[code]
    results = steps(funded)
    number, found = next((n, r) for n, r in enumerate(results) if r["code"] == code)
    assert found["error"]["code"] == code and found["amounts"] == []
    assert found["error"]["pointer"] == f"/commands/{number}" + (f"/{field}" if field else "")
    assert found["error"]["detail"] == i18n.text(f"field.{code}", "en", **_facts(found))
    assert funded.get("/trial-balance")["balanced"]


def _facts(result: dict[str, Any]) -> dict[str, Any]:
    """What the sentence was filled with, read out of it again."""
    text = i18n.catalogue()[f"field.{result['code']}"]["en"]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text), count=0)
    match = re.fullmatch(pattern, result["error"]["detail"])
    assert match, result
    return match.groupdict()


def test_every_code_is_reached_or_ruled_out_by_the_shape_of_the_body() -> None:
    assert set(REACHED) | BY_SHAPE | {"exists"} == OF_LEDGER | OF_CALL


def test_every_code_has_its_sentence_in_both_languages() -> None:
    texts = i18n.catalogue()
    for code in OF_LEDGER | OF_CALL:
        english, chinese = texts[f"field.{code}"]["en"], texts[f"field.{code}"]["zh"]
        assert not re.search("[\u4e00-\u9fff]", english) and re.search("[\u4e00-\u9fff]", chinese)


def test_the_language_is_the_callers(funded: Tenant) -> None:
    [result] = run(funded, post("purse", "shop", 1_001), lang="zh")
    assert "purse" in result["error"]["detail"] and "低于下限" in result["error"]["detail"]


def test_a_call_on_one_object_tells_the_code_as_a_problem(funded: Tenant) -> None:
    answer = funded.post("/transactions", {"legs": [leg("purse", "shop", 1_001)]})
    assert (answer.status_code, answer.json()["code"]) == (409, "posting_refused")
    assert answer.json()["facts"] == {"result": "insufficient_from", "account": "purse"}
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/legs/0/from", "insufficient_from")
    held = funded.post("/holds", leg("credit", "shop", 1))
    assert held.json()["errors"][0]["pointer"] == "/from", "a hold draws no credit"
    funded.done("/transactions", {"legs": [leg("credit", "shop", 500)]})


def test_an_overdraft_ends_at_its_limit(funded: Tenant) -> None:
    """blnk, model/precision_edge_test.go: a limit of 1000 minor units on a zero balance."""
    for path in ("limit:a", "limit:b"):
        funded.done("/accounts", account(path, floor=-1_000))
    funded.done("/transactions", {"legs": [leg("limit:a", "shop", 1_000)]})
    answer = funded.post("/transactions", {"legs": [leg("limit:b", "shop", 1_001)]})
    assert answer.json()["facts"]["result"] == "insufficient_from"


def test_a_transaction_is_reversed_once(funded: Tenant) -> None:
    """formancehq/ledger, test/e2e/api_transactions_revert_test.go: reversing twice."""
    before = funded.nets()
    made = funded.done("/transactions", {"legs": [leg("purse", "shop", 5)]})
    funded.done(f"/transactions/{made['id']}/reverse")
    again = funded.post(f"/transactions/{made['id']}/reverse")
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert funded.nets() == before
