"""A paper drawn on pages: parts one below the other, tables over pages with their heads again."""

from __future__ import annotations

from functools import partial

from huoshui.interfaces.papers.lines import lines_of
from huoshui.interfaces.papers.model import Block, Fields, Heading, Paper, Side, Table, Text
from huoshui.interfaces.papers.sheet import HEIGHT, WIDTH, Sheet

LEFT, RIGHT, TOP, BOTTOM = 56, WIDTH - 56, 64, HEIGHT - 72
_ROOM = RIGHT - LEFT
_SIZE, _SMALL, _HEAD = 9.5, 8.0, 11.5
_LEADING = 1.55
_GAP, _GUTTER = 12, 10


class Drawing:
    """A sheet with the place up to which it is written."""

    def __init__(self, paper: Paper) -> None:
        self.sheet, self.paper, self.y = Sheet(), paper, 0.0
        self._turn()

    def finished(self) -> bytes:
        """The file, each page numbered."""
        sheet, paper = self.sheet, self.paper
        for page in range(sheet.count):
            number = paper.page.format(n=page + 1, of=sheet.count)
            for at, line in enumerate(self._lines(paper.foot, _SMALL - 1, _ROOM - 80)):
                sheet.write(line, LEFT, HEIGHT - 40 + 9 * at, _SMALL - 1, quiet=True, page=page)
            x = RIGHT - sheet.width(number, _SMALL)
            sheet.write(number, x, HEIGHT - 40, _SMALL, quiet=True, page=page)
        return sheet.content(title=paper.title, author=paper.author, lang=paper.lang)

    def title(self) -> None:
        """The paper's name with what stands below it."""
        self._paragraph(self.paper.title, 17, bold=True)
        self._paragraph(self.paper.subtitle, _SIZE, quiet=True)
        self.y += 4
        self.sheet.line(LEFT, self.y, RIGHT, strong=True)
        self.y += _GAP

    def draw(self, block: Block) -> None:
        """One part."""
        match block:
            case Heading():
                self._need(3.5 * _HEAD * _LEADING)
                self.y += 6
                self._paragraph(block.text, _HEAD, bold=True)
            case Text():
                self._paragraph(block.text, _SMALL if block.small else _SIZE, quiet=block.small)
                self.y += 3
            case Fields():
                self._fields(block)
            case Table():
                self._table(block)

    def _turn(self) -> None:
        self.sheet.add_page()
        self.y = TOP

    def _need(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self._turn()

    def _lines(self, text: str, size: float, room: float) -> list[str]:
        return lines_of(text, partial(self.sheet.width, size=size), room)

    def _paragraph(
        self, text: str, size: float, *, bold: bool = False, quiet: bool = False
    ) -> None:
        for line in self._lines(text, size, _ROOM):
            self._need(size * _LEADING)
            self.y += size * _LEADING
            self.sheet.write(line, LEFT, self.y - size * 0.4, size, bold=bold, quiet=quiet)

    def _fields(self, block: Fields) -> None:
        start = LEFT + _ROOM * 0.34
        for name, said in block.rows:
            names = self._lines(name, _SIZE, start - LEFT - 10)
            texts = self._lines(said, _SIZE, RIGHT - start)
            height = max(len(names), len(texts)) * _SIZE * _LEADING
            self._need(height)
            for x, lines, quiet in ((LEFT, names, True), (start, texts, False)):
                for at, line in enumerate(lines, 1):
                    y = self.y + at * _SIZE * _LEADING - 4
                    self.sheet.write(line, x, y, _SIZE, quiet=quiet)
            self.y += height
        self.y += _GAP / 2

    def _table(self, block: Table) -> None:
        self._heads(block)
        for row in block.rows:
            height = self._height(block, row)
            if self.y + height > BOTTOM:
                self._turn()
                self._heads(block)
            self._row(block, row, height)
            self.sheet.line(LEFT, self.y, RIGHT)
        if block.total:
            height = self._height(block, block.total)
            self._need(height)
            self._row(block, block.total, height, bold=True)
        self.y += _GAP

    def _heads(self, block: Table) -> None:
        height = self._height(block, block.heads)
        self._need(height * 2)
        self._row(block, block.heads, height, quiet=True)
        self.sheet.line(LEFT, self.y, RIGHT, strong=True)

    def _columns(self, block: Table) -> list[tuple[float, float]]:
        """Where each column begins, and how wide it is."""
        whole, x, found = sum(block.widths), float(LEFT), []
        for share in block.widths:
            width = _ROOM * share / whole
            found.append((x, width - _GUTTER))
            x += width
        return found

    def _height(self, block: Table, row: tuple[str, ...]) -> float:
        columns = self._columns(block)
        most = max(
            len(self._lines(cell, _SMALL, room))
            for cell, (_, room) in zip(row, columns, strict=True)
        )
        return most * _SMALL * 1.4 + 5

    def _row(
        self, block: Table, row: tuple[str, ...], height: float, *,
        bold: bool = False, quiet: bool = False,
    ) -> None:  # fmt: skip
        last = len(row) - 1
        for n, (cell, side, (x, room)) in enumerate(
            zip(row, block.sides, self._columns(block), strict=True)
        ):
            room = room + _GUTTER if n == last else room
            for at, line in enumerate(self._lines(cell, _SMALL, room), 1):
                left = x + self._indent(line, side, room)
                y = self.y + at * _SMALL * 1.4
                self.sheet.write(line, left, y, _SMALL, bold=bold, quiet=quiet)
        self.y += height

    def _indent(self, line: str, side: Side, room: float) -> float:
        return room - self.sheet.width(line, _SMALL) if side == "right" else 0.0


def pdf(paper: Paper) -> bytes:
    """A paper as a PDF; equal papers are equal bytes."""
    drawing = Drawing(paper)
    drawing.title()
    for block in paper.blocks:
        drawing.draw(block)
    return drawing.finished()
