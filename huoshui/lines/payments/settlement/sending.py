"""Sending payouts and what becomes of each: paid, failed, returned, tried again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Sheet, Transaction
from huoshui.lines.payments import rails
from huoshui.lines.payments.chart import CHART, TEMPLATES
from huoshui.lines.payments.rails.model import Call
from huoshui.lines.payments.settlement import store
from huoshui.lines.payments.settlement.machine import PAYOUT
from huoshui.lines.payments.settlement.model import Batch, Payout, UnknownPayout

PAYOUT_PATH = "rail:bank:payout"
_CHUNK = 2000
_REASON_MAX = 200


def send_due(tx: Tx, batch: Batch) -> list[Payout]:
    """Move the money of a batch's due payouts out; those whose seller has less by now fail."""
    found = store.due(tx, batch.id)
    sent: list[Payout] = []
    for start in range(0, len(found), _CHUNK):
        sent += _send_chunk(tx, batch.rail, found[start : start + _CHUNK])
    return sent


def _send_chunk(tx: Tx, rail: str, found: Sequence[tuple[Payout, str, int]]) -> list[Payout]:
    paths = [(path, payout.currency) for payout, path, _ in found]
    paths += [(PAYOUT_PATH, currency) for currency in {p.currency for p, _, _ in found}]
    sheet = ledger.load(tx, paths, chart=CHART)
    after = [_send(tx, sheet, *each) for each in found]
    ledger.flush(tx, sheet)
    sent = [payout for payout in after if payout.state == "sent"]
    if rail:
        calls = {payout.id: _call(tx, rail, payout) for payout in sent}
        rails.queue(tx, list(calls.values()))
        after = [
            msgspec.structs.replace(p, call_id=calls[p.id].id) if p.id in calls else p
            for p in after
        ]
    _move(tx, [("due", payout) for payout in after])
    return sent


def _call(tx: Tx, rail: str, payout: Payout) -> Call:
    """What a rail is asked; `token` names the seller, whose bank account the rail knows."""
    key = ids.show("pay", payout.id)
    return Call(
        id=tx.id("rca", f"{key}/{payout.attempt}"),
        rail=rail,
        verb="pay_out",
        subject=key,
        tender=0,
        amount=payout.amount,
        currency=payout.currency,
        token=ids.show("slr", payout.seller_id),
    )


def _send(tx: Tx, sheet: Sheet, payout: Payout, path: str, paid_version: int) -> Payout:
    seller, row = path.split(":")[1], sheet.rows[(path, payout.currency)]
    key = ids.show("pay", payout.id)
    # What was owed when the batch was made may have been refunded since.
    if row.closed or row.balance - row.held_out < payout.amount:
        tx.emit("payout.failed", key, seller=seller, amount=payout.amount, reason="balance")
        return msgspec.structs.replace(
            payout, state=PAYOUT.after(payout.state, "fail"), reason="balance", settled_at=tx.now
        )
    transaction = _transaction(tx, payout, seller)
    sheet.post(transaction).demand()
    tx.emit("seller.paid_out", key, seller=seller, amount=payout.amount)
    return msgspec.structs.replace(
        payout,
        state=PAYOUT.after(payout.state, "send"),
        at=tx.now,
        from_version=paid_version,
        to_version=sheet.version(path, payout.currency),
        txn_id=transaction.id,
    )


def _transaction(tx: Tx, payout: Payout, seller: str) -> Transaction:
    again = f"/{payout.attempt}" if payout.attempt > 1 else ""
    key = f"{seller}/{payout.currency}/{payout.at.isoformat()}{again}"
    return TEMPLATES["seller_paid_out"].transaction(
        tx.id("txn", f"payout/{key}"),
        {"seller": seller},
        {"amount": payout.amount},
        reference=ids.show("pay", payout.id),
        currency=payout.currency,
        at=tx.now,
    )


def pay(tx: Tx, payouts: Sequence[Payout]) -> None:
    """The rail or the bank says that these arrived; those that are paid stay so."""
    sent = [payout for payout in payouts if payout.state == "sent"]
    _move(tx, [("sent", msgspec.structs.replace(p, state="paid", settled_at=tx.now)) for p in sent])
    for payout in sent:
        tx.emit("payout.paid", ids.show("pay", payout.id), amount=payout.amount)


def unpay(tx: Tx, payouts: Sequence[Payout]) -> None:
    """What said that these arrived was undone."""
    paid = [payout for payout in payouts if payout.state == "paid"]
    _move(tx, [("paid", msgspec.structs.replace(p, state="sent", settled_at=None)) for p in paid])


def fail(tx: Tx, id_: UUID, reason: str) -> Payout:
    """A payout did not leave: its money is the seller's again. Raises UnknownPayout, IllegalMove."""
    return _bring_back(tx, id_, "fail", "payout.failed", reason)


def take_back(tx: Tx, id_: UUID, reason: str) -> Payout:
    """The seller's bank returned a payout: its money is the seller's again.

    Raises UnknownPayout, IllegalMove.
    """
    return _bring_back(tx, id_, "return", "payout.returned", reason)


def _bring_back(tx: Tx, id_: UUID, verb: str, event: str, reason: str) -> Payout:
    payout = load(tx, id_, lock=True)
    state, back = PAYOUT.after(payout.state, verb), None
    seller = ids.show("slr", payout.seller_id)
    if payout.txn_id is not None:
        back = tx.id("txn", f"payout_back/{ids.show('pay', id_)}/{payout.attempt}")
        returned = TEMPLATES["payout_returned"].transaction(
            back,
            {"seller": seller},
            {"amount": payout.amount},
            reference=ids.show("pay", id_),
            currency=payout.currency,
            at=tx.now,
        )
        ledger.post(tx, [returned], CHART)[0].demand()
    after = msgspec.structs.replace(
        payout, state=state, back_txn=back, reason=reason[:_REASON_MAX], settled_at=tx.now
    )
    _move(tx, [(payout.state, after)])
    tx.emit(event, ids.show("pay", id_), seller=seller, amount=payout.amount, reason=after.reason)
    return after


def retry(tx: Tx, id_: UUID) -> Payout:
    """Make a payout that failed or came back due again. Raises UnknownPayout, IllegalMove."""
    payout = load(tx, id_, lock=True)
    after = msgspec.structs.replace(
        payout,
        state=PAYOUT.after(payout.state, "retry"),
        attempt=payout.attempt + 1,
        from_version=0,
        to_version=0,
        txn_id=None,
        back_txn=None,
        call_id=None,
        settled_at=None,
    )
    _move(tx, [(payout.state, after)])
    return after


def load(tx: Tx, id_: UUID, *, lock: bool = False) -> Payout:
    """One payout. Raises UnknownPayout."""
    found = store.payout(tx, id_, lock=lock)
    if found is None:
        raise UnknownPayout(kind="payout", id=ids.show("pay", id_))
    return found


def _move(tx: Tx, pairs: list[tuple[str, Payout]]) -> None:
    if pairs and store.move_payouts(tx, pairs) != len(pairs):
        raise Conflict()
