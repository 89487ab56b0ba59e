"""What a console page is made of: three archetypes and the values in their cells.

A page function reads figures and answers one of these frozen structs; templates alone know HTML.
Texts in them are already in the reader's language; amounts stay `Money`, times stay aware UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core.access import WHOLE, Bound
from huoshui.core.i18n import text
from huoshui.core.money import Money

Tone = Literal["neutral", "accent", "good", "warn", "bad"]
Basis = Literal["observed", "assumed", "generated"]
Align = Literal["start", "end"]


class Link(msgspec.Struct, frozen=True):
    """A text that leads somewhere."""

    text: str
    href: str
    icon: str = ""


class Id(msgspec.Struct, frozen=True):
    """An identifier with a copy button; `href` leads to its page."""

    key: str
    href: str = ""


class Status(msgspec.Struct, frozen=True):
    """A state as a coloured pill; the word always stands beside the colour."""

    text: str
    tone: Tone = "neutral"


class Share(msgspec.Struct, frozen=True):
    """A ratio, shown as a percentage: Share(Decimal("0.1234")) is 12.3 %."""

    value: Decimal
    places: int = 1


class Span(msgspec.Struct, frozen=True):
    """A length of time in seconds, shown in its largest fitting unit."""

    seconds: int


class Mark(msgspec.Struct, frozen=True):
    """Says where a figure comes from."""

    basis: Basis


class Code(msgspec.Struct, frozen=True):
    """A path, key or command in fixed-width type."""

    text: str


class Path(msgspec.Struct, frozen=True):
    """An account's path; long ids in it are shortened on screen, never in an export."""

    text: str
    href: str = ""


class Picture(msgspec.Struct, frozen=True):
    """A drawing as SVG, with what it shows in words."""

    svg: bytes
    says: str


class Several(msgspec.Struct, frozen=True):
    """Several values in one cell, one a line (for example one amount a currency)."""

    values: tuple[Cell, ...]


Cell = (
    None
    | str
    | int
    | Decimal
    | Money
    | datetime
    | date
    | Link
    | Id
    | Status
    | Share
    | Span
    | Mark
    | Code
    | Path
    | Picture
    | Several
)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. `sort` is the value of `?sort=`; empty where no index carries that order.

    `money` splits it into amount and currency in an export.
    """

    title: str
    align: Align = "start"
    sort: str = ""
    basis: Basis | None = None
    hint: str = ""
    wide: bool = False
    money: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row. `key` names it in bulk actions, `href` opens it, `depth` indents it in a tree.

    `joined` rows belong to the row above.
    """

    cells: tuple[Cell, ...]
    key: str = ""
    href: str = ""
    depth: int = 0
    strong: bool = False
    joined: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Columns and rows; `title` is read to those who do not see the page."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()
    note: str = ""
    empty: Empty | None = None


class Choice(msgspec.Struct, frozen=True):
    """One value of a choice filter."""

    value: str
    text: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter field of a list, sent as `?name=value`.

    Of a choice, `placeholder` names what an empty value means. A slider gives a number from `least` to
    `most` in steps of `step`, shown with its `unit`; to move it is to ask.
    """

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "date", "choice", "hidden", "slider"] = "text"
    choices: tuple[Choice, ...] = ()
    placeholder: str = ""
    group: str = ""
    least: str = "0"
    most: str = "100"
    step: str = "0.5"
    unit: str = " %"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure with its name; `basis` says where it comes from."""

    label: str
    value: Cell
    basis: Basis | None = None
    hint: str = ""
    href: str = ""
    tone: Tone = "neutral"


