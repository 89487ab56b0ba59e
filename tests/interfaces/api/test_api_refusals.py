"""Bad input: each a named problem in both languages, with nothing posted and nothing leaked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from huoshui.core import i18n
from huoshui.core.errors import Problem
from huoshui.interfaces.api.problems import BODY_MAX
from tests import ground
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import PAID, money

ORDER: dict[str, Any] = {
    "kind": "order",
    "key": "n1",
    "occurred_at": "2025-01-01T00:00:00Z",
    "buyer": "b1",
}


def fact(**changed: Any) -> dict[str, Any]:
    """A body with one order, some of its fields changed or, where None, left out."""
    whole = {**ORDER, "currency": "CNY", **changed}
    return {"facts": [{name: value for name, value in whole.items() if value is not None}]}


def bank(**changed: Any) -> dict[str, Any]:
    """A body of an account, some of its fields changed."""
    whole = {"path": "till:main", "currency": "CNY", "class_": "asset", **changed}
    return {name.rstrip("_"): value for name, value in whole.items()}


def legs(*given: tuple[str, str, Any]) -> dict[str, Any]:
    """A body of a transaction."""
    return {"legs": [{"from": a, "to": b, "amount": amount} for a, b, amount in given]}


# verb, path, body, status, code, and the pointer of the first field error or None
BAD = [
    # Bodies that cannot be read
    ("POST", "/facts", b"{", 400, "not_json", None),
    ("POST", "/facts", b'{"facts": []} and more', 400, "not_json", None),
    ("POST", "/facts", b'{"facts": [{"kind": "seller", "key": "\xff"}]}', 400, "not_json", None),
    ("POST", "/facts", b"", 400, "not_json", None),
    ("POST", "/facts", b"[" * 100_000, 400, "bad_body", ""),
    ("POST", "/facts", b'{"facts": ' + b"[" * 100_000, 400, "bad_body", "/facts/0"),
    ("POST", "/facts", fact(buyer="b\0"), 400, "not_json", ""),
    ("POST", "/facts", [], 400, "bad_body", ""),
    ("POST", "/facts", {"fact": []}, 400, "bad_body", "/fact"),
    ("POST", "/facts", {}, 400, "bad_body", "/facts"),
    ("POST", "/facts", fact(kind="parcel"), 400, "bad_body", "/facts/0/kind"),
    ("POST", "/facts", fact(kind=None), 400, "bad_body", "/facts/0/kind"),
    ("POST", "/facts", fact(currency=None), 400, "bad_body", "/facts/0/currency"),
    ("POST", "/facts", fact(colour="red"), 400, "bad_body", "/facts/0/colour"),
    ("POST", "/facts", fact(key="a b"), 400, "bad_body", "/facts/0/key"),
    ("POST", "/facts", fact(key="k" * 129), 400, "bad_body", "/facts/0/key"),
    ("POST", "/facts", fact(occurred_at="yesterday"), 400, "bad_body", "/facts/0/occurred_at"),
    ("POST", "/orders/o1/confirm", {"by": "me"}, 400, "bad_body", "/by"),
    ("POST", "/orders/o1/refund", {"amount": 500}, 400, "bad_body", "/amount"),
    ("POST", "/orders/o1/refund", {"amount": {"amount": "5", "currency": "CNY"}}, 400, "bad_body",
     "/amount/amount"),
    ("POST", "/orders/o1/refund", {"amount": {"amount": 5, "currency": "CNY", "x": 1}}, 400,
     "bad_body", "/amount/x"),
    ("POST", "/clock", {"advance": "soon"}, 400, "bad_body", "/advance"),
    ("POST", "/keys", {"name": "", "scopes": ["console"]}, 400, "bad_body", "/name"),
    ("POST", "/accounts", bank(class_="wealth"), 400, "bad_body", "/class"),
    ("POST", "/accounts", bank(floor=1), 400, "bad_body", "/floor"),
    ("POST", "/accounts", bank(ceiling=2**70), 400, "bad_body", "/ceiling"),
    ("POST", "/transactions", {"legs": []}, 400, "bad_body", "/legs"),
    # Amounts and currencies
    ("POST", "/orders/o1/refund", b'{"amount": {"amount": 12.5, "currency": "CNY"}}', 422,
     "amount_too_fine", "/amount/amount"),
    ("POST", "/transactions", b'{"legs": [{"from": "a", "to": "b", "amount":'
     b' {"amount": 0.5, "currency": "JPY"}}]}', 422, "amount_too_fine", "/legs/0/amount/amount"),
    ("POST", "/orders/o1/refund", {"amount": {"amount": 5, "currency": "USD"}}, 422,
     "currency_mix", None),
    ("POST", "/transactions",
     legs(("till:main", "x", money(5)), ("x", "till:main", {"amount": 5, "currency": "USD"})), 422,
     "currency_mix", None),
    ("POST", "/orders/o1/refund", {"amount": money(0)}, 422, "over_refund", None),
    ("POST", "/orders/o1/refund", {"amount": money(-1)}, 422, "over_refund", None),
    ("POST", "/orders/o1/refund", {"amount": money(11_001)}, 422, "over_refund", None),
    ("POST", "/orders/o1/refund", {"amount": money(10**30)}, 422, "over_refund", None),
    ("POST", "/accounts", bank(currency="XXX"), 422, "unknown_currency", None),
    # The ledger
    ("POST", "/accounts", bank(path="a::b"), 422, "bad_path", "/path"),
    ("POST", "/accounts", bank(class_="income"), 409, "account_differs", None),
    ("POST", "/accounts", bank(path="escrow"), 409, "belongs_to_line", None),
    ("POST", "/accounts", bank(path="merchant:m1:settlement"), 409, "belongs_to_line", None),
    ("POST", "/transactions", legs(("till:main", "nowhere", money(5))), 404, "unknown_account",
     None),
    ("POST", "/transactions", legs(("escrow", "till:main", money(5))), 409, "belongs_to_line",
     None),
    ("POST", "/transactions", legs(("till:main", "gift:anna", money(-1))), 409, "posting_refused",
     "/legs/0/amount/amount"),
    ("POST", "/transactions", legs(("till:main", "gift:anna", money(10**30))), 409,
     "posting_refused", None),
    ("POST", "/transactions", legs(("gift:anna", "till:main", money(5))), 409, "posting_refused",
     None),
    ("POST", "/transactions", legs(("till:main", "till:main", money(5))), 409, "posting_refused",
     None),
    # Objects that are not there, or of another kind
    ("GET", "/orders/nothing", None, 404, "unknown_order", None),
    ("POST", "/orders/nothing/confirm", None, 404, "unknown_order", None),
    ("GET", "/accounts/ord_01k8q2v4w6x8y0z1a2b3c4d5e6", None, 404, "bad_id", None),
    ("GET", "/accounts/acc_01k8q2v4w6x8y0z1a2b3c4d5e6", None, 404, "unknown_account", None),
    ("GET", "/transactions/txn_1", None, 404, "bad_id", None),
    ("GET", "/transactions/txn_01k8q2v4w6x8y0z1a2b3c4d5e6", None, 404, "unknown_transaction",
     None),
    ("POST", "/transactions/txn_01k8q2v4w6x8y0z1a2b3c4d5e6/reverse", None, 404,
     "unknown_transaction", None),
    ("DELETE", "/keys/key_01k8q2v4w6x8y0z1a2b3c4d5e6", None, 404, "not_found", None),
    ("GET", "/replay", None, 404, "not_found", None),
    ("GET", "/nothing", None, 404, "not_found", None),
    # States
    ("POST", "/orders/paid-back/refund", None, 409, "illegal_move", None),
    ("POST", "/orders/paid-back/cancel", None, 409, "cancelled_already", None),
    # Parameters
    ("GET", "/orders?limit=0", None, 400, "bad_parameter", "limit"),
    ("GET", "/orders?limit=101", None, 400, "bad_parameter", "limit"),
    ("GET", "/orders?limit=many", None, 400, "bad_parameter", "limit"),
    ("GET", "/orders?after=acc_01k8q2v4w6x8y0z1a2b3c4d5e6", None, 404, "bad_id", None),
    ("GET", f"/orders?after={'x' * 300}", None, 400, "bad_parameter", "after"),
    ("GET", "/orders?since=2026-01-01", None, 422, "bad_time", None),
    ("GET", "/orders?buyer=%00", None, 400, "bad_parameter", "buyer"),
    ("GET", "/orders/%00", None, 400, "bad_parameter", "ref"),
    ("GET", "/orders?seler=s1", None, 400, "unknown_parameter", None),
    ("GET", "/orders/o1?expand=items,colour", None, 422, "unknown_expand", None),
    ("GET", "/orders/o1?as_of=now", None, 422, "bad_time", None),
    ("POST", "/orders/o1/confirm?dryrun=true", None, 400, "unknown_parameter", None),
    ("POST", "/orders/o1/confirm?dry_run=yes", None, 400, "bad_parameter", "dry_run"),
    # Everything else
    ("POST", "/clock", {"advance": "5000d"}, 422, "span_too_long", None),
    ("POST", "/keys", {"name": "x", "scopes": ["everything"]}, 422, "unknown_scope", "/scopes"),
    ("PUT", "/orders", None, 405, "method_not_allowed", None),
    ("POST", "/facts", {"facts": [{**ORDER, "currency": "CNY"}] * 2001}, 413, "too_many_facts",
     None),
]  # fmt: skip


@pytest.fixture(scope="module")
def busy(open_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant whose books hold a paid order, one given back, and two accounts of its own."""
    tenant = open_tenant()
    tenant.tell(*PAID, *ground.placed("paid-back")[-2:], ground.tender("paid-back"))
    tenant.done("/orders/paid-back/cancel")
    tenant.done("/accounts", bank())
    tenant.done("/accounts", bank(path="gift:anna", class_="liability", floor=0))
    return tenant


