"""The one door to PostgreSQL: a pool, transactions, and `Tx`, which every use case gets first.

`tx` carries SQL, the world's time, the actor, the book, events and later-work. What is emitted
and put off is written when the transaction ends, in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import errors as pg_errors
from psycopg import generators
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format
from psycopg.rows import class_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool

from huoshui.core import columns, outbox
from huoshui.core.clock import WorldClock
from huoshui.core.columns import Column
from huoshui.core.errors import Conflict, Problem
from huoshui.core.ids import Mint
from huoshui.core.once import once
from huoshui.core.outbox import Event, Later

T = TypeVar("T")
R = TypeVar("R")
Params = Mapping[str, Any]
Execute = Callable[..., list[tuple[Any, ...]]]
# Of each table that was appended to: its columns, each with its type's oid and name.
TableTypes = dict[str, dict[str, tuple[int, str]]]


class _ColumnDumper(Dumper):
    """Hands an encoded array to the driver, with the type that it has."""

    format = Format.BINARY

    def get_key(self, obj: Column, format: PyFormat) -> tuple[type, int]:  # type: ignore[override]
        return self.cls, obj.oid

    def upgrade(self, obj: Column, format: PyFormat) -> Dumper:
        dumper = type(self)(self.cls)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: Column) -> bytes:
        return obj.content


set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)
psycopg.adapters.register_dumper(Column, _ColumnDumper)

_PLANS = "SELECT set_config('enable_seqscan', %(scan)s, true), set_config('plan_cache_mode', %(mode)s, true)"
_RETRIES = 5
_SOON = timedelta(seconds=5)
_MEMO_MAX = 200_000  # things remembered by a process, some 50 MB; then it begins anew
# Another transaction was first, or holds what is needed: the same may well pass a moment later.
_IN_THE_WAY = (
    pg_errors.DeadlockDetected,
    pg_errors.SerializationFailure,
    pg_errors.LockNotAvailable,
)
SYSTEM = "system"


class DatabaseGone(Problem):
    """PostgreSQL cannot be reached."""

    code = "database_gone"
    status = 503


class BadDatabaseUrl(Problem):
    """DATABASE_URL is no PostgreSQL connection string; the problem does not repeat it."""

    code = "bad_database_url"
    status = 422


class Tx:
    """One transaction of one book: the only way a use case touches anything outside itself."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        pipeline: psycopg.Pipeline,
        *,
        world: Callable[[], WorldClock],
        expected: datetime,
        book: int,
        actor: str,
        types: TableTypes,
        memo: dict[Any, Any],
    ) -> None:
        self.book = book
        self.actor = actor
        self._connection = connection
        self._pipeline = pipeline
        self._ask_world = world
        # Not reached yet by the world's time, unless another process moves the clock meanwhile.
        self.soon = expected + _SOON
        self._types = types
        self._memo = memo
        self._learnt: dict[Any, Any] = {}
        self._events: list[Event] = []
        self._later: list[Later] = []

    @once
    def _world(self) -> WorldClock:
        return self._ask_world()

    @once
    def _mint(self) -> Mint:
        return Mint(self._world.seed)

    @once
    def now(self) -> datetime:
        """The world's time, the same throughout; asking waits for what was sent before."""
        return self._world.now()

    @property
    def simulated(self) -> bool:
        """Whether the clock stands still unless it is moved, as in a replay."""
        return self._world.clock_at is not None

    def known(self, key: Any) -> Any:
        """What was learnt under this key, in this transaction or in a committed one, or None."""
        value = self._learnt.get(key)
        return self._memo.get(key) if value is None else value

    def learn(self, key: Any, value: Any) -> None:
        """Let this process remember what never changes once it is committed.

        Other transactions know it from the commit on: what is undone was never known.
        """
        self._learnt[key] = value

    def rows(self, kind: type[R], query: LiteralString, /, **params: Any) -> list[R]:
        """All rows of a query, each as a `kind` whose fields are the columns."""
        with self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, self._with_book(params)).fetchall()

    def row(self, kind: type[R], query: LiteralString, /, **params: Any) -> R | None:
        """The first row as a `kind`, or None."""
        with self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, self._with_book(params)).fetchone()

    def tuples(self, query: LiteralString, /, **params: Any) -> list[tuple[Any, ...]]:
        """All rows as tuples."""
        return self._connection.execute(query, self._with_book(params)).fetchall()

    def planned(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a long statement with places `$1`, `$2`, …, by indexes and one plan for all values.

        It is sent as it is: to read through a text for named places takes longer than its answer.
        """
        with self.by_index():
            cursor = psycopg.RawCursor(self._connection)
            cursor.execute(query, values, prepare=True)
        return cursor.fetchall()

    def ask(self, query: LiteralString, /, **params: Any) -> Callable[[], list[tuple[Any, ...]]]:
        """Send a question and wait for nothing; calling what this returns waits for its rows.

        Questions that do not depend on each other share one way to the server and back.
        """
        cursor = self._connection.cursor(binary=True)
        return cursor.execute(query, self._with_book(params)).fetchall

    def value(self, query: LiteralString, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(query, self._with_book(params)).fetchone()
        return row[0] if row else None

    def run(self, query: LiteralString, /, **params: Any) -> None:
        """Send a statement. It is not waited for: its failure shows at the next read or at the
        commit, and undoes the transaction all the same."""
        self._connection.execute(query, self._with_book(params))

    def count(self, query: LiteralString, /, **params: Any) -> int:
        """Run a statement and wait for it; how many rows it touched."""
        cursor = self._connection.execute(query, self._with_book(params))
        self._settle()
        return cursor.rowcount

    def append(
        self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], *, anew: bool = True
    ) -> None:
        """Append rows to a table in one statement; constraints hold at the latest at the commit.

        Unless `anew`, those that stand already are left as they are. One parameter a column (see
        `core.columns`). Raises columns.WrongValue for a value that its column's type cannot hold.
        """
        listed = list(rows)
        if not listed:
            return
        types = self._types_of(table, names)
        arrays, places = [], []
        for name, values in zip(names, zip(*listed, strict=True), strict=True):
            oid, type_name = types[name]
            try:
                array, cast = columns.of(oid, values)
            except columns.WrongValue as error:
                raise columns.WrongValue(f"{table}.{name}: {error}") from error
            arrays.append(array)
            places.append(f"unnest(%s)::{type_name}" if cast else "unnest(%s)")
        query = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(places)}"
        self._connection.execute(query if anew else f"{query} ON CONFLICT DO NOTHING", arrays)

    def _types_of(self, table: str, names: Sequence[str]) -> dict[str, tuple[int, str]]:
        if not self._types.get(table, {}).keys() >= set(names):
            rows = self.tuples(
                """SELECT attname, atttypid::bigint, format_type(atttypid, atttypmod)
                FROM pg_attribute
                WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped""",
                table=table,
            )
            self._types[table] = {name: (oid, type_name) for name, oid, type_name in rows}
        return self._types[table]

    def _settle(self) -> None:
        """Wait until all that was sent has been done."""
        self._send()
        self._pipeline.sync()

    def _send(self) -> None:
        """Send what is still in this process.

        At a sync the driver waits for the answer even while a part of a large statement has not
        left (it takes one `flush` for the whole of it): both sides would wait for ever.
        """
        self._connection.wait(generators.send(self._connection.pgconn))

    @contextmanager
    def by_index(self) -> Iterator[None]:
        """What is asked within goes by indexes, whatever statistics say of tables that still grow."""
        self.run(_PLANS, scan="off", mode="force_generic_plan")
        yield
        self.run(_PLANS, scan="on", mode="auto")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: what it wrote, emitted and put off is undone with it."""
        events, later = len(self._events), len(self._later)
        self._send()
        try:
            with self._connection.transaction():
                yield
                self._settle()  # what was sent must fail inside the part, not after it
        except BaseException:
            del self._events[events:], self._later[later:]
            self._learnt.clear()  # some of it may be undone
            raise

    def id(self, prefix: str, key: str, at: datetime | None = None) -> UUID:
        """An id for the object that its source calls `key`, first known at `at` (default now)."""
        return self._mint.make(prefix, key, at or self.now)

    def emit(self, kind: str, object_id: str, *, at: datetime | None = None, **data: Any) -> None:
        """Say that something happened; the same of one object at one moment is said once."""
        self._events.append(Event(kind, object_id, at or self.now, data))

    def later(self, kind: str, key: str, due_at: datetime, **payload: Any) -> None:
        """Put work off to `due_at` on the world's clock."""
        self._later.append(Later(kind, key, due_at, payload))

    def seal(self, kind: str, *, ids: Sequence[UUID] = (), counter: str = "") -> None:
        """Queue what this transaction wrote for the sealer of the tamper log.

        Rows are named by their `ids`, or all together by the number that the sequence `counter`
        gave last in this transaction. A replay can be made again, so it queues nothing.
        """
        if self.simulated:
            return
        self.run(
            """
            INSERT INTO unsealed (book, kind, batch, ids)
            VALUES (%(book)s, %(kind)s, currval(nullif(%(counter)s, '')::regclass), %(ids)s)
            """,
            kind=kind,
            counter=counter,
            ids=list(ids) or None,
        )

    @property
    def earliest_later(self) -> datetime | None:
        """The earliest moment that work was put off to in this transaction, or None."""
        return min((item.due_at for item in self._later), default=None)

    def flush(self) -> None:
        """Write what was emitted and put off; called once, just before the commit.

        All of it has left this process then: behind a large statement a commit would never end.
        """
        if self._events:
            outbox.write_events(self, self._events)
            self._events.clear()
        if self._later:
            outbox.write_later(self, self._later)
            self._later.clear()
        self._send()

    def remember(self) -> None:
        """It is committed: what was learnt is known to all transactions from here on."""
        if len(self._memo) > _MEMO_MAX:
            self._memo.clear()
        self._memo.update(self._learnt)

    def _with_book(self, params: dict[str, Any]) -> Params:
        params.setdefault("book", self.book)
        return params


_WORLD = "SELECT name, kind, seed, clock_at, clock_offset_s FROM world"


class Database:
    """One world's database: a pool of connections and transactions upon it."""

    def __init__(self, url: str, *, pool_size: int = 4) -> None:
        self.url = url
        self._types: TableTypes = {}
        self._memo: dict[Any, Any] = {}
        self._seen = WorldClock("", "", None, None, 0)
        self._pool = ConnectionPool(
            url, min_size=1, max_size=pool_size, open=False, timeout=30, name="huoshui"
        )

    def open(self, timeout_s: int = 15) -> Database:
        """Connect. Raises DatabaseGone."""
        try:
            self._pool.open(wait=True, timeout=timeout_s)
        except psycopg.Error as error:
            raise DatabaseGone() from error
        return self

    def close(self) -> None:
        """Give every connection back to the server."""
        self._pool.close()

    @contextmanager
    def begin(
        self,
        *,
        book: int = 1,
        actor: str = SYSTEM,
        now: datetime | None = None,
        snapshot: bool = False,
    ) -> Iterator[Tx]:
        """A transaction on the world's clock: committed at the end, undone by an exception.

        `now` moves the clock of a simulated world to that moment in the same commit. With
        `snapshot` it only reads, and sees one state throughout. Two writers in each other's way
        raise Conflict, which `run` repeats.
        """
        try:
            # In a pipeline statements are sent without waiting for the one before.
            with self._pool.connection() as connection, connection.pipeline() as pipeline:
                if snapshot:
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                world = self._asked_world(connection)
                if now is not None:
                    world = _advanced(connection, world().advanced(now))
                tx = Tx(
                    connection,
                    pipeline,
                    world=world,
                    expected=now or self._seen.now(),
                    book=book,
                    actor=actor,
                    types=self._types,
                    memo=self._memo,
                )
                yield tx
                tx.flush()
                connection.commit()  # sent behind the last statement, not after its answer
            tx.remember()
        except _IN_THE_WAY as error:
            raise Conflict() from error
        except pg_errors.UniqueViolation as error:
            raise Conflict(constraint=error.diag.constraint_name or "") from error
        except psycopg.ProgrammingError:
            self._types.clear()  # a table may have been altered since they were read
            raise
        except pg_errors.ProgramLimitExceeded:
            raise  # a value too large for an index: PostgreSQL is well
        except psycopg.OperationalError as error:
            raise DatabaseGone() from error

    def run(self, use_case: Callable[[Tx], T], *, book: int = 1, actor: str = SYSTEM) -> T:
        """Run a use case in a transaction of its own, again where another writer was first."""
        for attempt in range(_RETRIES):
            try:
                with self.begin(book=book, actor=actor) as tx:
                    return use_case(tx)
            except Conflict:
                if attempt == _RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _asked_world(self, connection: psycopg.Connection[Any]) -> Callable[[], WorldClock]:
        """Ask what the world says of itself, and wait for nothing; the answer, once it is wanted."""
        cursor = connection.cursor(row_factory=class_row(WorldClock)).execute(_WORLD)

        def answer() -> WorldClock:
            row = cursor.fetchone()
            if row is None:
                raise DatabaseGone()
            self._seen = row
            return row

        return answer


def _advanced(connection: psycopg.Connection[Any], clock: WorldClock) -> Callable[[], WorldClock]:
    """Write a world's clock; the answer to what it is now."""
    set_to = (clock.clock_at, clock.clock_offset_s)
    connection.execute("UPDATE world SET clock_at = %s, clock_offset_s = %s", set_to)
    return lambda: clock


@contextmanager
def admin(url: str) -> Iterator[Execute]:
    """A bare autocommit connection for what stands outside worlds: databases and migrations.

    Yields `execute(query, params)`, which answers the rows, or an empty list.
    """
    database_name(url)  # refuses what is no address, before it could be quoted in a trace
    try:
        with psycopg.connect(url, autocommit=True) as connection:

            def execute(query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
                # DDL text comes from our own files and checked names, never from users.
                cursor = connection.execute(query, params or None)
                return cursor.fetchall() if cursor.description else []

            yield execute
    except psycopg.OperationalError as error:
        raise DatabaseGone() from error


def database_url(url: str, name: str) -> str:
    """The same server's URL with another database's name."""
    return psycopg.conninfo.make_conninfo(url, dbname=name)


def database_name(url: str) -> str:
    """The database that a URL names. Raises BadDatabaseUrl."""
    try:
        return str(psycopg.conninfo.conninfo_to_dict(url).get("dbname") or "postgres")
    except psycopg.ProgrammingError as error:
        raise BadDatabaseUrl() from error
