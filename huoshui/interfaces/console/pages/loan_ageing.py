"""How loans age: vintages by month of drawdown, and roll rates between buckets of days past due."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Link,
    Row,
    Series,
    Share,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.loans import bucket_of, of_product
from huoshui.lines.lending import portfolio
from huoshui.lines.lending.portfolio import Cohort, Roll
from huoshui.lines.lending.portfolio.service import BUCKETS, REACHED

_COHORTS = 8  # lines in the chart, the last ones
_MONTHS = 24  # columns of the table
_ROLLS = 6  # months in the chart of roll rates
_DAY = timedelta(days=1)


def _empty(frame: Frame) -> Empty:
    return Empty(
        title=frame.say("loan_days.none"), detail=frame.say("loan_days.none.detail"),
        command="huoshui loan day",
    )  # fmt: skip


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def loan_vintages_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """What part of each month's loans was ever so late, by months on book."""
    product, what = frame.asked("product"), frame.asked("what")
    what = what if what in REACHED else "over_30"
    by_loans = frame.asked("by") == "loans"
    found = portfolio.vintages(tx, what, product)
    query = asked.query(what=what, product=product)
    return AnalysisPage(
        title=frame.say("loan_vintages"),
        lead=frame.say("loan_vintages.lead"),
        crumbs=(asked.home(frame), Link(frame.say("loans"), frame.to("loans"))),
        empty=None if found else _empty(frame),
        filters=(
            Filter(
                name="what", label=frame.say("loan_vintages.what"), kind="choice", value=what,
                choices=tuple(Choice(n, frame.say(f"loan_vintages.{n}")) for n in REACHED),
            ),
            Filter(
                name="by", label=frame.say("loan_vintages.by"), kind="choice",
                value="loans" if by_loans else "amount",
                choices=tuple(Choice(n, frame.say(f"loan_vintages.by.{n}")) for n in ("amount", "loans")),
            ),
            of_product(tx, frame),
        ),
        charts=(_curves(frame, found, what, by_loans=by_loans),) if found else (),
        tables=(_cohorts(tx, frame, found, by_loans=by_loans),) if found else (),
        notes=(frame.say("loan_vintages.note"), frame.say("loan_vintages.trace")),
        api_calls=(ApiCall(path=f"/v1/loan-vintages?{query}"),),
    )  # fmt: skip


def _part(cohort: Cohort, month: int, *, by_loans: bool) -> Decimal | None:
    reached = cohort.reached_loans if by_loans else cohort.reached_amount
    whole = cohort.loans if by_loans else cohort.amount
    return _share(reached[month], whole) if month < len(reached) else None


def _curves(frame: Frame, found: list[Cohort], what: str, *, by_loans: bool) -> Chart:
    shown = found[-_COHORTS:]
    most = max(len(each.reached_loans) for each in shown)
    last = _part(found[0], len(found[0].reached_loans) - 1, by_loans=by_loans) or Decimal(0)
    return Chart(
        key="vintages",
        question=frame.say("loan_vintages.question", what=frame.say(f"loan_vintages.{what}")),
        summary=frame.say(
            "loan_vintages.says", month=f"{found[0].month:%Y-%m}", part=f"{last * 100:.1f}",
            what=frame.say(f"loan_vintages.{what}"),
        ),
        x=tuple(range(most)),
        x_title=frame.say("loan_vintages.months"),
        series=tuple(
            Series(
                name=f"{each.month:%Y-%m}", shape="line", colour=n,
                values=tuple(_part(each, month, by_loans=by_loans) for month in range(most)),
            )
            for n, each in enumerate(shown, 1)
        ),
        unit=Unit(kind="share"),
        wide=True,
        api_call=ApiCall(path=f"/v1/loan-vintages?what={what}"),
    )  # fmt: skip


def _cohorts(tx: Tx, frame: Frame, found: list[Cohort], *, by_loans: bool) -> Table:
    most = min(_MONTHS, max(len(each.reached_loans) for each in found))

    def cell(part: Decimal | None) -> Cell:
        return None if part is None else Share(part)

    return Table(
        title=frame.say("loan_vintages.table"),
        columns=(
            Column(title=frame.say("loan_vintages.month")),
            Column(title=frame.say("loan_days.loans"), align="end"),
            Column(title=frame.say("loans.signed"), align="end"),
            *(Column(title=f"{n}", align="end") for n in range(most)),
        ),
        rows=tuple(
            Row(
                cells=(
                    f"{each.month:%Y-%m}", each.loans,
                    Money(each.amount, frame.currency) if frame.currency else each.amount,
                    *(cell(_part(each, n, by_loans=by_loans)) for n in range(most)),
                )
            )
            for each in reversed(found)
        ),
        note=frame.say("loan_vintages.table.note"),
    )  # fmt: skip


