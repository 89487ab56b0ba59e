"""The API over real HTTP and a real PostgreSQL: tenants with keys, and how they call."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.exceptions import LitestarDeprecationWarning
from litestar.testing import TestClient

from huoshui.app import create_app
from huoshui.core import access
from huoshui.core.access import SCOPES
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.facts.commerce.model import Fact
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests import ground
from tests.ground import Ground

_wishes = itertools.count(1)

# Every table that a refused request must leave as it is.
TABLES = (
    "account", "txn", "transfer", "hold", "burnt", "period", "event", "work", "idempotency", "api_key", "organisation", "row_grant", "member", "escrow", "refund",
    "payment_link", "payout", "payout_batch", "settlement_window", "settlement_terms", "statement_file", "statement_line", "line_match", "seller", "buyer", "product", "order_", "item", "tender", "delivery",
    "confirmation", "cancellation", "return_", "review", "rail_call", "rail_notice",
    "loan", "loan_event", "loan_posting",
    "webhook_endpoint", "webhook_secret", "webhook_delivery", "webhook_attempt",
)  # fmt: skip


class Tenant:
    """A caller: a key of one book, and the requests that it makes."""

    def __init__(self, client: httpx.Client, database: Database, world: str, book: int) -> None:
        self.client = client
        self.database = database
        self.world = world
        self.book = book
        self.key = self.make_key()

    def make_key(self, *scopes: str) -> str:
        """Another key of this book; all scopes where none is named."""
        with self.database.begin(book=self.book) as tx:
            return access.make_key(tx, self.world, "test", frozenset(scopes or SCOPES))[1]

    def ask(self, verb: str, path: str, body: Any = None, **given: Any) -> httpx.Response:
        """One request; `body` is a value or raw bytes, `key` another API key or an empty text."""
        key = given.pop("key", self.key)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= given.pop("headers", {})
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.client.request(
            verb,
            f"/v1{path}",
            content=None if body is None else content,
            headers=headers,
            params=given.pop("params", None),
        )

    def get(self, path: str, **params: Any) -> Any:
        """What a GET that succeeds answers."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, wish: str = "", **given: Any) -> httpx.Response:
        """A POST with an Idempotency-Key, a fresh one where none is named."""
        headers = {"Idempotency-Key": wish or f"wish-{next(_wishes)}"}
        return self.ask("POST", path, body, headers=headers, **given)

    def done(self, path: str, body: Any = None, **given: Any) -> Any:
        """What a POST that succeeds answers."""
        answer = self.post(path, body, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tell(self, *facts: Fact) -> list[Any]:
        """Ingest facts; their results, none of them refused."""
        results: list[Any] = self.done("/facts", {"facts": list(facts)})["results"]
        assert {r["outcome"] for r in results} <= {"created", "exists", "corrected"}, results
        return results

    def nets(self) -> dict[str, int]:
        """in - out of every account that is not at zero, by path."""
        with self.database.begin(book=self.book) as tx:
            return ground.nets(tx)

    def counts(self) -> dict[str, int]:
        """How many rows of this book each table holds."""
        with self.database.begin(book=self.book) as tx:
            found: dict[str, int] = {}
            for table in TABLES:
                query = f"SELECT count(*) FROM {table} WHERE book = %(book)s"
                found[table] = tx.value(query)  # type: ignore[arg-type]
            return found


@pytest.fixture(scope="session")
def app(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The whole application over the worker's worlds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        return create_app(Settings(home=str(tmp_path_factory.mktemp("home"))), worlds)


@pytest.fixture(scope="session")
def client(app: Litestar) -> Iterator[httpx.Client]:
    """HTTP to the application; a failure of ours is an answer, as it is outside."""
    with TestClient(app, base_url="http://huoshui.test", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def open_tenant(client: httpx.Client, worlds: Worlds) -> Callable[..., Tenant]:
    """Opens books with terms in a world, and calls with a key of theirs."""

    def make(world: str = SANDBOX, *, terms: Terms | None = None, currency: str = "CNY") -> Tenant:
        database, number = worlds.database(world), ground.fresh_book()
        with database.begin(book=number) as tx:
            access.open_book(tx, ground.book(number, currency))
            payments.start(tx, terms or Terms())
        return Tenant(client, database, world, number)

    return make


@pytest.fixture
def tenant(open_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant of the sandbox with a fresh book."""
    return open_tenant()


@pytest.fixture
def live(open_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant of the live world."""
    return open_tenant(LIVE)


@pytest.fixture
def timed(client: httpx.Client, market: Ground) -> Tenant:
    """A tenant of a world of its own, whose clock stands at ground.START."""
    return Tenant(client, market.database, market.name, market.number)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what a test writes."""
    return tmp_path_factory.mktemp("files")
