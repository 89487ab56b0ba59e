"""The SQL of reading a history: a staging file where rows are joined, and the ordered spool.

Both are SQLite files, so that memory stays flat whatever the history's size. They hold nothing
that cannot be read again from the source, so they are written without a journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

CACHE_KIB = 12_288
BATCH = 2_000

Rows = Iterable[tuple[Any, ...]]

_FACT = """
CREATE TABLE fact (
    kind INTEGER NOT NULL,      -- position in KINDS
    key TEXT NOT NULL,
    parent TEXT,                -- the order's key, for the order itself too
    ref1 TEXT,                  -- order: buyer; item: product; return: item
    ref2 TEXT,                  -- item: seller
    occurred INTEGER NOT NULL,  -- microseconds since 1970; 0 where nobody asks
    known INTEGER NOT NULL,
    minor INTEGER NOT NULL,     -- item: price and freight; tender, return: amount
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE placed (
    key TEXT PRIMARY KEY, occurred INTEGER NOT NULL, currency TEXT NOT NULL, within INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE lift (id INTEGER NOT NULL, known INTEGER NOT NULL, code TEXT NOT NULL);
"""

_OLIST = {
    "orders": "id, customer, status, purchased, approved, shipped, delivered, estimated",
    "customers": "id, buyer, postcode, city, region",
    "items": "parent, number, product, seller, price, freight",
    "payments": "parent, number, method, instalments, value",
    "reviews": "parent, id, score, comment, created",
    "products": "id, category, weight",
    "sellers": "id, postcode, city, region",
    "translations": "id, english",
}
_OLIST_KEYS = {"items": "parent, number", "payments": "parent, number", "reviews": "parent, id"}


class Staging:
    """The staging file: facts by kind and key, and raw tables of a mapping that must be joined."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self.connection = connect(path)
        self.connection.executescript(_FACT)
        self.connection.execute("BEGIN")

    def close(self) -> None:
        """Close and remove the file."""
        self.connection.close()
        self.path.unlink(missing_ok=True)

    # facts

    def add(self, facts: Rows) -> None:
        """Stage facts, each with the columns of the table `fact`."""
        self.connection.executemany("INSERT INTO fact VALUES (?,?,?,?,?,?,?,?,?,?,?)", facts)

    def index(self) -> None:
        """Make facts quick to find by kind and key."""
        self.connection.execute("CREATE INDEX fact_key ON fact (kind, key)")

    def place(self, orders: Rows) -> None:
        """Note orders as (key, occurred, currency, within the window); the first of a key stays."""
        self.connection.executemany("INSERT OR IGNORE INTO placed VALUES (?,?,?,?)", orders)

    def placed(self, key: str) -> tuple[int, str] | None:
        """When the order was placed and its currency."""
        row: tuple[int, str] | None = self.connection.execute(
            "SELECT occurred, currency FROM placed WHERE key = ?", (key,)
        ).fetchone()
        return row

    def repeated_facts(self) -> Iterator[tuple[int, str, int, str, int, bytes]]:
        """Facts whose key stands more than once: (kind, key, id, file, line, body)."""
        return self.connection.execute(
            """SELECT kind, key, rowid, file, line, body FROM fact
               WHERE (kind, key) IN (SELECT kind, key FROM fact GROUP BY 1, 2 HAVING count(*) > 1)
               ORDER BY kind, key, rowid"""
        )

    def drop(self, table: str, ids: Iterable[int]) -> None:
        """Remove rows of a table by id."""
        self.connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", ((row,) for row in ids))

    def unknown(self, kind: int, column: str, target: int) -> Iterator[tuple[str, int, str]]:
        """References of one kind that name no fact of the target kind: (file, line, key)."""
        return self.connection.execute(
            f"""SELECT file, line, {column} FROM fact f
                WHERE kind = ? AND {column} IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM fact t WHERE t.kind = ? AND t.key = f.{column})
                ORDER BY rowid""",
            (kind, target),
        )

    def strayed_returns(self, returned: int, item: int) -> Iterator[tuple[str, int, str, str, str]]:
        """Returns whose item is another order's: (file, line, item, order, the item's order)."""
        return self.connection.execute(
            """SELECT r.file, r.line, r.ref1, r.parent, i.parent
               FROM fact r JOIN fact i ON i.kind = ? AND i.key = r.ref1
               WHERE r.kind = ? AND i.parent <> r.parent ORDER BY r.rowid""",
            (item, returned),
        )

    def keep_window(self, order: int) -> None:
        """Remove what belongs to orders outside the window, and what no order within it names."""
        run = self.connection.execute
        run(
            """DELETE FROM fact WHERE kind >= ?
               AND parent IN (SELECT key FROM placed WHERE NOT within)""",
            (order,),
        )
        for kind, column, naming in ((0, "ref2", 4), (1, "ref1", 3), (2, "ref1", 4)):
            run(
                f"""DELETE FROM fact WHERE kind = ?
                    AND key NOT IN (SELECT {column} FROM fact WHERE kind = ?)""",
                (kind, naming),
            )

    def find_lifts(self, order: int, item: int) -> None:
        """Find facts known at an impossible moment: after an order that names them (sellers,
        buyers, products), or before the order they belong to."""
        run = self.connection.execute
        for kind, column, naming in ((0, "ref2", item), (1, "ref1", order), (2, "ref1", item)):
            run(
                f"""INSERT INTO lift
                    SELECT f.rowid, n.known, 'named_before_known'
                    FROM (SELECT n.{column} AS key, min(o.known) AS known
                          FROM fact n JOIN fact o ON o.kind = ? AND o.key = n.parent
                          WHERE n.kind = ? GROUP BY 1) n
                    JOIN fact f ON f.kind = ? AND f.key = n.key
                    WHERE f.known > n.known ORDER BY 1""",
                (order, naming, kind),
            )
        run(
            """INSERT INTO lift
               SELECT f.rowid, o.known,
                      CASE WHEN f.known < o.known THEN 'known_before_order' ELSE '' END
               FROM fact f JOIN fact o ON o.kind = ? AND o.key = f.parent
               WHERE f.kind > ? AND (f.known < o.known OR f.kind = ? AND f.known > o.known)
               ORDER BY 1""",
            (order, order, item),
        )

    def lifts(self) -> Iterator[tuple[int, int, str, int, str, bytes]]:
        """What find_lifts found: (id, known, code, kind, key, body)."""
        return self.connection.execute(
            """SELECT f.rowid, l.known, l.code, f.kind, f.key, f.body
               FROM lift l JOIN fact f ON f.rowid = l.id"""
        )

    def lift(self, rows: Rows) -> None:
        """Give facts another moment of knowledge: (known, body, id)."""
        self.connection.executemany("UPDATE fact SET known = ?, body = ? WHERE rowid = ?", rows)

    def histories(self) -> Iterator[tuple[str, int, int, int, str]]:
        """(order key, kind, occurred, minor, currency), each order's rows together by kind."""
        return self.connection.execute(
            """SELECT f.parent, f.kind, f.occurred, f.minor, p.currency
               FROM fact f JOIN placed p ON p.key = f.parent
               ORDER BY f.parent, f.kind, f.occurred"""
        )

    def counts(self) -> dict[int, int]:
        """How many facts of each kind are staged."""
        return dict(self.connection.execute("SELECT kind, count(*) FROM fact GROUP BY 1"))

    def ordered(self) -> Iterator[tuple[int, bytes]]:
        """Every fact's (known, body) in the order in which the marketplace learned of it."""
        return self.connection.execute("SELECT known, body FROM fact ORDER BY known, kind, key")

    # raw tables of the Olist mapping

    def create_olist(self) -> None:
        """Make the raw tables of the Olist mapping."""
        for table, columns in _OLIST.items():
            self.connection.execute(f"CREATE TABLE {table} ({columns}, file, line)")

    def add_olist(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        """Stage rows of one raw table: its columns, file and line."""
        places = ",".join("?" * len(rows[0]))
        self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def index_olist(self, table: str) -> None:
        """Make a raw table quick to find by its key."""
        keys = _OLIST_KEYS.get(table, "id")
        self.connection.execute(f"CREATE INDEX {table}_key ON {table} ({keys})")

    def repeated_olist(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Raw rows whose key stands more than once: (key, id, columns …, file, line)."""
        keys = _OLIST_KEYS.get(table, "id")
        joined = keys.replace(",", " || '/' ||")
        return self.connection.execute(
            f"""SELECT {joined}, rowid, * FROM {table}
                WHERE ({keys}) IN (SELECT {keys} FROM {table} GROUP BY {keys} HAVING count(*) > 1)
                ORDER BY {keys}, rowid"""
        )

    def olist_orders(self) -> Iterator[tuple[Any, ...]]:
        """Orders by id, with the buyer's own id where the customer is known."""
        return self.connection.execute(
            """SELECT o.id, c.buyer, o.customer, status, purchased, approved, shipped, delivered,
                      estimated
               FROM orders o LEFT JOIN customers c ON c.id = o.customer ORDER BY o.id"""
        )

    def olist_parts(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Items, payments or reviews in the order of their orders' ids."""
        return self.connection.execute(f"SELECT * FROM {table} ORDER BY {_OLIST_KEYS[table]}")

    def olist_buyers(self) -> Iterator[tuple[str, int, str, str, str]]:
        """Each buyer at its first order: (key, moment, postcode, city, region)."""
        return self.connection.execute(
            """SELECT buyer, purchased, postcode, city, region FROM (
                   SELECT coalesce(c.buyer, o.customer) AS buyer, purchased,
                          coalesce(postcode, '') AS postcode, coalesce(city, '') AS city,
                          coalesce(region, '') AS region,
                          row_number() OVER (PARTITION BY coalesce(c.buyer, o.customer)
                                             ORDER BY purchased, o.id) AS place
                   FROM orders o LEFT JOIN customers c ON c.id = o.customer)
               WHERE place = 1"""
        )

    def olist_sellers(self) -> Iterator[tuple[str, int, bool, str, str, str]]:
        """Each seller at the first order that names it: (key, moment, known, postcode, …)."""
        return self.connection.execute(
            """SELECT n.key, n.purchased, s.id IS NOT NULL, coalesce(s.postcode, ''),
                      coalesce(s.city, ''), coalesce(s.region, '')
               FROM (SELECT i.seller AS key, min(purchased) AS purchased
                     FROM items i JOIN orders o ON o.id = i.parent GROUP BY 1) n
               LEFT JOIN sellers s ON s.id = n.key"""
        )

    def olist_products(self) -> Iterator[tuple[str, int, bool, str, int]]:
        """Each product at the first order that names it: (key, moment, known, category, weight)."""
        return self.connection.execute(
            """SELECT n.key, n.purchased, p.id IS NOT NULL,
                      coalesce(t.english, p.category, ''), coalesce(p.weight, 0)
               FROM (SELECT i.product AS key, min(purchased) AS purchased
                     FROM items i JOIN orders o ON o.id = i.parent GROUP BY 1) n
               LEFT JOIN products p ON p.id = n.key LEFT JOIN translations t ON t.id = p.category"""
        )

    def olist_shared_reviews(self) -> Iterator[tuple[str, int]]:
        """Review ids that are used for several orders, and for how many."""
        return self.connection.execute(
            "SELECT id, count(*) FROM reviews GROUP BY id HAVING count(*) > 1 ORDER BY id"
        )

    def keep_olist_window(self, since: int, until: int) -> None:
        """Remove orders placed outside the window and their parts."""
        run = self.connection.execute
        for table in _OLIST_KEYS:
            run(
                f"""DELETE FROM {table} WHERE parent IN (
                        SELECT id FROM orders WHERE purchased < ? OR purchased >= ?)""",
                (since, until),
            )
        run("DELETE FROM orders WHERE purchased < ? OR purchased >= ?", (since, until))


class Spool:
    """The ordered facts in one file: (seq, known, body), and what is to be said about them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def write(self, entries: Rows) -> None:
        """Write (seq, known, body)."""
        self.connection.executemany("INSERT INTO entry VALUES (?,?,?)", entries)

    def finish(self, about: bytes) -> None:
        """Store what is to be said about the whole; a spool without it is not complete."""
        self.connection.execute("INSERT INTO about VALUES (?)", (about,))
        self.connection.execute("COMMIT")

    def about(self) -> bytes | None:
        """What was stored by finish, None when this is no complete spool."""
        try:
            row = self.connection.execute("SELECT body FROM about").fetchone()
        except sqlite3.DatabaseError:
            return None
        return None if row is None else bytes(row[0])

    def read(self, after: int, limit: int) -> list[tuple[int, int, bytes]]:
        """At most `limit` entries after a position."""
        return self.connection.execute(
            "SELECT seq, known, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        ).fetchall()

    def last_before(self, moment: int) -> int:
        """The last position known before or at a moment, 0 when there is none."""
        low = 0
        (high,) = self.connection.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()
        while low < high:
            middle = (low + high + 1) // 2
            (known,) = self.connection.execute(
                "SELECT known FROM entry WHERE seq = ?", (middle,)
            ).fetchone()
            low, high = (middle, high) if known <= moment else (low, middle - 1)
        return low


def create_spool(path: Path) -> Spool:
    """A new empty spool, in place of any file there."""
    path.unlink(missing_ok=True)
    connection = connect(path)
    connection.executescript(
        """CREATE TABLE entry (seq INTEGER PRIMARY KEY, known INTEGER NOT NULL, body BLOB NOT NULL);
           CREATE TABLE about (body BLOB NOT NULL);"""
    )
    connection.execute("BEGIN")
    return Spool(connection)


def open_spool(path: Path) -> Spool:
    """An existing spool, to read only."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    return Spool(connection)


def connect(path: Path) -> sqlite3.Connection:
    """A connection for writing a file that can be made again: no journal, no waiting for disks."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode = OFF",
        "synchronous = OFF",
        f"cache_size = -{CACHE_KIB}",
        "locking_mode = EXCLUSIVE",
        "temp_store = FILE",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection
