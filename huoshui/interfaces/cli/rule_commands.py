"""The commands of `huoshui rules` and their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.version_commands import Actor, Add, add_looks, add_moves

Days = Annotated[int, Parameter(validator=Number(gte=1, lte=3660))]


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

    def refuse(
        version: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import ruling

        ruling.run_move(
            settings, Where(world, book), "rules", "refuse", version, reason, actor, json=json
        )

    for function in (check, propose, refuse):
        add(app, f"rules.{function.__name__}", function)
    add_moves(app, settings, add, "rules")
    add_looks(app, settings, add, "rules")
    _add_trials(app, settings, add)


def _add_trials(app: App, settings: Settings, add: Add) -> None:
    def backtest(
        version: str, *, days: Days = 90, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_backtest(settings, Where(world, book), version, days, json=json)

    def reasons(*, json: bool = False) -> None:
        from huoshui.interfaces.cli import ruling

        ruling.run_reasons(json=json)

    for function in (backtest, reasons):
        add(app, f"rules.{function.__name__}", function)
