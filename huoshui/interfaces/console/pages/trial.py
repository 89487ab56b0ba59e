"""The trial balance: debits and credits of every kind of account, and whether they are equal."""

from __future__ import annotations

from itertools import groupby

from huoshui.core import clock
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Column,
    Empty,
    Figure,
    Frame,
    Link,
    ListPage,
    Row,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.shown import clock_time
from huoshui.ledger import journal
from huoshui.ledger.journal import Total, TrialBalance


def trial_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """From the four counters stored on each account, now."""
    balance = journal.trial_balance(tx)
    rows: list[Row] = []
    for class_, group in groupby(balance.totals, key=lambda total: total.class_):
        rows.append(Row(strong=True, cells=(frame.say(f"class.{class_}"), "", "", "")))
        rows += [_row(frame, total) for total in group]
    foot = tuple(
        Row(cells=(frame.say("trial.sum", currency=c), "", Money(d, c), Money(k, c)))
        for c, (d, k) in balance.sums.items()
    )
    return ListPage(
        title=frame.say("trial"),
        lead=frame.say("trial.lead"),
        crumbs=(asked.home(frame),),
        totals=(balanced(frame, balance), *_sums(frame, balance)),
        table=Table(
            title=frame.say("trial"),
            columns=(
                Column(title=frame.say("accounts.kind")),
                Column(title=frame.say("accounts.number"), align="end"),
                Column(title=frame.say("trial.debit"), align="end", money=True),
                Column(title=frame.say("trial.credit"), align="end", money=True),
            ),
            rows=tuple(rows),
            foot=foot,
            empty=Empty(title=frame.say("accounts.none"), detail=frame.say("accounts.none.detail")),
        ),
        exports=asked.exported(frame, "trial-balance"),
        api_calls=(ApiCall(path="/v1/trial-balance"),),
    )


def balanced(frame: Frame, balance: TrialBalance) -> Figure:
    """Whether the books balance, and when that was read."""
    at = clock_time(clock.system_now(), frame.zone)
    if balance.balanced:
        value = frame.say("trial.balanced")
        return Figure(
            label=frame.say("trial.books"),
            value=value,
            tone="good",
            hint=frame.say("trial.balanced_at", at=at),
        )
    value = frame.say("trial.unbalanced")
    return Figure(label=frame.say("trial.books"), value=value, tone="bad", hint=at)


def _sums(frame: Frame, balance: TrialBalance) -> list[Figure]:
    found: list[Figure] = []
    for currency, (debit, credit) in balance.sums.items():
        found += [
            Figure(label=frame.say("trial.debit"), value=Money(debit, currency)),
            Figure(label=frame.say("trial.credit"), value=Money(credit, currency)),
        ]
    return found


def _row(frame: Frame, total: Total) -> Row:
    href = frame.to(f"accounts?kind={total.kind}")
    return Row(
        depth=1,
        href=href,
        cells=(
            Link(asked.word(frame, "kind", total.kind), href),
            total.accounts,
            Money(total.debit, total.currency) if total.debit else None,
            Money(total.credit, total.currency) if total.credit else None,
        ),
    )
