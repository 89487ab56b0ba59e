"""The commands of `huoshui decision` and `huoshui policy` and their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.version_commands import Actor, Add, add_looks, add_moves

Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]


def add_decisions(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def ask(file: Path, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_ask(settings, Where(world, book), file, json=json)

    def list_(
        *, outcome: str = "", reference: str = "", limit: Limit = 50, world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import deciding

        deciding.run_list(settings, Where(world, book), outcome, reference, limit, json=json)

    def show(decision: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_show(settings, Where(world, book), decision, json=json)

    def recompute(
        decision: str = "", *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_recompute(settings, Where(world, book), decision, json=json)

    def explain(decision: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_explain(settings, Where(world, book), decision, json=json)

    def rerun(
        decision: str, policy: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_rerun(settings, Where(world, book), decision, policy, json=json)

    for function in (ask, list_, show, recompute, explain, rerun):
        add(app, f"decision.{function.__name__.rstrip('_')}", function)


def add_policies(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def propose(
        file: Path, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import deciding

        deciding.run_propose(settings, Where(world, book), file, actor, json=json)

    add(app, "policy.propose", propose)
    add_moves(app, settings, add, "policy")
    add_looks(app, settings, add, "policy")
