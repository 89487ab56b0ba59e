"""`expr check`, `expr eval`, `expr sql`: an expression and its facts, looked at without a database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import i18n
from huoshui.core.errors import Problem
from huoshui.core.expr import (
    Column,
    Expression,
    Reason,
    Schema,
    read_examples,
    read_schema,
)
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.terminal import say


class ExpressionUnnamed(Problem):
    """Neither a text nor a file of an expression, or both."""

    code = "expression_unnamed"
    status = 422


class FactsFileUnreadable(Problem):
    """The file of facts is neither TOML nor JSON."""

    code = "facts_file_unreadable"
    status = 422


class ExprAsked(msgspec.Struct, frozen=True):
    """An expression as text or file, the file of its facts, and how to answer."""

    text: str
    file: Path | None
    facts: Path | None
    json: bool

    def read(self) -> tuple[Expression, dict[str, Any]]:
        """The checked expression, and the example values of its facts."""
        if bool(self.text) == bool(self.file):
            raise ExpressionUnnamed()
        text = self.file.read_text(encoding="utf-8") if self.file else self.text
        declared = _declared(self.facts) if self.facts else {}
        return Expression(text, read_schema(declared)), read_examples(declared)


def _declared(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    try:
        if file.suffix == ".json":
            return dict(msgspec.json.decode(content, type=dict[str, Any]))
        return tomllib.loads(content.decode(), parse_float=str)
    except (ValueError, msgspec.MsgspecError) as bad:
        raise FactsFileUnreadable(file=file.name, reason=str(bad)[:200]) from bad


def run_check(asked: ExprAsked) -> None:
    """Read and check; tell the canonical text, the type, what is read, and the seal."""
    expression, _ = asked.read()
    told = {
        "text": expression.text,
        "type": str(expression.type),
        "reads": list(expression.names),
        "may_be_null": expression.typed.maybe,
        "may_be_refused": expression.typed.fails,
        "digest": expression.digest,
    }
    if asked.json:
        terminal.print_json(told | {"tree": msgspec.Raw(expression.canonical)})
        return
    for name, value in told.items():
        shown = say(f"expr.{'yes' if value else 'no'}") if isinstance(value, bool) else value
        shown = ", ".join(shown) or "-" if isinstance(shown, list) else shown
        terminal.out.print(f"{say(f'expr.{name}')}: {shown}", highlight=False, soft_wrap=True)


def run_eval(asked: ExprAsked) -> None:
    """Evaluate over the values in the file of facts; tell the value, why, and what is needed."""
    expression, values = asked.read()
    found = expression.explain(expression.read(values))
    value = expression.shown(found.answer.value)
    if asked.json:
        told = {"value": value, "refusal": found.answer.refusal, "reasons": found.reasons}
        terminal.print_json(told | {"needed": found.needed})
        return
    if found.answer.refusal:
        reason = i18n.text(f"expr.refusal.{found.answer.refusal}", terminal.language())
        value = say("expr.refused", code=found.answer.refusal, reason=reason)
    shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    terminal.out.print(shown, style="bold", highlight=False)
    _tell(say("expr.because"), found.reasons)
    if found.answer.value is not True and found.needed:
        _tell(say("expr.needed"), found.needed)


def _tell(title: str, reasons: tuple[Reason, ...]) -> None:
    if reasons:
        terminal.out.print(title)
    for each in reasons:
        line = f"  • {each.said(terminal.language())}"
        terminal.out.print(line, highlight=False, soft_wrap=True)


def run_sql(asked: ExprAsked) -> None:
    """The SQL over columns named as the facts, with underscores for dots, of a table `f`."""
    expression, _ = asked.read()
    fragment = expression.sql(_columns(expression.schema))
    params = {name: _plain(value) for name, value in fragment.params.items()}
    if asked.json:
        terminal.print_json(
            {"value": fragment.scalar, "lateral": fragment.lateral("x"), "params": params}
        )
        return
    terminal.out.print(fragment.scalar, highlight=False, soft_wrap=True)
    for name, value in params.items():
        terminal.out.print(f"  {name} = {value!r}", highlight=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list) else str(value)


def _columns(schema: Schema) -> dict[str, Column]:
    def column(name: str, kind: str) -> Column:
        own = name.replace(".", "_")
        return Column(own, "f", f"{own}_currency" if kind == "money" else "")

    return {fact.name: column(fact.name, str(fact.type)) for fact in schema.facts}
