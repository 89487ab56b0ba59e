"""Files given and taken over the pages: a dispute's evidence, and files of banks and acquirers."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.errors import NotFound, Problem
from huoshui.interfaces.console import render
from huoshui.interfaces.console.acting import acting
from huoshui.interfaces.console.page import Frame, Page
from huoshui.interfaces.console.pages.disputes import dispute_page
from huoshui.interfaces.console.pages.payment_acts import why
from huoshui.interfaces.console.pages.statement_files import FileSaid, files_page
from huoshui.interfaces.console.visit import (
    HEADERS,
    Ask,
    Visit,
    enter,
    html,
    redirect,
    same_origin,
)
from huoshui.lines.payments import reconciliation
from huoshui.lines.payments.disputes import service as disputes
from huoshui.lines.payments.disputes.model import FILE_MOST
from huoshui.lines.payments.reconciliation import intake
from huoshui.lines.payments.statements.profile import profile_named

FORM_MOST = 64 * 1024  # bytes of a form around its file
NAME_MOST = 120
Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


class NoFileSent(Problem):
    """The form came without a file."""

    code = "no_file_sent"
    status = 422


def sent_file(sent: dict[str, Any]) -> tuple[str, bytes]:
    """The name and content of the form's file. Raises NoFileSent."""
    given = sent.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        raise NoFileSent()
    # A name says what people call it, never where it lies.
    bare = given.filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in bare if letter.isprintable())[:NAME_MOST]
    return name or "file", given.file.read()


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name, "")
    plain = value.strip()[:200] if isinstance(value, str) else ""
    return "".join(letter for letter in plain if letter.isprintable())


@post(
    "/{world:str}/disputes/{key:str}/evidence",
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=FILE_MOST + FORM_MOST,
)
def add_evidence(
    request: Ask, world: FromPath[str], key: FromPath[str], data: Sent
) -> Response[bytes]:
    """Give a file for a dispute; refused, its page says why. Raises OutOfScope, UnknownDispute."""
    same_origin(request)
    visit = enter(request, world, "disputes")
    id_ = ids.read("dpt", key)
    try:
        name, content = sent_file(data)
        note = _text(data, "note")
        acting(
            visit, "payments:write", lambda tx: disputes.add_evidence(tx, id_, name, content, note)
        )
    except Problem as problem:
        frame, said = shown_again(visit, f"disputes/{key}", problem)
        with visit.begin() as tx:
            return page_again(request, dispute_page(tx, frame, key, said), frame, problem)
    return redirect(visit.frame.to(f"disputes/{key}"))


@get("/{world:str}/disputes/{key:str}/evidence/{number:int}", sync_to_thread=True)
def evidence_file(
    request: Ask, world: FromPath[str], key: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """A file of a dispute, to be saved and never shown here. Raises UnknownEvidence."""
    visit = enter(request, world, "disputes")
    with visit.begin() as tx:
        given, content = disputes.content(tx, ids.read("dpt", key), number)
    named = f"attachment; filename*=UTF-8''{quote(given.name, safe='')}"
    return Response(
        content, media_type=given.media_type, headers=HEADERS | {"Content-Disposition": named}
    )


@post("/{world:str}/files/import", sync_to_thread=True, status_code=200)
def import_file(request: Ask, world: FromPath[str], data: Sent) -> Response[bytes]:
    """Import a file of a bank or acquirer; refused, the page says which lines. Raises OutOfScope."""
    same_origin(request)
    visit = enter(request, world, "reconciliation")
    said = FileSaid(_text(data, "profile"), _text(data, "rail"), _text(data, "account"))
    try:
        name, content = sent_file(data)
        upload = reconciliation.Upload(
            name=name,
            content=content,
            profile=profile_named(said.profile or "bank"),
            rail=said.rail,
            account=said.account,
        )
        acting(visit, "settlement:write", lambda tx: intake.import_new(tx, upload))
    except Problem as problem:
        frame, why_not = shown_again(visit, "files", problem)
        told = msgspec.structs.replace(said, problem=why_not)
        with visit.begin() as tx:
            return page_again(request, files_page(tx, frame, "", told), frame, problem)
    return redirect(visit.frame.to("files"))


def shown_again(visit: Visit, place: str, problem: Problem) -> tuple[Frame, str]:
    """The frame of the page that a form came from, and why the form was refused."""
    if isinstance(problem, OutOfScope | NotFound):
        raise problem
    frame = msgspec.structs.replace(visit.frame, path=visit.frame.to(place))
    return frame, why(problem, frame.lang)


def page_again(request: Ask, page: Page, frame: Frame, problem: Problem) -> Response[bytes]:
    """The page of a form that was refused, with the status of why."""
    return html(request, render.page(page, frame), status=problem.status)


ROUTES: list[Any] = [add_evidence, evidence_file, import_file]
