"""Files of banks and acquirers that were imported, and the form that imports one."""

from __future__ import annotations

import msgspec

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Deed,
    Empty,
    Frame,
    Input,
    Link,
    ListPage,
    Path,
    Row,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.reconciliation import File, store
from huoshui.lines.payments.statements import PROFILES


class FileSaid(msgspec.Struct, frozen=True):
    """What the form of a file said of it, and why it was refused, or nothing."""

    profile: str = ""
    rail: str = ""
    account: str = ""
    problem: str = ""


def files_page(tx: Tx, frame: Frame, _: str = "", said: FileSaid | None = None) -> ListPage:
    """Imported files, newest first; `said` is a form that was sent and refused."""
    limit = asked.limit(frame)
    found = store.files(tx, after=asked.cursor(frame, "stf"), limit=limit + 1)
    more, first = asked.paged(frame, "stf", found)
    names = ("name", "imported", "source", "target", "lines", "matched", "suspense")
    ends = ("lines", "matched", "suspense")
    return ListPage(
        title=frame.say("files"),
        lead=frame.say("files.lead"),
        crumbs=(asked.home(frame), Link(frame.say("queue"), frame.to("reconciliation"))),
        table=Table(
            title=frame.say("files"),
            columns=(
                *(
                    Column(title=frame.say(f"files.{n}"), align="end" if n in ends else "start")
                    for n in names
                ),
                *(
                    Column(title=frame.say(f"lines.{n}"), align="end", money=True)
                    for n in ("gross", "fee", "net")
                ),
            ),
            rows=tuple(_file_row(tx, frame, file) for file in found[:limit]),
            empty=Empty(
                title=frame.say("files.none"),
                detail=frame.say("files.none.detail"),
                command="huoshui reconcile FILE --rail card",
            ),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "files"),
        deeds=(_import(frame, said or FileSaid()),) if frame.may_settle else (),
        api_calls=(ApiCall(path=f"/v1/statement-files?limit={min(limit, 100)}"),),
    )


def _import(frame: Frame, said: FileSaid) -> Deed:
    profiles = tuple(Choice(name, frame.say(f"files.profile.{name}")) for name in PROFILES)
    return Deed(
        title=frame.say("files.import"),
        label=frame.say("files.import.do"),
        href=frame.to("files/import"),
        says=frame.say("files.import.says"),
        inputs=(
            Input(name="file", kind="file", label=frame.say("files.import.file"),
                  hint=frame.say("files.import.file.hint")),
            Input(name="profile", kind="choice", label=frame.say("files.import.profile"),
                  value=said.profile or "bank", choices=profiles),
            Input(name="rail", label=frame.say("lines.rail"), value=said.rail, needed=False,
                  hint=frame.say("files.import.rail.hint")),
            Input(name="account", label=frame.say("files.import.account"), value=said.account,
                  needed=False, hint=frame.say("files.import.account.hint")),
        ),
        icon="file-text",
        problem=said.problem,
    )  # fmt: skip


def _file_row(tx: Tx, frame: Frame, file: File) -> Row:
    states = store.line_states(tx, file.id)
    source = i18n.text(f"console.files.source.{file.source}", frame.lang)
    waits = states.get("suspense", 0) + states.get("asked", 0)
    return Row(
        key=ids.show("stf", file.id),
        cells=(
            file.name,
            file.imported_at,
            f"{source} {file.rail}".strip(),
            Path(file.target),
            file.lines,
            states.get("matched", 0) + states.get("booked", 0),
            waits,
            Money(file.gross, file.currency),
            Money(file.fee, file.currency),
            Money(file.net, file.currency),
        ),
    )
