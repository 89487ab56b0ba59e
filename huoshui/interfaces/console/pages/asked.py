"""What a page's address asks for, and words that several pages share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from huoshui.core import i18n, ids
from huoshui.interfaces.console import render
from huoshui.interfaces.console.page import Basis, Filter, Frame, Link, Status, Tone

ROWS = 50
_ROWS_MAX = 500
STATE_TONES: dict[str, Tone] = {
    "awaiting": "neutral",
    "held": "accent",
    "released": "good",
    "refunded": "warn",
    "void": "neutral",
}

_PAYMENT_TONES: dict[str, Tone] = {
    "succeeded": "good", "partially_captured": "good", "requires_capture": "accent",
    "processing": "accent", "failed": "bad", "pending": "accent", "needs_response": "warn",
    "under_review": "accent", "won": "good", "lost": "bad", "accepted": "bad",
}  # fmt: skip


def payment_state(frame: Frame, state: str, of: str = "payment") -> Status:
    """The state of a payment, or `of` a refund or a dispute."""
    return Status(
        i18n.text(f"state.{of}.{state}", frame.lang), _PAYMENT_TONES.get(state, "neutral")
    )


def limit(frame: Frame) -> int:
    """How many rows are asked for: 50, or what an export takes at a time."""
    asked = frame.asked("limit")
    return min(int(asked), _ROWS_MAX) if asked.isdecimal() and int(asked) else ROWS


def cursor(frame: Frame, prefix: str) -> UUID | None:
    """The id after which the page starts, or None for the first page. Raises BadId."""
    after = frame.asked("after")
    return ids.read(prefix, after) if after else None


def day_start(frame: Frame, name: str, *, days: int = 0) -> datetime | None:
    """The start of a day that is asked for, in the book's time zone; None where none is."""
    asked = day(frame, name)
    return start_of(frame, asked + timedelta(days=days)) if asked else None


def start_of(frame: Frame, at: date) -> datetime:
    """When a day of the book begins."""
    return datetime.combine(at, time(), ZoneInfo(frame.zone))


def day_of(frame: Frame, at: datetime) -> date:
    """The day of the book that a moment lies in."""
    return at.astimezone(ZoneInfo(frame.zone)).date()


def day(frame: Frame, name: str) -> date | None:
    """A day that is asked for; None where none is."""
    try:
        return date.fromisoformat(frame.asked(name))
    except ValueError:
        return None


class Identified(Protocol):
    """A row with an id: the cursor behind it."""

    @property
    def id(self) -> UUID:
        """Its id."""


def paged(frame: Frame, prefix: str, rows: Sequence[Identified]) -> tuple[str, str]:
    """The addresses of the next and of the first page, each empty where there is none.

    `rows` are those of the page, and one more where another page follows.
    """
    shown = limit(frame)
    return turned(frame, ids.show(prefix, rows[shown - 1].id) if len(rows) > shown else "")


def exported(frame: Frame, name: str) -> tuple[Link, ...]:
    """The link to a list's CSV, with the filters of the page."""
    here = render.address(frame, after="", limit="")
    query = here.partition("?")[2]
    href = frame.to(f"export/{name}.csv") + (f"?{query}" if query else "")
    return (Link(frame.say("export.csv"), href, "download"),)


def turned(frame: Frame, after: str) -> tuple[str, str]:
    """The addresses of the page behind a cursor and of the first page, each empty where there is none."""
    more = render.address(frame, after=after, limit="") if after else ""
    return more, render.address(frame, after="", limit="") if frame.asked("after") else ""


def days(frame: Frame) -> tuple[Filter, Filter]:
    """The two date filters of a list."""
    return (
        Filter(name="from", label=frame.say("filter.from"), kind="date", value=frame.asked("from")),
        Filter(name="to", label=frame.say("filter.to"), kind="date", value=frame.asked("to")),
    )


def query(**values: str) -> str:
    """A query for the API's address, without what is empty."""
    return "&".join(f"{name}={value}" for name, value in values.items() if value)


def state(frame: Frame, name: str) -> Status:
    """The state of an order's money."""
    return Status(frame.say(f"state.{name}"), STATE_TONES.get(name, "neutral"))


def basis(frame: Frame) -> Basis | None:
    """What facts rest on in this world: nothing is said where everything is real."""
    if frame.world is None or frame.world.kind != "replay":
        return "generated" if frame.world and frame.world.generated else None
    return "generated" if frame.world.generated else "observed"


def assumed(frame: Frame) -> Basis | None:
    """What follows from the terms: assumed in a replay, simply so elsewhere."""
    return "assumed" if frame.world and frame.world.kind == "replay" else None


def word(frame: Frame, group: str, name: str) -> str:
    """The text of a name that comes from the books, or the name itself where none is written."""
    key = f"console.{group}.{name}"
    return i18n.text(key, frame.lang) if key in i18n.catalogue() else name


def short(key: str) -> str:
    """A long key as it stands in a title."""
    return f"{key[:8]}…" if len(key) > 14 else key


def home(frame: Frame) -> Link:
    """The first crumb of every page."""
    return Link(frame.say("menu.overview"), frame.to(""))
