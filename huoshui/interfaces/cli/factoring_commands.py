"""The commands of `huoshui factoring` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]
Days = Annotated[int, Parameter(validator=Number(gte=1, lte=730))]
Verb = Literal[
    "assign", "decline", "advance", "release", "confirm", "collect", "repay", "dilute", "dispute", "resume",
    "recourse", "write-off",
]  # fmt: skip


def add_factoring(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def quote(file: Path, face: str, *, days: Days = 30, json: bool = False) -> None:
        from huoshui.interfaces.cli import factoring

        factoring.run_quote(file, face, days, json=json)

    def list_(
        *, state: str = "", debtor: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import factoring

        factoring.run_list(settings, Where(world, book), state, debtor, limit, json=json)

    def show(assignment: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import factoring

        factoring.run_show(settings, Where(world, book), assignment, json=json)

    def debtors(
        *, limit: Limit = 20, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import factoring

        factoring.run_debtors(settings, Where(world, book), limit, json=json)

    def offer(
        order: str, seller: str, product: str, *, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import factoring

        factoring.run_offer(settings, Where(world, book), (order, seller), product, json=json)

    def do(
        verb: Verb, assignment: str, *, amount: str = "", note: str = "", world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import factoring

        asked = factoring.Asked(verb, assignment, amount, note)
        factoring.run_do(settings, Where(world, book), asked, json=json)

    for function in (quote, list_, show, debtors, offer, do):
        add(app, f"factoring.{function.__name__.rstrip('_')}", function)
