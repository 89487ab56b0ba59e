"""The commands of `huoshui partner` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]
Verb = Literal["submit", "accept", "refuse", "contest", "pay", "give-back"]


def add_partners(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def list_(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import partnering

        partnering.run_list(settings, Where(world, book), json=json)

    def claims(
        *, state: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import partnering

        partnering.run_claims(settings, Where(world, book), state, limit, json=json)

    def claim(claim: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import partnering

        partnering.run_claim(settings, Where(world, book), claim, json=json)

    def do(
        verb: Verb, claim: str, *, amount: str = "", note: str = "", world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import partnering

        asked = partnering.Asked(verb, claim, amount, note)
        partnering.run_do(settings, Where(world, book), asked, json=json)

    def names(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import partnering

        partnering.run_names(settings, Where(world, book), json=json)

    def name(
        party: str, en: str, zh: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import partnering

        partnering.run_name(settings, Where(world, book), (party, en, zh), json=json)

    for function in (list_, names, name, claims, claim, do):
        add(app, f"partner.{function.__name__.rstrip('_')}", function)
