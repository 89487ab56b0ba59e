"""Partners named, and what they are called."""

from __future__ import annotations

from collections.abc import Collection

from huoshui.core.db import Tx
from huoshui.facts.partners import store
from huoshui.facts.partners.model import BadPartnerName, PartnerName, fault


def name_partner(tx: Tx, party: str, en: str, zh: str) -> PartnerName:
    """Call a partner so from now on; the same again changes nothing. Raises BadPartnerName."""
    field = fault(party, en, zh)
    if field:
        raise BadPartnerName(field=field)
    store.lock(tx, party)
    before = store.current(tx, [party])
    if before and (before[0].en, before[0].zh) == (en, zh):
        return before[0]
    number = before[0].number + 1 if before else 1
    made = PartnerName(
        party=party, number=number, en=en, zh=zh, made_at=tx.now, made_by=tx.actor
    )  # fmt: skip
    store.add(tx, made)
    tx.emit("partner.named", party, en=en, zh=zh)
    return made


def named(tx: Tx, parties: Collection[str]) -> dict[str, PartnerName]:
    """What some partners are called now; who was never named is left out."""
    return {each.party: each for each in store.current(tx, sorted(set(parties)))}


def names(tx: Tx) -> list[PartnerName]:
    """What all partners are called now, by their words."""
    return store.current(tx, None)
