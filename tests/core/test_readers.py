"""Row-level security: who reads by SQL as a reader sees the granted rows and no masked column."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from huoshui.core import access, ids
from huoshui.core.access.readers import Reader, read_as
from huoshui.core.db import Database, Tx
from tests import ground

READERS: tuple[Reader, ...] = ("partner", "regulator", "analyst")
# What names, places or quotes a person, and what a key or a secret hangs on.
MASKED = {
    "partner": {"order_": {"buyer_key", "digest"}, "seller": {"postcode", "city"}},
    "regulator": {"order_": {"buyer_key"}, "refund": {"reason", "key"}, "escrow": {"sources", "parts"}},
    "analyst": {"buyer": {"key", "city", "postcode"}, "seller": {"name", "city", "postcode"}, "order_": {"buyer_key"}},
}  # fmt: skip
NEVER = ("api_key", "member", "passkey", "idempotency", "request_log", "row_grant", "organisation",
         "event", "txn", "transfer", "review", "console_session", "invitation")  # fmt: skip


@pytest.fixture
def sold(sandbox: Database, book: int) -> tuple[Database, int, dict[str, UUID]]:
    """Two sellers with a paid order each; a partner that was granted the first one's rows."""
    from huoshui.lines import payments
    from huoshui.lines.payments import Terms
    from huoshui.scenarios import order_flow

    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
        facts = []
        for n in ("1", "2"):
            facts += [
                *ground.placed(f"o{n}", items=((f"s{n}", 10_000, 1_000),)),
                ground.tender(f"o{n}"), ground.delivery(f"o{n}"), ground.confirmation(f"o{n}"),
            ]  # fmt: skip
        order_flow.take(tx, facts)
        sellers = dict(tx.tuples("SELECT key, id FROM seller WHERE book = %(book)s"))
        bank = access.open_organisation(tx, "partner", "Bank")
        access.grant_rows(tx, bank.id, sellers["s1"])
        sellers["bank"] = bank.id
    return sandbox, book, sellers


@contextmanager
def reading(sold: tuple[Database, int, dict[str, UUID]], reader: Reader) -> Iterator[Tx]:
    database, book, known = sold
    with database.begin(book=book) as tx:
        read_as(tx, reader, known["bank"])
        assert tx.value("SELECT current_user") == f"huoshui_reader_{reader}"
        yield tx


def test_a_partner_sees_the_sellers_that_it_was_granted(
    sold: tuple[Database, int, dict[str, UUID]],
) -> None:
    with reading(sold, "partner") as tx:
        assert tx.tuples("SELECT key FROM seller") == [("s1",)]
        assert tx.tuples("SELECT key FROM order_") == [("o1",)]
        assert {k for (k,) in tx.tuples("SELECT seller_key FROM item")} == {"s1"}
        assert tx.tuples("SELECT order_key FROM delivery") == [("o1",)]
        assert tx.tuples("SELECT 1 FROM payout WHERE seller_id <> %(s)s", s=sold[2]["s1"]) == []


def test_without_a_grant_and_after_its_end_there_is_nothing(
    sold: tuple[Database, int, dict[str, UUID]],
) -> None:
    database, book, known = sold
    with reading(sold, "regulator") as tx:
        assert tx.value("SELECT count(*) FROM account") == 0
        assert tx.value("SELECT count(*) FROM order_") == 1  # the seller's that it was granted
    with database.begin(book=book) as tx:
        whole = access.grant_rows(tx, known["bank"], None)
    with reading(sold, "regulator") as tx:
        assert tx.value("SELECT count(*) FROM account") > 4
        assert tx.value("SELECT count(*) FROM order_") == 2
        assert tx.value("SELECT sum(in_ - out_) FROM account WHERE class = 'asset'") != 0
    with database.begin(book=book) as tx:
        access.revoke_grant(tx, whole.id)
    with reading(sold, "regulator") as tx:
        assert tx.value("SELECT count(*) FROM account") == 0
    with database.begin(book=book) as tx:
        access.end_organisation(tx, known["bank"])
    with reading(sold, "partner") as tx:
        assert tx.value("SELECT count(*) FROM order_") == 0


def test_an_analyst_sees_the_book_and_no_other_one(
    sold: tuple[Database, int, dict[str, UUID]], sandbox: Database
) -> None:
    other = ground.fresh_book()
    with sandbox.begin(book=other) as tx:
        access.open_book(tx, ground.book(other))
    with reading(sold, "analyst") as tx:
        assert tx.value("SELECT count(*) FROM order_") == 2
        assert tx.value("SELECT count(DISTINCT book) FROM order_") == 1
    with sandbox.begin(book=other) as tx:
        read_as(tx, "analyst")
        assert tx.value("SELECT count(*) FROM order_") == 0


@pytest.mark.parametrize("reader", READERS)
def test_masked_columns_are_absent(
    sold: tuple[Database, int, dict[str, UUID]], reader: Reader
) -> None:
    with reading(sold, reader) as tx:
        for table, masked in MASKED[reader].items():
            shown = {
                name
                for (name,) in tx.tuples(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %(t)s",
                    t=table,
                )
            }
            assert shown and shown.isdisjoint(masked), table
    table, masked = next(iter(MASKED[reader].items()))
    for column in sorted(masked):
        query = f"SELECT {column} FROM {table}"
        with pytest.raises(psycopg.errors.InsufficientPrivilege), reading(sold, reader) as tx:
            tx.tuples(query)  # type: ignore[arg-type]


