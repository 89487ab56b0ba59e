"""One loan: its terms, where it stands, its instalments, all that happened with its cause, and forms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Column,
    Empty,
    Figure,
    FigureGroup,
    Frame,
    Id,
    Leg,
    Link,
    Moment,
    ObjectPage,
    Part,
    Path,
    Row,
    Series,
    Share,
    Step,
    Table,
    Unit,
    Whole,
)
from huoshui.interfaces.console.pages import asked, disbursed
from huoshui.interfaces.console.pages.loan_acts import Said, deeds, told_of
from huoshui.interfaces.console.pages.loans import bucket_of, loan_state, stage_of
from huoshui.ledger import journal
from huoshui.lines.lending.day import risk
from huoshui.lines.lending.life.view import Due, dues
from huoshui.lines.lending.loan import contract, service, store
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import EventRow, Loan, PostedRow
from huoshui.lines.lending.loan.position import Position
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.marks import store as marks
from huoshui.lines.lending.portfolio import store as portfolio

_EVENTS = 60  # shown of a loan, the last first
_TRACED = 40  # entries of which the legs are shown
_WAY = ("applied", "offered", "signed", "running", "closed")
_DAY = timedelta(days=1)


def loan_page(tx: Tx, frame: Frame, key: str, said: Said | None = None) -> ObjectPage:
    """One loan. Raises BadId, UnknownLoan."""
    loan = contract.find(tx, key)
    running = service.read(tx, loan.id)
    today = access.today(tx)
    rows = dues(seen_on(running.state, today)) if running.by else ()
    at = service.position_of(tx, loan.id) if running.by else None
    entries = store.postings(tx, loan.id)
    return ObjectPage(
        title=frame.say("loan.title", product=loan.product, id=asked.short(loan.shown[5:])),
        lead=frame.say("loan.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        key=loan.shown,
        status=loan_state(frame, loan.state),
        steps=_steps(frame, loan),
        figures=_figures(tx, frame, loan, at),
        whole=_whole(frame, loan, rows),
        charts=(_chart(frame, loan, rows),) if rows else (),
        fields=(*_fields(frame, loan), *_known(tx, frame, loan, today)),
        groups=(_rates(frame, loan),) if loan.disclosure else (),
        timeline=_timeline(tx, frame, loan, running, entries),
        tables=(
            _schedule(frame, loan, rows),
            *((paid,) if (paid := disbursed.table(tx, frame, loan)) else ()),
            _entries(frame, loan, entries),
        ),
        deeds=deeds(tx, frame, running, rows, said),
        links=_papers(frame, loan),
        api_calls=(
            *(ApiCall(path=f"/v1/loans/{loan.shown}{end}")
              for end in ("", "/schedule", "/events", "/entries", "/moves", "/settlement")),
            ApiCall(path=f"/v1/disbursements?loan={loan.shown}"),
            ApiCall(path=f"/v1/loans/{loan.shown}/repay?dry_run=true", method="POST",
                    body=f'{{"amount": {{"amount": 10000, "currency": "{loan.currency}"}}}}'),
        ),
    )  # fmt: skip


def _papers(frame: Frame, loan: Loan) -> tuple[Link, ...]:
    """The contract once something was offered, the statement once something was drawn, and requests."""
    here = frame.to(f"loans/{loan.shown}")
    found = []
    if loan.disclosure is not None:
        found.append(Link(frame.say("loan.contract"), f"{here}/contract.pdf", "download"))
    if loan.start_on is not None:
        found.append(Link(frame.say("loan.statement"), f"{here}/statement.pdf", "download"))
        found.append(Link(frame.say("relief"), frame.to("loan-requests")))
    return tuple(found)


def _steps(frame: Frame, loan: Loan) -> tuple[Step, ...]:
    """The way of a contract; one that ended before it ran ends there."""

    def name(state: str) -> str:
        return loan_state(frame, state).text

    if loan.state not in _WAY:
        before = "applied" if loan.state == "declined" else "offered"
        ends = Step(text=name(loan.state), state="failed")
        return (*(Step(text=name(s), state="done") for s in _WAY[: _WAY.index(before) + 1]), ends)
    here = _WAY.index(loan.state)
    times = {"applied": loan.applied_at, "signed": loan.consent_at, "closed": loan.closed_at}
    return tuple(
        Step(
            text=name(state), at=times.get(state),
            state="done" if n < here or state == "closed" == loan.state else "now" if n == here else "ahead",
        )
        for n, state in enumerate(_WAY)
    )  # fmt: skip


def _figures(tx: Tx, frame: Frame, loan: Loan, at: Position | None) -> tuple[Figure, ...]:
    signed = Figure(label=frame.say("loans.signed"), value=Money(loan.amount, loan.currency))
    if at is None:
        return (signed,)
    late = max(0, (at.day - at.oldest_open_due).days) if at.oldest_open_due else 0
    stood = next(iter(portfolio.one(tx, loan.id)), None)
    figures = [
        signed,
        Figure(label=frame.say("loans.principal"), value=Money(at.principal, loan.currency)),
        Figure(label=frame.say("loan.interest"), value=Money(at.interest, loan.currency)),
        Figure(label=frame.say("loan.charges"), value=Money(at.fees + at.penalties, loan.currency)),
        Figure(
            label=frame.say("loans.days_past_due"), value=late, tone="bad" if late else "neutral"
        ),
    ]
    if at.credit:
        figures.append(
            Figure(label=frame.say("loan.credit"), value=Money(at.credit, loan.currency))
        )
    if stood is not None and loan.state in ("running", "closed"):
        hint = frame.say("loans.as_of", day=f"{stood.through}")
        figures += [
            Figure(label=frame.say("loans.bucket"), value=bucket_of(frame, stood.bucket or 0), hint=hint),
            Figure(label=frame.say("loans.stage"), value=stage_of(frame, stood.stage or 1), hint=hint),
            Figure(label=frame.say("loans.held"), value=Money(stood.held or 0, loan.currency), hint=hint,
                   href=frame.to(f"loan-losses?product={loan.product}")),
        ]  # fmt: skip
    return tuple(figures)


def _whole(frame: Frame, loan: Loan, rows: tuple[Due, ...]) -> Whole | None:
    """What is paid of all that is asked, and what is open."""
    if not rows:
        return None
    paid, open_ = sum(row.paid for row in rows), sum(row.outstanding for row in rows)
    waived = sum(row.total for row in rows) - paid - open_
    parts = (("paid", paid, 3), ("open", open_, 1), ("waived", waived, 5))
    return Whole(
        title=frame.say("loan.whole"),
        parts=tuple(
            Part(label=frame.say(f"loan.{name}"), amount=Money(amount, loan.currency), series=n)
            for name, amount, n in parts
            if amount or name != "waived"
        ),
    )


def _chart(frame: Frame, loan: Loan, rows: tuple[Due, ...]) -> Chart:
    series = (("principal", 1), ("interest", 2), ("charges", 4))
    amounts = {
        "principal": [row.principal for row in rows],
        "interest": [row.interest for row in rows],
        "charges": [row.fees + row.penalties for row in rows],
    }
    return Chart(
        key="schedule",
        question=frame.say("loan.chart"),
        summary=frame.say("loan.chart.says", n=len(rows), open=sum(1 for r in rows if r.outstanding)),
        x=tuple(row.due for row in rows),
        x_title=frame.say("loan.due"),
        series=(
            *(Series(name=frame.say("loans.principal" if name == "principal" else f"loan.{name}"),
                     values=tuple(amounts[name]), stack="asked", colour=colour)
              for name, colour in series),
            Series(name=frame.say("loan.balance"), values=tuple(row.balance for row in rows),
                   shape="line", colour=5),
        ),
        unit=Unit(kind="money", currency=loan.currency),
        wide=True,
        api_call=ApiCall(path=f"/v1/loans/{loan.shown}/schedule"),
    )  # fmt: skip


def _fields(frame: Frame, loan: Loan) -> tuple[Figure, ...]:
    party = frame.to(f"sellers/{loan.party}") if loan.party.startswith("slr") else ""
    facility = ids.show("fac", loan.facility_id) if loan.facility_id else ""
    rate = Decimal(loan.rate_annual) if loan.rate_annual is not None else None
    told = (
        ("party", Id(loan.party, party)),
        ("product", Link(f"{loan.product} · {loan.version}", frame.to(f"products/{loan.product}"))),
        ("instalments", loan.instalments),
        ("rate", None if rate is None else Share(rate, 2)),
        ("start_on", loan.start_on),
        ("consent", loan.consent or None),
        ("drawable_on", loan.drawable_on),
        ("facility", Id(facility, frame.to(f"facilities/{facility}")) if facility else None),
        ("reasons", "; ".join(r.get(frame.lang, "") for r in loan.reasons) or None),
    )
    return tuple(Figure(label=frame.say(f"loan.{name}"), value=value) for name, value in told)


def _known(tx: Tx, frame: Frame, loan: Loan, today: date) -> tuple[Figure, ...]:
    """What is known of the borrower: its grade now and when the loan began, and whether it is watched."""
    now = marks.grade_on(tx, loan.party, today)
    then = marks.grade_on(tx, loan.party, loan.start_on) if loan.start_on else None
    holding = marks.marks(tx, party=loan.party, holding=today, limit=1)
    here = frame.to(f"borrowers/{loan.party}")
    grade = (
        f"{then.grade if then else '–'} → {now.grade}" if now else frame.say("borrower.ungraded")
    )
    watched = frame.say(f"watch_list.kind.{holding[0].kind}") if holding else None
    return (
        Figure(label=frame.say("borrower.grade"), value=Link(grade, here)),
        Figure(label=frame.say("watch_list"), value=watched),
    )


def _rates(frame: Frame, loan: Loan) -> FigureGroup:
    """What was disclosed before the consent."""
    said = loan.disclosure or {}
    figures = tuple(
        Figure(label=frame.say(f"loan.rate.{name}"), value=f"{value} %")
        for name, value in said.get("rates", {}).items()
    )
    note = " ".join(text.get(frame.lang, "") for text in said.get("texts", []))
    return FigureGroup(frame.say("loan.disclosed"), figures, note)


def _timeline(
    tx: Tx, frame: Frame, loan: Loan, running: Running, entries: list[PostedRow]
) -> tuple[Moment, ...]:
    rows = running.rows[-_EVENTS:]
    undone = {row.reverses for row in running.rows if row.reverses}
    by_cause: dict[object, list[PostedRow]] = {}
    for entry in entries[-_TRACED:]:
        by_cause.setdefault(entry.cause, []).append(entry)
    moments = [_moment(tx, frame, loan, row, by_cause.get(row.id, []), undone) for row in rows]
    for move in portfolio.moves(tx, loan.id):
        on = asked.start_of(frame, move.day + _DAY) - timedelta(seconds=1)
        stages = move.stage != move.stage_before
        words = [
            f"{bucket_of(frame, move.bucket_before).text} → {bucket_of(frame, move.bucket).text}"
            if move.bucket != move.bucket_before else "",
            f"{stage_of(frame, move.stage_before).text} → {stage_of(frame, move.stage).text}"
            if stages and move.bucket < risk.LOST else "",
            asked.word(frame, "loans.reason", move.reason) if move.reason else "",
        ]  # fmt: skip
        moments.append(
            Moment(
                at=min(on, tx.now), title=i18n.text("event.loan.risk_changed", frame.lang),
                detail=" · ".join(each for each in words if each), icon="scale",
                tone="warn" if move.stage >= move.stage_before else "good",
                link=Link(frame.say("loan.day"), frame.to(f"loan-days/{move.day}")),
            )
        )  # fmt: skip
    return tuple(sorted(moments, key=lambda each: each.at, reverse=True))


def _moment(
    tx: Tx,
    frame: Frame,
    loan: Loan,
    row: EventRow,
    entries: list[PostedRow],
    undone: Collection[UUID],
) -> Moment:
    words = [frame.say("loan.counts_from", on=f"{row.on_}"), told_of(frame, row), row.actor]
    if row.id in undone:
        words.insert(0, frame.say("loan.undone"))
    legs = tuple(
        Leg(
            source=Path(leg.source),
            target=Path(leg.target),
            amount=Money(leg.amount, loan.currency),
        )
        for entry in entries
        for leg in journal.transaction(tx, entry.txn_id).legs
    )
    link = None
    if entries:
        href = frame.to(f"transactions/{ids.show('txn', entries[0].txn_id)}")
        link = Link(frame.say("order.transaction"), href)
    return Moment(
        at=row.recorded_at,
        title=i18n.text(f"event.loan.{row.kind}", frame.lang),
        detail=" · ".join(each for each in words if each),
        tone="neutral" if row.id in undone else "accent",
        amount=Money(row.amount, loan.currency) if row.amount else None,
        legs=legs,
        link=link,
    )


def _schedule(frame: Frame, loan: Loan, rows: tuple[Due, ...]) -> Table:
    names = (
        "n",
        "due",
        "principal",
        "interest",
        "charges",
        "total",
        "paid",
        "open",
        "balance",
        "met_on",
    )
    return Table(
        title=frame.say("loan.schedule"),
        columns=tuple(
            Column(
                title=frame.say("loans.principal" if name == "principal" else f"loan.{name}"),
                align="start" if name in ("n", "due", "met_on") else "end",
                money=name not in ("n", "due", "met_on"),
            )
            for name in names
        ),
        rows=tuple(
            Row(
                cells=(
                    f"{row.n}", row.due,
                    *(Money(amount, loan.currency)
                      for amount in (row.principal, row.interest, row.fees + row.penalties, row.total,
                                     row.paid, row.outstanding, row.balance)),
                    row.met_on,
                ),
                strong=row.outstanding > 0,
            )
            for row in rows
        ),
        empty=Empty(title=frame.say("loan.no_schedule"), detail=frame.say("loan.no_schedule.detail")),
    )  # fmt: skip


def _entries(frame: Frame, loan: Loan, entries: list[PostedRow]) -> Table:
    """What was posted for the loan alone; what days earn is posted of many at once."""
    names = ("entry", "on", "amounts", "cause", "posted_at")
    return Table(
        title=frame.say("loan.entries"),
        columns=tuple(Column(title=frame.say(f"loan.{name}"), wide=name == "amounts") for name in names),
        rows=tuple(
            Row(
                href=frame.to(f"transactions/{ids.show('txn', entry.txn_id)}"),
                cells=(
                    Link(i18n.text(f"template.loan.{entry.template}", frame.lang),
                         frame.to(f"transactions/{ids.show('txn', entry.txn_id)}")),
                    entry.on_,
                    " · ".join(
                        f"{asked.word(frame, 'loan.amount', name)} {Money(amount, loan.currency)}"
                        for name, amount in entry.amounts.items()
                    ),
                    Id(ids.show("lev", entry.cause)) if entry.cause else frame.say("loan.end_of_day"),
                    entry.posted_at,
                ),
            )
            for entry in reversed(entries[-_EVENTS:])
        ),
        note=frame.say("loan.entries.note"),
        empty=Empty(title=frame.say("loan.no_entries"), detail=frame.say("loan.no_entries.detail")),
    )  # fmt: skip
