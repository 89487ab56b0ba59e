"""The commands of `huoshui loan` that work in a book, and their arguments."""

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
Some = Annotated[int, Parameter(validator=Number(gte=1, lte=1200))]
Lang = Literal["", "zh", "en"]
Way = Literal["balance", "bank"]
Means = Literal[
    "repayment", "merchant_issued_refund", "payout_refund", "goodwill_credit",
    "interest_payment_waiver", "charge_adjustment", "sales_share",
]  # fmt: skip


def add_lending(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""
    _add_contracts(app, settings, add)
    _add_servicing(app, settings, add)
    _add_papers(app, settings, add)


def _add_contracts(app: App, settings: Settings, add: Add) -> None:
    def list_(
        *, party: str = "", product: str = "", state: str = "", limit: Some = 50,
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending

        asked = lending.LoansAsked(party, product, state, limit)
        lending.run_list(settings, Where(world, book), asked, json=json)

    def show(loan: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import lending

        lending.run_show(settings, Where(world, book), loan, json=json)

    def apply(
        product: str, amount: str, *, party: str, instalments: Some = 12, world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending

        where = Where(world, book)
        lending.run_apply(settings, where, product, party, amount, instalments, json=json)

    def consent(
        loan: str, *, proof: str, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import lending

        lending.run_consent(settings, Where(world, book), loan, proof, json=json)

    for name, command in (
        ("list", list_), ("show", show), ("apply", apply), ("consent", consent),
    ):  # fmt: skip
        add(app, f"loan.{name}", command)


def _add_servicing(app: App, settings: Settings, add: Add) -> None:
    def draw(
        loan: str, amount: str, *, on: str = "", way: Way = "balance", key: str = "",
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending

        asked = lending.Payment(amount, "", on, key)
        lending.run_draw(settings, Where(world, book), loan, asked, way, json=json)

    def repay(
        loan: str, amount: str, *, kind: Means = "repayment", on: str = "", key: str = "",
        world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending

        asked = lending.Payment(amount, kind, on, key)
        lending.run_repay(settings, Where(world, book), loan, asked, json=json)

    def reverse(
        loan: str, event: str, *, key: str = "", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending

        lending.run_reverse(settings, Where(world, book), loan, event, key, json=json)

    def quote(
        loan: str, *, on: str = "", world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import lending

        lending.run_quote(settings, Where(world, book), loan, on, json=json)

    for name, command in (
        ("draw", draw), ("repay", repay), ("reverse", reverse), ("quote", quote),
    ):  # fmt: skip
        add(app, f"loan.{name}", command)


def _add_papers(app: App, settings: Settings, add: Add) -> None:
    def contract(
        loan: str, *, lang: Lang = "", out: Path | None = None, world: str = SANDBOX, book: int = 1
    ) -> None:
        from huoshui.interfaces.cli import lending_papers

        lending_papers.run_contract(settings, Where(world, book), loan, lang, out)

    def statement(
        loan: str, *, since: str = "", until: str = "", lang: Lang = "", out: Path | None = None,
        world: str = SANDBOX, book: int = 1,
    ) -> None:  # fmt: skip
        from huoshui.interfaces.cli import lending_papers

        days = lending_papers.Days(since, until)
        lending_papers.run_statement(settings, Where(world, book), loan, days, lang, out)

    for name, command in (("contract", contract), ("statement", statement)):
        add(app, f"loan.{name}", command)
