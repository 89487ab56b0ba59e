"""`huoshui listen` streams the events of a world to the terminal; `huoshui trigger` makes one happen."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from types import FrameType
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import crypto, events, ids
from huoshui.core.db import Database
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.webhooks import delivery_store, service, signing, store
from huoshui.core.webhooks.guard import Policy, place
from huoshui.core.webhooks.model import Parcel, Reply, Sent
from huoshui.core.webhooks.sending import Sender, content
from huoshui.core.webhooks.vault import Vault
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.interfaces.cli.terminal import say
from huoshui.scenarios import samples

LISTENS_S = 30
_LOOK_S = 0.2
_AT_ONCE = 20
# Where a developer forwards to is the developer's own choice.
_ANYWHERE = Policy(https_only=False, allow_private=True)


class LiveTrigger(Problem):
    """Sample events are made in a world that is not live."""

    code = "live_trigger"
    status = 409


class ListenAsked(msgspec.Struct, frozen=True):
    """What to listen to and where to send it on; after `count` events it ends, 0 never."""

    world: str
    book: int
    events: tuple[str, ...]
    forward: str
    count: int


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event as `--json` prints it; `forwarded` is the status that came back, or a word."""

    id: str
    type: str
    object: str
    at: str
    data: dict[str, Any]
    forwarded: int | str | None = None
    ms: int | None = None


def run_listen(settings: Settings, asked: ListenAsked, *, json: bool) -> None:
    """Print each event as it is committed, until interrupted."""
    if asked.forward:
        place(asked.forward, _ANYWHERE)
    signal.signal(signal.SIGTERM, _ended)
    worlds = Worlds.start(settings)
    listener = _Listener(worlds.database(asked.world), Vault(settings.home_path), asked, json=json)
    try:
        if asked.world == SANDBOX:
            with worlds.database(SANDBOX).begin() as tx:
                open_default_book(tx)
        listener.begin()
        asyncio.run(listener.run())
    except KeyboardInterrupt:
        terminal.err.print(say("listen.ended", n=listener.heard), highlight=False)
    finally:
        listener.end()
        worlds.close()


def _ended(_: int, __: FrameType | None) -> None:
    sys.exit(0)


class _Listener:
    """Takes what is queued for it, as a courier does, and shows it."""

    def __init__(self, database: Database, vault: Vault, asked: ListenAsked, *, json: bool) -> None:
        self.heard = 0
        self._database = database
        self._asked = asked
        self._json = json
        self._secret = vault.of_listener(asked.world, asked.book)
        self._id: UUID | None = None
        self._renewed = 0.0

    def begin(self) -> None:
        self._listen()
        asked = self._asked
        terminal.err.print(
            say("listen.begun", world=asked.world, events=", ".join(asked.events)), highlight=False
        )
        if asked.forward:
            shown = signing.shown(self._secret)
            terminal.err.print(
                say("listen.forwarding", url=asked.forward, secret=shown), highlight=False
            )

    def _listen(self) -> None:
        with self._database.begin(book=self._asked.book) as tx:
            self._id = service.listen(tx, list(self._asked.events), LISTENS_S).id
        self._renewed = time.monotonic()

    async def run(self) -> None:
        sender = Sender(_ANYWHERE)
        try:
            while not (self._asked.count and self.heard >= self._asked.count):
                self._renew()
                claimed = self._claim()
                sent = await asyncio.gather(*(self._pass_on(sender, each) for each in claimed))
                if sent:
                    self._record(sent)
                else:
                    await asyncio.sleep(_LOOK_S)
        finally:
            await sender.close()

    def _renew(self) -> None:
        """Say that somebody is still here; begin anew where that came too late."""
        if time.monotonic() - self._renewed < LISTENS_S / 3:
            return
        assert self._id is not None, "it has begun"
        with self._database.begin(book=self._asked.book) as tx:
            stands = store.keep_listening(tx, self._id, LISTENS_S)
        self._renewed = time.monotonic()
        if not stands:
            self._listen()

    def _claim(self) -> list[Parcel]:
        room = self._asked.count - self.heard if self._asked.count else _AT_ONCE
        with self._database.begin(book=self._asked.book) as tx:
            return delivery_store.claim(
                tx,
                busy={},
                each=min(_AT_ONCE, room),
                limit=_AT_ONCE,
                lease_s=LISTENS_S,
                endpoint_id=self._id,
            )

    async def _pass_on(self, sender: Sender, parcel: Parcel) -> Sent:
        if not self._asked.forward:
            return Sent(parcel, Reply(status=200))
        there = msgspec.structs.replace(parcel, url=self._asked.forward)
        return Sent(parcel, await sender.send(there, [self._secret]))

    def _record(self, sent: list[Sent]) -> None:
        with self._database.begin(book=self._asked.book) as tx:
            service.record(tx, sent)
        for each in sent:
            self.heard += each.parcel.number == 1
            self._show(each)

    def _show(self, sent: Sent) -> None:
        parcel, reply = sent.parcel, sent.reply
        answer = (reply.status or reply.error) if self._asked.forward else None
        if self._json:
            body = msgspec.json.decode(content(parcel))["data"]
            told = Told(
                body["id"], parcel.type, parcel.object, body["at"], parcel.data, answer,
                reply.ms if self._asked.forward else None,
            )  # fmt: skip
            terminal.print_json(told)
            sys.stdout.flush()
            return
        at = f"{parcel.at:%H:%M:%S}"
        line = f"{at}  {parcel.type:<24} {ids.show('evt', parcel.event_id)}  {parcel.object}"
        if answer is not None:
            line += f"  → {answer} ({reply.ms} ms)"
        terminal.out.print(line, highlight=False, soft_wrap=True)

    def end(self) -> None:
        if self._id is not None:
            with self._database.begin(book=self._asked.book) as tx:
                store.drop_listener(tx, self._id)


def run_trigger(settings: Settings, world: str, kind: str, *, json: bool) -> None:
    """Make a sample event happen and print all that happened with it; without a name, list them."""
    if not kind:
        _list(json=json)
        return
    if world == LIVE:
        raise LiveTrigger()
    worlds = Worlds.start(settings)
    actor = f"trigger:{crypto.token()[:8]}"
    try:
        database = worlds.database(world)
        if world == SANDBOX:
            with database.begin() as tx:
                open_default_book(tx)
        with database.begin(actor=actor) as tx:
            samples.trigger(tx, kind)
            tx.flush()
            told = [row for row in events.page(tx, limit=20) if row.actor == actor]
    finally:
        worlds.close()
    for row in reversed(told):
        shown = ids.show("evt", row.id)
        if json:
            at = row.at.isoformat().replace("+00:00", "Z")
            terminal.print_json(Told(shown, row.type, row.object, at, row.data))
        else:
            terminal.out.print(
                f"{row.type:<24} {shown}  {row.object}", highlight=False, soft_wrap=True
            )


def _list(*, json: bool) -> None:
    if json:
        terminal.print_json(list(samples.SAMPLES))
        return
    for name in samples.SAMPLES:
        terminal.out.print(name, highlight=False)
