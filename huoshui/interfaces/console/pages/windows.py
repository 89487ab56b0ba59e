"""Settlement windows: which there are, what the open one holds, and a closed one's positions."""

from __future__ import annotations

from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Lines,
    Link,
    ListPage,
    ObjectPage,
    Path,
    Row,
    Several,
    Status,
    Step,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.settlement import window_store, windows
from huoshui.lines.payments.settlement.window_store import Position, Report, Total, Window

_PARTIES = ("seller", "rail", "platform")


def windows_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Settlement windows, newest first; the open one can be closed here."""
    limit = asked.limit(frame)
    after = frame.asked("after")
    before = int(after) if after.isdecimal() else None
    found = window_store.windows(tx, before, limit + 1)
    last = str(found[limit - 1].number) if len(found) > limit else ""
    more, first = asked.turned(frame, last)
    open_ = window_store.open_window(tx)
    return ListPage(
        title=frame.say("windows"),
        lead=frame.say("windows.lead"),
        crumbs=(asked.home(frame),),
        links=_close_link(frame, open_),
        totals=_open_figures(tx, frame, open_),
        table=Table(
            title=frame.say("windows"),
            columns=(
                Column(title=frame.say("windows.number"), align="end"),
                Column(title=frame.say("windows.state")),
                Column(title=frame.say("windows.opened")),
                Column(title=frame.say("windows.closed")),
                Column(title=frame.say("windows.closed_by")),
                Column(title=frame.say("windows.clearings"), align="end"),
                Column(title=frame.say("windows.captured"), align="end"),
                Column(title=frame.say("windows.back"), align="end"),
            ),
            rows=tuple(_row(tx, frame, each) for each in found[:limit]),
            empty=Empty(title=frame.say("windows.none"), detail=frame.say("windows.lead")),
        ),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "windows"),
        api_calls=(ApiCall(path=f"/v1/settlement/windows?limit={limit}"),),
    )


def _close_link(frame: Frame, open_: Window | None) -> tuple[Link, ...]:
    if not (frame.may_settle and open_):
        return ()
    return (Link(frame.say("windows.close"), frame.to(f"windows/{open_.number}"), "check"),)


def _open_figures(tx: Tx, frame: Frame, open_: Window | None) -> tuple[Figure, ...]:
    if open_ is None:
        return ()
    totals = window_store.totals(tx, open_.number)
    return (
        Figure(
            label=frame.say("windows.open"),
            value=open_.number,
            hint=frame.say("windows.since", at=_day(frame, open_)),
            href=frame.to(f"windows/{open_.number}"),
        ),
        Figure(label=frame.say("windows.clearings"), value=sum(t.count for t in totals)),
        Figure(label=frame.say("windows.captured"), value=_sum(totals, "capture")),
    )


def _day(frame: Frame, window: Window) -> str:
    return str(asked.day_of(frame, window.opened_at))


def _sum(totals: list[Total] | tuple[Total, ...], *kinds: str) -> Cell:
    found: dict[str, int] = {}
    for total in totals:
        if total.kind in kinds:
            found[total.currency] = found.get(total.currency, 0) + total.amount
    return Several(tuple(Money(amount, currency) for currency, amount in found.items()))


def _row(tx: Tx, frame: Frame, window: Window) -> Row:
    report = windows.report(tx, window.number)
    totals: tuple[Total, ...] = report.totals if report else ()
    href = frame.to(f"windows/{window.number}")
    return Row(
        key=str(window.number),
        href=href,
        cells=(
            Link(str(window.number), href),
            _state(frame, window, report),
            window.opened_at,
            window.closed_at,
            window.closed_by,
            report.clearings if report else None,
            _sum(totals, "capture", "chargeback_won"),
            _sum(totals, "refund", "chargeback"),
        ),
    )


def _state(frame: Frame, window: Window, report: Report | None) -> Status:
    if window.closed_at is None:
        return Status(frame.say("windows.state.open"), "accent")
    if report is None:
        return Status(frame.say("windows.state.counting"), "warn")
    return Status(frame.say("windows.state.counted"), "good")


def window_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One window with its positions. Raises UnknownWindow."""
    if not key.isascii() or not key.isdecimal():
        raise windows.UnknownWindow(kind="window", id=key[:40])
    window = windows.window(tx, int(key))
    report = windows.report(tx, window.number)
    totals = report.totals if report else tuple(window_store.totals(tx, window.number))
    return ObjectPage(
        title=frame.say("windows.title", number=window.number),
        lead=frame.say("windows.lead"),
        crumbs=(asked.home(frame), Link(frame.say("windows"), frame.to("windows"))),
        key=str(window.number),
        status=_state(frame, window, report),
        steps=_steps(frame, window, report),
        figures=tuple(
            Figure(
                label=frame.say(f"windows.kind.{total.kind}"),
                value=Money(total.amount, total.currency),
                hint=frame.say("windows.times", n=total.count),
            )
            for total in totals
        ),
        fields=_fields(frame, window, report),
        filters=_filters(frame) if report else (),
        lines=_positions(tx, frame, window) if report else None,
        notes=(frame.say("windows.note"),),
        deed=_deed(frame, window),
        api_calls=(
            ApiCall(path=f"/v1/settlement/windows/{window.number}"),
            ApiCall(path=f"/v1/settlement/windows/{window.number}/positions"),
            ApiCall(path="/v1/settlement/windows/close?dry_run=true", method="POST"),
        ),
    )


