"""The commands of `huoshui features` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclopts import App

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]


def add_features(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def list_(*, entity: str = "", json: bool = False) -> None:
        from huoshui.interfaces.cli import featuring

        featuring.run_list(entity, json=json)

    def show(name: str, *, json: bool = False) -> None:
        from huoshui.interfaces.cli import featuring

        featuring.run_show(name, json=json)

    def read(
        buyer: str = "", *, merchant: str = "", device: str = "", ip: str = "",
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import featuring

        named = {"buyer": buyer, "merchant": merchant, "device": device, "ip": ip}
        featuring.run_read(settings, Where(world, book), named, json=json)

    def check(
        file: Path | None = None, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import featuring

        featuring.run_check(settings, Where(world, book), file, json=json)

    for function in (list_, show, read, check):
        add(app, f"features.{function.__name__.rstrip('_')}", function)
