"""One account: its state and bounds, its curve, open holds, statement, and what proves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money, major
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Chart,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Lines,
    Link,
    ObjectPage,
    Path,
    Row,
    Series,
    Several,
    Status,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.accounts import reference_cell
from huoshui.interfaces.console.pages.holds import account_holds
from huoshui.interfaces.console.pages.proving import proof_of
from huoshui.ledger import history, journal
from huoshui.ledger import service as ledger
from huoshui.ledger.history import Statement, StatementLine
from huoshui.ledger.history.curve import Point, curve
from huoshui.ledger.journal import Line
from huoshui.ledger.model import CAPTURE, KINDS, POST, Account

_CURVE_DAYS = 90
_STATEMENT_DAYS = 30  # its totals are sums over the span
VIEWS: tuple[history.View, ...] = ("recorded", "effective")


def account_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One account by id or path. Raises UnknownAccount."""
    account = account_of(tx, frame, key)
    shown_id = ids.show("acc", account.id)
    kind = asked.word(frame, "kind", account.kind)
    points = curve(tx, account, *_span(tx, frame, account, _CURVE_DAYS))
    return ObjectPage(
        title=account.path,
        lead=kind,
        crumbs=(
            asked.home(frame),
            Link(frame.say("accounts"), frame.to("accounts")),
            Link(kind, frame.to(f"accounts?kind={account.kind}")),
        ),
        key=shown_id,
        status=_status(frame, account),
        figures=_state(frame, account),
        filters=_filters(frame),
        charts=(_chart(frame, account, points),),
        lines=_lines(tx, frame, account),
        fields=_fields(frame, account),
        groups=(proof_of(tx, frame, account),),
        tables=account_holds(tx, frame, account),
        api_calls=_api_calls(frame, shown_id),
    )


def account_of(tx: Tx, frame: Frame, key: str) -> Account:
    """The account that an address names, by id or by path. Raises UnknownAccount."""
    try:
        return ledger.account(tx, ids.read("acc", key))
    except ids.BadId:
        return ledger.account_at(tx, key, frame.asked("currency") or frame.currency)


def statement_pages(tx: Tx, frame: Frame, account: Account, rows_most: int) -> Iterator[Statement]:
    """The statement that the page's filters ask for, page by page, `rows_most` lines at most."""
    first, last = _span(tx, frame, account, _STATEMENT_DAYS)
    after, rows = None, 0
    while rows < rows_most:
        found = _statement(tx, frame, account, first, last, after, min(1_000, rows_most - rows))
        yield found
        rows, after = rows + len(found.lines), found.next
        if after is None:
            return


def span_of(tx: Tx, frame: Frame, account: Account) -> tuple[datetime, datetime]:
    """The period that the page's filters ask for; without them all of the account's time."""
    since = asked.day_start(frame, "from") or account.opened_at
    return since, asked.day_start(frame, "to", days=1) or tx.now


def _span(tx: Tx, frame: Frame, account: Account, most: int) -> tuple[date, date]:
    """The days that are asked for, else the last so many since the account was opened."""
    last = asked.day(frame, "to") or asked.day_of(frame, tx.now)
    opened = asked.day_of(frame, account.opened_at)
    first = asked.day(frame, "from") or max(opened, last - timedelta(days=most - 1))
    return min(first, last), last


def _sign(account: Account) -> int:
    return 1 if account.normal == "credit" else -1


def _status(frame: Frame, account: Account) -> Status:
    if account.closed:
        return Status(frame.say("account.closed"), "bad")
    return Status(frame.say("account.open"), "good")


def _state(frame: Frame, account: Account) -> tuple[Figure, ...]:
    currency = account.currency
    free: Cell = frame.say("account.unbounded")
    hint = frame.say("account.unbounded.means")
    if account.floor is not None:
        free = Money(account.available - account.floor, currency)
        hint = frame.say("account.available.means")
    return (
        Figure(
            label=frame.say("accounts.balance"),
            value=Money(account.balance, currency),
            hint=frame.say(f"side.{account.normal}"),
        ),
        Figure(label=frame.say("account.available"), value=free, hint=hint),
        Figure(label=frame.say("account.held_out"), value=Money(account.held_out, currency)),
        Figure(label=frame.say("account.held_in"), value=Money(account.held_in, currency)),
        Figure(label=frame.say("accounts.in"), value=Money(account.in_, currency)),
        Figure(label=frame.say("accounts.out"), value=Money(account.out_, currency)),
    )


