"""The ledger's accounts: the tree of classes and kinds, and the accounts of a kind."""

from __future__ import annotations

from itertools import groupby

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
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
    Path,
    Row,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import journal
from huoshui.ledger import service as ledger
from huoshui.ledger.journal import Total
from huoshui.ledger.model import Account


def accounts_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """The tree of kinds; with a kind or the start of a path, the accounts below it."""
    totals = journal.trial_balance(tx).totals
    if frame.asked("kind") or frame.asked("path"):
        return _below(tx, frame, totals)
    rows: list[Row] = []
    for class_, group in groupby(totals, key=lambda total: total.class_):
        kinds = list(group)
        rows.append(_class_row(frame, class_, kinds))
        rows += [_kind_row(frame, kind) for kind in kinds]
    return ListPage(
        title=frame.say("accounts"),
        lead=frame.say("accounts.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("accounts"),
            columns=(
                Column(title=frame.say("accounts.kind")),
                Column(title=frame.say("accounts.number"), align="end"),
                Column(title=frame.say("accounts.balance"), align="end", money=True),
            ),
            rows=tuple(rows),
            empty=_empty(frame),
        ),
        filters=_filters(frame, totals),
        api_calls=(ApiCall(path="/v1/accounts"), ApiCall(path="/v1/trial-balance")),
    )


def _class_row(frame: Frame, class_: str, kinds: list[Total]) -> Row:
    count = sum(kind.accounts for kind in kinds)
    currencies = {kind.currency for kind in kinds}
    balance: Cell = ""
    if len(currencies) == 1:
        balance = Money(sum(_normal(kind) for kind in kinds), currencies.pop())
    return Row(strong=True, cells=(frame.say(f"class.{class_}"), count, balance))


def _kind_row(frame: Frame, total: Total) -> Row:
    href = frame.to(f"accounts?kind={total.kind}")
    name = asked.word(frame, "kind", total.kind)
    balance = Money(_normal(total), total.currency)
    return Row(depth=1, href=href, cells=(Link(name, href), total.accounts, balance))


def _normal(total: Total) -> int:
    """A kind's balance, positive on its normal side."""
    debit = total.debit - total.credit
    return debit if total.class_ in ("asset", "expense") else -debit


def _below(tx: Tx, frame: Frame, totals: tuple[Total, ...]) -> ListPage:
    kind, path = frame.asked("kind"), frame.asked("path")
    shown = asked.limit(frame)
    found = ledger.accounts(tx, prefix=path, kind=kind, after=frame.asked("after"), limit=shown + 1)
    last = found[shown - 1].path if len(found) > shown else ""
    more, first = asked.turned(frame, last)
    rows = tuple(_account_row(frame, account) for account in found[:shown])
    return ListPage(
        title=asked.word(frame, "kind", kind) if kind else path,
        crumbs=(asked.home(frame), Link(frame.say("accounts"), frame.to("accounts"))),
        table=Table(
            title=frame.say("accounts"),
            columns=(
                Column(title=frame.say("accounts.path")),
                Column(title=frame.say("accounts.class")),
                Column(title=frame.say("accounts.transfers"), align="end"),
                Column(title=frame.say("accounts.in"), align="end", money=True),
                Column(title=frame.say("accounts.out"), align="end", money=True),
                Column(title=frame.say("accounts.balance"), align="end", money=True),
            ),
            rows=rows,
            empty=_empty(frame),
        ),
        filters=_filters(frame, totals),
        count=frame.say("count.page", n=len(rows)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "accounts"),
        api_calls=(ApiCall(path="/v1/accounts?" + asked.query(prefix=path, kind=kind)),),
    )


def _account_row(frame: Frame, account: Account) -> Row:
    href = frame.to(f"accounts/{ids.show('acc', account.id)}")
    currency = account.currency
    return Row(
        key=ids.show("acc", account.id),
        href=href,
        cells=(
            Path(account.path, href),
            frame.say(f"class.{account.class_}"),
            account.version,
            Money(account.in_, currency),
            Money(account.out_, currency),
            Money(account.balance, currency),
        ),
    )


def _filters(frame: Frame, totals: tuple[Total, ...]) -> tuple[Filter, ...]:
    kinds = dict.fromkeys(total.kind for total in totals)
    choices = tuple(Choice(kind, asked.word(frame, "kind", kind)) for kind in kinds)
    return (
        Filter(
            name="kind",
            label=frame.say("accounts.kind"),
            kind="choice",
            value=frame.asked("kind"),
            choices=choices,
        ),
        Filter(
            name="path",
            label=frame.say("accounts.path"),
            value=frame.asked("path"),
            placeholder="merchant:slr_…",
        ),
    )


def _empty(frame: Frame) -> Empty:
    return Empty(title=frame.say("accounts.none"), detail=frame.say("accounts.none.detail"))


def reference_cell(frame: Frame, reference: str) -> Cell:
    """What a transaction is about, with a link where that has a page."""
    if reference.startswith("ord_"):
        return Link(f"{reference[:12]}…", frame.to(f"orders/{reference}"))
    return f"{reference[:12]}…" if len(reference) > 16 else reference
