"""The contract: the OpenAPI document, the headers of every answer, and schemathesis upon both."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from litestar import Litestar
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from huoshui.interfaces.api import HANDLERS
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_once import FILL, PURSE, TILL
from tests.interfaces.api.test_api_stories import PAID, money

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
HOLD = {"from": "purse", "to": "till", "amount": money(10), "timeout_s": 3600}
BOUNDED = settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    """The document as it is served."""
    answer = client.get("/v1/openapi/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert client.get("/v1/openapi").json() == found
    return found


@pytest.fixture(scope="module")
def origin(app: Litestar) -> Iterator[str]:
    """The application behind a real server, for a client that speaks HTTP by itself."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


def test_every_operation_stands_in_the_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    operations = [o for path in document["paths"].values() for o in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) == len(HANDLERS)
    for operation in operations:
        assert operation["summary"].endswith(".") and operation["tags"]
        assert {"400", "401", "404", "422", "503"} <= operation["responses"].keys()


def test_bodies_parameters_and_security_are_told(document: dict[str, Any]) -> None:
    refund = document["paths"]["/v1/orders/{ref}/refund"]["post"]
    schema = refund["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/RefundAsked"}
    named = {(p["name"], p["in"]) for p in refund["parameters"]}
    assert named == {
        ("ref", "path"), ("lang", "query"), ("dry_run", "query"), ("Idempotency-Key", "header")
    }  # fmt: skip
    facts = document["components"]["schemas"]["Facts"]["properties"]["facts"]["items"]
    assert len(facts["anyOf"]) == 12 and facts["discriminator"]["propertyName"] == "kind"
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    text = json.dumps(document)
    for name in set(_references(document)):
        part: Any = document
        for step in name.removeprefix("#/").split("/"):
            part = part[step]
        assert part, name
    assert "Any]" not in text and "huoshui." not in text.replace("huoshui.statement/1", "")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)


def test_every_answer_carries_its_request_id_and_is_not_kept(
    tenant: Tenant, client: httpx.Client
) -> None:
    answers = [
        tenant.ask("GET", "/orders"),
        tenant.ask("GET", "/orders/nothing"),
        tenant.ask("GET", "/nowhere"),
        tenant.ask("PUT", "/orders"),
        tenant.ask("GET", "/orders", key=""),
        tenant.ask("POST", "/facts", b"{"),
    ]
    for answer in answers:
        assert len(answer.headers["x-request-id"]) == 16
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert len({a.headers["x-request-id"] for a in answers}) == len(answers)
    health = client.get("/health")
    assert health.json()["status"] == "ok" and health.headers["x-request-id"]
    assert client.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_the_language_is_the_callers(tenant: Tenant) -> None:
    def title(**given: Any) -> str:
        return str(tenant.ask("GET", "/orders/nothing", **given).json()["title"])

    assert title() == "No such order"
    assert title(headers={"Accept-Language": "fr, zh-TW;q=0.8, en;q=0.5"}) == "订单不存在"
    assert title(headers={"Accept-Language": "en"}, params={"lang": "zh"}) == "订单不存在"
    assert title(headers={"Accept-Language": "zh;q=x,;;,"}) == "No such order"


def test_the_document_needs_no_key_and_holds_no_secret(client: httpx.Client) -> None:
    answer = client.get("/v1/openapi")
    assert answer.status_code == 200
    assert "hs_test" not in answer.text


@pytest.fixture(scope="module")
def known(open_tenant: Any) -> Tenant:
    """A tenant whose objects are really there, so that calls get further than 404."""
    tenant: Tenant = open_tenant()
    tenant.tell(*PAID)
    for account in (TILL, PURSE):
        tenant.done("/accounts", account)
    tenant.done("/transactions", FILL)
    return tenant


def test_no_generated_request_meets_a_failure_or_an_undocumented_answer(
    origin: str, known: Tenant
) -> None:
    schema = schemathesis.openapi.from_url(f"{origin}/v1/openapi/openapi.json")
    real = {
        "/v1/orders": "o1",
        "/v1/accounts": known.get("/accounts")["data"][0]["id"],
        "/v1/transactions": known.get("/transactions")["data"][0]["id"],
        "/v1/holds": known.done("/holds", HOLD)["id"],
    }
    hook = {"url": "https://hooks.example.com/", "events": ["*"]}
    endpoint = known.ask("POST", "/webhooks/endpoints", hook).json()["id"]
    real["/v1/webhooks/endpoints"] = endpoint
    real["/v1/webhooks/deliveries"] = known.done(f"/webhooks/endpoints/{endpoint}/test")["id"]
    seen: set[tuple[str, int]] = set()

    def call(case: Any) -> None:
        if case.path == "/v1/clock":  # the clock of the sandbox is everybody's
            case.body = {"advance": "0s"}
        ref = next((id_ for start, id_ in real.items() if case.path.startswith(start)), "")
        if ref and case.path_parameters and len(case.path_parameters["ref"]) % 2:
            case.path_parameters["ref"] = ref
        headers = {"Authorization": f"Bearer {known.key}"}
        if case.headers is None or "Idempotency-Key" not in case.headers:
            headers["Idempotency-Key"] = case.id
        answer = case.call(headers=headers)
        seen.add((case.path, answer.status_code))
        case.validate_response(answer, checks=CHECKS)

    for found in schema.get_all_operations():
        for mode in schemathesis.GenerationMode:
            BOUNDED(given(found.ok().as_strategy(generation_mode=mode))(call))()
    assert {path for path, _ in seen} == set(schema.raw_schema["paths"])
    assert {200, 400, 404, 422} <= {status for _, status in seen}
