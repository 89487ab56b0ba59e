"""What the commands share: the language, tables, progress, and how a problem is told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from huoshui.core import i18n, log
from huoshui.core.errors import Problem

# No markup: names and faults may hold square brackets.
out = Console(markup=False)
err = Console(stderr=True, soft_wrap=True, markup=False)
ERRORS_SHOWN = 50


_VARIABLES = ("HUOSHUI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_set = [""]


def speak(language: str) -> None:
    """Speak the language of the settings from now on; an empty one leaves the terminal's."""
    _set[0] = language


def language() -> str:
    """The reader's language: the setting's, then the locale's, then English."""
    for value in (_set[0], *(os.environ.get(name, "") for name in _VARIABLES)):
        if value[:2].lower() in i18n.LANGUAGES:
            return value[:2].lower()
    return "en"


def say(key: str, **facts: Any) -> str:
    """A text of the command line in the reader's language."""
    return i18n.text(f"cli.{key}", language(), **facts)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")


def fields(rows: Iterable[tuple[str, str]]) -> None:
    """One thing, a line for each of its values, none of them cut off."""
    for name, value in rows:
        out.print(f"{name}: {value or '–'}", highlight=False, soft_wrap=True)


def table(headings: list[str], rows: list[list[str]], *, numbers: tuple[int, ...] = ()) -> None:
    """A table; the columns in `numbers` stand to the right."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if index in numbers else "left")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    out.print(drawn)


class FileUnusable(Problem):
    """The machine refuses a file or directory: missing, not permitted, or full."""

    code = "file_unusable"
    status = 422


@contextmanager
def told() -> Iterator[None]:
    """Tell a problem as a person would want it and end with 1; bugs keep their trace."""
    try:
        try:
            yield
        except OSError as refusal:
            reason = refusal.strerror or str(refusal)
            raise FileUnusable(file=refusal.filename or "-", reason=reason) from refusal
    except Problem as problem:
        lang = language()
        err.print(f"{problem.title(lang)} ({problem.code})", style="bold red", highlight=False)
        err.print(log.masked(problem.detail(lang)), highlight=False, markup=False)
        for error in problem.errors[:ERRORS_SHOWN]:
            line = f"  • {error.pointer}: {error.detail(lang)}"
            err.print(line, highlight=False, markup=False)
        raise SystemExit(1) from problem


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """The speed of the last seconds, or of the whole."""
        speed = task.finished_speed or task.speed or 0
        return Text(f"{speed:,.0f}/s", style="progress.data.speed")


class Bar:
    """A progress bar with rate and time left; plain lines where there is no terminal."""

    _EVERY_S = 5.0

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._shown = 0.0
        self._label = ""
        self._task: Any = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
        )

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, label: str, done: int, total: int) -> None:
        """Move the bar; another label starts another bar."""
        if label != self._label:
            self._label = label
            self._task = self._progress.add_task(label, total=total)
            self._shown = 0.0
        self._progress.update(self._task, completed=done, total=total)
        self._plain(label, done, total)

    def title(self, title: str) -> None:
        """Say more beside the bar that is shown, the day of a replay for one."""
        self._progress.update(self._task, description=title)

    def _plain(self, label: str, done: int, total: int) -> None:
        if self._quiet or err.is_terminal:
            return
        now = time.monotonic()
        if now - self._shown >= self._EVERY_S or done >= total:
            self._shown = now
            err.print(f"{label} {done:,}/{total:,}", highlight=False)
