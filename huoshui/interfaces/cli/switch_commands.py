"""The commands of `huoshui switch` and their arguments."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]


def add_switch(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def on(
        product: str, *, fee: str = "", limit_each: int | None = None,
        limit_all: int | None = None, world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import switching
        from huoshui.interfaces.cli.switching import chosen

        asked = chosen(fee, limit_each, limit_all)
        switching.run_on(settings, Where(world, book), product, asked, json=json)

    def as_tried(
        tried: str, *, products: list[str] | None = None, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import switching

        names = tuple(name for each in products or () for name in each.split(",") if name)
        where = Where(world, book)
        switching.run_on_as_tried(settings, where, tried, names, json=json)

    def off(product: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import switching

        switching.run_off(settings, Where(world, book), product, json=json)

    def list_(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import switching

        switching.run_list(settings, Where(world, book), json=json)

    def offers(seller: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import switching

        switching.run_offers(settings, Where(world, book), seller, json=json)

    add(app, "switch.on", on)
    add(app, "switch.as-tried", as_tried)
    add(app, "switch.off", off)
    add(app, "switch.list", list_)
    add(app, "switch.offers", offers)
