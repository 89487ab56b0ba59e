"""What a chart hands to the browser, and the same figures as a table for those who read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from huoshui.core.money import Money, major
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    Cell,
    Chart,
    Column,
    Frame,
    Part,
    Row,
    Share,
    Table,
    Unit,
    Whole,
)

Number = int | Decimal | None
_encoder = msgspec.json.Encoder(decimal_format="number")


class Piece(msgspec.Struct, frozen=True):
    """Where a part stands in its bar, in percent of the width."""

    series: int
    x: Decimal
    width: Decimal


def spec(chart: Chart, frame: Frame) -> str:
    """The chart as JSON for chart.js: money in major units, dates as the reader writes them."""
    series = [
        {
            "name": each.name,
            "shape": each.shape,
            "stack": each.stack,
            "colour": each.colour,
            "values": [_drawn(value, chart.unit) for value in each.values],
        }
        for each in chart.series
    ]
    body = {
        "shape": chart.shape,
        "x": [_named(x, frame) if chart.shape != "curve" else x for x in chart.x],
        "x_title": chart.x_title,
        # Dates speak for themselves; other places need the name of their axis.
        "titled": chart.shape == "curve" or (bool(chart.x) and str(chart.x[0]).isdecimal()),
        "unit": chart.unit,
        "series": series,
    }
    return _encoder.encode(body).decode().replace("<", "\\u003c")


def lines(chart: Chart, frame: Frame) -> list[list[str]]:
    """The chart's figures as written lines, one for each x: long ones are drawn at once."""
    return [
        [shown.bare(value, frame.lang, frame.zone) or "–" for value in row.cells]
        for row in table(chart, frame).rows
    ]


def table(chart: Chart, frame: Frame) -> Table:
    """The chart's figures as a table: one row for each x."""
    columns = (
        Column(title=chart.x_title),
        *(Column(title=each.name, align="end") for each in chart.series),
    )
    rows = tuple(
        Row(
            cells=(
                _named(x, frame) if chart.shape != "curve" else Share(Decimal(str(x))),
                *(_told(each.values[i], chart.unit) for each in chart.series),
            )
        )
        for i, x in enumerate(chart.x)
    )
    return Table(title=chart.question, columns=columns, rows=rows)


def pieces(bar: Whole) -> list[Piece]:
    """The parts of a bar side by side. A part that is negative or zero takes no width."""
    total = sum(max(part.amount.amount, 0) for part in bar.parts) or 1
    found: list[Piece] = []
    at = Decimal(0)
    for part in bar.parts:
        width = _percent(part, total)
        found.append(Piece(part.series, at, width))
        at += width
    return found


def _percent(part: Part, total: int) -> Decimal:
    return (Decimal(max(part.amount.amount, 0)) * 100 / total).quantize(Decimal("0.01"))


def _named(x: str | date | int | Decimal, frame: Frame) -> str:
    return x if isinstance(x, str) else shown.bare(x, frame.lang, frame.zone)


def _drawn(value: Number, unit: Unit) -> Number:
    if value is None or unit.kind != "money":
        return value
    return major(int(value), unit.currency)


def _told(value: Number, unit: Unit) -> Cell:
    if value is None:
        return None
    if unit.kind == "money":
        return Money(int(value), unit.currency)
    return Share(Decimal(value)) if unit.kind == "share" else value
