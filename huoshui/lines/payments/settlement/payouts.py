"""Payout days: every seller is paid what it has earned; and verbs of one payout of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.work import Item
from huoshui.lines.payments import rails
from huoshui.lines.payments.chart import SETTLEMENT_KIND
from huoshui.lines.payments.escrow import store as order_store
from huoshui.lines.payments.escrow.terms import BadTerms, Terms, next_payout
from huoshui.lines.payments.rails.model import Answer, Call, Notice
from huoshui.lines.payments.settlement import batches, calendar, claims, sending, store, windows
from huoshui.lines.payments.settlement.claims import Claimant
from huoshui.lines.payments.settlement.model import Batch, NothingToPay, Payout
from huoshui.lines.payments.settlement.terms import SettlementTerms

PAYOUT_DUE = "payments.payout_due"


def schedule(tx: Tx, terms: Terms) -> None:
    """Put the next payout day on the queue: the terms' day, or the first open one after it."""
    zone = access.zone_of(tx)
    due = next_payout(terms, zone, tx.now)
    tx.later(PAYOUT_DUE, "calendar", calendar.on_open_day(store.settlement_terms(tx), zone, due))


def change_terms(tx: Tx, new: SettlementTerms) -> None:
    """Put other terms of settlement in force, and the calendars that follow from them to work.

    Raises UnknownRail, and BadTerms for a rail that does not pay out.
    """
    if new.payout_rail and not rails.capabilities(new.payout_rail).pays_out:
        raise BadTerms(reason=f"payout_rail: {new.payout_rail}")
    before = store.settlement_terms(tx)
    store.add_settlement_terms(tx, new)
    tx.emit("settlement_terms.changed", "settlement", before=_words(before), after=_words(new))
    windows.schedule(tx, new)
    terms, zone = order_store.terms(tx), access.zone_of(tx)
    if terms:
        due = next_payout(terms, zone, tx.now)
        tx.later(PAYOUT_DUE, "calendar", calendar.on_open_day(new, zone, due))


def hear(tx: Tx, said: Sequence[tuple[Call, Answer]]) -> None:
    """What rails say of payouts: each change once, in the commit that records it."""
    for call, answer in said:
        payout = store.payout(tx, ids.read("pay", call.subject), lock=True)
        # An attempt that was given up is not the one that is under way.
        if payout is None or payout.call_id != call.id or payout.state != "sent":
            continue
        if answer.verdict == "succeeded":
            paid(tx, payout.id)
        elif answer.verdict == "declined":
            failed(tx, payout.id, answer.code or "declined")


def notice(tx: Tx, call: Call, told: Notice) -> None:
    """What began at the rail: the seller's bank returned a payout."""
    if told.kind != "returned":
        return
    payout = store.payout(tx, ids.read("pay", call.subject), lock=True)
    if payout and payout.call_id == call.id and payout.state in ("sent", "paid"):
        returned(tx, payout.id, told.reason or "returned")


def _words(terms: SettlementTerms) -> str:
    return msgspec.json.encode(terms).decode()


def pay_out(tx: Tx, claimants: Sequence[Claimant] = ()) -> list[Payout]:
    """Pay every seller whose balance reaches the least amount of the terms: a batch a currency.

    Claimants have theirs first, from sellers too who reach no payout. A batch above the terms' limit
    stays a draft and waits for a person. Answers what was sent.
    """
    claims.meet(tx, claimants)
    batches.recover(tx)
    least = (order_store.terms(tx) or Terms()).payout_min
    currencies = {each.currency for each in store.payable(tx, SETTLEMENT_KIND, least)}
    sent: list[Payout] = []
    for currency in sorted(currencies):
        batch = _batch(tx, currency)
        if batch and batch.state != "draft":
            sent += [p for p in _all(tx, batch) if p.state == "sent"]
    return sent


def _batch(tx: Tx, currency: str) -> Batch | None:
    try:
        return batches.approve_by_terms(tx, batches.make_batch(tx, currency))
    except NothingToPay:
        return None


def _all(tx: Tx, batch: Batch) -> list[Payout]:
    return store.payouts(tx, batch_id=batch.id, limit=batch.payouts)


def run_due(tx: Tx, claimants: Sequence[Claimant] = ()) -> None:
    """The payout day: pay, then put the next day on the queue."""
    pay_out(tx, claimants)
    schedule(tx, order_store.terms(tx) or Terms())


def send_due(tx: Tx, items: list[Item]) -> None:
    """Due work: the open day of approved batches has come; one called off meanwhile stays so."""
    for item in items:
        batch = batches.load(tx, UUID(item.payload["batch"]), lock=True)
        if batch.state == "approved":
            batches.send(tx, batch.id)


def paid(tx: Tx, id_: UUID) -> Payout:
    """A payout arrived. Raises UnknownPayout."""
    payout = sending.load(tx, id_, lock=True)
    sending.pay(tx, [payout])
    return _refreshed(tx, payout)


def failed(tx: Tx, id_: UUID, reason: str) -> Payout:
    """A payout did not leave. Raises UnknownPayout, IllegalMove."""
    return _refreshed(tx, sending.fail(tx, id_, reason))


def returned(tx: Tx, id_: UUID, reason: str) -> Payout:
    """A payout came back. Raises UnknownPayout, IllegalMove."""
    return _refreshed(tx, sending.take_back(tx, id_, reason))


def retry(tx: Tx, id_: UUID) -> Payout:
    """Send a payout that failed or came back once more. Raises UnknownPayout, IllegalMove."""
    payout = sending.retry(tx, id_)
    if payout.batch_id is not None:
        sending.send_due(tx, batches.load(tx, payout.batch_id))
    return _refreshed(tx, payout)


def _refreshed(tx: Tx, payout: Payout) -> Payout:
    if payout.batch_id is not None:
        batches.refresh(tx, payout.batch_id)
    return sending.load(tx, payout.id)