def _named(case: Any) -> str:
    return f"{case[4]}-{case[1][:30]}" if isinstance(case, tuple) else ""


@pytest.mark.parametrize("case", BAD, ids=_named)
def test_bad_input_is_a_named_problem_in_both_languages_and_leaves_nothing(
    busy: Tenant, case: tuple[str, str, Any, int, str, str | None]
) -> None:
    verb, path, body, status, code, pointer = case
    before = busy.counts()
    texts = []
    for lang in ("en", "zh-CN"):
        headers = {"Accept-Language": lang, "Idempotency-Key": f"bad-{lang}"}
        answer = busy.ask(verb, path, body, headers=headers)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == lang[:2]
        assert problem["status"] == status and problem["type"].endswith(code)
        assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"
        if pointer is not None:
            assert problem["errors"][0]["pointer"] == pointer
            assert problem["errors"][0]["detail"]
        texts.append((problem["title"], problem["detail"]))
        assert "Traceback" not in answer.text and "psycopg" not in answer.text
    assert not re.search("[\u4e00-\u9fff]", "".join(texts[0]))
    assert re.search("[\u4e00-\u9fff]", texts[1][0]) and re.search("[\u4e00-\u9fff]", texts[1][1])
    assert busy.counts() == before


REFUSED = [
    (fact(buyer="nobody"), "/buyer", "unknown_reference"),
    (fact(occurred_at="2025-01-01T00:00:00"), "/occurred_at", "time_zone"),
    (fact(occurred_at="0001-01-01T00:00:00+14:00"), "/occurred_at", "time_out_of_range"),
    (fact(occurred_at="2150-01-01T00:00:00Z"), "/occurred_at", "future"),
    (fact(estimated_at="2025-02-01T00:00:00"), "/estimated_at", "time_zone"),
    (fact(estimated_at="9999-12-31T23:59:59-14:00"), "/estimated_at", "time_out_of_range"),
    (fact(known_at="2025-01-01T00:00:00Z"), "/known_at", "known_at_real"),
    (fact(currency="XXX"), "/currency", "currency"),
    ({"facts": [ground.tender(key="t9", currency="USD")]}, "/currency", "currency_mix"),
    ({"facts": [ground.tender(key="t9", amount=0)]}, "/amount/amount", "amount_bounds"),
    ({"facts": [ground.tender(key="t9", amount=10**16)]}, "/amount/amount", "amount_bounds"),
]


