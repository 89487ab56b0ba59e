"""Decisions: what follows, the sealed record, made again to the byte, and what differs if it was altered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from huoshui.core.db import Database, Tx
from huoshui.core.money import Money
from huoshui.judgement.risk.decision import Decision, NoPolicy, UnknownDecision, service, store
from huoshui.judgement.risk.decision.model import BadRequest
from huoshui.judgement.risk.decision.store import Search
from huoshui.judgement.risk.lists import UnknownEntry
from huoshui.judgement.risk.lists import service as lists
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store
from huoshui.scenarios import judging
from tests.judgement.risk.conftest import POLICY, By, asks, publish_policy


def decide(by: By, asked: Any = None, policy: str = "shop-credit", key: str = "") -> Decision:
    """Decide in the name of the checkout."""
    made: Decision = by("shop", lambda tx: service.decide(tx, policy, asked or asks(), key=key))
    return made


@pytest.mark.parametrize(
    ("asked", "outcome", "granted", "reasons"),
    [
        (asks(), "approve", 300_000, []),
        (asks(1_000_001), "approve_less", 1_000_000, ["limit_reached"]),
        (asks(3_000_000, facts={"free_income_monthly": 2_000_000}), "approve_less", 2_000_000, ["limit_reached"]),
        (asks(facts={"identity_verified": False}), "review", None, ["identity_unverified"]),
        (asks(facts={"free_income_monthly": 50_000}), "decline", None, ["capacity"]),
        (asks(facts={"free_income_monthly": None}), "decline", None, ["limit_reached"]),
        (asks(facts={"income_monthly": {"amount": 100, "currency": "CNY"}, "debt_service_monthly": {"amount": 51, "currency": "CNY"}}),
         "decline", None, ["debt_load"]),
    ],
)  # fmt: skip
def test_what_follows_from_a_request(
    by: By, policy: str, asked: Any, outcome: str, granted: int | None, reasons: list[str]
) -> None:
    made = decide(by, asked)
    assert (made.outcome, made.granted, made.reasons) == (outcome, granted, reasons)
    assert by("x", lambda tx: service.recompute(tx, made)).same


def test_what_would_have_to_change_is_the_smallest_step_that_is_enough(by: By, policy: str) -> None:
    made = decide(by, asks(facts={"free_income_monthly": 42_000}))
    (change,) = made.document["changes"]
    assert (change["fact"], change["from"], change["to"]) == (
        "asked.free_income_monthly", "42000", "102000"
    )  # fmt: skip
    assert decide(by, asks(facts={"free_income_monthly": 102_000}), key="a").offered
    assert not decide(by, asks(facts={"free_income_monthly": 92_000}), key="b").offered
    # A rule stands in the way that no such change moves, or that is not told: nothing is promised.
    assert decide(by, asks(facts={"identity_verified": False}), key="c").document["changes"] == []
    by(
        "ann",
        lambda tx: lists.enter(
            tx,
            "block",
            judging.subject(tx, "device", "d1"),
            "unusual_activity",
            "",
            tx.now + timedelta(9),
        ),
    )
    blocked = decide(by, asks(facts={"free_income_monthly": 42_000}), key="d")
    assert blocked.document["changes"] == [] and blocked.reasons == ["verification", "capacity"]


def test_a_decision_is_made_again_to_the_byte_after_lists_and_policies_moved_on(
    by: By, policy: str
) -> None:
    def block(tx: Tx) -> Any:
        return lists.enter(
            tx,
            "block",
            judging.subject(tx, "device", "d1"),
            "unusual_activity",
            "gang",
            tx.now + timedelta(9),
        )

    before = decide(by, key="1")
    entry = by("ann", block)
    during = decide(by, key="2")
    by("ann", lambda tx: lists.take_back(tx, entry.id, "cleared"))
    with pytest.raises(UnknownEntry):
        by("ann", lambda tx: lists.take_back(tx, entry.id, "again"))
    after = decide(by, key="3")
    assert [d.outcome for d in (before, during, after)] == ["approve", "decline", "approve"]
    assert during.reasons == ["verification"] and during.document["lists"] == [entry.shown]
    publish_policy(by, POLICY.replace("most = 5000000", "most = 100000"))
    assert decide(by, key="4").outcome == "approve_less"
    for each in (before, during, after):
        again = by("x", lambda tx, each=each: service.recompute(tx, each))
        assert again.same and again.source == "history", again.differences
    latest = by("x", lambda tx: version_store.latest(tx, "policy", "shop-credit"))
    by("ann", lambda tx: versions.retire(tx, latest, "too low"))
    assert decide(by, key="5").outcome == "approve"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("""record = replace(record, '"free_income_monthly":500000', '"free_income_monthly":900000')""", "/facts/asked.free_income_monthly"),
        ("""record = replace(record, '"outcome":"approve"', '"outcome":"decline"')""", "/outcome"),
        ("""record = replace(record, '"reference":"r1"', '"reference":"r2"')""", "/sha256"),
        ("outcome = 'decline'", "/columns/outcome"),
        ("granted = granted + 1", "/columns/granted"),
        ("sha256 = sha256('x')", "/sha256"),
    ],
)  # fmt: skip
def test_an_altered_record_fails_and_says_where(
    sandbox: Database, book: int, by: By, policy: str, change: str, place: str
) -> None:
    made = decide(by)

    def alter(tx: Tx) -> None:
        tx.run(
            "SET LOCAL session_replication_role = replica"
        )  # past the triggers, as an intruder would
        tx.run(f"UPDATE decision SET {change} WHERE book = %(book)s")  # type: ignore[arg-type]

    sandbox.run(alter, book=book)
    found = by("x", lambda tx: service.recompute(tx, service.find(tx, made.id)))
    assert not found.same and place in {each.pointer for each in found.differences}


def test_the_hash_in_the_tamper_log_holds_a_record_that_was_altered_with_its_own_hash(
    sandbox: Database, book: int, by: By, policy: str
) -> None:
    made = decide(by)

    def alter(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("""UPDATE decision SET record = replace(record, '"r1"', '"r2"'),
            sha256 = sha256(convert_to(replace(record, '"r1"', '"r2"'), 'UTF8')) WHERE book = %(book)s""")

    sandbox.run(alter, book=book)
    found = by("x", lambda tx: service.recompute(tx, service.find(tx, made.id)))
    assert [each.pointer for each in found.differences] == ["/log/sha256"]


def test_another_policy_says_what_it_would_have_made_of_it(by: By, policy: str) -> None:
    made = decide(by)
    other = publish_policy(by, POLICY.replace("most = 5000000", "most = 100000"))
    found = by("x", lambda tx: service.rerun(tx, made, other))
    assert (found.outcome, found.granted) == ("approve_less", 100_000)
    assert {"/outcome", "/granted", "/limit"} <= {each.pointer for each in found.differences}
    same = by("x", lambda tx: service.rerun(tx, made, "shop-credit@1"))
    assert same.differences == ()


def test_requests_that_do_not_fit_and_names_that_nobody_has(by: By) -> None:
    with pytest.raises(NoPolicy):
        decide(by)
    with pytest.raises(UnknownDecision):
        by("x", lambda tx: service.find(tx, tx.id("dec", "none")))


def test_an_amount_in_another_currency_or_a_fact_of_another_type_is_refused(
    by: By, policy: str
) -> None:
    for asked, field in (
        (msgspec.structs.replace(asks(), amount=Money(1, "USD")), "amount"),
        (msgspec.structs.replace(asks(), kind="payment"), "kind"),
        (asks(facts={"identity_verified": "yes"}), "asked.identity_verified"),
    ):
        with pytest.raises(BadRequest) as refused:
            decide(by, asked)
        assert refused.value.facts["field"] == field


def test_what_rules_do_not_declare_is_not_kept(by: By, policy: str) -> None:
    made = decide(by, asks(facts={"diary": "dear"}, subjects={"phone": "+86 138 0013 8000"}))
    assert "dear" not in made.record and "8000" not in made.record


def test_decisions_are_found_by_what_they_came_to(by: By, policy: str) -> None:
    decide(by, key="1")
    no = decide(by, asks(facts={"free_income_monthly": 5}, reference="r2"), key="2")
    found = by("x", lambda tx: store.decisions(tx, Search(outcome="decline", reason="capacity")))
    assert [each.id for each in found] == [no.id]
    assert (
        by("x", lambda tx: store.decisions(tx, Search(rule="nothing_left", reference="r1"))) == []
    )
    assert by("x", lambda tx: store.totals(tx, Search())) == {"approve": 1, "decline": 1}
