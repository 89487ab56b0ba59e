"""The whole application over the tests' worlds, and who may sign in to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from litestar import Litestar
from litestar.testing import TestClient

from huoshui.app import create_app
from huoshui.core import clock
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.reading.anomalies import Anomaly
from huoshui.interfaces.console import make_ticket, session
from huoshui.lines.payments import Terms
from huoshui.scenarios.replay import store
from huoshui.scenarios.replay.report import build_report
from huoshui.scenarios.replay.verification import verify_replay
from tests.ground import (
    DAY,
    START,
    Ground,
    cancellation,
    confirmation,
    delivery,
    placed,
    returned,
    review,
    tender,
)

_MADE: dict[Worlds, Litestar] = {}  # to read what all its addresses take needs a second


def app(worlds: Worlds, home: Path) -> Litestar:
    """The application, one a worker, its state in `home` from now on."""
    settings = Settings(home=str(home))
    if worlds not in _MADE:
        _MADE[worlds] = create_app(settings, worlds)
    _MADE[worlds].state["settings"] = settings
    return _MADE[worlds]


def operator(client: TestClient[Litestar], home: Path, world: str, book: int = 1) -> None:
    """Sign the client in by a link."""
    ticket = make_ticket(home, world, clock.system_now(), book=book)
    answer = client.get(f"/console/-/sign-in?ticket={ticket}")
    assert answer.status_code == 200, answer.text
    client.cookies.set(session.COOKIE, answer.cookies[session.COOKIE])


def orders(market: Ground) -> None:
    """Five orders: released, in escrow, returned, cancelled, awaiting payment."""
    for number, key in enumerate(("o1", "o2", "o3", "o4", "o5")):
        at = START + number * DAY
        market.take(*placed(key, at=at), at=at)
        if key != "o5":
            market.take(tender(key, at=at), at=at)
    last = START + 6 * DAY
    market.take(delivery("o1", last), delivery("o2", last), delivery("o3", last), at=last)
    market.take(review("o1", 5, last), confirmation("o3", last), at=last)
    market.take(returned("o3", 1_000, at=last), cancellation("o4", last), at=last)


def replayed(market: Ground, *, ended: bool) -> None:
    """The world holds a replay: still running, or verified and reported."""
    with market.database.begin(book=1) as tx:
        store.begin(
            tx,
            fingerprint="f",
            sections={
                "source": {"layout": "olist", "assumed": ["currency"], "currency": "CNY",
                           "time_zone": "Asia/Shanghai", "cancellation_delay_days": 3},
                "payments": msgspec.to_builtins(Terms()),
                "given": [],
            },
            total=100,
            until_at=START,
            real_now=clock.system_now(),
        )  # fmt: skip
    if ended:
        concluded(market)


def concluded(market: Ground) -> None:
    """The world's replay ends: it is verified and its report kept."""
    with market.database.begin(book=1) as tx:
        verification = verify_replay(tx, Terms())
        report = build_report(tx, (Anomaly("no_items", 2, {"CNY": 500}),), {})
        store.finish(
            tx,
            state="verified" if verification.holds else "failed",
            verification=msgspec.to_builtins(verification),
            report=msgspec.to_builtins(report),
            real_now=clock.system_now(),
        )


@contextmanager
def serving(application: Litestar) -> Iterator[str]:
    """The application on a free port in a thread; yields its origin."""
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_config=None, lifespan="off", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)
