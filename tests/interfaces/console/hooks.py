"""A book with a fortnight of webhooks: one endpoint that is well, one that fails, one disabled."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.core.webhooks import delivery_store, service
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.model import Reply, Sent
from huoshui.core.webhooks.service import EndpointAsked, EndpointChange
from huoshui.core.webhooks.vault import Vault
from tests.ground import DAY
from tests.interfaces.console.books import past


class Hooks(msgspec.Struct, frozen=True):
    """The public ids of what was made."""

    well: str
    failing: str
    disabled: str
    given_up: str
    delivered: str


def history(database: Database, book: int, home: Path) -> Hooks:
    """Fill the book."""
    made: dict[str, UUID] = {}
    with database.begin(book=book, actor="key:shop") as tx:
        now = tx.now
        past(tx, now - 12 * DAY)
        for name, events in (("well", "*"), ("failing", "order.*"), ("disabled", "seller.*")):
            asked = EndpointAsked(
                f"https://hooks.example.com/{name}", [events], f"Of the {name} one"
            )
            made[name] = service.create_endpoint(tx, asked, Vault(home), Policy())[0].id
    for day in range(11, -1, -1):
        with database.begin(book=book, actor="key:shop") as tx:
            past(tx, now - day * DAY)
            for n in range(4 + day % 4):
                tx.emit("order.released", ids.show("ord", tx.id("ord", "")), amount=100 * n)
        with database.begin(book=book) as tx:
            past(tx, now - day * DAY)
            _try(tx, made["failing"], tries=10 if day > 3 else 2, fails_on=day % 3 == 0)
    with database.begin(book=book, actor="operator") as tx:
        service.rotate_secret(tx, made["well"], Vault(home), DAY)
        service.update_endpoint(tx, made["disabled"], EndpointChange(enabled=False), Policy())
    with database.begin(book=book) as tx:
        dead = delivery_store.deliveries(tx, state="dead", limit=1)[0]
        good = delivery_store.deliveries(tx, state="delivered", kind="order.released", limit=1)[0]
    shown = {name: service.show_endpoint(id_) for name, id_ in made.items()}
    return Hooks(**shown, given_up=ids.show("whd", dead.id), delivered=ids.show("whd", good.id))


def _try(tx, failing: UUID, *, tries: int, fails_on: bool) -> None:
    """What a courier would do: all arrives, but at the endpoint that fails on some days."""
    for _ in range(tries):
        tx.run("UPDATE webhook_delivery SET due_at = %(now)s, leased_until = NULL "
               "WHERE book = %(book)s AND state = 'due'", now=tx.now)  # fmt: skip
        claimed = delivery_store.claim(tx, busy={}, each=500, limit=500, lease_s=60)
        if not claimed:
            return
        good = Reply(status=200, ms=38, body='{"taken": true}')
        bad = (
            Reply(error="timeout", ms=10_000),
            Reply(status=500, ms=112, body="upstream is away"),
        )
        service.record(
            tx,
            [
                Sent(p, bad[p.number % 2] if fails_on and p.endpoint_id == failing else good)
                for p in claimed
            ],
        )
