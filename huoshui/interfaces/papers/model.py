"""What a paper is made of, before it is drawn: a title, headings, texts, fields and tables. No I/O."""

from __future__ import annotations

from typing import Literal

import msgspec

Side = Literal["left", "right"]


class Heading(msgspec.Struct, frozen=True):
    """The name of a part."""

    text: str


class Text(msgspec.Struct, frozen=True):
    """A paragraph; one that is `small` is beside the matter."""

    text: str
    small: bool = False


class Fields(msgspec.Struct, frozen=True):
    """Names with what they are, one below the other."""

    rows: tuple[tuple[str, str], ...]


class Table(msgspec.Struct, frozen=True):
    """Rows under heads; `widths` are shares of the page's width, `total` is the last row, if any."""

    heads: tuple[str, ...]
    sides: tuple[Side, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


Block = Heading | Text | Fields | Table


class Paper(msgspec.Struct, frozen=True):
    """A paper: what it is called, what stands at the foot of each page, and its parts.

    `page` is the text of the page's number, with {n} and {of} in braces.
    """

    lang: str
    title: str
    subtitle: str
    author: str
    foot: str
    page: str
    blocks: tuple[Block, ...]
