"""A borrower as a risk: its grade and how it changed, what is said of it, its loans and their stages."""

from __future__ import annotations

from datetime import date

from huoshui.core import access
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
    ObjectPage,
    Row,
    Share,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked, watch_list
from huoshui.interfaces.console.pages.loans import loan_state, stage_of
from huoshui.interfaces.console.pages.watch_list import SCOPE, Said
from huoshui.lines.lending import marks
from huoshui.lines.lending.marks import Grade, store
from huoshui.lines.lending.marks.model import BadMark
from huoshui.lines.lending.portfolio import store as portfolio
from huoshui.lines.lending.portfolio.store import Entry

_GRADES = ("grade", "on", "source", "note", "actor", "recorded_at")
_LOANS = ("loan", "product", "state", "principal", "days_past_due", "stage", "held")
_MOST = 60


def borrower_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One borrower. Raises NotFound where it never applied for a loan."""
    loans = portfolio.book(tx, party=key, limit=_MOST)
    if not loans:
        raise NotFound(kind="borrower", id=key[:60])
    today = access.today(tx)
    grades, own = store.grades(tx, key, _MOST), store.marks(tx, party=key, limit=_MOST)
    now = store.grade_on(tx, key, today)
    holding = [each for each in own if each.state == "standing" and each.holds(today)]
    share = store.share_in_default(tx, key, today)
    name = frame.say("borrower.watched" if holding else "borrower.unmarked")
    return ObjectPage(
        title=frame.say("borrower.title", id=asked.short(key[4:])),
        lead=frame.say("borrower.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to(f"loans?party={key}"))),
        key=key,
        status=Status(name, "warn" if holding else "good"),
        figures=(
            Figure(label=frame.say("borrower.grade"), value=now.grade if now else None),
            Figure(label=frame.say("borrower.loans"), value=len(loans)),
            Figure(label=frame.say("borrower.in_default"), value=Share(share, 1) if share else None),
        ),
        links=(Link(frame.say("sellers"), frame.to(f"sellers/{key}")),) if key.startswith("slr") else (),
        tables=(
            _grades(frame, grades), watch_list.table(frame, frame.say("watch_list"), own),
            _loans(frame, loans, today),
        ),
        deeds=(*_grading(frame, key, said), *watch_list.putting(frame, key, said)),
        api_calls=(
            ApiCall(path="/v1/borrower-grades?" + asked.query(party=key)),
            ApiCall(path="/v1/watch-list?" + asked.query(party=key)),
            ApiCall(path="/v1/borrower-grades", method="POST",
                    body=f'{{"party": "{key}", "grade": "B", "source": "model"}}'),
        ),
    )  # fmt: skip


def _grades(frame: Frame, rows: list[Grade]) -> Table:
    return Table(
        title=frame.say("borrower.grades"),
        columns=tuple(
            Column(title=frame.say(f"borrower.{name}"), wide=name == "note") for name in _GRADES
        ),
        rows=tuple(
            Row(cells=(each.grade, each.on_, each.source, each.note, each.actor, each.recorded_at))
            for each in rows
        ),
        empty=Empty(
            title=frame.say("borrower.ungraded"), detail=frame.say("borrower.ungraded.detail")
        ),
    )


def _loans(frame: Frame, rows: list[Entry], today: date) -> Table:
    return Table(
        title=frame.say("borrower.its_loans"),
        columns=tuple(
            Column(
                title=frame.say(f"loans.{name}"), money=name in ("principal", "held"),
                align="end" if name in _LOANS[3:5] or name == "held" else "start",
            )
            for name in _LOANS
        ),
        rows=tuple(
            Row(
                href=frame.to(f"loans/{each.shown}"),
                cells=(
                    Id(each.shown, frame.to(f"loans/{each.shown}")), each.product,
                    loan_state(frame, each.state),
                    None if each.principal is None else Money(each.principal, each.currency),
                    each.days_past_due(today), stage_of(frame, each.stage) if each.stage else None,
                    None if each.held is None else Money(each.held, each.currency),
                ),
            )
            for each in rows
        ),
    )  # fmt: skip


def _grading(frame: Frame, key: str, said: Said | None) -> tuple[Deed, ...]:
    if not frame.writes(SCOPE):
        return ()
    own = said if said and said.verb == "grade" else None
    names = ("grade", "on", "source", "note")
    return (
        Deed(
            title=frame.say("borrower.tell"), label=frame.say("borrower.tell.do"),
            says=frame.say("borrower.tell.says"), href=frame.to(f"borrowers/{key}/grade"),
            inputs=tuple(
                Input(
                    name=name, label=frame.say(f"borrower.{name}"), needed=name == "grade",
                    value=own.of(name) if own else "",
                    hint=frame.say("loan.field.day.hint") if name == "on" else "",
                )
                for name in names
            ),
            problem=own.problem if own else "",
        ),
    )  # fmt: skip


def tell(tx: Tx, key: str, said: Said) -> Grade:
    """Tell a borrower's grade as a form says. Raises BadMark, MarkLate."""
    try:
        on = date.fromisoformat(said.of("on")) if said.of("on") else None
    except ValueError as error:
        raise BadMark(field="on") from error
    return marks.grade(
        tx, key, said.of("grade"), on=on, source=said.of("source"), note=said.of("note")
    )
