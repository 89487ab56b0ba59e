"""Rule sets as files: read strictly, typed, tested by themselves, versions that two persons made."""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import Any

import psycopg
import pytest

from huoshui.core.db import Database, Tx
from huoshui.core.expr import Schema
from huoshui.core.machine import IllegalMove
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.rules import BadRules, service
from huoshui.judgement.risk.rules.checked import ended
from huoshui.judgement.risk.versions import OwnVersion, UnknownVersion, Version, split, store
from huoshui.judgement.risk.versions import service as versions

NONE = Schema(())
FILE = resources.files("huoshui.judgement.risk.rules.golden").joinpath("shop-credit.toml")
TEXT = FILE.read_text("utf-8")
DAY = date(2026, 1, 1)


def faults(old: str, new: str, count: int = 1) -> dict[str, str]:
    """The faults of the file with one piece in another form: codes by their places, in two languages."""
    assert TEXT.count(old) >= 1, old
    with pytest.raises(BadRules) as refused:
        service.read(TEXT.replace(old, new, count).encode(), NONE)
    for fault in refused.value.errors:
        assert fault.detail("en") and fault.detail("zh") != fault.detail("en")
    return {fault.pointer: fault.code for fault in refused.value.errors}


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ('currency = "CNY"', 'currency = "CNX"', "/currency", "product_currency"),
        ('owner = "risk@shop"', "", "/rule/0/owner", "missing"),
        ("expires = 2035-12-31", "", "/rule/0/expires", "missing"),
        ('reason = "debt_load"', 'reason = "bad_hair"', "/rule/2/reason", "rule_reason"),
        ('action = "decline"', 'action = "shrug"', "/rule/0/action", "choice"),
        ("limit = 2000000", "", "/rule/3/limit", "rule_limit"),
        ('name = "capacity"', 'name = "blocked"', "/rule/2/name", "product_twice"),
        ("request.amount > 20000 CNY", "request.amount > 20000 USD", "/rule/3/when: line 1, column 18", "expr_currency_mix"),
        ("request.amount > 20000 CNY", "request.colour", "/rule/3/when: line 1, column 1", "expr_name"),
        ("amount = 500001", "amount = 500000", "/rule/2/tests/0", "rule_test"),
        ('{ fires = true, facts = { "listed.blocked" = true', '{ fires = true, facts = { "listed.blocked" = 1', "/rule/0/tests/0/facts/listed.blocked", "expr_fact"),
        ('"asked.identity_verified" = false', '"asked.shoe_size" = 44', "/rule/1/tests/1", "unknown"),
        ('type = "boolean"', 'type = "colour"', "/facts", "rule_fact"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_field(old: str, new: str, place: str, code: str) -> None:
    assert faults(old, new).get(place) == code


def test_rules_fire_over_facts_and_not_beyond_their_day() -> None:
    own = service.read(TEXT.encode(), NONE)

    def fired(on: date, **facts: Any) -> dict[str, bool]:
        told = {name.replace("__", "."): value for name, value in facts.items()}
        return {f.rule.name: f.known for f in own.fired(own.schema.read(told), on)}

    verified = {"asked__identity_verified": True}
    assert fired(DAY) == {"identity_missing": False}  # for lack of facts
    assert fired(DAY, **verified) == {}
    assert fired(DAY, **verified, listed__blocked=True, listed__allowed=False) == {"blocked": True}
    assert fired(date(2036, 1, 1)) == {}
    assert {e.pointer for e in ended(own.said, date(2036, 1, 1))} == {
        f"/rule/{n}/expires" for n in range(5)
    }


def test_reasons_stand_in_one_catalogue_in_both_languages() -> None:
    assert reasons.GENERIC in reasons.codes() and len(set(reasons.codes())) == len(reasons.codes())
    for code in reasons.codes():
        assert reasons.said(code, "en").endswith(".") and reasons.said(code, "zh").endswith("。")


def _propose(tx: Tx, old: str = "", new: str = "") -> Version:
    return service.propose(tx, TEXT.replace(old, new, 1).encode(), NONE)


def test_two_persons_put_a_version_in_force_and_nothing_of_it_ever_changes(
    sandbox: Database, book: int
) -> None:
    def by(actor: str, act: Any) -> Any:
        return sandbox.run(act, book=book, actor=actor)

    first = by("ann", _propose)
    assert first.shown == "shop-credit@1" and by("bob", _propose) == first  # the same is the same
    with pytest.raises(OwnVersion):
        by("ann", lambda tx: versions.publish(tx, first))
    in_force = by("ann", lambda tx: store.in_force(tx, "rules", "shop-credit"))
    assert in_force is None
    published = by("bob", lambda tx: versions.publish(tx, first))
    assert published.state == "published" and published.decided_by == "bob"
    with pytest.raises(IllegalMove):
        by("cem", lambda tx: versions.refuse(tx, published, "late"))
    second = by("bob", lambda tx: _propose(tx, "limit = 2000000", "limit = 1000000"))
    assert second.number == 2
    changed = versions.changed(first.body, second.body)
    assert [(c.pointer, c.before, c.after) for c in changed] == [
        ("/rule/first_large/limit", 2_000_000, 1_000_000)
    ]
    by("ann", lambda tx: versions.publish(tx, second))
    assert by("ann", lambda tx: store.in_force(tx, "rules", "shop-credit")) == 2
    again = by("ann", lambda tx: versions.find(tx, "rules", "shop-credit", 2))
    by("ann", lambda tx: versions.retire(tx, again, "too low"))
    assert by("ann", lambda tx: store.in_force(tx, "rules", "shop-credit")) == 1
    third = by("ann", lambda tx: _propose(tx, "limit = 2000000", "limit = 1000000"))
    assert third.number == 3  # a retired version does not rise again
    by("ann", lambda tx: versions.refuse(tx, third, "no"))
    listed = by("ann", lambda tx: store.versions(tx, "rules"))
    assert [(v.number, v.state) for v in listed] == [
        (3, "refused"), (2, "retired"), (1, "published")
    ]  # fmt: skip
    after = by("ann", lambda tx: store.versions(tx, "rules", after=listed[0].shown))
    assert [v.number for v in after] == [2, 1]


@pytest.mark.parametrize(
    "change", ["body = '{}'", "digest = 'x'", "state = 'proposed'", "proposed_by = 'eve'"]
)
def test_the_database_itself_refuses_to_change_a_version(
    sandbox: Database, book: int, change: str
) -> None:
    row = sandbox.run(_propose, book=book, actor="ann")
    sandbox.run(lambda tx: versions.publish(tx, row), book=book, actor="bob")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        sandbox.run(lambda tx: tx.count(f"UPDATE risk_version SET {change} WHERE book = %(book)s"), book=book)  # type: ignore[arg-type]  # fmt: skip


def test_what_has_run_out_is_not_proposed_and_names_are_read_strictly(tx: Tx) -> None:
    with pytest.raises(BadRules) as refused:
        _propose(tx, "expires = 2035-12-31", "expires = 2020-12-31")
    assert refused.value.errors[0].code == "rule_expired"
    for ref in ("shop@x", "shop@-1", "shop@٣", "shop@12345678"):
        with pytest.raises(UnknownVersion):
            split(ref)
    with pytest.raises(UnknownVersion):
        versions.find(tx, "rules", *split("shop-credit@1"))
