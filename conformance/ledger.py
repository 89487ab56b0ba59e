"""Ledger cases: accounts and batches → a result code for each command, and the counters after.

In memory a case runs on one sheet; stored, each case is a book of its own in a world whose clock
the case moves. Names, amounts and codes are translated; nothing is decided here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from conformance.world import START, fresh
from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.ledger import AccountKind, Capture, Command, Leg, Release, Result, Transaction
from huoshui.ledger.model import AMOUNT_MAX, Account, Side
from huoshui.ledger.rows import Row
from huoshui.ledger.sheet import Loaded, Sheet
from huoshui.ledger.store import Opening

Case = dict[str, Any]
Answer = dict[str, Any]
BANK = "the-bank"


def answer(case: Case) -> Answer:
    """The case on a sheet in memory."""
    opened = [_row(account) for account in case["accounts"]]
    sheet = Sheet(Loaded(rows=opened), START, actor="case", burning=True)

    def run(commands: list[Command]) -> list[Result]:
        return sheet.decide(commands)

    def wait(span: timedelta) -> None:
        sheet.now += span
        sheet.lapse()

    results = _play(case, lambda: sheet.now, run, wait)
    return {"results": results, "balances": {row.path: _counters(row) for row in opened}}


class Stored:
    """Cases through PostgreSQL: load, decide, flush and commit for each batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._books = 0

    @staticmethod
    @contextmanager
    def open() -> Iterator[Stored]:
        """A world for cases, made afresh and dropped at the end."""
        with fresh() as database:
            yield Stored(database)

    def answer(self, case: Case) -> Answer:
        """The case in a book of its own."""
        self._books += 1
        book = self._books
        opened = [_row(account) for account in case["accounts"]]
        with self._database.begin() as tx:
            access.open_book(tx, access.Book(book, f"case-{book}", "Case", "CNY", "UTC", True))
        with self._database.begin(book=book) as tx:
            now = [tx.now]
            _fund(tx, opened)

        def run(commands: list[Command]) -> list[Result]:
            with self._database.begin(book=book, now=now[0]) as tx:
                return ledger.post(tx, commands)

        def wait(span: timedelta) -> None:
            now[0] += span
            run([])

        results = _play(case, lambda: now[0], run, wait)
        with self._database.begin(book=book) as tx:
            found = {a.path: a for a in ledger.service.accounts(tx, limit=1000)}
        return {"results": results, "balances": {a.path: _counters(found[a.path]) for a in opened}}


def _fund(tx: Tx, opened: list[Row]) -> None:
    """Open the accounts and post what each is to hold in from a bank without bounds."""
    free = AccountKind("case", "", "liability")
    openings = [Opening(BANK, currency, free) for currency in {a.currency for a in opened}]
    for a in opened:
        kind = AccountKind("case", "", "liability", a.floor, a.ceiling)
        openings.append(Opening(a.path, a.currency, kind))
    ledger.service.open_accounts(tx, openings)
    funding: list[Command] = [
        Transaction(
            id=tx.id("txn", f"fund/{tx.book}/{a.path}"),
            template="fund",
            reference="",
            currency=a.currency,
            legs=(Leg(BANK, a.path, a.in_),),
            effective_at=tx.now,
        )
        for a in opened
        if a.in_
    ]
    for result in ledger.post(tx, funding):
        result.demand()


def _play(
    case: Case,
    now: Callable[[], datetime],
    run: Callable[[list[Command]], list[Result]],
    wait: Callable[[timedelta], None],
) -> list[list[str]]:
    currencies = {account["name"]: _currency(account) for account in case["accounts"]}
    played: list[list[str]] = []
    for batch in case["batches"]:
        codes: list[str] = []
        commands: list[Command] = []
        for item in [*batch, None]:
            if item is None or item["op"] == "wait":
                codes += [result.code for result in run(commands)] if commands else []
                commands = []
            if item and item["op"] == "wait":
                wait(timedelta(seconds=item["seconds"]))
            elif item:
                commands.append(_command(item, currencies, now()))
        played.append(codes)
    return played


def _command(item: Case, currencies: dict[str, str], now: datetime) -> Command:
    id_, linked, amount = _id(item["id"]), bool(item.get("linked")), item.get("amount", 0)
    if item["op"] == "capture":
        whole = None if amount == "all" else amount
        return Capture(id=id_, hold=_id(item["hold"]), amount=whole, linked=linked)
    if item["op"] == "release":
        freed = 0 if amount == "all" else amount
        return Release(id=id_, hold=_id(item["hold"]), amount=freed, linked=linked)
    source, target = item["from"], item["to"]
    currency = currencies.get(source) or currencies.get(target) or "001"
    if "currency" in item:
        currency = _code(item["currency"]) if item["currency"] else ""
    wanted = AMOUNT_MAX if amount == "all" else amount
    return Transaction(
        id=id_,
        template=str(item.get("code", 1)),
        reference="",
        currency=currency,
        legs=(Leg(source, target, wanted, _side(item.get("cap"))),),
        effective_at=now,
        hold=bool(item.get("hold")),
        timeout_s=item.get("timeout", 0),
        close=_side(item.get("close")),
        linked=linked,
    )


def _side(text: Any) -> Side:
    if isinstance(text, list):
        return "both" if len(text) == 2 else text[0]
    return text or ""


def _id(name: str) -> UUID:
    return ids.uuid7(START, hashlib.sha256(str(name).encode()).digest())


def _code(number: Any) -> str:
    return f"{number:03d}" if isinstance(number, int) else str(number)


def _currency(account: Case) -> str:
    return _code(account.get("currency", 1))


def _row(account: Case) -> Row:
    policy = account.get("policy", "free")
    return Row(
        _id(f"account/{account['name']}"),
        account["name"],
        _currency(account),
        0 if policy in ("no_overdraft", "both") else None,
        0 if policy in ("no_overcredit", "both") else None,
        closed=False,
        held_out=0,
        out_=0,
        held_in=0,
        in_=account.get("funded", 0),
        version=0,
        moved_at=None,
    )


def _counters(row: Row | Account) -> list[int]:
    return [row.held_out, row.out_, row.held_in, row.in_]
