"""The commands of `huoshui expr` and their arguments.

What a command does is imported as it runs: every other one starts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclopts import App

Add = Callable[[App, str, Callable[..., None]], None]


def add_expr(app: App, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def check(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import expressing

        expressing.run_check(expressing.ExprAsked(text, file, facts, json))

    def eval_(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import expressing

        expressing.run_eval(expressing.ExprAsked(text, file, facts, json))

    def sql(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import expressing

        expressing.run_sql(expressing.ExprAsked(text, file, facts, json))

    add(app, "expr.check", check)
    add(app, "expr.eval", eval_)
    add(app, "expr.sql", sql)
