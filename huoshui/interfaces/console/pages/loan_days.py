"""The end of day of loans: which days are closed, part by part, and what each came to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Chart,
    Column,
    Deed,
    Empty,
    Figure,
    Frame,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Series,
    Share,
    Status,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.loans import bucket_of, stage_of
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import Closed, store
from huoshui.lines.lending.day import service as days
from huoshui.lines.lending.day.risk import LOST
from huoshui.lines.lending.portfolio import store as portfolio

SCOPE = "loans:service"
_DAY = timedelta(days=1)
_FIGURES = ("loans", "falls_due", "moved", "staged", "fees", "folded")
_COLUMNS = ("day", "progress", "loans", "interest", "charges", "held", "falls_due", "late", "moved",
            "staged", "fees")  # fmt: skip


def loan_days_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Days of which parts are closed, the last first; in the sandbox, a button that closes."""
    limit, yesterday = asked.limit(frame), access.today(tx) - _DAY
    behind = asked.day(frame, "after")
    found = store.days(tx, behind, limit + 1)
    rows = [days.closed(tx, day) for day, _ in found[:limit]]
    more = found[limit - 1][0].isoformat() if len(found) > limit else ""
    next_, first = asked.turned(frame, more)
    return ListPage(
        title=frame.say("loan_days"),
        lead=frame.say("loan_days.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        deed=_deed(tx, frame, yesterday),
        table=Table(
            title=frame.say("loan_days"),
            columns=tuple(
                Column(
                    title=frame.say(f"loan_days.{name}"),
                    align="start" if name in ("day", "progress") else "end",
                )
                for name in _COLUMNS
            ),
            rows=tuple(_row(frame, each) for each in rows),
            empty=Empty(
                title=frame.say("loan_days.none"),
                detail=frame.say("loan_days.none.detail"),
                command="huoshui loan day",
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=next_,
        exports=asked.exported(frame, "loan-days"),
        api_calls=(
            ApiCall(path=f"/v1/loan-days?limit={min(limit, 100)}"),
            ApiCall(path="/v1/loan-days", method="POST", body=f'{{"day": "{yesterday}"}}'),
        ),
    )


def _deed(tx: Tx, frame: Frame, day: date) -> Deed | None:
    """A button for the last day that is over, until it is whole."""
    simulated = frame.world is not None and frame.world.kind == "sandbox"
    if not simulated or not frame.writes(SCOPE) or days.closed(tx, day).parts == PARTS:
        return None
    return Deed(
        title=frame.say("loan_days.close"),
        label=frame.say("loan_days.close.label", day=day.isoformat()),
        href=frame.to(f"loan-days/{day}/close"),
        says=frame.say("loan_days.close.says"),
        icon="check",
    )


def _amount(frame: Frame, minor: int) -> Cell:
    """An amount over all currencies: of one where the book has one."""
    return Money(minor, frame.currency) if frame.currency else minor


def _progress(frame: Frame, found: Closed) -> Status:
    if found.parts == PARTS:
        return Status(frame.say("loan_days.whole"), "good")
    return Status(frame.say("loan_days.parts.done", done=found.parts, of=PARTS), "warn")


def _row(frame: Frame, found: Closed) -> Row:
    href = frame.to(f"loan-days/{found.day}")
    return Row(
        key=found.day.isoformat(),
        href=href,
        cells=(
            Link(found.day.isoformat(), href), _progress(frame, found), found.loans,
            _amount(frame, found.interest), _amount(frame, found.charges), _amount(frame, found.held),
            found.falls_due, sum(found.late[1:]), found.moved, found.staged, found.fees,
        ),
    )  # fmt: skip


def loan_day_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One day: its sums, loans by how late they are, who moved, and its parts. Raises NotFound."""
    try:
        day = date.fromisoformat(key)
    except ValueError as error:
        raise NotFound(kind="day", id=key[:20]) from error
    parts = store.closed(tx, day)
    found = days.summed(day, parts)
    return ObjectPage(
        title=frame.say("loan_days.title", day=day.isoformat()),
        lead=frame.say("loan_days.day.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loan_days"), frame.to("loan-days"))),
        key=day.isoformat(),
        status=_progress(frame, found),
        figures=(
            Figure(label=frame.say("loan_days.interest"), value=_amount(frame, found.interest)),
            Figure(label=frame.say("loan_days.held"), value=_amount(frame, found.held),
                   hint=frame.say("loan_days.held.means"), href=frame.to(f"loan-losses?until={day}")),
            *(Figure(label=frame.say(f"loan_days.{name}"), value=getattr(found, name))
              for name in _FIGURES),
        ),
        charts=(_late(frame, found),),
        fields=(
            Figure(label=frame.say("loan_days.parts"), value=Share(Decimal(found.parts) / PARTS, 0)),
            Figure(label=frame.say("loan_days.digest"), value=found.digest[:32],
                   hint=frame.say("loan_days.digest.means")),
            Figure(label=frame.say("loan_days.entries"),
                   value=Link(frame.say("loan_days.entries.link"),
                              frame.to(f"journal?from={day}&to={day}"))),
        ),
        tables=(_moves(tx, frame, day), _parts(frame, parts)),
        deeds=tuple(d for d in (_deed(tx, frame, day),) if d and day < access.today(tx)),
        api_calls=(ApiCall(path=f"/v1/loan-days?day={day}"),),
    )  # fmt: skip


def _late(frame: Frame, found: Closed) -> Chart:
    late = sum(found.late[1:])
    return Chart(
        key="late",
        question=frame.say("loan_days.late.question"),
        summary=frame.say("loan_days.late.says", late=late, loans=found.loans),
        x=tuple(frame.say(f"loans.bucket.{n}") for n in range(1, len(found.late))),
        x_title=frame.say("loans.bucket"),
        series=(Series(name=frame.say("loan_days.loans"), values=tuple(found.late[1:]), colour=4),),
        unit=Unit(kind="count"),
        api_call=ApiCall(path=f"/v1/loan-days?day={found.day}"),
    )


def _moves(tx: Tx, frame: Frame, day: date) -> Table:
    """Loans that went to another bucket or stage."""
    rows = portfolio.moves_of(tx, day, 200)
    names = ("loan", "product", "bucket_before", "bucket", "stage_before", "stage", "reason")
    return Table(
        title=frame.say("loan_days.moves"),
        columns=tuple(Column(title=frame.say(f"loan_days.{name}")) for name in names),
        rows=tuple(
            Row(
                href=frame.to(f"loans/{shown}"),
                cells=(
                    Link(asked.short(shown), frame.to(f"loans/{shown}")), product,
                    bucket_of(frame, move.bucket_before), bucket_of(frame, move.bucket),
                    stage_of(frame, move.stage_before),
                    stage_of(frame, move.stage) if move.bucket < LOST else None,
                    asked.word(frame, "loans.reason", move.reason) if move.reason else "",
                ),
            )
            for shown, product, move in rows
        ),
        note=frame.say("loan_days.moves.note"),
        empty=Empty(title=frame.say("loan_days.no_moves"), detail=frame.say("loan_days.no_moves.detail")),
    )  # fmt: skip


def _parts(frame: Frame, parts: list[store.DayRow]) -> Table:
    names = ("part", "loans", "interest", "held", "late", "moved", "staged", "fees", "folded")
    some = [each for each in parts if each.loans or each.interest][:64]
    return Table(
        title=frame.say("loan_days.parts"),
        columns=tuple(
            Column(title=frame.say(f"loan_days.{name}"), align="end" if n else "start")
            for n, name in enumerate(names)
        ),
        rows=tuple(
            Row(
                cells=(
                    f"{each.part}", each.loans, _amount(frame, each.interest),
                    _amount(frame, each.held), sum(each.late[1:]), each.moved, each.staged,
                    each.fees, each.folded,
                )
            )
            for each in some
        ),
        note=frame.say("loan_days.parts.note", shown=len(some), of=len(parts)),
    )  # fmt: skip
