"""The commands of `huoshui facility` and their arguments.

What a command does is imported as it runs: every other one starts without it.
"""

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
Minutes = Annotated[int, Parameter(validator=Number(gte=1, lte=525_600))]
Parts = Annotated[int, Parameter(validator=Number(gte=1, lte=120))]


def add_facilities(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""
    for adding in (_add_looks, _add_limits, _add_appeals, _add_uses):
        for function in adding(settings):
            add(app, f"facility.{function.__name__.rstrip('_')}", function)


def _add_looks(settings: Settings) -> list[Callable[..., None]]:
    def open_(
        level: Literal["group", "borrower", "scene"],
        limit: str,
        *,
        name: str,
        currency: str = "CNY",
        party: str = "",
        scene: str = "",
        parent: str = "",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        asked = cli.OpenAsked(level, limit, currency, name, party, scene, parent)
        cli.run_open(settings, Where(world, book), asked, json=json)

    def list_(
        *, party: str = "", level: str = "", state: str = "", limit: Limit = 50,
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        asked = cli.ListAsked(party, level, state, limit)
        cli.run_list(settings, Where(world, book), asked, json=json)

    def show(
        facility: str, *, parts: Parts = 6, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_show(settings, Where(world, book), facility, parts, json=json)

    return [open_, list_, show]


def _add_limits(settings: Settings) -> list[Callable[..., None]]:
    def change(
        facility: str,
        kind: Literal["base", "uplift", "achievement"],
        *,
        cause: str,
        amount: str = "",
        share: str = "",
        since: str = "",
        until: str = "",
        evidence: str = "",
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        asked = cli.ChangeAsked(kind, cause, amount, share, since, until, evidence)
        cli.run_change(settings, Where(world, book), facility, asked, json=json)

    def freeze(
        facility: str, *, cause: str, until: str, share: str = "", world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        where = Where(world, book)
        cli.run_freeze(settings, where, facility, (cause, until, share), json=json)

    def end(
        change: str, *, cause: str, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_end(settings, Where(world, book), change, cause, json=json)

    return [change, freeze, end]


def _add_appeals(settings: Settings) -> list[Callable[..., None]]:
    def appeals(
        *, state: str = "", limit: Limit = 50, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_appeals(settings, Where(world, book), state, limit, json=json)

    def appeal(
        freeze: str, words: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_appeal(settings, Where(world, book), freeze, words, json=json)

    def decide(
        appeal: str, outcome: Literal["grant", "reject"], *, answer: str, world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        where = Where(world, book)
        cli.run_decide(settings, where, appeal, outcome, answer, json=json)

    return [appeals, appeal, decide]


def _add_uses(settings: Settings) -> list[Callable[..., None]]:
    def reserve(
        facility: str, amount: str, *, minutes: Minutes = 30, reference: str = "",
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        asked = cli.ReserveAsked(amount, minutes, reference)
        cli.run_reserve(settings, Where(world, book), facility, asked, json=json)

    def draw(
        reservation: str, *, amount: str = "", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_draw(settings, Where(world, book), reservation, amount, json=json)

    def release(
        reservation: str, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_release(settings, Where(world, book), reservation, json=json)

    def restore(
        facility: str, amount: str, *, reference: str, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import facilitating as cli

        cli.run_restore(settings, Where(world, book), facility, amount, reference, json=json)

    return [reserve, draw, release, restore]
