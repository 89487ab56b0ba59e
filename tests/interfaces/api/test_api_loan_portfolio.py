"""The loans of a book seen together, over the API: parameters, days closed, losses, ageing."""

from __future__ import annotations

from typing import Any

from tests.ground import placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant

RULES: dict[str, Any] = {
    "scenarios": [
        {"name": "base", "weight": "0.6", "lgd": "0.45", "pd_annual": ["0.03", "0.02"]},
        {"name": "low", "weight": "0.4", "lgd": "0.6", "pd_annual": ["0.08"], "pd_risen": ["0.3"]},
    ],
    "staging": {"cure_days": 30},
}


def closed(tenant: Tenant) -> Any:
    """Close the day that is over, part by part, until it is whole."""
    for _ in range(256):
        told = tenant.done("/loan-days", {})
        if told["whole"]:
            return told
    raise AssertionError("never whole")


def test_days_losses_vintages_and_rolls(timed: Tenant) -> None:
    timed.tell(*placed())
    lending.offered(timed)
    asked = {"rules": RULES, "cause": "model of spring"}
    wrong = RULES | {"scenarios": RULES["scenarios"][:1]}
    bad = timed.ask("POST", "/loan-loss-rules", asked | {"rules": wrong})
    assert bad.json()["code"] == "bad_scenarios"
    assert timed.done("/loan-loss-rules", asked)["number"] == 1
    ref = lending.running(timed, timed.get("/sellers")["data"][0]["id"])
    timed.done("/clock", {"advance": "1d"})
    early = timed.ask(
        "POST", "/loan-days", {"day": "2199-01-01"}, headers={"Idempotency-Key": "early"}
    )
    assert early.json()["code"] == "loan_day_not_over"
    first = closed(timed)
    assert (first["loans"], first["of"]) == (1, 256) and first["held"] > 0
    timed.done("/clock", {"advance": "63d"})
    told = closed(timed)
    assert (told["moved"], told["staged"], told["late"][2]) == (1, 1, 1)
    assert timed.get("/loan-days", limit=1)["data"][0] == told
    assert timed.get("/loan-days", day=first["day"])["data"] == [first]
    [line] = timed.get("/loan-book", bucket=2, stage=2)["data"]
    assert line["id"] == ref and line["days_past_due"] > 30
    assert timed.get("/loan-book", bucket=0)["data"] == []
    [move] = timed.get(f"/loans/{ref}/moves")["data"]
    assert (move["bucket"], move["stage"], move["reason"]) == (2, 2, "days_past_due")
    losses = timed.get("/loan-losses")
    [row] = losses["data"]
    assert row["stage"] == 2 and row["held"] == losses["on_ledger"][0]["amount"] > first["held"]
    [change] = timed.get("/loan-loss-changes", since=first["day"])["data"]
    assert change["holds"] and change["moved"] == [{"stage_before": 1, "stage": 2, "loans": 1}]
    late = timed.get("/loan-vintages", what="over_30")["data"]
    assert [c["reached_loans"][-1] for c in late] == [1]
    rolls = timed.get("/loan-rolls", since=first["day"])
    assert rolls["data"][0]["loans"][2] == 1
    again = timed.ask("POST", "/loan-loss-rules", asked | {"since": first["day"]})
    assert again.json()["code"] == "loss_rules_late"
