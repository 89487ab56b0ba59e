"""Use cases of payment links: make one, end it, look at it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.lines.payments.links import store
from huoshui.lines.payments.links.model import Link, LinkAsked, UnknownLink, check


def make_link(tx: Tx, asked: LinkAsked, key: str = "") -> Link:
    """Make a link. Raises BadLink, UnknownCurrency."""
    check(asked)
    money.digits(asked.currency)
    id_ = tx.id("plk", key or f"{asked.title_en}/{tx.now.isoformat()}")
    new = Link(
        id=id_, **msgspec.structs.asdict(asked), made_by=tx.actor, made_at=tx.now, ended_at=None
    )
    store.add(tx, new)
    tx.emit("payment_link.made", new.shown, seller=new.seller, currency=new.currency)
    return new


def end_link(tx: Tx, id_: UUID) -> Link:
    """Let a link begin no payment any more; one that has ended stays so. Raises UnknownLink."""
    found = link(tx, id_)
    if found.ended_at is not None:
        return found
    store.end(tx, id_, tx.now)
    tx.emit("payment_link.ended", found.shown)
    return msgspec.structs.replace(found, ended_at=tx.now)


def link(tx: Tx, id_: UUID) -> Link:
    """One link. Raises UnknownLink."""
    found = store.link(tx, id_)
    if found is None:
        raise UnknownLink(kind="payment link", id=ids.show("plk", id_))
    return found


def links(
    tx: Tx, *, sellers: list[str] | None, after: UUID | None = None, limit: int = 50
) -> list[Link]:
    """Links, newest first, older than the cursor; of these sellers only where any list is given."""
    return store.links(tx, sellers=sellers, after=after, limit=limit)


def of_reference(tx: Tx, reference: str) -> Link | None:
    """The link that a payment names as its reference, or None."""
    try:
        return store.link(tx, ids.read("plk", reference))
    except ids.BadId:
        return None


def payments_of(tx: Tx, found: Link, limit: int = 50) -> list[UUID]:
    """The payments that were begun by a link, newest first."""
    return store.payments_of(tx, found.shown, limit)
