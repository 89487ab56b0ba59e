"""The commands of `huoshui webhooks` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.interfaces.cli import receiving
from huoshui.interfaces.cli.receiving import Faults

Add = Callable[[App, str, Callable[..., None]], None]
Port = Annotated[int, Parameter(validator=Number(gte=1, lte=65535))]
PORT = 8421


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