def loan_rolls_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """Where the loans of one month's end were at the next, bucket by bucket."""
    product = frame.asked("product")
    ends = portfolio.month_ends(tx, _ROLLS)
    until = asked.day(frame, "until") or (ends[-1] if ends else None)
    title, lead = frame.say("loan_rolls"), frame.say("loan_rolls.lead")
    crumbs = (asked.home(frame), Link(frame.say("loans"), frame.to("loans")))
    if until is None:
        calls = (ApiCall(path="/v1/loan-rolls"),)
        return AnalysisPage(
            title=title, lead=lead, crumbs=crumbs, empty=_empty(frame), api_calls=calls
        )
    since = asked.day(frame, "since") or until.replace(day=1) - _DAY
    found = portfolio.roll(tx, since, until, product)
    months = portfolio.rolls(tx, ends, product)
    query = asked.query(since=f"{since}", until=f"{until}", product=product)
    return AnalysisPage(
        title=title,
        lead=lead,
        crumbs=crumbs,
        period=f"{since} → {until}",
        filters=(
            Filter(name="since", label=frame.say("loan_rolls.since"), kind="date", value=f"{since}"),
            Filter(name="until", label=frame.say("loan_rolls.until"), kind="date", value=f"{until}"),
            of_product(tx, frame),
        ),
        figures=_worse(frame, found),
        charts=(_rates(frame, months),),
        tables=(_matrix(frame, found, share=True), _matrix(frame, found, share=False)),
        notes=(frame.say("loan_rolls.note"), frame.say("loan_vintages.trace")),
        api_calls=(ApiCall(path=f"/v1/loan-rolls?{query}"),),
    )  # fmt: skip


def _worse(frame: Frame, found: Roll) -> tuple[Figure, ...]:
    """How many of each bucket went on to the next one or further."""
    figures = []
    for bucket in range(4):
        row = found.loans[bucket]
        part = _share(sum(row[bucket + 1 : 6]), sum(row))
        figures.append(
            Figure(
                label=frame.say("loan_rolls.worse", bucket=bucket_of(frame, bucket).text),
                value=None if part is None else Share(part),
                hint=frame.say("loan_rolls.of", n=sum(row)),
            )
        )
    return tuple(figures)


def _rates(frame: Frame, months: list[Roll]) -> Chart:
    def rate(roll: Roll, bucket: int) -> Decimal | None:
        return _share(sum(roll.loans[bucket][bucket + 1 : 6]), sum(roll.loans[bucket]))

    return Chart(
        key="rolls",
        question=frame.say("loan_rolls.question"),
        summary=frame.say("loan_rolls.says", n=len(months)),
        x=tuple(f"{roll.until:%Y-%m}" for roll in months),
        x_title=frame.say("loan_vintages.month"),
        series=tuple(
            Series(
                name=f"{bucket_of(frame, bucket).text} → {bucket_of(frame, bucket + 1).text}+",
                shape="line", colour=bucket + 1, values=tuple(rate(roll, bucket) for roll in months),
            )
            for bucket in range(4)
        ),
        unit=Unit(kind="share"),
        wide=True,
        api_call=ApiCall(path="/v1/loan-rolls"),
    )  # fmt: skip


def _matrix(frame: Frame, found: Roll, *, share: bool) -> Table:
    def cell(n: int, whole: int) -> Cell:
        part = _share(n, whole)
        return (None if part is None else Share(part)) if share else n

    return Table(
        title=frame.say("loan_rolls.matrix.share" if share else "loan_rolls.matrix"),
        columns=(
            Column(title=f"{found.since} → {found.until}"),
            *(Column(title=bucket_of(frame, n).text, align="end") for n in range(BUCKETS)),
            Column(title=frame.say("loan_days.loans"), align="end"),
        ),
        rows=tuple(
            Row(
                cells=(bucket_of(frame, bucket), *(cell(n, sum(row)) for n in row), sum(row)),
            )
            for bucket, row in enumerate(found.loans)
        ),
    )