@pytest.mark.parametrize(("body", "pointer", "code"), REFUSED)
def test_a_fact_that_cannot_be_taken_says_why_and_leaves_no_trace(
    busy: Tenant, body: Any, pointer: str, code: str
) -> None:
    before = busy.counts()
    details = []
    for lang in ("en", "zh"):
        headers = {"Accept-Language": lang}
        answer = busy.ask("POST", "/facts", msgspec.json.encode(body), headers=headers)
        assert answer.status_code == 200
        [result] = answer.json()["results"]
        assert (result["outcome"], result["id"]) == ("refused", None)
        assert (result["error"]["pointer"], result["error"]["code"]) == (pointer, code)
        details.append(result["error"]["detail"])
    assert details[0] != details[1]
    assert busy.counts() == before


def test_a_refused_fact_does_not_stop_the_others(tenant: Tenant) -> None:
    body = {"facts": [ground.shop("s7"), *fact(buyer="nobody")["facts"], ground.shop("s8")]}
    results = tenant.ask("POST", "/facts", body).json()["results"]
    assert [r["outcome"] for r in results] == ["created", "refused", "created"]


def test_a_body_over_the_limit_is_refused_before_it_is_read(busy: Tenant) -> None:
    before = busy.counts()
    answer = busy.ask("POST", "/facts", b" " * (BODY_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "8 MB" in answer.json()["detail"] and busy.counts() == before


def test_the_live_clock_is_never_moved(live: Tenant) -> None:
    answer = live.ask("POST", "/clock", {"advance": "1d"})
    assert (answer.status_code, answer.json()["code"]) == (409, "live_clock")


def test_a_verb_that_an_address_lacks_is_told_with_those_that_it_has(tenant: Tenant) -> None:
    answer = tenant.ask("DELETE", "/orders")
    assert answer.status_code == 405 and "GET" in answer.headers["allow"]


def test_every_problem_of_the_product_has_its_texts() -> None:
    kinds = [Problem]
    for kind in kinds:
        kinds += kind.__subclasses__()
    texts = i18n.catalogue()
    for kind in kinds:
        if not kind.__module__.startswith("huoshui"):
            continue
        for part in ("title", "detail"):
            found = texts.get(f"problem.{kind.code}.{part}", {})
            assert found.get("en") and found.get("zh"), (kind, part)


def test_a_failure_of_ours_is_told_without_its_trace(
    busy: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the machine room")

    monkeypatch.setattr("huoshui.facts.commerce.service.store.orders", broken)
    answer = busy.ask("GET", "/orders")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert caplog.records[-1].request_id == answer.headers["x-request-id"]  # type: ignore[attr-defined]
