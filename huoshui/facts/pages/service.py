"""Pages of parties: opened, ended, found."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.commerce import service as commerce
from huoshui.facts.pages import store
from huoshui.facts.pages.model import BadPartyPage, PartyPage, UnknownPartyPage

DAYS_MOST = 365


def open_page(tx: Tx, id_: UUID, party: str, digest: bytes, days: int) -> PartyPage:
    """Let a secret, of which the digest is given, open a party's page for so many days.

    Raises BadId, UnknownSeller, UnknownBuyer, BadPartyPage.
    """
    if not 1 <= days <= DAYS_MOST:
        raise BadPartyPage(days=days, most=DAYS_MOST)
    commerce.demand_party(tx, party)
    new = PartyPage(
        id=id_, party=party, digest=digest, made_at=tx.now, made_by=tx.actor,
        ends_at=tx.now + timedelta(days=days),
    )  # fmt: skip
    store.add(tx, new)
    tx.emit("party_page.opened", new.shown, party=party)
    return new


def end_page(tx: Tx, id_: UUID) -> PartyPage:
    """Let a page open nothing any more; one that has ended stays so. Raises UnknownPartyPage."""
    found = find_page(tx, id_)
    if found.ended_at is not None:
        return found
    store.end(tx, id_, tx.now)
    tx.emit("party_page.ended", found.shown, party=found.party)
    return msgspec.structs.replace(found, ended_at=tx.now)


def find_page(tx: Tx, id_: UUID) -> PartyPage:
    """One page. Raises UnknownPartyPage."""
    found = store.page(tx, id_)
    if found is None:
        raise UnknownPartyPage(kind="party page", id=ids.show("ptp", id_))
    return found


def pages(tx: Tx, party: str = "", after: UUID | None = None, limit: int = 50) -> list[PartyPage]:
    """Pages, newest first; of one party where one is named."""
    return store.pages(tx, party, after, limit)