def _fields(frame: Frame, account: Account) -> tuple[Figure, ...]:
    def bound(name: str, amount: int | None) -> Figure:
        value = None if amount is None else Money(amount, account.currency)
        hint = "" if amount is None else frame.say("account.bound.means")
        return Figure(label=frame.say(f"account.{name}"), value=value, hint=hint)

    return (
        Figure(
            label=frame.say("accounts.class"),
            value=Status(frame.say(f"class.{account.class_}")),
            hint=account.currency,
        ),
        bound("floor", account.floor),
        bound("ceiling", account.ceiling),
        Figure(label=frame.say("accounts.transfers"), value=account.version),
        Figure(label=frame.say("account.opened"), value=account.opened_at),
        Figure(label=frame.say("account.moved"), value=account.moved_at),
    )


def _filters(frame: Frame) -> tuple[Filter, ...]:
    views = tuple(Choice(view, frame.say(f"statement.view.{view}")) for view in VIEWS)
    first = Filter(
        name="view",
        label=frame.say("statement.view"),
        kind="choice",
        value=_view(frame) or "",
        choices=views,
        placeholder=frame.say("statement.view.latest"),
    )
    currency = Filter(name="currency", label="", kind="hidden", value=frame.asked("currency"))
    return (first, *asked.days(frame), *((currency,) if currency.value else ()))


def _view(frame: Frame) -> history.View | None:
    return next((view for view in VIEWS if view == frame.asked("view")), None)


def _chart(frame: Frame, account: Account, points: list[Point]) -> Chart:
    sign, currency = _sign(account), account.currency
    told = tuple(_signed(sign, point.recorded) for point in points)
    effect = tuple(_signed(sign, point.effective) for point in points)
    differs = any(
        a is not None and b is not None and a != b for a, b in zip(told, effect, strict=True)
    )
    series = [Series(name=frame.say("curve.recorded"), values=told, shape="area", colour=1)]
    if differs:
        series.append(
            Series(name=frame.say("curve.effective"), values=effect, shape="line", colour=4)
        )
    unknown = any(b is None and a is not None for a, b in zip(told, effect, strict=True))
    unit = Unit(kind="money", currency=currency)
    if len(currency) != 3:  # a unit of account, which no browser knows
        unit = Unit(kind="count")
        series = [_major(each, currency) for each in series]
    return Chart(
        key="curve",
        question=frame.say("curve"),
        summary=_says(frame, currency, told, differs=differs),
        x=tuple(point.day for point in points),
        x_title=frame.say("overview.day"),
        unit=unit,
        wide=True,
        hint=frame.say("curve.how") + (" " + frame.say("curve.uncounted") if unknown else ""),
        series=tuple(series),
    )


def _signed(sign: int, amount: int | None) -> int | None:
    return None if amount is None else sign * amount


def _major(series: Series, currency: str) -> Series:
    values: list[int | Decimal | None] = [
        None if value is None else major(int(value), currency) for value in series.values
    ]
    return Series(name=series.name, values=tuple(values), shape=series.shape, colour=series.colour)


def _says(frame: Frame, currency: str, told: tuple[int | None, ...], *, differs: bool) -> str:
    known = [amount for amount in told if amount is not None]
    if not known:
        return frame.say("curve.archived")

    def money(amount: int) -> str:
        return shown.money(Money(amount, currency), frame.lang)

    said = frame.say("curve.says", last=money(known[-1]), low=money(min(known)),
                     high=money(max(known)))  # fmt: skip
    return f"{said} {frame.say('curve.differs')}" if differs else said


