"""The commands of `huoshui product` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Number_ = Annotated[int, Parameter(validator=Number(gte=1))]


def add_products(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def check(
        file: Path, *, amount: str = "", instalments: int = 0, start: str = "", json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_check(file, producing.Trial(amount, instalments, start), json=json)

    def list_(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_list(settings, Where(world, book), json=json)

    def show(
        product: str, *, number: int = 0, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_show(settings, Where(world, book), product, number, json=json)

    def publish(
        file: Path, *, offer: bool = False, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_publish(settings, Where(world, book), file, offer=offer, json=json)

    def offer(
        product: str, number: Number_, *, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_offer(settings, Where(world, book), product, number, json=json)

    def withdraw(product: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import producing

        producing.run_withdraw(settings, Where(world, book), product, json=json)

    def diff(
        product: str, before: Number_, after: Number_, *, world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import producing

        producing.run_diff(settings, Where(world, book), product, before, after, json=json)

    add(app, "product.check", check)
    add(app, "product.list", list_)
    add(app, "product.show", show)
    add(app, "product.publish", publish)
    add(app, "product.offer", offer)
    add(app, "product.withdraw", withdraw)
    add(app, "product.diff", diff)
