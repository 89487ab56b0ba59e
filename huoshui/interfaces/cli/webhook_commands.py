"""`huoshui listen`, `trigger` and the commands of `huoshui webhooks`, with their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import listening, receiving
from huoshui.interfaces.cli.listening import ListenAsked
from huoshui.interfaces.cli.receiving import Faults

Add = Callable[[App, str, Callable[..., None]], None]
Port = Annotated[int, Parameter(validator=Number(gte=1, lte=65535))]
Count = Annotated[int, Parameter(validator=Number(gte=0))]
PORT = 8421


def add_listening(app: App, settings: Settings, add: Add) -> None:
    """What a developer of a receiver has beside the terminal."""

    def listen(
        *,
        forward: str = "",
        events: str = "*",
        count: Count = 0,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        names = tuple(name.strip() for name in events.split(","))
        asked = ListenAsked(world, book, names, forward, count)
        listening.run_listen(settings, asked, json=json)

    def trigger(event: str = "", *, world: str = SANDBOX, json: bool = False) -> None:
        listening.run_trigger(settings, world, event, json=json)

    add(app, "listen", listen)
    add(app, "trigger", trigger)


def add_webhooks(app: App, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def receive(
        *,
        port: Port = PORT,
        secret: str = "",
        fail: float = 0.0,
        slow: float = 0.0,
        slow_s: float = 15.0,
        drop: float = 0.0,
        seed: int = 1,
        json: bool = False,
    ) -> None:
        faults = Faults(fail=fail, slow=slow, slow_s=slow_s, drop=drop, seed=seed)
        receiving.run_receive(port, secret, faults, json=json)

    add(app, "webhooks.receive", receive)
