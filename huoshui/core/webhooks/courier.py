"""The courier: claims what is due, sends many at once, records what came of it; over and over.

No endpoint has more than a few of its places, so that a slow one holds up no other. It stands
outside any transaction while it sends. Killed at any moment it loses nothing: its leases run out
and what it had under way is sent again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, defaultdict
from functools import partial

import msgspec

from huoshui.core.db import Database
from huoshui.core.webhooks import delivery_store, service
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.model import Parcel, Reply, Sent
from huoshui.core.webhooks.sending import Sender, Timing
from huoshui.core.webhooks.vault import SecretUnreadable, Vault

_log = logging.getLogger("huoshui.webhooks")


class Pace(msgspec.Struct, frozen=True):
    """How a courier works: places in all and for one endpoint, the lease, and its looks when idle."""

    places: int = 256
    each: int = 8
    lease_s: int = 60
    idle_ms: int = 250
    after_fault_ms: int = 1_000
    timing: Timing = Timing()


USUAL = Pace()


class Courier(threading.Thread):
    """Delivers the webhooks of all books of one world."""

    def __init__(
        self, database: Database, vault: Vault, policy: Policy, pace: Pace = USUAL
    ) -> None:
        super().__init__(name="huoshui-webhooks", daemon=True)
        self._database = database
        self._vault = vault
        self._policy = policy
        self._pace = pace
        self._over = threading.Event()
        self._told = ""

    def run(self) -> None:
        """Until stopped; a failure of ours is logged and begun anew."""
        while not self._over.is_set():
            try:
                asyncio.run(self._serve(once=False))
                self._told = ""
            except Exception as error:
                if self._told != str(error):
                    self._told = str(error)
                    _log.error("webhooks are not being sent", exc_info=error)
                self._over.wait(self._pace.after_fault_ms / 1000)

    def stop(self) -> None:
        """Claim no more, wait for what is under way, record it."""
        self._over.set()
        if self.is_alive():
            self.join(timeout=self._pace.timing.total_s + 5)

    def deliver_due(self) -> None:
        """Send all that is due now, in this thread, and return."""
        asyncio.run(self._serve(once=True))

    async def _serve(self, *, once: bool) -> None:
        sender = Sender(self._policy, self._pace.timing)
        flying: dict[asyncio.Task[Sent], Parcel] = {}
        try:
            while True:
                claimed = [] if self._over.is_set() else self._claim(list(flying.values()))
                for parcel in claimed:
                    flying[asyncio.create_task(self._send(sender, parcel))] = parcel
                if not flying and (self._over.is_set() or once):
                    return
                await self._landed(flying)
        finally:
            for task in flying:
                task.cancel()
            await sender.close()

    async def _landed(self, flying: dict[asyncio.Task[Sent], Parcel]) -> None:
        """Wait for the first to come back, or for a while; record all that are back."""
        wait_s = self._pace.idle_ms / 1000
        if not flying:
            await asyncio.sleep(wait_s)
            return
        done, _ = await asyncio.wait(flying, timeout=wait_s, return_when="FIRST_COMPLETED")
        if done:
            self._record([task.result() for task in done])
        for task in done:
            del flying[task]

    def _claim(self, flying: list[Parcel]) -> list[Parcel]:
        room = self._pace.places - len(flying)
        if room <= 0:
            return []
        busy = Counter(parcel.endpoint_id for parcel in flying)
        found: list[Parcel] = []
        with self._database.begin() as tx:
            books = delivery_store.books_due(tx)
        for book in books:
            if len(found) >= room:
                break
            with self._database.begin(book=book) as tx:
                found += delivery_store.claim(
                    tx,
                    busy=busy,
                    each=self._pace.each,
                    limit=room - len(found),
                    lease_s=self._pace.lease_s,
                )
        return found

    async def _send(self, sender: Sender, parcel: Parcel) -> Sent:
        try:
            secrets = [
                self._vault.open(parcel.book, parcel.endpoint_id, sealed)
                for sealed in parcel.sealed
            ]
        except SecretUnreadable:
            return Sent(parcel, Reply(error="secret"))
        return Sent(parcel, await sender.send(parcel, secrets))

    def _record(self, sent: list[Sent]) -> None:
        by_book: dict[int, list[Sent]] = defaultdict(list)
        for each in sent:
            by_book[each.parcel.book].append(each)
        for book, batch in by_book.items():
            self._database.run(partial(service.record, sent=batch), book=book)
