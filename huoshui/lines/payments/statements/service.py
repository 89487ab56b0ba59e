"""Statements of our own accounts: a seller's settlement account, or one of our bank accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.ledger import history
from huoshui.ledger.history import StatementLine
from huoshui.ledger.model import Account
from huoshui.lines.payments.statements.model import LINES_MAX, Entry, FileTooLarge, Statement

_PAGE = 1000


def make_statement(tx: Tx, account_id: UUID, since: datetime, until: datetime) -> Statement:
    """An account over [since, until) by recorded time; amounts on the account's own side.

    Raises UnknownAccount, SpanBackwards, FileTooLarge.
    """
    pages = [history.statement(tx, account_id, since=since, until=until, limit=_PAGE)]
    while pages[-1].next:
        if len(pages) * _PAGE > LINES_MAX:
            raise FileTooLarge(limit=f"{LINES_MAX:,}")
        pages.append(
            history.statement(
                tx, account_id, since=since, until=until, after=pages[-1].next, limit=_PAGE
            )
        )
    first = pages[0]
    account, sign = first.account, 1 if first.account.normal == "credit" else -1
    lines = [line for page in pages for line in page.lines]
    return Statement(
        id=ids.show("acc", account.id)[4:] + f"-{until:%y%m%d}",
        account=_number(account),
        owner=access.this_book(tx).name,
        currency=account.currency,
        since=first.since,
        until=first.until,
        made_at=tx.now,
        opening=first.opening * sign,
        closing=first.closing * sign,
        entries=tuple(_entry(n, line, account, sign) for n, line in enumerate(lines, 1)),
    )


def _number(account: Account) -> str:
    """What identifies the account in 34 characters: the seller's id, or its path."""
    words = account.path.split(":")
    return words[1] if words[0] == "merchant" else account.path


def _entry(number: int, line: StatementLine, account: Account, sign: int) -> Entry:
    amount = line.amount * sign
    return Entry(
        number=number,
        kind=line.template,
        gross=amount,
        fee=0,
        net=amount,
        currency=account.currency,
        at=line.recorded_at,
        reference=line.reference,
        key=ids.show("txn", line.txn_id),
        note=line.other,
    )
