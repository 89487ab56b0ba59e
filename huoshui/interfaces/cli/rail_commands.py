"""The commands of `huoshui rails` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import railing
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.railing import Simulated

Add = Callable[[App, str, Callable[..., None]], None]
Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
Millis = Annotated[int, Parameter(validator=Number(gte=0, lte=3_600_000))]
PORT = 8430


def add_rails(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def list_(*, json: bool = False) -> None:
        railing.run_list(settings, json=json)

    def health(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        railing.run_health(settings, Where(world, book), json=json)

    def calls(
        *,
        rail: str = "",
        state: str = "",
        limit: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 50,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        railing.run_calls(settings, Where(world, book), rail, state, limit, json=json)

    def simulate(
        *,
        port: Port = PORT,
        directory: Path = Path("simulator"),
        fault: list[str] | None = None,
        seed: int = 1,
        notify: str = "",
        later_ms: Millis = 1_000,
        late_ms: Millis = 8_000,
        slow_ms: Millis = 3_000,
        json: bool = False,
    ) -> None:
        asked = Simulated(
            port, directory, tuple(fault or ()), seed, notify, later_ms, late_ms, slow_ms
        )
        railing.run_simulate(asked, json=json)

    add(app, "rails.list", list_)
    add(app, "rails.health", health)
    add(app, "rails.calls", calls)
    add(app, "rails.simulate", simulate)
