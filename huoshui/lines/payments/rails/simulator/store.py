"""What a simulator did, in a SQLite file of its own: it outlives whatever kills the program."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from huoshui.lines.payments.rails.simulator.model import Charge, Deed

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deed (
    key TEXT PRIMARY KEY, rail TEXT, verb TEXT, amount INTEGER, currency TEXT, token TEXT,
    about TEXT, subject TEXT, tender INTEGER, reference TEXT UNIQUE, root TEXT, verdict TEXT,
    moved INTEGER, code TEXT, action TEXT, fate TEXT, outcome TEXT, times INTEGER, at TEXT,
    due_at TEXT, settled_at TEXT);
CREATE INDEX IF NOT EXISTS deed_root ON deed (root);
CREATE INDEX IF NOT EXISTS deed_due ON deed (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS hook (
    event TEXT PRIMARY KEY, rail TEXT, body BLOB, due_at TEXT, attempts INTEGER DEFAULT 0,
    copies INTEGER DEFAULT 1, sent_at TEXT);
CREATE INDEX IF NOT EXISTS hook_due ON hook (due_at) WHERE sent_at IS NULL;
CREATE TABLE IF NOT EXISTS dispute (
    reference TEXT PRIMARY KEY, rail TEXT, root TEXT, key TEXT, kind TEXT, currency TEXT,
    amount INTEGER, state TEXT, at TEXT, closed_at TEXT);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT);
"""
_FIELDS = Deed.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)


class Hook(msgspec.Struct, frozen=True):
    """A webhook to be sent."""

    event: str
    rail: str
    body: bytes
    attempts: int
    copies: int


class Dispute(msgspec.Struct, frozen=True):
    """What came back by the payer's bank: a chargeback or a returned transfer."""

    reference: str
    rail: str
    root: str
    key: str
    kind: str
    currency: str
    amount: int
    state: str
    at: datetime
    closed_at: datetime | None = None


class Store:
    """One connection, one writer at a time."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One step that stands whole or not at all."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def deed(self, key: str) -> Deed | None:
        """What was done about a call, by its key."""
        return self._one(f"SELECT {_COLUMNS} FROM deed WHERE key = ?", key)

    def of_reference(self, reference: str) -> Deed | None:
        """What was done under a reference."""
        return self._one(f"SELECT {_COLUMNS} FROM deed WHERE reference = ?", reference)

    def put(self, deed: Deed) -> None:
        """Keep a deed, or how it stands now."""
        values = [_stored(getattr(deed, name)) for name in _FIELDS]
        marks = ", ".join("?" * len(_FIELDS))
        self._run(f"INSERT OR REPLACE INTO deed ({_COLUMNS}) VALUES ({marks})", *values)

    def charge(self, root: str) -> Charge | None:
        """Where a charge stands; what is on its way counts as done."""
        begun = self.of_reference(root)
        if begun is None or begun.verdict != "succeeded" or begun.root != root:
            return None
        rows = self._rows(
            """SELECT verb, coalesce(sum(moved), 0) FROM deed
            WHERE root = ? AND reference <> ? AND verdict <> 'declined' GROUP BY verb""",
            root,
            root,
        )
        sums = dict(rows)
        at_once = begun.verb == "capture" or begun.rail != "card"
        taken = begun.moved if at_once else sums.get("capture", 0)
        freed, back = sums.get("void", 0), sums.get("refund", 0)
        return Charge(begun.currency, begun.moved, taken, freed, back)

    def due(self, now: datetime) -> list[Deed]:
        """What is pending and done by now."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM deed WHERE due_at <= ? ORDER BY due_at LIMIT 200",
            _text(now),
        )
        return [_deed(row) for row in rows]

    def all(self) -> list[Deed]:
        """Everything that was ever asked, in its order."""
        return [_deed(row) for row in self._rows(f"SELECT {_COLUMNS} FROM deed ORDER BY at, key")]

    def add_hook(self, event: str, rail: str, body: bytes, due_at: datetime, copies: int) -> None:
        """Put a webhook down to be sent."""
        self._run(
            "INSERT OR IGNORE INTO hook (event, rail, body, due_at, copies) VALUES (?, ?, ?, ?, ?)",
            event, rail, body, _text(due_at), copies,
        )  # fmt: skip

    def hooks(self, now: datetime) -> list[Hook]:
        """The webhooks to be sent now."""
        rows = self._rows(
            """SELECT event, rail, body, attempts, copies FROM hook
            WHERE sent_at IS NULL AND due_at <= ? ORDER BY due_at LIMIT 100""",
            _text(now),
        )
        return [Hook(*row) for row in rows]

    def sent(self, event: str, at: datetime) -> None:
        """It was taken."""
        self._run("UPDATE hook SET sent_at = ? WHERE event = ?", _text(at), event)

    def later(self, event: str, due_at: datetime) -> None:
        """It was not taken: again at `due_at`."""
        self._run(
            "UPDATE hook SET due_at = ?, attempts = attempts + 1 WHERE event = ?",
            _text(due_at), event,
        )  # fmt: skip

    def unsent(self) -> int:
        """How many webhooks are still to be taken."""
        return int(self._rows("SELECT count(*) FROM hook WHERE sent_at IS NULL")[0][0])

    def put_dispute(self, dispute: Dispute) -> None:
        """Keep a dispute, or how it stands now."""
        values = [_stored(getattr(dispute, name)) for name in Dispute.__struct_fields__]
        self._run("INSERT OR REPLACE INTO dispute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)

    def disputes(self) -> list[Dispute]:
        """What came back, in its order."""
        rows = self._rows("SELECT * FROM dispute ORDER BY at, reference")
        names = Dispute.__struct_fields__
        return [
            msgspec.convert(dict(zip(names, row, strict=True)), Dispute, strict=False)
            for row in rows
        ]

    def setting(self, name: str, default: str) -> str:
        """A value that stays."""
        rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0][0]) if rows else default

    def set(self, name: str, value: str) -> None:
        """Keep a value."""
        self._run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def _one(self, query: str, value: str) -> Deed | None:
        rows = self._rows(query, value)
        return _deed(rows[0]) if rows else None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _run(self, query: str, *values: object) -> None:
        with self._lock:
            self._db.execute(query, values)


def _text(at: datetime) -> str:
    # Always with its fraction: times are compared as texts.
    return at.isoformat(timespec="microseconds")


def _stored(value: object) -> object:
    return _text(value) if isinstance(value, datetime) else value


def _deed(row: tuple[Any, ...]) -> Deed:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Deed, strict=False)
