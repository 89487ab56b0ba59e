"""The commands that rule sets and policies share: both are versions that another person publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Kind = Literal["rules", "policy"]  # and the group of its commands
Actor = Annotated[str, Parameter(name="--as")]


def add_moves(app: App, settings: Settings, add: Add, kind: Kind) -> None:
    """`publish` and `retire` of rule sets or policies."""

    def publish(
        version: str, *, actor: Actor, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), kind, "publish", version, "", actor, json=json
        )

    def retire(
        version: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), kind, "retire", version, reason, actor, json=json
        )

    for function in (publish, retire):
        add(app, f"{kind}.{function.__name__}", function)


def add_looks(app: App, settings: Settings, add: Add, kind: Kind) -> None:
    """`list`, `show` and `diff` of rule sets or policies."""

    def list_(*, name: str = "", world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_list(settings, Where(world, book), kind, name, json=json)

    def show(version: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_show(settings, Where(world, book), kind, version, json=json)

    def diff(
        before: str, after: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_diff(settings, Where(world, book), kind, before, after, json=json)

    for function in (list_, show, diff):
        add(app, f"{kind}.{function.__name__.rstrip('_')}", function)
