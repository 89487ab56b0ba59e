"""The commands of `huoshui settle`, `huoshui reconcile`, and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclopts import App

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import settling
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]


def add_settle(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""
    _add_windows(app, settings, add)
    _add_batches(app, settings, add)


def _add_windows(app: App, settings: Settings, add: Add) -> None:
    def windows(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        settling.run_windows(settings, Where(world, book), json=json)

    def close(
        *, dry_run: bool = False, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        settling.run_close(settings, Where(world, book), dry_run=dry_run, json=json)

    def terms(
        *, file: Path | None = None, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        settling.run_terms(settings, Where(world, book), file, json=json)

    def statement(
        path: str,
        to: Path,
        *,
        since: str = "",
        until: str = "",
        world: str = SANDBOX,
        book: int = 1,
    ) -> None:
        settling.run_statement_file(settings, Where(world, book), path, since, until, to)

    add(app, "settle.windows", windows)
    add(app, "settle.close", close)
    add(app, "settle.terms", terms)
    add(app, "settle.statement", statement)


def _add_batches(app: App, settings: Settings, add: Add) -> None:
    def payouts(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        settling.run_batches(settings, Where(world, book), json=json)

    def pay(
        *,
        currency: str = "",
        dry_run: bool = False,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        settling.run_make(settings, Where(world, book), currency, dry_run=dry_run, json=json)

    def approve(
        batch: str, *, actor: str, world: str = SANDBOX, book: int = 1, json: bool = False
    ) -> None:
        settling.run_move(settings, Where(world, book), batch, "approve", actor, json=json)

    def cancel(batch: str, *, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        settling.run_move(settings, Where(world, book), batch, "cancel", "", json=json)

    add(app, "settle.payouts", payouts)
    add(app, "settle.pay", pay)
    add(app, "settle.approve", approve)
    add(app, "settle.cancel", cancel)


def add_reconcile(app: App, settings: Settings, add: Add) -> None:
    """The command `reconcile`."""

    def reconcile(
        file: Path | None = None,
        *,
        rail: str = "",
        account: str = "",
        profile: str = "",
        mapping: Path | None = None,
        check: bool = False,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        where = Where(world, book)
        if check:
            raise SystemExit(0 if settling.run_check(settings, where, json=json) else 1)
        if file is None:
            raise settling.NoFile()
        asked = settling.FileAsked(file, rail, account, profile, mapping)
        raise SystemExit(0 if settling.run_reconcile(settings, where, asked, json=json) else 1)

    add(app, "reconcile", reconcile)
