"""The watch list and borrowers' grades over the API: the port by which others tell them, too."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.facilities import Note, Words
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.lines.lending import marks
from huoshui.lines.lending.marks import Grade, Mark, store
from huoshui.lines.lending.marks.model import Kind

Party = Annotated[str, Meta(min_length=5, max_length=60, pattern=r"^[a-z]{3}_[a-z0-9_]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
Holding = Annotated[date | None, QueryParameter(description="Those alone that hold on this day")]


class MarkAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is put on the watch list, as what and why; from `since`, today where it is left out, up to
    `until`, without an end where that is."""

    party: Party
    reason: Words
    kind: Kind = "watched"
    since: date | None = None
    until: date | None = None


class MarkRemoveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is taken off the list."""

    why: Note = ""


class MarkView(msgspec.Struct, frozen=True):
    """An entry on the watch list."""

    id: str
    party: str
    kind: str
    since: date
    until: date | None
    reason: str
    state: str
    recorded_at: datetime
    actor: str
    ended_on: date | None
    ended_by: str
    ended_why: str


class GradeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A borrower's grade from a day on, and who tells it."""

    party: Party
    grade: Name
    on: date | None = None
    source: Note = ""
    note: Note = ""


class GradeView(msgspec.Struct, frozen=True):
    """A grade as it was told."""

    party: str
    number: int
    on: date
    grade: str
    source: str
    note: str
    recorded_at: datetime
    actor: str


def _mark(row: Mark) -> MarkView:
    return MarkView(
        row.shown, row.party, row.kind, row.since, row.until, row.reason, row.state, row.recorded_at,
        row.actor, row.ended_on, row.ended_by, row.ended_why,
    )  # fmt: skip


def _grade(row: Grade) -> GradeView:
    return GradeView(
        row.party, row.number, row.on_, row.grade, row.source, row.note, row.recorded_at, row.actor
    )


@reads("/watch-list", "loans:read", Page[MarkView], bound="book")
def list_marks(
    request: Ask, party: Word = "", kind: Word = "", holding: Holding = None,
    after: Cursor = None, limit: Limit = 50,
) -> Page[MarkView]:  # fmt: skip
    """The watch list, newest first; of a borrower, of a kind, what holds on a day."""
    with enter(request).begin() as tx:
        rows = store.marks(
            tx, party=party, kind=kind, holding=holding, after=after_id("mrk", after), limit=limit
        )
    return page_of("mrk", rows, limit, _mark)


@writes(
    "/watch-list", "loans:service", MarkView, asks=MarkAsked, bound="book", idempotency="optional",
    dry_run=True,
)  # fmt: skip
def put_on_watch_list(request: Ask, body: RawBody) -> Response[bytes]:
    """Put a borrower on the watch list: its loans' stages are told from it when days are closed."""
    visit, asked = enter(request), decoded(body, MarkAsked)
    return visit.answer(
        body,
        lambda tx: _mark(
            marks.put(
                tx, asked.party, asked.kind, asked.reason, since=asked.since, until=asked.until
            )
        ),
    )


@writes(
    "/watch-list/{ref:str}/remove", "loans:service", MarkView, asks=MarkRemoveAsked, bound="book",
    idempotency="optional",
)  # fmt: skip
def remove_from_watch_list(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take an entry off the list: it holds no more from today on."""
    visit, asked, id_ = enter(request), decoded(body, MarkRemoveAsked), ids.read("mrk", ref)
    return visit.answer(body, lambda tx: _mark(marks.remove(tx, id_, asked.why)))


@writes(
    "/watch-list/{ref:str}/restore", "loans:service", MarkView, asks=NothingAsked, bound="book",
    idempotency="optional",
)  # fmt: skip
def restore_on_watch_list(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Undo a removal, while no day was closed since."""
    visit, id_ = enter(request), ids.read("mrk", ref)
    decoded(body or b"{}", NothingAsked)
    return visit.answer(body, lambda tx: _mark(marks.restore(tx, id_)))


@reads("/borrower-grades", "loans:read", Page[GradeView], bound="book")
def list_grades(request: Ask, party: Word = "", limit: Limit = 50) -> Page[GradeView]:
    """Grades as they were told, the last first; of a borrower."""
    with enter(request).begin() as tx:
        rows = store.grades(tx, party, limit)
    return Page([_grade(row) for row in rows], None)


@writes(
    "/borrower-grades", "loans:service", GradeView, asks=GradeAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def tell_grade(request: Ask, body: RawBody) -> Response[bytes]:
    """Tell a borrower's grade: a fall since a loan began may be a significant rise of its risk."""
    visit, asked = enter(request), decoded(body, GradeAsked)
    return visit.answer(
        body,
        lambda tx: _grade(
            marks.grade(
                tx, asked.party, asked.grade, on=asked.on, source=asked.source, note=asked.note
            )
        ),
    )


HANDLERS: list[Any] = [
    list_marks, put_on_watch_list, remove_from_watch_list, restore_on_watch_list, list_grades,
    tell_grade,
]  # fmt: skip
