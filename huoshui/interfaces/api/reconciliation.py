"""Reconciliation over the API: files in and out, the queue, matches, and the check of all."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.interfaces.api import reconciliation_views as views
from huoshui.interfaces.api.body import BadBody, BadParameter, decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Time,
    Word,
    after_id,
    enter,
    moment,
    on_one,
    page_of,
)
from huoshui.interfaces.api.owned import own_account
from huoshui.interfaces.api.settlement import NothingAsked, State, WhyAsked
from huoshui.lines.payments import reconciliation
from huoshui.lines.payments.reconciliation import intake, queue, store, suggest
from huoshui.lines.payments.reconciliation.model import File, Line
from huoshui.lines.payments.statements import Profile, write_camt, write_csv
from huoshui.lines.payments.statements.profile import profile_named
from huoshui.lines.payments.statements.service import make_statement

A = TypeVar("A")
_NAME = r"^[A-Za-z0-9_.-]{0,40}$"
_FORMATS = ("camt", "csv")
Format = Annotated[str, QueryParameter(name="format", max_length=8, description="camt or csv")]


class StatementFileAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a bank or acquirer: CSV by a profile or a mapping of one's own, or camt.053.

    `content` is its text, or its bytes in base64 where `encoded` says so. `rail` names an
    acquirer's rail, `account` the bank account that its money arrives on.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    content: Annotated[str, Meta(min_length=1)]
    encoded: bool = False
    profile: Literal["acquirer", "bank", "huoshui"] = "bank"
    mapping: Profile | None = None
    rail: Annotated[str, Meta(pattern=_NAME)] = ""
    account: Annotated[str, Meta(pattern=_NAME)] = ""


class OpenItemAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open item: a leg of a transaction on an account, as a suggestion names it."""

    transaction: Annotated[str, Meta(max_length=64)]
    leg: Annotated[int, Meta(ge=0, le=5000)]
    account: Annotated[str, Meta(max_length=64)]


class MatchAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Match these lines in suspense with these open items of one account."""

    lines: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=1000)]
    items: Annotated[list[OpenItemAsked], Meta(min_length=1, max_length=1000)]


class SplitAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cut a line into parts of its gross, signed minor units, that come to the line."""

    amounts: Annotated[
        list[Annotated[int, Meta(ge=-(10**15), le=10**15)]], Meta(min_length=2, max_length=1000)
    ]


@writes(
    "/statement-files",
    "settlement:write",
    views.StatementFileView,
    asks=StatementFileAsked,
    idempotency="optional",
    dry_run=True,
    bound="book",
)
def import_statement_file(request: Ask, body: RawBody) -> Response[bytes]:
    """Import a file; the same bytes again change nothing. Up to 1,000 lines are placed at once.

    What is left is placed by due work. With dry_run: how its lines would be placed.
    """
    visit = enter(request)
    asked = decoded(body, StatementFileAsked)
    upload = reconciliation.Upload(
        name=asked.name,
        content=_content(asked),
        profile=asked.mapping or profile_named(asked.profile),
        rail=asked.rail,
        account=asked.account,
    )

    def use_case(tx: Tx) -> views.StatementFileView:
        taken = intake.import_file(tx, upload)
        return _file(tx, taken.file, repeated=taken.repeated)

    return visit.answer(body, use_case)


def _content(asked: StatementFileAsked) -> bytes:
    if not asked.encoded:
        return asked.content.encode()
    try:
        return base64.b64decode(asked.content, validate=True)
    except (binascii.Error, ValueError) as error:
        fault = FieldError("/content", "encoding", {"encoding": "base64"})
        raise BadBody(field="/content", errors=(fault,)) from error


def _file(tx: Tx, row: File, *, repeated: bool = False) -> views.StatementFileView:
    return views.file(row, store.line_states(tx, row.id), repeated=repeated)


