"""Webhooks over real sockets: a receiver with faults, a courier upon a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from huoshui.core import access
from huoshui.core import db as core_db
from huoshui.core.db import Database
from huoshui.core.webhooks import delivery_store, service
from huoshui.core.webhooks.courier import Courier, Pace
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.model import Attempt, Delivery, Endpoint
from huoshui.core.webhooks.sending import Timing
from huoshui.core.webhooks.service import EndpointAsked
from huoshui.core.webhooks.vault import Vault
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli.receiving import Faults, Receiver
from tests import ground

LOCAL = Policy(https_only=False, allow_private=True)
QUICK = Pace(lease_s=2, idle_ms=20, timing=Timing(connect_s=1, total_s=1))


class Post:
    """A book with webhooks: makes endpoints, tells events, sends what is due."""

    def __init__(self, database: Database, number: int, home: Path) -> None:
        self.database = database
        self.number = number
        self.vault = Vault(home)
        self.receivers: list[Receiver] = []
        self.courier = Courier(database, self.vault, LOCAL, QUICK)

    def receiver(self, **faults: object) -> Receiver:
        """A receiver on a free port."""
        made = Receiver(faults=Faults(**faults)).start()  # type: ignore[arg-type]
        self.receivers.append(made)
        return made

    def endpoint(self, url: str, *events: str) -> tuple[UUID, str]:
        """An endpoint and its secret."""
        with self.database.begin(book=self.number) as tx:
            asked = EndpointAsked(url, list(events) or ["*"])
            made, secret = service.create_endpoint(tx, asked, self.vault, LOCAL)
        # What is told of its making is not what a test counts.
        self.forget()
        return made.id, secret

    def forget(self) -> None:
        """Drop what is queued."""
        self.run("DELETE FROM webhook_delivery WHERE book = %(book)s")

    def run(self, query: str, **params: object) -> None:
        """Any statement."""
        with self.database.begin(book=self.number) as tx:
            tx.run(query, **params)  # type: ignore[arg-type]

    def tell(self, *kinds: str, count: int = 1) -> None:
        """Events of these types, in one commit."""
        with self.database.begin(book=self.number) as tx:
            for n in range(count):
                for kind in kinds:
                    tx.emit(kind, f"thing_{n}", n=n)

    def deliver(self, database: Database | None = None) -> None:
        """Send all that is due now."""
        self.courier.deliver_due()

    def deliveries(self, **asked: object) -> list[Delivery]:
        """What is queued or was sent."""
        with self.database.begin(book=self.number) as tx:
            return delivery_store.deliveries(tx, limit=10_000, **asked)  # type: ignore[arg-type]

    def states(self) -> list[str]:
        """The states of the deliveries, the oldest event first."""
        return [d.state for d in reversed(self.deliveries())]

    def attempts(self, delivery: UUID) -> list[Attempt]:
        """The attempts of one."""
        with self.database.begin(book=self.number) as tx:
            return service.history(tx, delivery)[1]

    def state(self, endpoint_id: UUID) -> Endpoint:
        """An endpoint as it stands."""
        with self.database.begin(book=self.number) as tx:
            return service.endpoint(tx, endpoint_id)

    def now(self) -> datetime:
        """The world's time."""
        with self.database.begin(book=self.number) as tx:
            return tx.now

    def move(self, at: datetime) -> None:
        """Move the world's clock to a moment."""
        with self.database.begin(now=at):
            pass

    def close(self) -> None:
        """Stop the receivers; nothing of this book is sent by a later test."""
        for receiver in self.receivers:
            receiver.stop()
        self.run("UPDATE webhook_endpoint SET state = 'deleted', why = '' WHERE book = %(book)s")


@pytest.fixture
def post(sandbox: Database, book: int, tmp_path: Path) -> Iterator[Post]:
    """A book of the shared sandbox."""
    made = Post(sandbox, book, tmp_path)
    yield made
    made.close()


@pytest.fixture
def timed(worlds: Worlds, tmp_path: Path) -> Iterator[Post]:
    """A book in a sandbox of its own, whose clock may be moved."""
    name = f"s-{ground.fresh_book()}"
    with core_db.admin(worlds._url) as execute:
        worlds._create(execute, name, "sandbox", None, None)
    database = worlds.database(name)
    with database.begin() as tx:
        access.open_book(tx, ground.book(1))
    made = Post(database, 1, tmp_path)
    yield made
    made.close()
    worlds._close(name)
    with core_db.admin(worlds._url) as execute:
        execute("DELETE FROM world WHERE name = %s", (name,))
        execute(f'DROP DATABASE "{worlds._prefix}_{name}" WITH (FORCE)')
