"""The journal: every transaction with its legs, by account, order and day; and one transaction."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Code,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.accounts import reference_cell
from huoshui.interfaces.console.pages.order import account_cell, account_link, moved
from huoshui.ledger import journal
from huoshui.ledger import service as ledger
from huoshui.ledger.journal import EntryLeg, Place, Posted

_SHOWN = 30


def journal_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Transactions with their legs, newest first, keyset paged."""
    shown = asked.limit(frame) if frame.asked("limit") else _SHOWN
    account = _account_id(tx, frame)
    if account is not None:
        found, last = _of_account(tx, frame, account, shown)
    else:
        found = _all(tx, frame, shown + 1)
        last = ids.show("txn", found[shown - 1].entry.id) if len(found) > shown else ""
    more, first = asked.paged(frame, found if last else (), shown if not account else 0, last)
    rows = tuple(row for posted in found[:shown] for row in _rows(frame, posted))
    return ListPage(
        title=frame.say("journal"),
        lead=frame.say("journal.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("journal"),
            columns=(
                Column(title=frame.say("journal.at")),
                Column(title=frame.say("journal.posting")),
                Column(title=frame.say("journal.reference")),
                Column(title=frame.say("legs.from")),
                Column(title=frame.say("legs.to")),
                Column(title=frame.say("order.amount"), align="end", money=True),
            ),
            rows=rows,
            empty=Empty(title=frame.say("journal.none"), detail=frame.say("journal.none.detail")),
        ),
        filters=_filters(frame),
        count=frame.say("journal.count", n=min(len(found), shown)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "journal"),
        api_calls=(ApiCall(path="/v1/transactions?" + _api_query(frame, account)),),
    )


def _all(tx: Tx, frame: Frame, limit: int) -> list[Posted]:
    return journal.page(
        tx,
        reference=frame.asked("reference"),
        since=asked.day_start(frame, "from"),
        until=asked.day_start(frame, "to", days=1),
        after=asked.cursor(frame, "txn"),
        limit=limit,
    )


def _of_account(tx: Tx, frame: Frame, account: UUID, shown: int) -> tuple[list[Posted], str]:
    """An account's transactions by its own sequence, which its index carries; and the cursor."""
    before = Place.read(frame.asked("after"))
    lines = journal.transfers(tx, account, before=before, limit=shown + 1)
    found = journal.transactions(tx, list(dict.fromkeys(line.txn_id for line in lines[:shown])))
    return found, str(lines[shown - 1].place) if len(lines) > shown else ""


def _account_id(tx: Tx, frame: Frame) -> UUID | None:
    path = frame.asked("account")
    if not path:
        return None
    if path.startswith("acc_"):
        return ledger.account(tx, ids.read("acc", path)).id
    return ledger.account_at(tx, path, frame.asked("currency") or frame.currency).id


def _rows(frame: Frame, posted: Posted) -> list[Row]:
    """A row a leg; what they share stands on the first one, and on each one in an export."""
    return [
        _row(frame, posted, leg, whole=number == 0 or bool(frame.asked("limit")))
        for number, leg in enumerate(posted.legs)
    ]


def _row(frame: Frame, posted: Posted, leg: EntryLeg, *, whole: bool) -> Row:
    entry = posted.entry
    href = frame.to(f"transactions/{ids.show('txn', entry.id)}")
    name = asked.word(frame, "posting", entry.template)
    shared: tuple[Cell, Cell, Cell] = ("", "", "")
    if whole:
        shared = (entry.effective_at, Link(name, href), reference_cell(frame, entry.reference))
    return Row(
        key=ids.show("txn", entry.id),
        href=href if whole else "",
        joined=not whole,
        cells=(
            *shared,
            account_cell(frame, leg.source, entry.currency),
            account_cell(frame, leg.target, entry.currency),
            Money(leg.amount, entry.currency),
        ),
    )


def _filters(frame: Frame) -> tuple[Filter, ...]:
    return (
        Filter(
            name="account",
            label=frame.say("accounts.path"),
            value=frame.asked("account"),
            placeholder="escrow",
        ),
        Filter(
            name="reference",
            label=frame.say("journal.reference"),
            value=frame.asked("reference"),
            placeholder="ord_…",
        ),
        *asked.days(frame),
    )


def _api_query(frame: Frame, account: UUID | None) -> str:
    return asked.query(
        reference=frame.asked("reference"),
        account=ids.show("acc", account) if account else "",
        limit=str(_SHOWN),
    )


def transaction_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One transaction: all its legs with the balances they left. Raises UnknownTransaction."""
    posted = journal.transaction(tx, ids.read("txn", key))
    entry = posted.entry
    status = Status(frame.say("transaction.posted"), "good")
    if entry.reversed_by:
        status = Status(frame.say("transaction.reversed"), "warn")
    return ObjectPage(
        title=asked.word(frame, "posting", entry.template),
        lead=frame.say("transaction.lead", n=len(posted.legs)),
        crumbs=(asked.home(frame), Link(frame.say("journal"), frame.to("journal"))),
        key=key,
        status=status,
        figures=(
            Figure(label=frame.say("order.amount"), value=Money(moved(posted), entry.currency)),
            Figure(label=frame.say("journal.at"), value=entry.effective_at),
            Figure(label=frame.say("journal.recorded"), value=entry.recorded_at),
        ),
        fields=_fields(frame, posted),
        tables=(_legs(frame, posted),),
        api_calls=(ApiCall(path=f"/v1/transactions/{key}"),),
    )


def _fields(frame: Frame, posted: Posted) -> tuple[Figure, ...]:
    entry = posted.entry
    reference: Cell = Id(entry.reference)
    if entry.reference.startswith("ord_"):
        reference = Id(entry.reference, frame.to(f"orders/{entry.reference}"))
    fields = [
        Figure(label=frame.say("journal.reference"), value=reference),
        Figure(label=frame.say("journal.template"), value=Code(entry.template)),
        Figure(label=frame.say("journal.actor"), value=entry.actor),
    ]
    for name, other in (("reverses", entry.reverses), ("reversed_by", entry.reversed_by)):
        if other:
            shown = ids.show("txn", other)
            link = Id(shown, frame.to(f"transactions/{shown}"))
            fields.append(Figure(label=frame.say(f"transaction.{name}"), value=link))
    return tuple(fields)


def _legs(frame: Frame, posted: Posted) -> Table:
    currency = posted.entry.currency
    rows = tuple(
        Row(
            cells=(
                leg.leg + 1,
                account_link(frame, leg.source, currency),
                account_link(frame, leg.target, currency),
                Money(leg.amount, currency),
            )
        )
        for leg in posted.legs
    )
    return Table(
        title=frame.say("transaction.legs"),
        columns=(
            Column(title="#", align="end"),
            Column(title=frame.say("legs.from"), wide=True),
            Column(title=frame.say("legs.to"), wide=True),
            Column(title=frame.say("order.amount"), align="end"),
        ),
        rows=rows,
    )
