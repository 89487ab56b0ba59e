"""Lists of payments: what a filter finds is what a walk over all finds, by indexes in a filled table."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.lines.payments.chart import seller_of
from huoshui.lines.payments.disputes import store as disputes
from huoshui.lines.payments.payment import search_store, store
from huoshui.lines.payments.payment.model import Part, Payment, Tender
from huoshui.lines.payments.payment.search_store import Own, Sought
from tests import ground

NOW = datetime(2026, 3, 1, tzinfo=ground.START.tzinfo)
MANY, SELLERS = 24_000, 400
RARE = "byr_rare"


def seller(number: int) -> str:
    return ids.show("slr", UUID(int=number + 1))


def made(number: int, picks: random.Random, **changes: Any) -> Payment:
    """One payment a second, of one seller or two, by one means or two; all but a few succeeded."""
    at = NOW + timedelta(seconds=number)
    who = [picks.randrange(SELLERS) for _ in range(picks.choice((1, 1, 1, 2)))]
    rails = picks.choice((("card",), ("card",), ("balance",), ("balance", "points"), ("qr",)))
    amount = picks.randrange(100, 50_000)
    found: dict[str, Any] = {
        "id": ids.uuid7(at, picks.randbytes(10)), "currency": "CNY", "amount": amount,
        "state": "failed" if number % 997 == 0 else "succeeded", "capture": "automatic",
        "buyer": RARE if number == 17 else f"byr_{picks.randrange(5_000)}",
        "order_key": f"o{number}" if number % 50 == 0 else "",
        "tenders": tuple(Tender(rail, f"rail:{rail}:clearing", amount) for rail in rails),
        "parts": tuple(Part(f"merchant:{seller(n)}:settlement", "seller", amount) for n in set(who)),
        "created_at": at, "updated_at": at,
    } | changes  # fmt: skip
    return Payment(**found, trail=(found["state"],))


@pytest.fixture(scope="module")
def filled(sandbox: Database) -> Iterator[tuple[Database, int]]:
    """A book of many payments, one by a rail that nobody else takes, one very large."""
    number, picks = ground.fresh_book(), random.Random(7)
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    odd: dict[int, dict[str, Any]] = {
        5: {"tenders": (Tender("cheque", "rail:cheque:clearing", 9),)},
        9: {"amount": 10**9},
    }
    for first in range(0, MANY, 4_000):
        with sandbox.begin(book=number) as tx:
            store.add(tx, [made(n, picks, **odd.get(n, {})) for n in range(first, first + 4_000)])
    with sandbox.begin(book=number) as tx:
        tx.run("ANALYZE payment")
        tx.run("ANALYZE payment_index")
    yield sandbox, number
    with sandbox.begin(book=number) as tx:
        tx.run("DELETE FROM payment WHERE book = %(book)s")
        tx.run("DELETE FROM payment_index WHERE book = %(book)s")


FILTERS = {
    "nothing": Sought(),
    "a state that is rare": Sought(state="failed"),
    "a state of most": Sought(state="succeeded"),
    "a rail that is rare": Sought(rail="cheque"),
    "a rail of half": Sought(rail="card"),
    "a means that nobody has": Sought(rail="none"),
    "a seller": Sought(seller=seller(3)),
    "a seller by a rail": Sought(seller=seller(3), rail="points"),
    "no seller": Sought(seller="slr_none"),
    "an order": Sought(order="o100"),
    "a buyer": Sought(buyer=RARE),
    "amounts of few": Sought(least=10**8),
    "amounts of none": Sought(least=1, most=50),
    "amounts of most": Sought(least=200),
    "an early minute": Sought(since=NOW, until=NOW + timedelta(minutes=1)),
    "a seller's own": Sought(among=Own([], [seller(3)])),
    "of several sellers": Sought(among=Own([], [seller(n) for n in range(4)])),
    "a buyer's own": Sought(among=Own([RARE], [])),
    "of nobody": Sought(among=Own([], [])),
}
TABLES = ("payment", "payment_index", "payment_refund", "dispute")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _read(nodes: list[dict[str, Any]]) -> int:
    """Rows that scans of tables fetched, given on or removed."""
    return sum(
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)
         + n.get("Rows Removed by Index Recheck", 0)) * n["Actual Loops"]
        for n in nodes if n.get("Relation Name") in TABLES
    )  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_a_page_is_found_by_indexes_whatever_is_sought(
    filled: tuple[Database, int], name: str
) -> None:
    database, book = filled
    query, params = search_store.question(FILTERS[name], limit=50)
    with database.begin(book=book) as tx:
        plan = tx.value(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", **params)  # type: ignore[arg-type]
    nodes = list(_nodes(plan[0]["Plan"]))
    assert not [n for n in nodes if n["Node Type"] == "Seq Scan" and n["Relation Name"] in TABLES]
    assert _read(nodes) <= 1_500, f"{_read(nodes)} rows were read for a page of 50"


@pytest.mark.parametrize("name", FILTERS)
def test_it_stays_so_once_the_server_keeps_a_plan(filled: tuple[Database, int], name: str) -> None:
    """As it runs: the same statement many times on one connection, counted by the server."""
    database, book = filled
    counted = """SELECT sum(seq_scan)::bigint, sum(seq_tup_read + idx_tup_fetch)::bigint
        FROM pg_stat_xact_user_tables WHERE relname = ANY(%(tables)s)"""
    with database.begin(book=book) as tx:
        for _ in range(11):
            before = tx.tuples(counted, tables=list(TABLES))[0]
            search_store.page(tx, FILTERS[name], limit=50)
        after = tx.tuples(counted, tables=list(TABLES))[0]
    assert after[0] - before[0] == 0 and after[1] - before[1] <= 1_500


def test_a_sellers_disputes_and_refunds_scan_no_table(filled: tuple[Database, int]) -> None:
    database, book = filled
    with database.begin(book=book) as tx:
        before = _scans(tx)
        search_store.refunds(tx, among=Own([], [seller(3)]))
        disputes.page(tx, sellers=[seller(3)])
        assert _scans(tx) == before


def _scans(tx: Tx) -> int:
    return int(
        tx.value(
            """SELECT sum(seq_scan) FROM pg_stat_xact_user_tables
            WHERE relname IN ('payment', 'payment_index')"""
        )
    )


SOUGHT = st.builds(
    Sought,
    state=st.sampled_from(["", "", "failed", "succeeded", "bad"]),
    order=st.sampled_from(["", "", "", "o50", "o100"]),
    seller=st.sampled_from(["", *(seller(n) for n in range(3))]),
    rail=st.sampled_from(["", "", "card", "points", "balance"]),
    currency=st.sampled_from(["", "", "CNY", "JPY"]),
    least=st.none() | st.integers(0, 50_000),
    most=st.none() | st.integers(0, 50_000),
    since=st.none() | st.integers(0, 300).map(lambda s: NOW + timedelta(seconds=s)),
    until=st.none() | st.integers(0, 300).map(lambda s: NOW + timedelta(seconds=s)),
    among=st.none() | st.builds(
        Own,
        st.lists(st.sampled_from([f"byr_{n}" for n in range(9)]), max_size=2),
        st.lists(st.sampled_from([seller(n) for n in range(4)]), max_size=2),
    ),
)  # fmt: skip


def _holds(sought: Sought, p: Payment) -> bool:
    rails = {t.rail for t in p.tenders}
    sellers = {seller_of(part.account) for part in p.parts}
    return (
        sought.state in ("", p.state)
        and sought.order in ("", p.order_key)
        and (not sought.seller or sought.seller in sellers)
        and (not sought.rail or sought.rail in rails)
        and sought.currency in ("", p.currency)
        and (sought.least is None or p.amount >= sought.least)
        and (sought.most is None or p.amount <= sought.most)
        and (sought.since is None or p.created_at >= sought.since)
        and (sought.until is None or p.created_at < sought.until)
        and (sought.among is None or sought.among.has(p))
    )


@given(SOUGHT, st.integers(20, 90))
@settings(max_examples=ground.examples(20), deadline=None)
def test_what_is_found_page_by_page_is_what_is_sought(
    small: tuple[Database, int, list[Payment]], sought: Sought, limit: int
) -> None:
    database, book, known = small
    found: list[UUID] = []
    with database.begin(book=book) as tx:
        while page := search_store.page(
            tx, sought, after=found[-1] if found else None, limit=limit
        ):
            found += [p.id for p in page]
    wanted = sorted((p.id for p in known if _holds(sought, p)), reverse=True)
    assert found == wanted


@pytest.fixture(scope="module")
def small(sandbox: Database) -> tuple[Database, int, list[Payment]]:
    """Two hundred payments of few sellers and buyers."""
    number, picks = ground.fresh_book(), random.Random(3)
    known = []
    for n in range(200):
        one = made(n, picks, state="failed" if n % 7 == 0 else "succeeded")
        who = {seller(picks.randrange(4)), seller(picks.randrange(4))}
        parts = tuple(Part(f"merchant:{s}:settlement", "seller", one.amount) for s in sorted(who))
        known.append(
            msgspec.structs.replace(
                one, parts=parts, buyer=f"byr_{picks.randrange(9)}", trail=(one.state,)
            )
        )
    with sandbox.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
    with sandbox.begin(book=number) as tx:
        store.add(tx, known)
    return sandbox, number, known


def test_other_means_are_found_instead_of_those_before(
    small: tuple[Database, int, list[Payment]],
) -> None:
    database, book, known = small
    one = known[0]
    with database.begin(book=book) as tx:
        other = (Tender("cheque", "rail:cheque:clearing", one.amount), one.tenders[0])
        store.move(tx, [msgspec.structs.replace(one, tenders=other, version=one.version + 1)])
        rails = {t.rail for t in one.tenders} | {"cheque", "card", "qr", "points", "balance"}
        for rail in rails:
            found = {p.id for p in search_store.page(tx, Sought(rail=rail), limit=500)}
            assert (one.id in found) == (rail in {t.rail for t in other}), rail
        tx.run("UPDATE payment SET tenders = %(t)s::jsonb WHERE book = %(book)s AND id = %(id)s",
               t=msgspec.json.encode(one.tenders).decode(), id=one.id)  # fmt: skip