def _lines(tx: Tx, frame: Frame, account: Account) -> Lines:
    if _view(frame) is None:
        return _latest(tx, frame, account)
    first, last = _span(tx, frame, account, _STATEMENT_DAYS)
    after = history.Place.read(frame.asked("after"))
    found = _statement(tx, frame, account, first, last, after, asked.limit(frame))
    more, back = asked.turned(frame, str(found.next) if found.next else "")
    rows = tuple(_statement_row(frame, account, line) for line in found.lines)
    currency, sign = account.currency, _sign(account)
    total = Row(
        cells=(
            frame.say("statement.opening"), Money(sign * found.opening, currency), None,
            frame.say("statement.moved", came=_money(frame, found.total_in, currency),
                      went=_money(frame, found.total_out, currency)),
            frame.say("statement.closing"), Money(sign * found.closing, currency),
        )
    )  # fmt: skip
    note = ""
    if found.archived_until:
        at = shown.moment(found.archived_until, frame.lang, frame.zone)
        note = frame.say("statement.archived", at=at)
    return Lines(
        table=Table(
            title=frame.say("statement.title", first=shown.day(first, frame.lang),
                            last=shown.day(last, frame.lang)),
            columns=_columns(frame),
            rows=rows,
            foot=(total,),
            note=note,
            empty=_still(frame),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=back,
        next_href=more,
        exports=_exports(frame, account),
    )  # fmt: skip


def _money(frame: Frame, amount: int, currency: str) -> str:
    return shown.money(Money(amount, currency), frame.lang)


def _statement(
    tx: Tx, frame: Frame, account: Account, first: date, last: date,
    after: history.Place | None, limit: int,
) -> Statement:  # fmt: skip
    return history.statement(
        tx, account.id, since=asked.start_of(frame, first),
        until=asked.start_of(frame, last + timedelta(days=1)),
        view=_view(frame) or "recorded", after=after, limit=limit,
    )  # fmt: skip


def _latest(tx: Tx, frame: Frame, account: Account) -> Lines:
    limit = asked.limit(frame)
    until = asked.day_start(frame, "to", days=1)
    since = asked.day_start(frame, "from")
    before = journal.Place.read(frame.asked("after"))
    before = before or (journal.Place(until, 0) if until else None)
    found = journal.transfers(tx, account.id, before=before, limit=limit + 1)
    if since:
        found = [line for line in found if line.recorded_at >= since]
    last = str(found[limit - 1].place) if len(found) > limit else ""
    more, back = asked.turned(frame, last)
    rows = tuple(_line_row(frame, account, line) for line in found[:limit])
    return Lines(
        table=Table(
            title=frame.say("statement.latest"),
            columns=_columns(frame),
            rows=rows,
            empty=_still(frame),
        ),
        count=frame.say("count.page", n=len(rows)),
        first_href=back,
        next_href=more,
        exports=_exports(frame, account),
    )


def _still(frame: Frame) -> Empty:
    return Empty(title=frame.say("accounts.still"), detail=frame.say("accounts.still.detail"))


def _exports(frame: Frame, account: Account) -> tuple[Link, ...]:
    """The statement as CSV: minor units of in - out, oldest first."""
    query = asked.query(
        view=_view(frame) or "", **{"from": frame.asked("from"), "to": frame.asked("to")}
    )
    place = frame.to(f"accounts/{ids.show('acc', account.id)}/statement.csv")
    return (Link(frame.say("export.csv"), f"{place}?{query}" if query else place, "download"),)


def _columns(frame: Frame) -> tuple[Column, ...]:
    return (
        Column(title=frame.say("journal.at")),
        Column(title=frame.say("journal.posting")),
        Column(title=frame.say("accounts.other"), wide=True),
        Column(title=frame.say("journal.reference")),
        Column(title=frame.say("order.amount"), align="end", money=True),
        Column(title=frame.say("accounts.after"), align="end", money=True),
    )


def _line_row(frame: Frame, account: Account, line: Line) -> Row:
    sign, currency = _sign(account), account.currency
    href = frame.to(f"transactions/{ids.show('txn', line.txn_id)}")
    name: Cell = Link(asked.word(frame, "posting", line.template), href)
    moved: Cell = Money(sign * line.amount, currency)
    if line.kind != POST:
        told = frame.say(f"transfer.{KINDS[line.kind]}")
        if line.kind != CAPTURE:
            held = f" {_money(frame, abs(line.amount), currency)}" if line.amount else ""
            told, moved = f"{told}{held}", None
        name = Several((name, Status(told, "accent")))
    return Row(
        href=href,
        cells=(
            _when(frame, line.effective_at, line.recorded_at),
            name,
            Path(line.other, frame.to(f"accounts/{line.other}?currency={currency}")),
            reference_cell(frame, line.reference),
            moved,
            Money(sign * line.balance, currency),
        ),
    )


def _statement_row(frame: Frame, account: Account, line: StatementLine) -> Row:
    sign, currency = _sign(account), account.currency
    href = frame.to(f"transactions/{ids.show('txn', line.txn_id)}")
    name: Cell = Link(asked.word(frame, "posting", line.template), href)
    if line.reverses:
        name = Several((name, Status(frame.say("transaction.reverses"), "warn")))
    return Row(
        href=href,
        cells=(
            _when(frame, line.effective_at, line.recorded_at),
            name,
            Path(line.other, frame.to(f"accounts/{line.other}?currency={currency}")),
            reference_cell(frame, line.reference),
            Money(sign * line.amount, currency),
            Money(sign * line.balance, currency),
        ),
    )


def _when(frame: Frame, effective: datetime, recorded: datetime) -> Cell:
    """When it took effect; where it was recorded on a later day, that too."""
    if asked.day_of(frame, recorded) <= asked.day_of(frame, effective):
        return effective
    at = shown.moment(recorded, frame.lang, frame.zone)
    return Several((effective, Status(frame.say("statement.late", at=at), "warn")))


def _api_calls(frame: Frame, shown_id: str) -> tuple[ApiCall, ...]:
    replay = frame.world is not None and frame.world.kind == "replay"
    return (
        ApiCall(path=f"/v1/accounts/{shown_id}"),
        ApiCall(path=f"/v1/accounts/{shown_id}/transfers"),
        ApiCall(path=f"/v1/accounts/{shown_id}/balance?view=effective"),
        ApiCall(path=f"/v1/accounts/{shown_id}/statement"),
        *(() if replay else (ApiCall(path=f"/v1/accounts/{shown_id}/proof"),)),
    )
