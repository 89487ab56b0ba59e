"""The composition root: settings → database → interfaces → worker. Nothing imports this."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import uvicorn
from litestar import Litestar, get
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from huoshui import __version__
from huoshui.core import access, log, work
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.interfaces import api, cli, console
from huoshui.interfaces.api import problems
from huoshui.interfaces.api.door import Ask, Door
from huoshui.scenarios import order_flow

_log = logging.getLogger("huoshui.app")
WORK_EVERY_S = 1.0


def create_app(settings: Settings, worlds: Worlds) -> Litestar:
    """The web application over open worlds."""
    return Litestar(
        [health, api.routes(), *console.routes()],
        state=State({"door": Door(worlds), "worlds": worlds, "settings": settings}),
        exception_handlers={
            Problem: problems.on_problem,
            HTTPException: problems.on_http,
            Exception: problems.on_bug,
        },
        before_send=[_on_every_answer],
        openapi_config=None,
        request_max_body_size=problems.BODY_MAX,
        logging_config=None,
    )


@get("/health", sync_to_thread=True)
def health(request: Ask) -> dict[str, str]:
    """Whether the database answers."""
    worlds: Worlds = request.app.state.worlds
    with worlds.database(LIVE).begin():
        pass
    return {"status": "ok", "version": __version__}


def serve(settings: Settings, worlds: Worlds, port: int, ready: Callable[[], None]) -> None:
    """Serve until interrupted: the API, the console and the due work of live and sandbox."""
    log.start(settings.log_level)
    config = uvicorn.Config(
        create_app(settings, worlds),
        host=settings.host,
        port=port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    worker = Worker(worlds)
    worker.start()
    try:
        ready()
        uvicorn.Server(config).run()
    finally:
        worker.stop()


class Worker(threading.Thread):
    """Runs due work of the worlds on real time, once a second."""

    def __init__(self, worlds: Worlds) -> None:
        super().__init__(name="huoshui-worker", daemon=True)
        self._worlds = worlds
        self._over = threading.Event()

    def run(self) -> None:
        """Until stopped; a failure is logged and tried again."""
        while not self._over.wait(WORK_EVERY_S):
            for world in (LIVE, SANDBOX):
                try:
                    self._drain(world)
                except Exception:
                    _log.exception("due work failed", extra={"world": world})

    def stop(self) -> None:
        """End after the transaction under way."""
        self._over.set()
        self.join(timeout=10)

    def _drain(self, world: str) -> None:
        database = self._worlds.database(world)
        with database.begin() as tx:
            books = access.books(tx)
        for book in books:
            work.drain(database, order_flow.WORK, book=book)


async def _on_every_answer(message: Message, scope: Scope) -> None:
    """Headers that every answer carries, problems and the framework's own included."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers["X-Request-Id"] = problems.id_of(scope)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if scope["path"].startswith("/v1"):
        headers.setdefault("Cache-Control", "no-store")


def main() -> None:
    """The `huoshui` command."""
    cli.main(serve)