@reads("/statement-files", "payments:read", Page[views.StatementFileView], bound="book")
def list_statement_files(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[views.StatementFileView]:
    """Imported files, newest first."""
    with enter(request).begin() as tx:
        rows = store.files(tx, after=after_id("stf", after), limit=limit)
        return page_of("stf", rows, limit, lambda row: _file(tx, row))


@reads("/statement-files/{ref:str}", "payments:read", views.StatementFileView, bound="book")
def show_statement_file(request: Ask, ref: Ref) -> views.StatementFileView:
    """One imported file."""
    with enter(request).begin() as tx:
        return _file(tx, intake.load(tx, ids.read("stf", ref)))


@reads("/reconciliation/lines", "payments:read", Page[views.ImportedLineView], bound="book")
def list_lines(
    request: Ask,
    state_: State = "suspense",
    cause: Word = "",
    rail: Word = "",
    file: Word = "",
    after: Cursor = None,
    limit: Limit = 50,
) -> Page[views.ImportedLineView]:
    """Lines of files, newest first: those in suspense, or of another state (`all` for every one)."""
    with enter(request).begin() as tx:
        rows = store.lines(
            tx,
            states=() if state_ in ("", "all") else (state_,),
            cause=cause,
            rail=rail,
            file_id=ids.read("stf", file) if file else None,
            after=after_id("stl", after),
            limit=limit,
        )
    return page_of("stl", rows, limit, views.line)


@reads("/reconciliation/lines/{ref:str}", "payments:read", views.ImportedLineView, bound="book")
def show_line(request: Ask, ref: Ref) -> views.ImportedLineView:
    """One line."""
    with enter(request).begin() as tx:
        return views.line(queue.load_line(tx, ids.read("stl", ref)))


@reads(
    "/reconciliation/lines/{ref:str}/suggestions",
    "payments:read",
    views.SuggestionsView,
    bound="book",
)
def list_suggestions(request: Ask, ref: Ref) -> views.SuggestionsView:
    """Open items that a line may belong to, the most likely first."""
    with enter(request).begin() as tx:
        line = queue.load_line(tx, ids.read("stl", ref))
        found = suggest(tx, line)
    return views.SuggestionsView([views.suggestion(each, line.currency) for each in found])


@moves(
    "/reconciliation/lines/{ref:str}/split",
    "settlement:write",
    views.PartsView,
    asks=SplitAsked,
    body_needed=True,
    bound="book",
)
def split_line(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Cut a line in suspense into parts, each to be matched by itself."""
    visit = enter(request)
    asked, id_ = decoded(body, SplitAsked), ids.read("stl", ref)
    return visit.answer(
        body,
        lambda tx: views.PartsView([views.line(p) for p in queue.split(tx, id_, asked.amounts)]),
    )


@moves(
    "/reconciliation/lines/{ref:str}/write-off",
    "settlement:write",
    views.ImportedLineView,
    asks=WhyAsked,
    bound="book",
)
def ask_write_off(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Ask to write a small line off; another has to approve it."""
    return _on_line(
        request,
        ref,
        body,
        WhyAsked,
        lambda tx, id_, asked: queue.ask_write_off(tx, id_, asked.reason),
    )


@moves(
    "/reconciliation/lines/{ref:str}/write-off/approve",
    "settlement:approve",
    views.ImportedLineView,
    asks=NothingAsked,
    bound="book",
)
def approve_write_off(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Write off what another asked to."""
    return _on_line(
        request, ref, body, NothingAsked, lambda tx, id_, asked: queue.approve_write_off(tx, id_)
    )


@moves(
    "/reconciliation/lines/{ref:str}/write-off/refuse",
    "settlement:approve",
    views.ImportedLineView,
    asks=NothingAsked,
    bound="book",
)
def refuse_write_off(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Put a line back into the queue that somebody asked to write off."""
    return _on_line(
        request, ref, body, NothingAsked, lambda tx, id_, asked: queue.refuse_write_off(tx, id_)
    )


@moves(
    "/reconciliation/matches",
    "settlement:write",
    views.MatchView,
    asks=MatchAsked,
    body_needed=True,
    bound="book",
)
def match_lines(request: Ask, body: RawBody) -> Response[bytes]:
    """Match lines in suspense with open items; a difference within the terms is booked."""
    visit = enter(request)
    asked = decoded(body, MatchAsked)

    def use_case(tx: Tx) -> views.MatchView:
        lines = [ids.read("stl", line) for line in asked.lines]
        keys = [
            (ids.read("txn", i.transaction), i.leg, ids.read("acc", i.account)) for i in asked.items
        ]
        return _match(tx, queue.match(tx, lines, keys))

    return visit.answer(body, use_case)


@reads("/reconciliation/matches/{ref:str}", "payments:read", views.MatchView, bound="book")
def show_match(request: Ask, ref: Ref) -> views.MatchView:
    """One match."""
    with enter(request).begin() as tx:
        return _match(tx, queue.load_match(tx, ids.read("mat", ref)))


@moves(
    "/reconciliation/matches/{ref:str}/undo",
    "settlement:write",
    views.MatchView,
    asks=NothingAsked,
    bound="book",
)
def undo_match(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Undo a match by a reversal: its lines are in suspense and its items open again."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)
    id_ = ids.read("mat", ref)
    return visit.answer(body, lambda tx: _match(tx, queue.undo(tx, id_)))


def _match(tx: Tx, row: reconciliation.Match) -> views.MatchView:
    return views.match(row, store.lines_of_match(tx, row.id), store.items_of_match(tx, row.id))


@reads("/reconciliation/check", "payments:read", views.CheckedView, bound="book")
def check_reconciliation(request: Ask) -> views.CheckedView:
    """Count everything anew: balances beside open items, suspense beside lines, files beside lines."""
    with enter(request).begin() as tx:
        return views.checked(reconciliation.check(tx))


@reads("/accounts/{ref:str}/statement-file", "payments:read", views.WrittenView, bound="rows")
def write_statement_file(
    request: Ask, ref: Ref, since: Time = None, until: Time = None, format_: Format = "camt"
) -> views.WrittenView:
    """An account's statement as a file to keep: camt.053.001.08, or CSV."""
    visit = enter(request)
    if format_ not in _FORMATS:
        fault = FieldError("format", "choice", {"value": format_[:20]})
        raise BadParameter(name="format", errors=(fault,))
    start, end = moment(since), moment(until)
    with visit.begin() as tx:
        account = own_account(tx, visit, ref)
        made = make_statement(tx, account.id, start or account.opened_at, end or tx.now)
    content = write_camt(made) if format_ == "camt" else write_csv(made)
    ending = "xml" if format_ == "camt" else "csv"
    return views.WrittenView(
        f"{made.id}.{ending}", format_, content.decode(), hashlib.sha256(content).hexdigest()
    )


def _on_line(
    request: Ask, ref: str, body: bytes, kind: type[A], act: Callable[[Tx, UUID, A], Line]
) -> Response[bytes]:
    return on_one(
        request, ref, body, "stl", kind, lambda tx, id_, asked: views.line(act(tx, id_, asked))
    )


HANDLERS = [
    import_statement_file, list_statement_files, show_statement_file, list_lines, show_line,
    list_suggestions, split_line, ask_write_off, approve_write_off, refuse_write_off, match_lines,
    show_match, undo_match, check_reconciliation, write_statement_file,
]  # fmt: skip
