"""`loan day`: close a day of all running loans of a book, with as many workers as are asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core import access
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import BadMoment, opened
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import Closed, close_day

Add = Callable[[App, str, Callable[..., None]], None]
Workers = Annotated[int, Parameter(validator=Number(gte=1, lte=64))]


def add_day(app: App, settings: Settings, add: Add) -> None:
    """The command; `add` gives it its help in the reader's language."""

    def day(
        day: str = "",
        *,
        workers: Workers = 2,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        run_day(settings, Where(world, book), day, workers, json=json)

    add(app, "loan.day", day)


def run_day(settings: Settings, where: Where, day: str, workers: int, *, json: bool) -> None:
    """Close a day, the last one that is over where none is named. Raises BadMoment, DayNotOver."""
    with opened(settings, where.world) as database:
        yesterday = database.run(lambda tx: access.today(tx) - timedelta(days=1), book=where.book)
    with Bar(quiet=json) as bar:
        label = say("loan.closing_day")
        found = close(
            settings, where, _day(day) if day else yesterday, workers,
            lambda done, total: bar.show(label, done, total),
        )  # fmt: skip
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    terminal.out.print(
        say("loan.day_closed", day=found.day.isoformat(), loans=f"{found.loans:,}",
            interest=f"{found.interest:,}", late=f"{sum(found.late[1:]):,}", digest=found.digest[:16])
    )  # fmt: skip


def close(
    settings: Settings, where: Where, day: date, workers: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Closed:  # fmt: skip
    """Close a day with this process and others beside it; what another one leaves, this one does."""
    with ProcessPoolExecutor(max(1, workers - 1), mp_context=get_context("spawn")) as others:
        beside = [
            others.submit(_close_some, settings, where, day, list(range(n, PARTS, workers)))
            for n in range(1, workers)
        ]
        with opened(settings, where.world) as database:
            mine = range(0, PARTS, workers)
            close_day(database, day, book=where.book, parts=mine, progress=progress)
            for each in beside:
                each.exception()  # whatever became of it, its parts are looked at again
            return close_day(database, day, book=where.book)


def _close_some(settings: Settings, where: Where, day: date, parts: list[int]) -> None:
    with opened(settings, where.world) as database:
        close_day(database, day, book=where.book, parts=parts)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadMoment(text=text[:40]) from error
