"""The journal: every transaction with its legs, by account, order and day; and one transaction."""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money, parse_amount
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Choice,
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
    Several,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.accounts import reference_cell
from huoshui.interfaces.console.pages.holds import account_asked, cut_note
from huoshui.interfaces.console.pages.order import account_cell, account_link, moved
from huoshui.ledger import journal
from huoshui.ledger.journal import EntryLeg, Posted, search
from huoshui.ledger.journal.search_store import Wanted
from huoshui.ledger.model import CAPTURE, HOLD, KINDS, POST, Account

_SHOWN = 30
_MOVING = (POST, CAPTURE)


def journal_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Transactions with their legs, newest first, keyset paged; filters that an index serves."""
    shown = asked.limit(frame) if frame.asked("limit") else _SHOWN
    account = account_asked(tx, frame)
    wanted = search.Asked(
        wanted=_wanted(frame),
        account=account.id if account else None,
        since=asked.day_start(frame, "from"),
        until=asked.day_start(frame, "to", days=1),
    )
    found = search.search(tx, wanted, after=frame.asked("after"), limit=shown)
    more, first = asked.turned(frame, found.next)
    rows = tuple(row for posted in found.posted for row in _rows(frame, posted))
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
            note=" ".join(
                filter(None, (_days_note(frame, account), cut_note(frame, cut=found.cut)))
            ),
            empty=_empty(frame, wanted),
        ),
        filters=_filters(frame),
        totals=_totals(frame, found.posted) if found.posted and _narrowed(frame) else (),
        count=frame.say("journal.count", n=len(found.posted)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "journal"),
        api_calls=(ApiCall(path="/v1/transactions?" + _api_query(frame, account)),),
    )


def _wanted(frame: Frame) -> Wanted:
    """What the filters want of a transfer. Raises AmountTooFine, AmountUnreadable."""
    kind, least, most = frame.asked("kind"), frame.asked("least"), frame.asked("most")
    currency = frame.asked("currency") or (frame.currency if least or most else "")
    return Wanted(
        reference=frame.asked("reference"),
        template=frame.asked("template"),
        kind=KINDS.index(kind) if kind in KINDS else None,
        actor=frame.asked("actor"),
        currency=currency if least or most else "",
        least=parse_amount(least, currency) if least else None,
        most=parse_amount(most, currency) if most else None,
    )


def _narrowed(frame: Frame) -> bool:
    """Whether the reader looks for something: totals of any page of a journal say nothing."""
    return any(each.value for each in _filters(frame))


def _empty(frame: Frame, wanted: search.Asked) -> Empty:
    if wanted.scans:
        return Empty(title=frame.say("search.scans"), detail=frame.say("search.scans.detail"))
    if _narrowed(frame):
        return Empty(title=frame.say("search.none"), detail=frame.say("search.none.detail"))
    return Empty(title=frame.say("journal.none"), detail=frame.say("journal.none.detail"))


def _days_note(frame: Frame, account: Account | None) -> str:
    if not (frame.asked("from") or frame.asked("to")):
        return ""
    return frame.say("search.days.recorded" if account else "search.days.ids")


def _totals(frame: Frame, found: tuple[Posted, ...]) -> tuple[Figure, ...]:
    """What the page's postings and captures moved, by currency."""
    sums: dict[str, int] = {}
    for posted in found:
        if posted.entry.kind in _MOVING:
            amount = sum(leg.amount for leg in posted.legs)
            sums[posted.entry.currency] = sums.get(posted.entry.currency, 0) + amount
    legs = sum(len(posted.legs) for posted in found)
    return (
        *(
            Figure(label=frame.say("search.moved"), value=Money(amount, currency))
            for currency, amount in sums.items()
        ),
        Figure(label=frame.say("search.transactions"), value=len(found)),
        Figure(label=frame.say("transaction.legs"), value=legs),
    )


def _rows(frame: Frame, posted: Posted) -> list[Row]:
    """A row a leg; what they share stands on the first one, and on each one in an export."""
    return [
        _row(frame, posted, leg, whole=number == 0 or bool(frame.asked("limit")))
        for number, leg in enumerate(posted.legs)
    ]


def _row(frame: Frame, posted: Posted, leg: EntryLeg, *, whole: bool) -> Row:
    entry = posted.entry
    href = frame.to(f"transactions/{ids.show('txn', entry.id)}")
    name: Cell = Link(asked.word(frame, "posting", entry.template), href)
    if entry.kind != POST:
        name = Several((name, Status(frame.say(f"transfer.{KINDS[entry.kind]}"), "accent")))
    shared: tuple[Cell, Cell, Cell] = ("", "", "")
    if whole:
        shared = (entry.effective_at, name, reference_cell(frame, entry.reference))
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
    kinds = tuple(Choice(name, frame.say(f"transfer.{name}")) for name in KINDS)

    def text(name: str, label: str, placeholder: str = "") -> Filter:
        return Filter(
            name=name, label=frame.say(label), value=frame.asked(name), placeholder=placeholder
        )

    return (
        text("account", "accounts.path", "escrow"),
        text("reference", "journal.reference", "ord_…"),
        *asked.days(frame),
        text("template", "journal.template", "order_paid"),
        Filter(
            name="kind", label=frame.say("search.kind_of"), kind="choice",
            value=frame.asked("kind"), choices=kinds,
        ),
        text("least", "search.least", frame.currency),
        text("most", "search.most", frame.currency),
        text("actor", "journal.actor", "key:shop"),
    )  # fmt: skip


def _api_query(frame: Frame, account: Account | None) -> str:
    return asked.query(
        reference=frame.asked("reference"),
        account=ids.show("acc", account.id) if account else "",
        limit=str(_SHOWN),
    )


def transaction_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One transaction: all its legs with the balances they left. Raises UnknownTransaction."""
    posted = journal.transaction(tx, ids.read("txn", key))
    entry = posted.entry
    status = Status(frame.say("transaction.posted"), "good")
    if entry.kind != POST:
        status = Status(frame.say(f"transfer.{KINDS[entry.kind]}"), "accent")
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
    hold = entry.id if entry.kind == HOLD else entry.hold_id
    if hold:
        shown = ids.show("txn", hold)
        link = Id(shown, frame.to(f"holds/{shown}"))
        fields.append(Figure(label=frame.say("transfer.hold"), value=link))
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
