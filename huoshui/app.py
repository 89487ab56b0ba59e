"""The composition root: settings → database → interfaces → worker. Nothing imports this.

The web framework and the console are imported by what serves: every other command starts in half
the time without them.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from huoshui.core import access, log, work
from huoshui.core.access.requests import RequestLog
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.webhooks.courier import Courier
from huoshui.core.webhooks.guard import Policy
from huoshui.core.webhooks.vault import Vault
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.interfaces import cli
from huoshui.judgement.risk.models.trainings import trainer
from huoshui.ledger import accounts, holds, proof, upkeep
from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.sender import Sender
from huoshui.lines.payments.rails.worker import RailWorker
from huoshui.scenarios import due, rail_flow

if TYPE_CHECKING:
    from litestar import Litestar

    from huoshui.lines.payments.rails.simulator import Served

_log = logging.getLogger("huoshui.app")
WORK_EVERY_S = 1.0


def create_app(settings: Settings, worlds: Worlds) -> Litestar:
    """The web application over open worlds."""
    from litestar.datastructures import State

    from huoshui.interfaces import api, console, hosted
    from huoshui.interfaces.lanes import Lanes

    lanes, requests = Lanes(worlds), RequestLog(worlds.database)
    state = {
        "door": api.Door(worlds), "worlds": worlds, "lanes": lanes, "settings": settings,
        "requests": requests,
    }  # fmt: skip
    return api.Application(
        [api.health, api.ping, api.routes(), *console.routes(), *hosted.routes()],
        state=State(state),
        on_startup=[lanes.start, requests.start],
        on_shutdown=[lanes.stop, requests.stop],
        exception_handlers=api.EXCEPTION_HANDLERS,
        before_send=[api.on_every_answer],
        openapi_config=None,
        request_max_body_size=api.BODY_MAX,
        logging_config=None,
    )


def serve(settings: Settings, worlds: Worlds, port: int, ready: Callable[[], None]) -> None:
    """Serve until interrupted: the API, the console and the due work of live and sandbox."""
    import uvicorn

    from huoshui.interfaces.wire import OnePiece

    log.start(settings.log_level)
    config = uvicorn.Config(
        create_app(settings, worlds),
        http=OnePiece,
        host=settings.host,
        port=port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    simulators = open_rails(settings, port)
    workers: list[Worker | Courier | RailWorker] = [
        Worker("work", worlds, drain),
        Worker("sealer", worlds, sealer(settings)),
        Worker("trainer", worlds, trainer.turn),
        *couriers(settings, worlds),
        *rail_workers(worlds),
    ]
    for worker in workers:
        worker.start()
    # The server gives the signal that stopped it back to the process: let that end it in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Who waits for PostgreSQL goes on once it has answered, and not after a turn of the event loop.
    sys.setswitchinterval(0.001)
    # What stands by now stays: the collector need not walk through it at every round.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        ready()
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run()
    finally:
        for worker in workers:
            worker.stop()
        if simulators:
            simulators.stop()


class Worker(threading.Thread):
    """Does one thing for each book of the worlds on real time, once a second."""

    def __init__(self, name: str, worlds: Worlds, task: Callable[[Database, int], object]) -> None:
        super().__init__(name=f"huoshui-{name}", daemon=True)
        self._worlds = worlds
        self._task = task
        self._over = threading.Event()
        self._told: dict[str, str] = {}

    def run(self) -> None:
        """Until stopped; a failure is logged and tried again."""
        while not self._over.wait(WORK_EVERY_S):
            for world in (LIVE, SANDBOX):
                try:
                    self._round(self._worlds.database(world))
                    self._told.pop(world, None)
                except Exception as error:
                    self._tell(world, error)

    def stop(self) -> None:
        """End after the transaction under way."""
        self._over.set()
        self.join(timeout=10)

    def _tell(self, world: str, error: Exception) -> None:
        # What fails every second is told once, until it passes.
        if self._told.get(world) != str(error):
            self._told[world] = str(error)
            _log.error("background work failed", extra={"world": world}, exc_info=error)

    def _round(self, database: Database) -> None:
        with database.begin() as tx:
            books = access.books(tx)
        for book in books:
            self._task(database, book)


def drain(database: Database, book: int) -> None:
    """Run the due work of a book, its ledger's daily upkeep among it; end holds that have run out.

    And know the units that it declared.
    """
    with database.begin(book=book) as tx:
        upkeep.schedule(tx)
        accounts.learn_units(tx)
    work.drain(database, due.WORK, book=book)
    holds.end_due(database, book=book)


def sealer(settings: Settings) -> Callable[[Database, int], None]:
    """Seals what has committed in a book; apart from due work, so that long work holds up nothing."""

    def seal(database: Database, book: int) -> None:
        proof.seal(database, settings.home_path, number=book)

    return seal


def couriers(settings: Settings, worlds: Worlds) -> list[Courier]:
    """What sends the webhooks of live and sandbox, a thread each."""
    vault = Vault(settings.home_path)
    return [
        Courier(
            worlds.database(name),
            vault,
            Policy(https_only=name == LIVE, allow_private=settings.webhooks_allow_private),
        )
        for name in (LIVE, SANDBOX)
    ]


def open_rails(settings: Settings, port: int) -> Served | None:
    """Set up the rails: in the sandbox the simulators, served here, then those of the settings."""
    from huoshui.lines.payments.rails.simulated.opening import open_simulators

    served = None
    if settings.simulate_rails:
        notify = f"http://{settings.host}:{port}/v1/rails/{{rail}}/notices?world={SANDBOX}"
        served = open_simulators(settings.home_path / "simulator", notify=notify)
    registry.load(settings.rails)
    return served


def rail_workers(worlds: Worlds) -> list[RailWorker]:
    """What sends the calls to rails of live and sandbox, a thread each."""
    return [
        RailWorker(
            Sender(
                worlds.database(name),
                rail_flow.PORTS.answered,
                find=partial(registry.rail, live=name == LIVE),
            )
        )
        for name in (LIVE, SANDBOX)
    ]


def main() -> None:
    """The `huoshui` command."""
    cli.main(serve)
