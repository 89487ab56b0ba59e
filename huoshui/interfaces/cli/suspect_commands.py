"""The commands of `huoshui suspects` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]
Actor = Annotated[str, Parameter(name="--as")]


def add_suspects(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def search(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import suspecting

        suspecting.run_search(settings, Where(world, book), json=json)

    def list_(
        *, kind: str = "", state: str = "", member: str = "", limit: Limit = 50,
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import suspecting

        suspecting.run_list(settings, Where(world, book), kind, state, member, limit, json=json)

    def show(suspect: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import suspecting

        suspecting.run_show(settings, Where(world, book), suspect, json=json)

    def confirm(
        suspect: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        _judge("confirm", suspect, reason, actor, Where(world, book), json)

    def clear(
        suspect: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        _judge("clear", suspect, reason, actor, Where(world, book), json)

    def reopen(
        suspect: str, reason: str, *, actor: Actor = "cli", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        _judge("reopen", suspect, reason, actor, Where(world, book), json)

    def _judge(verb: str, suspect: str, reason: str, actor: str, where: Where, json: bool) -> None:
        from huoshui.interfaces.cli import suspecting

        suspecting.run_verdict(settings, where, verb, suspect, reason, actor, json=json)

    for function in (search, list_, show, confirm, clear, reopen):
        add(app, f"suspects.{function.__name__.rstrip('_')}", function)
