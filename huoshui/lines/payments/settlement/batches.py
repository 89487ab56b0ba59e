"""Payout batches: made from what sellers are owed, approved by another, sent, followed to the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Transaction
from huoshui.lines.payments.chart import CHART, SETTLEMENT_KIND, TEMPLATES
from huoshui.lines.payments.escrow import store as order_store
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.settlement import calendar, claims, sending, store
from huoshui.lines.payments.settlement.claims import Claimant
from huoshui.lines.payments.settlement.machine import BATCH, is_over, sent_state
from huoshui.lines.payments.settlement.model import (
    BY_TERMS,
    AboveLimit,
    Batch,
    Debt,
    NothingToPay,
    OwnBatch,
    Payout,
    UnknownBatch,
)
from huoshui.lines.payments.settlement.plan import Share, plan
from huoshui.lines.payments.settlement.terms import SettlementTerms

SEND_DUE = "payments.payout_send_due"
_RECEIVABLE_KIND = "receivable"


def make_batch(
    tx: Tx,
    currency: str,
    *,
    sellers: frozenset[str] = frozenset(),
    claimants: Sequence[Claimant] = (),
) -> Batch:
    """Draft a batch of what sellers are owed in a currency; of some sellers where they are named.

    What claimants have of sellers' takings is taken first, then what a seller owes on a receivable.
    Nothing is moved to a bank yet. Raises NothingToPay, which says what the terms left out.
    """
    claims.meet(tx, claimants, sellers)
    recover(tx, sellers)
    terms, least = store.settlement_terms(tx), (order_store.terms(tx) or Terms()).payout_min
    found = [
        each
        for each in store.payable(tx, SETTLEMENT_KIND, least)
        if each.currency == currency and (not sellers or each.seller in sellers)
    ]
    earned = _earned(tx, terms, [each.account_id for each in found])
    spent = store.spent(tx, currency, access.midnight(tx, access.today(tx)))
    shares, left_out = plan(found, earned, terms, least=least, spent=spent)
    if not shares:
        raise NothingToPay(currency=currency, left_out=len(left_out))
    batch = Batch(
        tx.id("pob", f"{currency}/{tx.now.isoformat()}"),
        BATCH.initial,
        currency,
        terms.payout_rail,
        len(shares),
        sum(share.amount for share in shares),
        tuple(left_out),
        tx.actor,
        tx.now,
    )
    store.add_batch(tx, batch)
    store.add_payouts(tx, [_payout(tx, batch, share) for share in shares])
    _tell(tx, "payout_batch.made", batch)
    return batch


def _earned(tx: Tx, terms: SettlementTerms, accounts: list[UUID]) -> dict[UUID, int]:
    if not terms.reserve_rate:
        return {}
    return store.earned(tx, accounts, tx.now - timedelta(days=terms.reserve_days))


def _payout(tx: Tx, batch: Batch, share: Share) -> Payout:
    each = share.payable
    key = f"{each.seller}/{each.currency}/{tx.now.isoformat()}"
    return Payout(
        tx.id("pay", key),
        ids.read("slr", each.seller),
        each.account_id,
        share.amount,
        each.currency,
        tx.now,
        each.paid_version,
        each.paid_version,
        None,
        batch.id,
        "due",
        reserved=share.reserved,
    )


def recover(tx: Tx, sellers: frozenset[str] = frozenset()) -> int:
    """Take what sellers owe from what they earned; how many debts were paid, in whole or part."""
    debts = [d for d in store.debts(tx, _RECEIVABLE_KIND) if not sellers or d.seller in sellers]
    ledger.post(tx, [_recovery(tx, debt) for debt in debts], CHART)
    for debt in debts:
        tx.emit("seller.debt_recovered", debt.seller, amount=min(debt.owed, debt.available))
    return len(debts)


def _recovery(tx: Tx, debt: Debt) -> Transaction:
    amount = min(debt.owed, debt.available)
    key = f"debt/{debt.seller}/{debt.currency}/{tx.now.isoformat()}/{debt.owed}"
    return TEMPLATES["seller_debt_recovered"].transaction(
        tx.id("txn", key),
        {"seller": debt.seller},
        {"amount": amount},
        reference=debt.seller,
        currency=debt.currency,
        at=tx.now,
    )


def approve(tx: Tx, id_: UUID, *, roles: frozenset[str] = frozenset()) -> Batch:
    """Approve a batch: another than its maker, whose role may approve as much.

    It is sent at once, or, on a closed day or too late in the day, as the next open one begins.
    Raises UnknownBatch, IllegalMove, OwnBatch, AboveLimit, CalendarUnknown.
    """
    batch = load(tx, id_, lock=True)
    BATCH.after(batch.state, "approve")
    if batch.made_by == tx.actor:
        raise OwnBatch(maker=batch.made_by)
    ceiling = store.settlement_terms(tx).ceiling(roles)
    if ceiling is not None and batch.amount > ceiling:
        raise AboveLimit(amount=batch.amount, limit=ceiling)
    return _approved(tx, batch, tx.actor)


def approve_by_terms(tx: Tx, batch: Batch) -> Batch:
    """Approve a batch whose amount needs no word of a person; a larger one stays a draft."""
    if batch.amount > store.settlement_terms(tx).auto_max:
        return batch
    return _approved(tx, batch, BY_TERMS)


def _approved(tx: Tx, batch: Batch, by: str) -> Batch:
    zone = access.zone_of(tx)
    due = calendar.send_at(store.settlement_terms(tx), zone, tx.now)
    after = _move(tx, batch, "approve", approved_by=by, approved_at=tx.now, send_at=due)
    _tell(tx, "payout_batch.approved", after)
    if due <= tx.now:
        return send(tx, after.id)
    tx.later(SEND_DUE, ids.show("pob", batch.id), due, batch=str(batch.id))
    return after


def send(tx: Tx, id_: UUID) -> Batch:
    """Send an approved batch: its money leaves sellers' accounts, its rail is asked.

    Raises UnknownBatch, IllegalMove.
    """
    batch = _move(tx, load(tx, id_, lock=True), "send", sent_at=tx.now)
    sending.send_due(tx, batch)
    return refresh(tx, batch.id)


def cancel(tx: Tx, id_: UUID) -> Batch:
    """Call off a batch that was not sent: nothing was moved. Raises UnknownBatch, IllegalMove."""
    batch = load(tx, id_, lock=True)
    after = _move(tx, batch, "cancel", ended_at=tx.now)
    due = [payout for payout, _, _ in store.due(tx, id_)]
    store.move_payouts(
        tx, [("due", msgspec.structs.replace(p, state="cancelled", settled_at=tx.now)) for p in due]
    )
    _tell(tx, "payout_batch.cancelled", after)
    return after


def refresh(tx: Tx, id_: UUID) -> Batch:
    """Let a batch that was sent be what its payouts say."""
    batch, states = load(tx, id_, lock=True), store.states(tx, id_)
    over = is_over(states)
    if batch.state == "done" and over:
        return batch
    verb = "go" if sent_state(states) == "sent" else "go_partly"
    if BATCH.moves[verb].leads != batch.state:
        batch = _move(tx, batch, verb, ended_at=None)
        _tell(tx, "payout_batch.sent", batch)
    if over:
        batch = _move(tx, batch, "end", ended_at=tx.now)
        _tell(tx, "payout_batch.done", batch)
    return batch


def load(tx: Tx, id_: UUID, *, lock: bool = False) -> Batch:
    """One batch. Raises UnknownBatch."""
    found = store.batch(tx, id_, lock=lock)
    if found is None:
        raise UnknownBatch(kind="payout batch", id=ids.show("pob", id_))
    return found


def _move(tx: Tx, batch: Batch, verb: str, **changes: object) -> Batch:
    after = msgspec.structs.replace(batch, state=BATCH.after(batch.state, verb), **changes)
    if not store.move_batch(tx, batch.state, after):
        raise Conflict()
    return after


def _tell(tx: Tx, event: str, batch: Batch) -> None:
    tx.emit(
        event,
        ids.show("pob", batch.id),
        payouts=batch.payouts,
        amount=batch.amount,
        currency=batch.currency,
        made_by=batch.made_by,
        approved_by=batch.approved_by,
    )
