"""Lists as CSV, and the replay's report as one file to keep."""

from __future__ import annotations

import csv as writer
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import msgspec

from huoshui.core.db import Tx
from huoshui.core.money import Money, major
from huoshui.interfaces.console import render, shown
from huoshui.interfaces.console.page import Cell, Frame, ListPage, Row, Share, Span
from huoshui.interfaces.console.pages.report import report_page

ROWS_MAX = 20_000
PAGE_ROWS = 500


def csv(page_of: Callable[[Frame], ListPage], frame: Frame) -> bytes:
    """A list with its page's filters, at most ROWS_MAX rows; times UTC, money in two columns."""
    text = io.StringIO()
    sink = writer.writer(text)
    titled = False
    for page in _pages(page_of, frame):
        if not titled:
            sink.writerow(_titles(page))
            titled = True
        sink.writerows(_values(page, row) for row in page.table.rows)
    # The mark tells Excel that it is UTF-8.
    return ("\ufeff" + text.getvalue()).encode()


def report_file(tx: Tx, frame: Frame) -> str:
    """The report of this replay as one HTML file that needs no server and no network."""
    alone = msgspec.structs.replace(frame, alone=True)
    return render.page(report_page(tx, alone), alone)


def _pages(page_of: Callable[[Frame], ListPage], frame: Frame) -> Iterator[ListPage]:
    asked = dict(frame.query) | {"limit": str(PAGE_ROWS)}
    for _ in range(ROWS_MAX // PAGE_ROWS):
        page = page_of(msgspec.structs.replace(frame, query=tuple(asked.items())))
        yield page
        if not page.next_href:
            return
        asked |= dict(parse_qsl(urlsplit(page.next_href).query))


def _titles(page: ListPage) -> list[str]:
    titles: list[str] = []
    for column in page.table.columns:
        titles += [column.title, f"{column.title} (ISO 4217)"] if column.money else [column.title]
    return titles


def _values(page: ListPage, row: Row) -> list[str]:
    values: list[str] = []
    for column, cell in zip(page.table.columns, row.cells, strict=True):
        if isinstance(cell, Money):
            values += [str(major(cell.amount, cell.currency)), cell.currency]
        else:
            values += [_plain(cell), ""] if column.money else [_plain(cell)]
    return values


def _plain(cell: Cell) -> str:
    """A value as a machine reads it; a text that a spreadsheet would run is marked as text."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Share):
        return str(cell.value)
    if isinstance(cell, Span):
        return str(cell.seconds)
    if isinstance(cell, int):
        return str(cell)
    text = shown.bare(cell, "en")
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
