"""Hot verbs go a short way past the framework, and answer what its own way answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from huoshui.interfaces.api.application import Application
from huoshui.interfaces.api.problems import BODY_MAX
from tests.interfaces.api.conftest import Tenant

MOVE = {"legs": [{"from": "till", "to": "shop", "amount": {"amount": 5, "currency": "CNY"}}]}
SALE = {
    "amount": {"amount": 900, "currency": "CNY"},
    "seller": "slr_1",
    "buyer": "byr_1",
    "tenders": [{"rail": "balance"}],
    "confirm": True,
}
KEY = {"Idempotency-Key": "one"}
# Path, headers, body: what is right, and every way to be wrong that is seen before the lane.
CASES: list[tuple[str, dict[str, str], Any]] = [
    ("/payments", KEY, SALE),
    ("/payments", KEY, SALE),  # the same again
    ("/payments", KEY, {**SALE, "buyer": "byr_2"}),  # the key with another wish
    ("/payments", {}, SALE),
    ("/payments", {"Idempotency-Key": "two"}, {**SALE, "seller": ""}),
    ("/payments", {"Idempotency-Key": "two"}, {**SALE, "surprise": 1}),
    ("/payments", {"Idempotency-Key": "two", "Accept-Language": "zh"}, b"{"),
    ("/payments", {"Idempotency-Key": "two"}, b" " * (BODY_MAX + 1)),
    ("/payments?dry_run=true", {}, SALE),
    ("/payments?dry_run=perhaps", {}, SALE),
    ("/payments?surprise=1", KEY, SALE),
    ("/payments?lang=zh", {"Authorization": "Bearer nobody"}, SALE),
    ("/payments/", {"Idempotency-Key": "three"}, SALE),
    ("/payments/pmt_01k00000000000000000000000/capture", {"Idempotency-Key": "four"}, {}),
    ("/payments/pmt_wrong/capture", {"Idempotency-Key": "four"}, b""),
    ("/payments/a%00b/capture", {"Idempotency-Key": "four"}, {}),
    ("/transactions", {"Idempotency-Key": "five"}, MOVE),
    ("/nowhere", {"Idempotency-Key": "six"}, {}),
]
_VARYING = re.compile(
    r"urn:request:\w+|[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}(?:_\w+\.\d+\.[\w-]{32})?|20\d\d-\S+?Z"
)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_both_ways_answer_the_same(
    open_tenant: Callable[..., Tenant], monkeypatch: pytest.MonkeyPatch, case: int
) -> None:
    short = _answers(open_tenant(), CASES[: case + 1] if case in (1, 2) else [CASES[case]])
    with monkeypatch.context() as patch:
        patch.setattr(Application, "_hot", lambda self, scope: None)
        framed = _answers(open_tenant(), CASES[: case + 1] if case in (1, 2) else [CASES[case]])
    assert short == framed


def _answers(tenant: Tenant, cases: list[tuple[str, dict[str, str], Any]]) -> list[Any]:
    return [_shown(_sent(tenant, *case)) for case in cases]


def _sent(tenant: Tenant, path: str, headers: dict[str, str], body: Any) -> httpx.Response:
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return tenant.client.post(
        f"/v1{path}", headers={"Authorization": f"Bearer {tenant.key}", **headers}, **content
    )


def _shown(answer: httpx.Response) -> tuple[Any, ...]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    headers.pop("content-length")
    return answer.status_code, headers, _VARYING.sub("…", answer.text)
