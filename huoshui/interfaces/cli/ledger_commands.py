"""The commands of `huoshui ledger` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import ledgering
from huoshui.interfaces.cli.ledgering import StatementAsked, Where

Add = Callable[[App, str, Callable[..., None]], None]


def add_ledger(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""
    _add_time(app, settings, add)
    _add_capacity(app, settings, add)


def _end(good: bool) -> None:
    raise SystemExit(0 if good else 1)


def _add_time(app: App, settings: Settings, add: Add) -> None:
    def statement(
        path: str,
        *,
        since: Annotated[str, Parameter(name=["--from", "--since"])] = "",
        until: Annotated[str, Parameter(name=["--to", "--until"])] = "",
        view: str = "recorded",
        currency: str = "",
        csv: Path | None = None,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        asked = StatementAsked(path, currency, since, until, view, csv)
        ledgering.run_statement(settings, Where(world, book), asked, json=json)

    def close(until: str = "", *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        ledgering.run_close(settings, Where(world, book), until, json=json)

    def snapshot(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        ledgering.run_snapshot(settings, Where(world, book), json=json)

    def reconcile(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        _end(ledgering.run_reconcile(settings, Where(world, book), json=json))

    add(app, "ledger.statement", statement)
    add(app, "ledger.close", close)
    add(app, "ledger.snapshot", snapshot)
    add(app, "ledger.reconcile", reconcile)


def _add_capacity(app: App, settings: Settings, add: Add) -> None:
    def size(*, world: str = SANDBOX, json: bool = False) -> None:
        ledgering.run_size(settings, world, json=json)

    def parts(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        ledgering.run_parts(settings, Where(world, book), json=json)

    def archive(
        *,
        before: str = "",
        to: Path | None = None,
        verify: Path | None = None,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        if verify:
            _end(ledgering.run_check_archive(settings, Where(world, book), verify, json=json))
        ledgering.run_archive(settings, Where(world, book), before, to, json=json)

    def import_(
        file: Path,
        *,
        check: bool = False,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        where = Where(world, book)
        _end(ledgering.run_import(settings, where, file, check=check, json=json))

    add(app, "ledger.size", size)
    add(app, "ledger.parts", parts)
    add(app, "ledger.archive", archive)
    add(app, "ledger.import", import_)