class FigureGroup(msgspec.Struct, frozen=True):
    """Figures that belong together, under one heading, with what to know and where to go."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""
    links: tuple[Link, ...] = ()


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP call that answers what the page shows. `path` starts with /v1."""

    path: str
    method: str = "GET"
    body: str = ""
    note: str = ""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk action. `href` takes the chosen keys; with `dry_run=true` it answers the preview."""

    label: str
    href: str
    icon: str = "check"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A field that somebody fills in before a deed."""

    name: str
    label: str
    kind: Literal[
        "text", "lines", "password", "email", "code", "amount", "file", "choice", "choices"
    ] = "text"
    value: str = ""
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    needed: bool = True


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done at once: a button that posts `fields`, with what it means above it.

    `inputs` are filled in first. With `passkey` the device is asked in between: the address that
    begins the ceremony; the form is then sent with its answer. `problem` says why what was sent
    before was refused: the form then has the focus.
    """

    label: str
    href: str
    says: str
    fields: tuple[tuple[str, str], ...] = ()
    icon: str = "check"
    title: str = ""
    inputs: tuple[Input, ...] = ()
    passkey: str = ""
    grave: bool = False
    problem: str = ""


class Empty(msgspec.Struct, frozen=True, kw_only=True):
    """What to say and do when there is nothing to show."""

    title: str
    detail: str
    command: str = ""
    action: Link | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a life, drawn in order."""

    text: str
    state: Literal["done", "now", "ahead", "failed"]
    at: datetime | None = None


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer inside a moment: from one account to another."""

    source: Path
    target: Path
    amount: Money


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline: a fact, a decision or a movement of money."""

    at: datetime
    title: str
    detail: str = ""
    icon: str = "circle-dot"
    tone: Tone = "neutral"
    amount: Money | None = None
    basis: Basis | None = None
    legs: tuple[Leg, ...] = ()
    link: Link | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a whole, drawn as a piece of a bar."""

    label: str
    amount: Money
    series: int


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and where it went, drawn as one bar."""

    title: str
    parts: tuple[Part, ...]
    basis: Basis | None = None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one series, one for each x; None leaves a gap. Money in minor units."""

    name: str
    values: tuple[int | Decimal | None, ...]
    shape: Literal["bar", "line", "area"] = "bar"
    stack: str = ""
    colour: int = 0


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart's values are: money of a currency, a count, a share (0 to 1), days, hours, ms."""

    kind: Literal["money", "count", "share", "days", "hours", "ms"]
    currency: str = ""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart that answers one question, with its source and a sentence of what it shows."""

    key: str
    question: str
    summary: str
    x: tuple[str | date | int | Decimal, ...]
    x_title: str
    series: tuple[Series, ...]
    unit: Unit
    basis: Basis | None = None
    shape: Literal["across", "ranked", "curve"] = "across"
    wide: bool = False
    hint: str = ""
    api_call: ApiCall | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a piece of work is: `done` of `total`, per second, and the time left."""

    label: str
    done: int
    total: int
    per_s: Decimal | None = None
    left: Span | None = None
    detail: str = ""
    poll_href: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What the three archetypes share."""

    title: str
    lead: str = ""
    crumbs: tuple[Link, ...] = ()
    api_calls: tuple[ApiCall, ...] = ()
    links: tuple[Link, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    deed: Deed | None = None
    deeds: tuple[Deed, ...] = ()


class ListPage(Page, frozen=True, kw_only=True):
    """Many things of one sort: filters, totals, export, bulk action with preview, keyset pages."""

    table: Table
    totals: tuple[Figure, ...] = ()
    count: str = ""
    first_href: str = ""
    next_href: str = ""
    exports: tuple[Link, ...] = ()
    actions: tuple[Action, ...] = ()


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """A list that belongs to an object: paged and exported like one of its own."""

    table: Table
    count: str = ""
    first_href: str = ""
    next_href: str = ""
    exports: tuple[Link, ...] = ()
    actions: tuple[Action, ...] = ()
    sort: str = ""


class ObjectPage(Page, frozen=True, kw_only=True):
    """One thing: its state drawn, its figures, fields, timeline and what belongs to it."""

    key: str
    status: Status
    drawing: Picture | None = None
    steps: tuple[Step, ...] = ()
    figures: tuple[Figure, ...] = ()
    whole: Whole | None = None
    charts: tuple[Chart, ...] = ()
    fields: tuple[Figure, ...] = ()
    groups: tuple[FigureGroup, ...] = ()
    timeline: tuple[Moment, ...] = ()
    tables: tuple[Table, ...] = ()
    lines: Lines | None = None
    notes: tuple[str, ...] = ()


class AnalysisPage(Page, frozen=True, kw_only=True):
    """Figures and charts that answer questions, each with its source.

    With `live_s` it asks for itself again every so many seconds.
    """

    period: str = ""
    live_s: int = 0
    empty: Empty | None = None
    progress: Progress | None = None
    figures: tuple[Figure, ...] = ()
    groups: tuple[FigureGroup, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


class World(msgspec.Struct, frozen=True, kw_only=True):
    """The world a page stands in. `clock` is its own time where it is not live."""

    name: str
    kind: Literal["live", "sandbox", "replay"]
    generated: bool = False
    clock: datetime | None = None


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a page: reader's language, world, address and where in the menu it stands.

    `alone` draws the page as one file that needs no server.
    """

    lang: str
    world: World | None
    path: str
    base: str = "/console"
    query: tuple[tuple[str, str], ...] = ()
    origin: str = "http://127.0.0.1:8420"
    place: str = ""
    book: str = ""
    zone: str = "UTC"
    currency: str = ""
    alone: bool = False
    may_write: bool = False
    may_close: bool = False
    may_reconcile: bool = False
    may_settle: bool = False
    may_approve: bool = False
    may_send: bool = False
    may: frozenset[str] = frozenset()
    bound: Bound = WHOLE
    member: UUID | None = None

    def say(self, key: str, /, **facts: object) -> str:
        """A text of the console in the reader's language."""
        return text(f"console.{key}", self.lang, **facts)

    def to(self, place: str) -> str:
        """The address of a page of this world."""
        return f"{self.base}/{place}" if place else self.base

    def writes(self, scope: str) -> bool:
        """Whether the reader may change what a scope covers; in a replay nobody changes anything."""
        return scope in self.may and self.world is not None and self.world.kind != "replay"

    def asked(self, name: str) -> str:
        """A value of the query, trimmed, or an empty text."""
        return dict(self.query).get(name, "").strip()[:200]
