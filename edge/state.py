"""A device's state: one SQLite file, written ahead, that a kill at any moment leaves whole.

The key lies in it, readable by its owner alone. A real device keeps its key in a secure element:
whoever can copy this file can pay twice, and is found out later by the two vouchers.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.protocol import Refused, key_of, new_key

Run = Callable[..., sqlite3.Cursor]
_FILE = "state.sqlite"


class State:
    """The file of one device; every write is durable before it returns."""

    def __init__(self, home: Path, schema: str) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = home / _FILE
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(
            file, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        with self.writing() as run:
            run("CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            for statement in schema.split(";"):
                run(statement)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[Run]:
        """One change: all of it is on the disk at the end, or none of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection.execute
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> object:
        """The first value of a query, or None."""
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None

    def known(self, name: str) -> str:
        """What is kept under a name. Raises Refused: not_set_up."""
        found = self.value("SELECT value FROM known WHERE name = ?", name)
        if found is None:
            raise Refused("not_set_up", missing=name)
        return str(found)

    def keep(self, **values: str) -> None:
        """Keep values under their names, in place of those before."""
        with self.writing() as run:
            for name, value in values.items():
                run("INSERT OR REPLACE INTO known VALUES (?, ?)", (name, value))

    def key(self) -> Ed25519PrivateKey:
        """The device's key, made when it is first asked for."""
        with self.writing() as run:
            fresh = new_key().private_bytes_raw().hex()
            run("INSERT OR IGNORE INTO known VALUES ('seed', ?)", (fresh,))
        return key_of(bytes.fromhex(self.known("seed")))
