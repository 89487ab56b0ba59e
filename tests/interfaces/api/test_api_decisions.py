"""Decisions over the API: two keys put a policy in force; what follows is told, explained, made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.deciding import asked, in_force
from tests.judgement.risk.conftest import POLICY, RULES


@pytest.fixture(scope="module")
def judge(open_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant with rules and a policy in force."""
    tenant = open_tenant()
    in_force(tenant)
    return tenant


def test_who_proposed_does_not_publish_and_a_bad_file_is_told_by_field(judge: Tenant) -> None:
    version = judge.done(
        "/rule-sets", {"file": RULES.replace("limit = 2000000", "limit = 1000000")}
    )["id"]
    own = judge.ask("POST", f"/rule-sets/{version}/publish")
    assert (own.status_code, own.json()["code"]) == (403, "own_risk_version")
    bad = judge.ask("POST", "/rule-sets", {"file": RULES.replace("> 20000 CNY", "> 20000 USD")})
    assert bad.json()["errors"][0]["code"] == "expr_currency_mix"
    lost = judge.ask("POST", "/policies", {"file": POLICY.replace("shop-credit@1", "none@1")})
    assert lost.json()["errors"][0]["pointer"] == "/rules"
    found = judge.get(f"/rule-sets/{version}/changes", before="shop-credit@1")["changes"]
    assert [c["pointer"] for c in found] == ["/rule/first_large/limit"]
    refused = judge.ask("POST", f"/rule-sets/{version}/refuse", {"reason": "no need"}).json()
    assert (refused["state"], refused["reason"]) == ("refused", "no need")
    assert [v["id"] for v in judge.get("/rule-sets", limit=1)["data"]] == [version]


def test_a_decision_is_told_explained_and_made_again(judge: Tenant) -> None:
    made = judge.done("/decisions", asked(facts={"free_income_monthly": 42_000}))
    assert made["outcome"] == "decline" and made["fired"] == ["nothing_left"]
    assert made["reasons"][0]["code"] == "capacity" and made["reasons"][0]["zh"].endswith("。")
    assert made["approved_if"][0]["after"] == "102000"
    place = f"/decisions/{made['id']}"
    assert judge.get(place)["record"] == made["record"]
    again = judge.get(f"{place}/recompute")
    assert again["same"] and again["sha256"] == made["sha256"] and again["differences"] == []
    told = judge.get(f"{place}/explain")
    (rule,) = told["rules"]
    assert "420" in rule["because"][0]["en"] or "42,000" in rule["because"][0]["en"]
    facts = {each["fact"]: each for each in told["facts"]}
    assert facts["request.amount"]["value"] == {"en": "CNY 3,000", "zh": "3,000 元"}
    rerun = judge.get(f"{place}/rerun")
    assert (rerun["policy"], rerun["differences"]) == ("shop-credit@1", [])


def test_a_repeat_gets_the_first_decision_and_a_rehearsal_keeps_none(judge: Tenant) -> None:
    headers = {"Idempotency-Key": "once"}
    body = asked(reference="twice")
    first, second = (judge.ask("POST", "/decisions", body, headers=headers) for _ in range(2))
    assert first.content == second.content and second.headers["Idempotency-Hit"] == "true"
    tried = judge.ask("POST", "/decisions?dry_run=true", asked(reference="tried"))
    assert tried.status_code == 200, tried.text
    assert judge.get("/decisions", reference="tried")["data"] == []
    assert len(judge.get("/decisions", reference="twice")["data"]) == 1


def test_who_is_blocked_is_declined_until_the_entry_is_taken_back(judge: Tenant) -> None:
    until = datetime.fromisoformat(judge.get("/world")["now"]) + timedelta(days=9)
    entry = judge.done("/list-entries", {
        "effect": "block", "about": "device", "value": "stolen", "reason": "unusual_activity",
        "until": until.isoformat(), "note": "seen with 40 accounts",
    })  # fmt: skip
    body = asked(subjects={"device": "stolen"}, reference="b1")
    blocked = judge.done("/decisions", body)
    assert [r["code"] for r in blocked["reasons"]] == ["verification"]
    assert "40 accounts" not in str(blocked)
    assert judge.get("/list-entries", effect="block")["data"][0]["id"] == entry["id"]
    judge.done(f"/list-entries/{entry['id']}/take-back", {"note": "cleared"})
    assert judge.done("/decisions", body | {"reference": "b2"})["outcome"] == "approve"
    assert judge.get(f"/decisions/{blocked['id']}/recompute")["same"]
    assert judge.get("/decisions", rule="blocked")["data"][0]["id"] == blocked["id"]


def test_history_says_what_rules_would_have_done(judge: Tenant) -> None:
    judge.done("/decisions", asked(500_000, reference="h1"))
    strict = RULES.replace("request.amount > 20000 CNY", "request.amount > 4000 CNY").replace(
        "amount = 2000000,", "amount = 400000,"
    )
    version = judge.done("/rule-sets", {"file": strict})["id"]
    found = judge.get(f"/rule-sets/{version}/back-test")
    rules = {each["name"]: each for each in found["rules"]}
    counted = [d for d in judge.get("/decisions", limit=100)["data"]]
    assert found["decisions"] == len(counted)
    large = [d for d in counted if d["amount"]["amount"] > 400_000]
    assert rules["first_large"]["fired"] == len(large) >= 1
    assert rules["nothing_left"]["fired"] == sum("nothing_left" in d["fired"] for d in counted)
    assert judge.get("/reasons")["reasons"][0].keys() == {"code", "en", "zh"}
