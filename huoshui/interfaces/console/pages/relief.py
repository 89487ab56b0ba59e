"""Requests for relief: who asks for what and why, what granting it would do, and the answer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Id,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.devices import choice
from huoshui.lines.lending.life.view import Due, dues
from huoshui.lines.lending.loan import contract, relief_store, relieving, service
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.relief import REQUEST, Request

SCOPE = "loans:service"
VERBS: dict[str, Callable[[Tx, Request, str], Request]] = {
    "grant": lambda tx, of, answer: relieving.grant(tx, of.id, answer),
    "refuse": lambda tx, of, answer: relieving.refuse(tx, of.id, answer),
}
_TONES: dict[str, Tone] = {"open": "warn", "granted": "good", "refused": "bad"}
_NAMES = ("loan", "wish", "words", "made_at", "state", "answer")


class Said(msgspec.Struct, frozen=True):
    """A decision as it was filled in, and why it was refused, or nothing."""

    verb: str
    answer: str
    problem: str = ""


def requests_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Requests, newest first; those that wait alone, where asked for."""
    limit, state = asked.limit(frame), frame.asked("state")
    found = relief_store.requests(
        tx, state=state, after=asked.cursor(frame, "lrq"), limit=limit + 1
    )
    more, first = asked.paged(frame, "lrq", found)
    rows = found[:limit]
    return ListPage(
        title=frame.say("relief"),
        lead=frame.say("relief.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        table=Table(
            title=frame.say("relief"),
            columns=tuple(
                Column(title=frame.say(f"relief.{name}"), wide=name in ("words", "answer"))
                for name in _NAMES
            ),
            rows=tuple(_row(frame, each) for each in rows),
            empty=Empty(title=frame.say("relief.none"), detail=frame.say("relief.lead")),
        ),
        filters=(choice(frame, "state", "relief.state", state, REQUEST.states, machine="request"),),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "loan-requests"),
        api_calls=(ApiCall(path="/v1/loan-requests?" + asked.query(state=state)),),
    )  # fmt: skip


def _row(frame: Frame, each: Request) -> Row:
    href, loan = frame.to(f"loan-requests/{each.shown}"), ids.show("loan", each.loan_id)
    cells = (
        Id(loan, frame.to(f"loans/{loan}")), Link(wish(frame, each), href), each.words,
        each.made_at, state_of(frame, each.state), each.answer,
    )  # fmt: skip
    return Row(key=each.shown, href=href, cells=cells)


def wish(frame: Frame, each: Request) -> str:
    """What is asked for."""
    return i18n.text(f"hosted.own.relief.{each.kind}.n", frame.lang, n=each.count)


def state_of(frame: Frame, state: str) -> Status:
    """A request's state."""
    return Status(i18n.text(f"state.request.{state}", frame.lang), _TONES.get(state, "neutral"))


def request_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One request with the loan's instalments as they are. Raises BadId, UnknownRequest."""
    found = relieving.find(tx, ids.read("lrq", key))
    loan = contract.find(tx, ids.show("loan", found.loan_id))
    return ObjectPage(
        title=wish(frame, found),
        lead=found.words,
        crumbs=(asked.home(frame), Link(frame.say("relief"), frame.to("loan-requests"))),
        key=found.shown,
        status=state_of(frame, found.state),
        fields=(
            Figure(label=frame.say("relief.loan"),
                   value=Link(asked.short(loan.shown), frame.to(f"loans/{loan.shown}"))),
            Figure(label=frame.say("relief.party"), value=Id(loan.party)),
            Figure(label=frame.say("relief.made_at"), value=found.made_at, hint=found.made_by),
            Figure(label=frame.say("relief.decided_at"), value=found.decided_at, hint=found.decided_by),
            Figure(label=frame.say("relief.answer"), value=found.answer or None),
        ),
        tables=(_instalments(tx, frame, found, frame.say("relief.now")),),
        deeds=_deeds(frame, found, said),
        api_calls=(
            ApiCall(path=f"/v1/loan-requests/{found.shown}/decide", method="POST",
                    body='{"outcome": "grant", "answer": ""}'),
        ),
    )  # fmt: skip


def _instalments(tx: Tx, frame: Frame, of: Request, title: str) -> Table:
    running = service.read(tx, of.loan_id)
    rows = dues(seen_on(running.state, access.today(tx))) if running.by else ()
    names = ("n", "due", "principal", "interest", "open")
    return Table(
        title=title,
        columns=tuple(
            Column(title=frame.say(f"relief.{name}"), align="start" if name in ("n", "due") else "end")
            for name in names
        ),
        rows=tuple(_line(row, running.loan.currency) for row in rows if row.outstanding),
    )  # fmt: skip


def _line(row: Due, unit: str) -> Row:
    amounts = (row.principal, row.interest, row.outstanding)
    return Row(cells=(row.n, row.due, *(Money(each, unit) for each in amounts)))


def _deeds(frame: Frame, found: Request, said: Said | None) -> tuple[Deed, ...]:
    if found.state != "open" or not frame.writes(SCOPE):
        return ()
    return tuple(
        Deed(
            title=i18n.text(f"verb.request.{verb}", frame.lang),
            label=frame.say("relief.preview"),
            says=frame.say(f"relief.{verb}.says"),
            href=frame.to(f"loan-requests/{found.shown}/{verb}/preview"),
            inputs=(
                Input(
                    name="answer", label=frame.say("relief.answer"), needed=verb == "refuse",
                    value=said.answer if said and said.verb == verb else "",
                ),
            ),
            grave=verb == "refuse",
            problem=said.problem if said and said.verb == verb else "",
        )
        for verb in VERBS
    )  # fmt: skip


def decided(tx: Tx, key: str, said: Said) -> Request:
    """Do what a form decides. Raises NotFound, UnknownRequest, and what the loan refuses."""
    if said.verb not in VERBS:
        raise NotFound(kind="page", id=said.verb[:40])
    return VERBS[said.verb](tx, relieving.find(tx, ids.read("lrq", key)), said.answer)


def preview_page(tx: Tx, frame: Frame, key: str, said: Said) -> ObjectPage:
    """What a decision would do: it is done, looked at, and the caller undoes it."""
    after = decided(tx, key, said)
    here = frame.to(f"loan-requests/{after.shown}")
    return ObjectPage(
        title=frame.say("relief.preview.title", what=wish(frame, after)),
        lead=frame.say("relief.preview.lead"),
        crumbs=(asked.home(frame), Link(frame.say("relief"), frame.to("loan-requests"))),
        links=(Link(frame.say("relief.preview.back"), here, "undo-2"),),
        key=after.shown,
        status=state_of(frame, after.state),
        fields=(Figure(label=frame.say("relief.answer"), value=after.answer or None),),
        tables=(_instalments(tx, frame, after, frame.say("relief.then")),),
        deed=Deed(
            label=frame.say("relief.confirm"),
            says=frame.say(f"relief.{said.verb}.says"),
            href=frame.to(f"loan-requests/{after.shown}/{said.verb}"),
            fields=(("answer", said.answer),),
            grave=said.verb == "refuse",
        ),
    )
