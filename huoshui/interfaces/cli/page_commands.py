"""The commands of `huoshui page` and their arguments."""

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
Days = Annotated[int, Parameter(validator=Number(gte=1, lte=365))]


def add_pages(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def open_(
        party: str, *, days: Days = 30, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import paging

        paging.run_open(settings, Where(world, book), party, days, json=json)

    def list_(
        *, party: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import paging

        paging.run_list(settings, Where(world, book), party, limit, json=json)

    def end(page: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import paging

        paging.run_end(settings, Where(world, book), page, json=json)

    for function in (open_, list_, end):
        add(app, f"page.{function.__name__.rstrip('_')}", function)
