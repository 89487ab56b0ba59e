"""The commands of `huoshui rules` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Actor = Annotated[str, Parameter(name="--as")]
Days = Annotated[int, Parameter(validator=Number(gte=1, lte=3660))]
_KIND: Final = "rules"


def add_rules(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def check(file: Path, *, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_check(file, json=json)

    def propose(
        file: Path, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_propose(settings, Where(world, book), file, actor, json=json)

    def publish(
        version: str, *, actor: Actor, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), _KIND, "publish", version, "", actor, json=json
        )

    def refuse(
        version: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), _KIND, "refuse", version, reason, actor, json=json
        )

    def retire(
        version: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), _KIND, "retire", version, reason, actor, json=json
        )

    for function in (check, propose, publish, refuse, retire):
        add(app, f"rules.{function.__name__}", function)
    _add_looks(app, settings, add)


def _add_looks(app: App, settings: Settings, add: Add) -> None:
    def list_(*, name: str = "", world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_list(settings, Where(world, book), _KIND, name, json=json)

    def show(version: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_show(settings, Where(world, book), _KIND, version, json=json)

    def diff(
        before: str, after: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_diff(settings, Where(world, book), _KIND, before, after, json=json)

    def backtest(
        version: str, *, days: Days = 90, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_backtest(settings, Where(world, book), version, days, json=json)

    def reasons(*, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_reasons(json=json)

    for function in (list_, show, diff, backtest, reasons):
        add(app, f"rules.{function.__name__.rstrip('_')}", function)
