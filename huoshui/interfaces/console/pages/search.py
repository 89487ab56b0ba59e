"""One search box: an id or key leads to its order, seller, loan, account or transaction."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.console.page import Column, Empty, Frame, Link, ListPage, Row, Table
from huoshui.interfaces.console.pages import asked
from huoshui.ledger import journal
from huoshui.ledger import service as ledger
from huoshui.lines.lending.loan import contract as loans

_ACCOUNTS = 6


class Hit(msgspec.Struct, frozen=True):
    """Something that was found."""

    text: str
    href: str
    kind: str
    icon: str


def find(tx: Tx, frame: Frame, q: str) -> list[Hit]:
    """What an id, a source's key or the start of an account's path leads to."""
    return list(_hits(tx, frame, q)) if len(q) > 1 else []


def _hits(tx: Tx, frame: Frame, q: str) -> Iterator[Hit]:
    try:
        order = commerce.order(tx, q)
        href = frame.to(f"orders/{ids.show('ord', order.id)}")
        yield Hit(order.key, href, frame.say("search.order"), "receipt-text")
    except NotFound:
        pass
    try:
        seller = commerce.seller(tx, q)
        href = frame.to(f"sellers/{ids.show('slr', seller.id)}")
        yield Hit(seller.name or seller.key, href, frame.say("search.seller"), "store")
    except NotFound:
        pass
    if q.startswith("loan_") and "loans:read" in frame.may:
        yield from _loan(tx, frame, q)
    if q.startswith("txn_"):
        yield from _transaction(tx, frame, q)
    yield from _accounts(tx, frame, q)


def _transaction(tx: Tx, frame: Frame, q: str) -> Iterator[Hit]:
    try:
        found = journal.transaction(tx, ids.read("txn", q))
    except (NotFound, ids.BadId):
        return
    name = asked.word(frame, "posting", found.entry.template)
    yield Hit(name, frame.to(f"transactions/{q}"), frame.say("search.transaction"), "book-open")


def _loan(tx: Tx, frame: Frame, q: str) -> Iterator[Hit]:
    try:
        found = loans.find(tx, q)
    except (NotFound, ids.BadId):
        return
    yield Hit(found.product, frame.to(f"loans/{q}"), frame.say("loans.loan"), "hand-coins")


def _accounts(tx: Tx, frame: Frame, q: str) -> Iterator[Hit]:
    prefix = f"merchant:{q}" if q.startswith("slr_") else q
    for account in ledger.accounts(tx, prefix=prefix, after=prefix[:-1], limit=_ACCOUNTS):
        href = frame.to(f"accounts/{ids.show('acc', account.id)}")
        yield Hit(account.path, href, frame.say("search.account"), "landmark")


def search_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """The same without scripts: a page of what was found."""
    q = frame.asked("q")
    rows = tuple(
        Row(href=hit.href, cells=(Link(hit.text, hit.href), hit.kind)) for hit in find(tx, frame, q)
    )
    return ListPage(
        title=frame.say("search.short"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("search.short"),
            columns=(
                Column(title=frame.say("search.found")),
                Column(title=frame.say("search.kind")),
            ),
            rows=rows,
            empty=Empty(
                title=frame.say("search.nothing", q=q) if q else frame.say("search"),
                detail=frame.say("search.hint"),
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
    )