@pytest.mark.parametrize("reader", READERS)
def test_what_no_reader_may_read_is_shut(
    sold: tuple[Database, int, dict[str, UUID]], reader: Reader
) -> None:
    for table in NEVER:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), reading(sold, reader) as tx:
            tx.tuples(f"SELECT 1 FROM {table}")  # type: ignore[arg-type]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM order_", "UPDATE seller SET region = ''", "CREATE TABLE mine (a int)",
     "INSERT INTO payout (book) VALUES (1)"],
)  # fmt: skip
def test_a_reader_writes_nothing(
    sold: tuple[Database, int, dict[str, UUID]], reader: Reader, statement: str
) -> None:
    denied = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
    with pytest.raises(denied), reading(sold, reader) as tx:
        tx.count(statement)  # type: ignore[arg-type]


def test_every_table_that_readers_read_has_its_policy(sandbox: Database) -> None:
    with sandbox.begin() as tx:
        granted = {
            name
            for (name,) in tx.tuples(
                """SELECT DISTINCT table_name::text FROM information_schema.column_privileges
                WHERE grantee LIKE 'huoshui_reader_%%' AND table_schema = 'public'"""
            )
        }
        guarded = {
            name
            for (name,) in tx.tuples(
                "SELECT relname::text FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"
            )
        }
    assert granted and granted <= guarded


# A column of one of these names says whose a row is.
PARTY = {"seller", "seller_id", "seller_key", "buyer", "buyer_id", "buyer_key", "payer", "merchant",
         "party", "owner", "organisation_id", "account_id", "from_id", "payment_id", "dispute_id",
         "order_id", "order_key"}  # fmt: skip


def test_every_table_whose_rows_are_somebodys_has_its_policy(sandbox: Database) -> None:
    """Granted or not: what is granted later shows no more than it should."""
    with sandbox.begin() as tx:
        tables = {
            name
            for (name,) in tx.tuples(
                """SELECT DISTINCT c.relname::text
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                  AND NOT c.relispartition AND NOT a.attisdropped AND a.attname = ANY(%(names)s)""",
                names=sorted(PARTY),
            )
        }
        guarded = {
            name
            for (name,) in tx.tuples(
                """SELECT c.relname::text FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
                WHERE c.relrowsecurity AND p.polname = 'reader' AND p.polcmd = 'r'"""
            )
        }
    assert {"dispute", "dispute_evidence", "transfer", "payment", "mandate"} <= tables
    assert tables <= guarded, f"without a policy: {sorted(tables - guarded)}"


@pytest.fixture
def disputed(sandbox: Database, book: int) -> tuple[Database, int, dict[str, UUID]]:
    """A payment of each of two sellers with a dispute and a file, and a partner of the first one."""
    from huoshui.lines import payments
    from huoshui.lines.payments import Terms
    from huoshui.lines.payments.disputes import service as disputes
    from huoshui.lines.payments.payment.model import Part
    from huoshui.scenarios import order_flow
    from tests.lines.payments.test_disputes import Paid

    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
        order_flow.take(tx, [ground.shop("s1"), ground.shop("s2")])
        known = dict(tx.tuples("SELECT key, id FROM seller WHERE book = %(book)s"))
        bank = access.open_organisation(tx, "partner", "Bank")
        access.grant_rows(tx, bank.id, known["s1"])
        known["bank"] = bank.id
    for name in ("s1", "s2"):
        seller = f"merchant:{ids.show('slr', known[name])}:settlement"
        paid = Paid(
            ground.Ground("test", sandbox, book), (Part(seller, "seller", 6_000),), name=name
        )
        paid.notice("dispute_opened", 1_000, about=f"d-{name}")
        with sandbox.begin(book=book) as tx:
            disputes.add_evidence(tx, paid.dispute().id, "slip.txt", f"slip of {name}".encode())
        known[f"paid-{name}"] = paid.id
    return sandbox, book, known


def test_a_partner_sees_payments_and_disputes_of_its_sellers_alone(
    disputed: tuple[Database, int, dict[str, UUID]],
) -> None:
    own = disputed[2]["paid-s1"]
    with reading(disputed, "partner") as tx:
        assert tx.tuples("SELECT id FROM payment") == [(own,)]
        for table in ("dispute", "clearing"):
            found = tx.tuples(f"SELECT DISTINCT payment_id FROM {table}")  # type: ignore[arg-type]
            assert found == [(own,)], table
        assert tx.value("SELECT count(*) FROM dispute_evidence") == 1
        assert tx.value("SELECT shown_id('slr', id) FROM seller") is not None
    with reading(disputed, "analyst") as tx:
        assert tx.value("SELECT count(*) FROM payment") == 2
        assert tx.value("SELECT count(*) FROM dispute_evidence") == 2
    for reader in READERS:
        for column, table in (("buyer", "payment"), ("parts", "payment"), ("secret", "payment"),
                              ("reason", "dispute"), ("reference", "dispute"),
                              ("name", "dispute_evidence"), ("body", "evidence_file"),
                              ("name", "payment_index"), ("amount", "transfer")):  # fmt: skip
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                reading(disputed, reader) as tx,
            ):
                tx.tuples(f"SELECT {column} FROM {table}")  # type: ignore[arg-type]


def test_an_id_in_sql_is_the_id_outside(sandbox: Database) -> None:
    with sandbox.begin() as tx:
        for _ in range(20):
            made = UUID(int=random.getrandbits(128))
            assert tx.value("SELECT shown_id('slr', %(id)s)", id=made) == ids.show("slr", made)
