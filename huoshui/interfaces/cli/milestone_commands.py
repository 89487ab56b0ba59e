"""The commands of `huoshui milestone` and their arguments."""

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


def add_milestones(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def register(
        name: str, key: str, kind: list[str], *, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import milestoning

        milestoning.run_register(settings, Where(world, book), name, key, kind, json=json)

    def present(fact: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_present(settings, Where(world, book), fact, json=json)

    def list_(
        *, subject: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import milestoning

        milestoning.run_list(settings, Where(world, book), subject, limit, json=json)

    def line(
        product: str, party: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_line(settings, Where(world, book), product, party, json=json)

    _add_sources(app, settings, add)
    for function in (register, present, list_, line):
        add(app, f"milestone.{function.__name__.rstrip('_')}", function)


def _add_sources(app: App, settings: Settings, add: Add) -> None:
    def sources(
        *, state: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import milestoning

        milestoning.run_sources(settings, Where(world, book), state, limit, json=json)

    def suspend(
        source: str, reason: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_suspend(settings, Where(world, book), source, reason, json=json)

    def resume(source: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_resume(settings, Where(world, book), source, json=json)

    def rotate(
        source: str, key: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_rotate(settings, Where(world, book), source, key, json=json)

    def revoke(
        source: str, reason: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import milestoning

        milestoning.run_revoke(settings, Where(world, book), source, reason, json=json)

    for function in (sources, suspend, resume, rotate, revoke):
        add(app, f"milestone.{function.__name__}", function)
