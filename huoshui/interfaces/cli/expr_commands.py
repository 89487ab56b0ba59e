"""The commands of `huoshui expr` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclopts import App

from huoshui.interfaces.cli import expressing
from huoshui.interfaces.cli.expressing import ExprAsked

Add = Callable[[App, str, Callable[..., None]], None]


def add_expr(app: App, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def check(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        expressing.run_check(ExprAsked(text, file, facts, json))

    def eval_(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        expressing.run_eval(ExprAsked(text, file, facts, json))

    def sql(
        text: str = "", *, file: Path | None = None, facts: Path | None = None, json: bool = False
    ) -> None:
        expressing.run_sql(ExprAsked(text, file, facts, json))

    add(app, "expr.check", check)
    add(app, "expr.eval", eval_)
    add(app, "expr.sql", sql)
