"""Ingestion: each fact its own result, told once, corrected without overwriting, refused by name."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest

from huoshui.core import db, ids
from huoshui.core.db import Database, Tx
from huoshui.core.money import Money
from huoshui.facts import commerce
from huoshui.facts.commerce import model, service, store
from huoshui.facts.commerce.model import KINDS, Fact
from huoshui.facts.commerce.service import TooManyFacts, UnknownOrder
from tests import ground
from tests.ground import DAY, HOUR, START, Ground


def codes(tx: Tx, *facts: Fact) -> list[str]:
    """The outcomes, or the codes of the errors."""
    return [r.error.code if r.error else r.outcome for r in commerce.ingest(tx, list(facts))]


def test_facts_are_told_once(sandbox: Database, book: int) -> None:
    facts = [*ground.placed(), ground.tender(), ground.delivery(), ground.review()]
    with sandbox.begin(book=book) as tx:
        first = commerce.ingest(tx, [*facts, *facts])
        assert [r.outcome for r in first] == ["created"] * len(facts) + ["exists"] * len(facts)
    with sandbox.begin(book=book) as tx:
        again = commerce.ingest(tx, facts)
        assert {r.outcome for r in again} == {"exists"}
        assert [r.id for r in again] == [r.id for r in first[: len(facts)]]


def test_a_correction_is_a_new_version_and_the_old_one_stays(market: Ground) -> None:
    market.take(*ground.placed(), ground.delivery())
    moved = ground.delivery(at=START + HOUR)
    taken = market.take(moved, at=START + DAY)
    assert [(r.outcome, r.version) for r in taken.facts] == [("corrected", 2)]
    with market.database.begin() as tx:
        assert service.order(tx, "o1").delivered_at == START + HOUR
        then = [t for t in service.history(tx, "o1", as_of=START + HOUR) if t.kind == "delivery"]
        now = [t for t in service.history(tx, "o1") if t.kind == "delivery"]
    assert [t.version for t in then] == [1]
    assert [(t.version, t.superseded) for t in now] == [(1, True), (2, False)]
    assert market.take(moved).facts[0].outcome == "exists"
    assert market.take(ground.delivery()).facts[0].version == 3, "back again is news too"


def test_a_batch_may_hold_a_fact_and_its_corrections(tx: Tx) -> None:
    versions = [msgspec.structs.replace(ground.shop(), name=name) for name in ("a", "b", "b", "c")]
    assert codes(tx, *versions) == ["created", "corrected", "exists", "corrected"]
    assert [s.name for s in service.sellers(tx)] == ["c"]


def test_a_correction_moves_no_money_by_itself(market: Ground) -> None:
    market.take(*ground.placed(), ground.tender())
    market.take(ground.tender(amount=9_000))
    assert market.nets()["escrow"] == 11_000


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (ground.tender("o9"), "unknown_reference"),
        (ground.delivery("o9"), "unknown_reference"),
        (ground.returned(item="i9"), "unknown_reference"),
        (ground.tender(amount=0), "amount_bounds"),
        (ground.tender(amount=-5), "amount_bounds"),
        (ground.tender(amount=10**15 + 1), "amount_bounds"),
        (ground.tender(currency="JPY"), "currency_mix"),
        (ground.delivery(at=START.replace(tzinfo=None)), "time_zone"),
        (ground.delivery(at=START.replace(year=2190)), "future"),
        (msgspec.structs.replace(ground.delivery(), known_at=START), "known_at_real"),
        (model.Order(key="o2", occurred_at=START, buyer="b1", currency="XQX"), "currency"),
    ],
)  # fmt: skip
def test_a_refused_fact_leaves_no_trace_and_names_its_field(tx: Tx, fact: Fact, code: str) -> None:
    commerce.ingest(tx, ground.placed())
    before = tx.value("SELECT count(*) FROM (TABLE tender) t") or 0
    result = commerce.ingest(tx, [fact, ground.tender(key="good")])
    assert [r.outcome for r in result] == ["refused", "created"]
    error = result[0].error
    assert error is not None and error.code == code and error.pointer.startswith("/")
    assert error.detail("en") and error.detail("zh")
    assert tx.value("SELECT count(*) FROM (TABLE tender) t") == before + 1


def test_an_item_in_another_currency_than_its_order_is_refused(tx: Tx) -> None:
    facts = ground.placed()
    item = next(f for f in facts if isinstance(f, model.Item))
    mixed = msgspec.structs.replace(item, key="mixed", price=Money(5, "EUR"))
    torn = msgspec.structs.replace(item, key="torn", freight=Money(5, "EUR"))
    commerce.ingest(tx, facts)
    assert codes(tx, mixed, torn) == ["currency_mix", "currency_mix"]


def test_in_a_replay_knowledge_may_not_lie_ahead(market: Ground) -> None:
    known = msgspec.structs.replace(ground.shop(), known_at=START)
    ahead = msgspec.structs.replace(ground.shop("s2"), known_at=START + HOUR)
    taken = market.take(known, ahead)
    assert [r.error.code if r.error else r.outcome for r in taken.facts] == [
        "created",
        "known_at_future",
    ]
    assert market.take(ahead, at=START + HOUR).facts[0].recorded_at == START + HOUR


def test_too_many_facts_at_once_are_refused_whole(tx: Tx) -> None:
    with pytest.raises(TooManyFacts) as caught:
        commerce.ingest(tx, [ground.shop(f"s{n}") for n in range(service.FACTS_MAX + 1)])
    assert caught.value.status == 413
    assert service.sellers(tx) == []


def test_an_order_is_found_by_id_and_key_and_never_in_another_book(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        commerce.ingest(tx, ground.placed())
        row = service.order(tx, "o1")
        assert service.order(tx, ids.show("ord", row.id)) == row
        assert (row.items, row.total_minor) == (1, 11_000)
        assert [i.seller_key for i in service.items(tx, "o1")] == ["s1"]
        assert [o.key for o in service.orders(tx, seller="s1")] == ["o1"]
        assert service.orders(tx, seller="s9") == [] == service.orders(tx, buyer="b9")
    with sandbox.begin(book=book + 500_000) as tx:
        for ref in ("o1", ids.show("ord", row.id)):
            with pytest.raises(UnknownOrder):
                service.order(tx, ref)
        assert service.orders(tx) == [] and service.sellers(tx) == []
        assert codes(tx, ground.tender()) == ["unknown_reference"]


def test_orders_page_newest_first(tx: Tx) -> None:
    for number in range(5):
        commerce.ingest(tx, ground.placed(f"o{number}"))
    first = service.orders(tx, limit=2)
    rest = service.orders(tx, after=first[-1].id)
    seen = [o.key for o in (*first, *rest)]
    assert sorted(seen) == [f"o{n}" for n in range(5)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seller SET name = 'x'",
        "UPDATE seller SET superseded_at = now() WHERE version = 1 AND superseded_at < 'infinity'",
        "DELETE FROM seller",
        "TRUNCATE seller",
    ],
)
def test_the_database_keeps_every_version(sandbox: Database, book: int, statement: str) -> None:
    with sandbox.begin(book=book) as tx:
        renamed = msgspec.structs.replace(ground.shop(), name="new")
        commerce.ingest(tx, [ground.shop(), renamed])
    with db.admin(sandbox.url) as execute, pytest.raises(psycopg.errors.IntegrityError):
        execute(statement)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_table_whose_columns_are_its_fields(tx: Tx, kind: str) -> None:
    named = {column for _, column in store.columns(kind)}
    standing = {name for (name,) in tx.tuples(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %(table)s",
        table=store.TABLES[kind])}  # fmt: skip
    head: set[Any] = {"book", "id", "key", "version", "occurred_at", "recorded_at",
                      "superseded_at", "digest", "currency"}  # fmt: skip
    assert standing - head == named - head