def _steps(frame: Frame, window: Window, report: Report | None) -> tuple[Step, ...]:
    closed, counted = window.closed_at, report.made_at if report else None
    return (
        Step(text=frame.say("windows.opened"), state="done", at=window.opened_at),
        Step(text=frame.say("windows.closed"), state="done" if closed else "now", at=closed),
        Step(
            text=frame.say("windows.counted"),
            state="done" if counted else "now" if closed else "ahead",
            at=counted,
        ),
    )


def _fields(frame: Frame, window: Window, report: Report | None) -> tuple[Figure, ...]:
    found = [
        Figure(label=frame.say("windows.opened"), value=window.opened_at),
        Figure(label=frame.say("windows.closed"), value=window.closed_at),
        Figure(label=frame.say("windows.closed_by"), value=window.closed_by),
    ]
    if report:
        found += [
            Figure(label=frame.say("windows.clearings"), value=report.clearings),
            Figure(label=frame.say("accounts.transfers"), value=report.transfers),
            Figure(
                label=frame.say("windows.hash"),
                value=Code(report.hash[:16] + "…"),
                hint=frame.say("windows.hash.means"),
            ),
        ]
    return tuple(found)


def _deed(frame: Frame, window: Window) -> Deed | None:
    if window.closed_at is not None or not frame.may_settle:
        return None
    return Deed(
        label=frame.say("windows.close"),
        href=frame.to("windows/close"),
        says=frame.say("windows.close.says", number=window.number),
    )


def _filters(frame: Frame) -> tuple[Filter, ...]:
    return (
        Filter(
            name="party",
            label=frame.say("windows.party_kind"),
            kind="choice",
            value=frame.asked("party"),
            choices=tuple(Choice(p, frame.say(f"windows.party.{p}")) for p in _PARTIES),
            placeholder=frame.say("windows.party.all"),
        ),
    )


def _positions(tx: Tx, frame: Frame, window: Window) -> Lines:
    limit = asked.limit(frame)
    currency, _, path = frame.asked("after").partition(":")
    found = window_store.positions(
        tx,
        window.number,
        party_kind=frame.asked("party"),
        after=(path, currency),
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more, first = asked.turned(frame, f"{last.currency}:{last.path}" if last else "")
    return Lines(
        table=positions_table(frame, found[:limit]),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=(
            Link(
                frame.say("export.csv"),
                frame.to(f"windows/{window.number}/positions.csv"),
                "download",
            ),
        ),
    )


def positions_table(frame: Frame, found: list[Position]) -> Table:
    """Positions as rows."""
    return Table(
        title=frame.say("windows.positions"),
        columns=(
            Column(title=frame.say("windows.party_kind")),
            Column(title=frame.say("windows.account"), wide=True),
            Column(title=frame.say("windows.in"), align="end", money=True),
            Column(title=frame.say("windows.out"), align="end", money=True),
            Column(
                title=frame.say("windows.net"),
                align="end",
                money=True,
                hint=frame.say("windows.net.means"),
            ),
            Column(title=frame.say("accounts.transfers"), align="end"),
        ),
        rows=tuple(
            Row(
                cells=(
                    frame.say(f"windows.party.{each.party_kind}"),
                    Path(each.path, frame.to(f"accounts?prefix={each.path}")),
                    Money(each.gross_in, each.currency),
                    Money(each.gross_out, each.currency),
                    Money(each.net, each.currency),
                    each.transfers,
                )
            )
            for each in found
        ),
        note="" if found else frame.say("windows.none_moved"),
    )


def positions_list(tx: Tx, frame: Frame, key: str) -> ListPage:
    """The positions of a window as a list of their own, for the export. Raises NotFound."""
    if not key.isdecimal():
        raise NotFound(kind="export", id=key[:40])
    lines = _positions(tx, frame, windows.window(tx, int(key)))
    return ListPage(
        title=frame.say("windows.positions"), table=lines.table, next_href=lines.next_href
    )
