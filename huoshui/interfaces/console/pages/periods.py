"""Periods of the book: what is sealed, and the preview of the next close."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Link,
    ListPage,
    Row,
    Several,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.trial import balanced
from huoshui.ledger import periods
from huoshui.ledger.journal import TrialBalance
from huoshui.ledger.periods import Period
from huoshui.ledger.periods.preview import Preview, preview


def periods_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Sealed periods, newest first, with their trial balance and hash."""
    limit = asked.limit(frame)
    found = periods.periods(tx, before=_cursor(frame), limit=limit + 1)
    last = found[limit - 1].until.isoformat() if len(found) > limit else ""
    more, first = asked.turned(frame, last)
    sealed = periods.sealed_until(tx)
    return ListPage(
        title=frame.say("periods"),
        lead=frame.say("periods.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("periods.close"), frame.to("periods/close"), "check"),),
        totals=(
            Figure(
                label=frame.say("periods.sealed_until"),
                value=asked.day_of(frame, sealed) if sealed else frame.say("periods.nothing"),
                hint=frame.say("periods.sealed_until.means"),
            ),
        ),
        table=Table(
            title=frame.say("periods"),
            columns=(
                Column(title=frame.say("periods.span")),
                Column(title=frame.say("periods.closed")),
                Column(title=frame.say("journal.actor")),
                Column(title=frame.say("accounts.transfers"), align="end"),
                Column(title=frame.say("trial.debit"), align="end"),
                Column(title=frame.say("trial.credit"), align="end"),
                Column(title=frame.say("periods.hash")),
            ),
            rows=tuple(_row(frame, period) for period in found[:limit]),
            empty=Empty(
                title=frame.say("periods.none"),
                detail=frame.say("periods.none.detail"),
                action=Link(frame.say("periods.close"), frame.to("periods/close")),
            ),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "periods"),
        api_calls=(ApiCall(path="/v1/periods"),),
    )


def _cursor(frame: Frame) -> datetime | None:
    try:
        return datetime.fromisoformat(frame.asked("after").replace(" ", "+"))
    except ValueError:
        return None


def _row(frame: Frame, period: Period) -> Row:
    debit: dict[str, int] = {}
    credit: dict[str, int] = {}
    for total in period.recorded:
        debit[total.currency] = debit.get(total.currency, 0) + total.debit
        credit[total.currency] = credit.get(total.currency, 0) + total.credit
    return Row(
        cells=(
            _span(frame, period.since, period.until),
            period.closed_at,
            period.actor,
            period.transfers,
            _sums(debit),
            _sums(credit),
            Code(f"{period.hash[:16]}…"),
        )
    )


def _sums(sums: dict[str, int]) -> Cell:
    return Several(tuple(Money(amount, currency) for currency, amount in sums.items()))


def _span(frame: Frame, since: datetime | None, until: datetime) -> str:
    """The first and last day of a period; the first period has no beginning."""
    last = shown.day(asked.day_of(frame, until - timedelta(microseconds=1)), frame.lang)
    if since is None:
        return frame.say("periods.up_to", last=last)
    first = shown.day(asked.day_of(frame, since), frame.lang)
    return frame.say("report.period", first=first, last=last)


def close_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """What closing would seal, for a day that is asked for; confirmed by its button.

    Raises PeriodNotOver, PeriodSealedAlready.
    """
    today = asked.day_of(frame, tx.now)
    until = asked.day(frame, "until")
    found = preview(tx, until) if until else None
    page = AnalysisPage(
        title=frame.say("periods.close"),
        lead=frame.say("periods.close.lead"),
        crumbs=(asked.home(frame), Link(frame.say("periods"), frame.to("periods"))),
        filters=(
            Filter(
                name="until", label=frame.say("periods.until"), kind="date",
                value=str(until or today),
            ),
        ),
        notes=(frame.say("periods.close.note"), frame.say("periods.close.correct")),
        api_calls=(
            ApiCall(path="/v1/periods"),
            ApiCall(
                path="/v1/periods?dry_run=true", method="POST",
                body=f'{{"until":"{until or today}"}}', note=frame.say("periods.api"),
            ),
        ),
    )  # fmt: skip
    return _previewed(frame, page, found) if found and until else page


def _previewed(frame: Frame, page: AnalysisPage, found: Preview) -> AnalysisPage:
    until = asked.day_of(frame, found.until)
    span = _span(frame, found.since, found.until)
    deed = Deed(
        label=frame.say("periods.close.do"),
        href=frame.to("periods/close"),
        says=frame.say("periods.close.says", span=span),
        fields=(("until", str(until)),),
    )
    return msgspec.structs.replace(
        page,
        period=frame.say("periods.would", span=span),
        figures=(
            Figure(label=frame.say("search.transactions"), value=found.transactions),
            Figure(label=frame.say("accounts.transfers"), value=found.transfers),
            Figure(
                label=frame.say("holds.open"),
                value=found.open_holds,
                hint=frame.say("periods.holds") if found.open_holds else "",
                tone="warn" if found.open_holds else "neutral",
            ),
            balanced(frame, found.trial),
        ),
        tables=(_trial(frame, found.trial),),
        deed=deed if frame.may_close else None,
        notes=page.notes if frame.may_close else (*page.notes, _cannot(frame)),
    )


def _cannot(frame: Frame) -> str:
    if frame.world and frame.world.kind == "replay":
        return frame.say("periods.close.replay")
    return frame.say("periods.close.scope")


def _trial(frame: Frame, trial: TrialBalance) -> Table:
    return Table(
        title=frame.say("periods.trial"),
        columns=(
            Column(title=frame.say("accounts.kind")),
            Column(title=frame.say("accounts.class")),
            Column(title=frame.say("accounts.number"), align="end"),
            Column(title=frame.say("trial.debit"), align="end"),
            Column(title=frame.say("trial.credit"), align="end"),
        ),
        rows=tuple(
            Row(
                cells=(
                    asked.word(frame, "kind", total.kind),
                    Status(frame.say(f"class.{total.class_}")),
                    total.accounts,
                    Money(total.debit, total.currency),
                    Money(total.credit, total.currency),
                )
            )
            for total in trial.totals
        ),
        foot=tuple(
            Row(
                cells=(
                    frame.say("trial.sum", currency=currency), None, None,
                    Money(debit, currency), Money(credit, currency),
                )
            )
            for currency, (debit, credit) in trial.sums.items()
        ),
    )  # fmt: skip
