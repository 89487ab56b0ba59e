"""The monthly statements of sellers: what they were owed, what came in, what went, and the files."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
    Column,
    Empty,
    Filter,
    Frame,
    Link,
    ListPage,
    Row,
    Several,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import history
from huoshui.ledger import service as ledger
from huoshui.ledger.model import Account
from huoshui.lines.payments.chart import SETTLEMENT_KIND, own_paths, seller_of_path

_MONTHS = 24


def statements_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """A month's statements of the sellers' settlement accounts, those that the reader may see."""
    shown = asked.limit(frame)
    month = month_of(frame, tx.now)
    path, _, currency = frame.asked("after").partition("/")
    found = ledger.accounts(
        tx,
        kind=SETTLEMENT_KIND,
        after=path,
        after_currency=currency,
        limit=shown + 1,
        among=own_paths(frame.bound),
    )
    last = found[shown - 1] if len(found) > shown else None
    more, first = asked.turned(frame, f"{last.path}/{last.currency}" if last else "")
    rows = tuple(_row(tx, frame, account, month) for account in found[:shown])
    return ListPage(
        title=frame.say("statements"),
        lead=frame.say("statements.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("statements"),
            columns=_columns(frame),
            rows=rows,
            empty=Empty(
                title=frame.say("statements.none"), detail=frame.say("statements.none.detail")
            ),
        ),
        filters=(_months(frame, tx.now, month),),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "statements"),
        api_calls=(
            ApiCall(path=f"/v1/accounts?kind={SETTLEMENT_KIND}"),
            *_calls(frame, found[:1], month),
        ),
    )


def month_of(frame: Frame, now: datetime) -> date:
    """The first day of the month that is asked for, of the last whole month where none is."""
    try:
        return date.fromisoformat(f"{frame.asked('month')}-01")
    except ValueError:
        return _before(asked.day_of(frame, now).replace(day=1))


def span_of(frame: Frame, month: date) -> tuple[datetime, datetime]:
    """When a month of the book begins and ends."""
    return asked.start_of(frame, month), asked.start_of(frame, _next(month))


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _months(frame: Frame, now: datetime, chosen: date) -> Filter:
    first = asked.day_of(frame, now).replace(day=1)
    choices = []
    for _ in range(_MONTHS):
        choices.append(Choice(f"{first:%Y-%m}", f"{first:%Y-%m}"))
        first = _before(first)
    return Filter(
        name="month", label=frame.say("statements.month"), value=f"{chosen:%Y-%m}", kind="choice",
        choices=tuple(choices), placeholder=frame.say("statements.last_month"),
    )  # fmt: skip


def _columns(frame: Frame) -> tuple[Column, ...]:
    basis = asked.assumed(frame)
    money = tuple(
        Column(title=frame.say(f"statements.{name}"), align="end", basis=basis, money=True)
        for name in ("opening", "in", "out", "closing")
    )
    return (
        Column(title=frame.say("statements.seller")),
        Column(title=frame.say("statements.month")),
        *money,
        Column(title=frame.say("statements.files")),
    )


def _row(tx: Tx, frame: Frame, account: Account, month: date) -> Row:
    since, until = span_of(frame, month)
    since, until = min(since, tx.now), min(until, tx.now)
    found = history.statement(tx, account.id, since=since, until=until, limit=1)
    shown = ids.show("acc", account.id)
    files = f"statements/{shown}/{month:%Y-%m}"
    currency = account.currency
    return Row(
        key=shown,
        cells=(
            _seller(tx, frame, account),
            f"{month:%Y-%m}",
            Money(found.opening, currency),
            Money(found.total_in, currency),
            Money(found.total_out, currency),
            Money(found.closing, currency),
            _files(frame, files),
        ),
    )


def _files(frame: Frame, href: str) -> Cell:
    table = Link(frame.say("statements.csv"), frame.to(f"{href}.csv"))
    if frame.world is None or frame.world.kind == "replay":
        return table  # a replay is not sealed: there is nothing to prove it by
    return Several((table, Link(frame.say("statements.proof"), frame.to(f"{href}.json"))))


def _seller(tx: Tx, frame: Frame, account: Account) -> Cell:
    shown = seller_of_path(account.path)
    seller = commerce.seller(tx, shown)
    name = seller.name or seller.key
    return Link(name, frame.to(f"sellers/{shown}")) if frame.bound.whole else name


def _calls(frame: Frame, accounts: list[Account], month: date) -> tuple[ApiCall, ...]:
    since, until = span_of(frame, month)
    span = f"since={since:%Y-%m-%dT%H:%M:%S%z}&until={until:%Y-%m-%dT%H:%M:%S%z}"
    return tuple(
        ApiCall(path=f"/v1/accounts/{ids.show('acc', account.id)}/statement?{span}")
        for account in accounts
    )
