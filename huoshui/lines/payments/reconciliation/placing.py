"""Placing lines: each arrives in suspense, and leaves it with what the rules match it with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import Transaction
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.reconciliation import posting, store
from huoshui.lines.payments.reconciliation.model import (
    ARRIVED,
    File,
    Item,
    Line,
    Match,
    Place,
    Proposal,
)
from huoshui.lines.payments.reconciliation.rules import Matching
from huoshui.lines.payments.settlement import batches, payouts, sending
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.terms import SettlementTerms

_RETURNS = ("return", "returned", "PMNT/RCDT/RRTN")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_PAYOUT = "pay"
_LOOK_BACK_DAYS = 3


def place_next(tx: Tx, file: File, limit: int) -> Counter[str]:
    """Place the next lines of a file: matched by rule, or in suspense with a cause; how many of each."""
    lines = store.new_lines(tx, file.id, limit)
    if not lines:
        return Counter()
    _returned(tx, lines)
    terms = payout_store.settlement_terms(tx)
    to_match = [line for line in lines if line.gross]
    matching = Matching(to_match, _items(tx, file, to_match, terms), terms, _zone(tx))
    proposals = matching.run(of_bank=file.source == "bank")
    causes = {line.id: matching.cause(line) for line in matching.left}
    placed = _arrive(tx, file, lines, causes)
    settle(tx, [_with_lines(proposal, placed) for proposal in proposals], "new")
    left = [msgspec.structs.replace(placed[id_], state="suspense") for id_ in causes]
    # Of a line that is a fee and nothing else all is booked with its arrival.
    left += [msgspec.structs.replace(placed[x.id], state="booked") for x in lines if not x.gross]
    _move(tx, "new", left)
    found = Counter[str]()
    for proposal in proposals:
        found[proposal.rule] += len(proposal.lines)
    found.update(causes.values())
    tx.emit(
        "file.placed", ids.show("stf", file.id), lines=len(lines),
        matched=sum(len(p.lines) for p in proposals), suspense=len(causes),
    )  # fmt: skip
    return found


def _zone(tx: Tx) -> ZoneInfo:
    return ZoneInfo(access.this_book(tx).time_zone)


def _returned(tx: Tx, lines: Sequence[Line]) -> None:
    """A payout that the bank sends back is the seller's again before its line is matched."""
    for line in lines:
        if line.kind in _RETURNS and line.gross > 0 and line.subject.startswith(_PAYOUT + "_"):
            payout = payout_store.payout(tx, ids.read(_PAYOUT, line.subject))
            if payout and payout.state in ("sent", "paid") and payout.amount == line.gross:
                payouts.returned(tx, payout.id, line.note or line.kind)


def places(tx: Tx, file_source: str, rail: str, currency: str) -> list[Place]:
    """The accounts that a file's lines may meet: an acquirer's its rail's, a bank's all that pay in."""
    if file_source == "acquirer":
        kinds = ("rail.clearing", "rail.payout") if rail == "bank" else ("rail.clearing",)
        return store.places(tx, currency, rail, kinds)
    return store.places(tx, currency, rail, store.OPEN_KINDS)


def _items(tx: Tx, file: File, lines: Sequence[Line], terms: SettlementTerms) -> list[Item]:
    found = places(tx, file.source, file.rail, file.currency)
    accounts = [place.id for place in found]
    names = {n for line in lines for n in (line.subject, line.reference, line.batch) if n}
    items = store.items_named(tx, accounts, sorted(names)) if accounts and names else []
    unnamed = [line for line in lines if not line.subject]
    if unnamed and accounts:
        since = min(line.at for line in unnamed) - timedelta(
            days=terms.match_days + _LOOK_BACK_DAYS
        )
        dated = [p.id for p in found if p.kind != "rail.transit"]
        transit = [p.id for p in found if p.kind == "rail.transit"]
        until = tx.now + timedelta(seconds=1)
        items += store.items_between(tx, dated, since, until)
        items += store.items_between(tx, transit, _BEGINNING, until) if transit else []
    return items


def _arrive(tx: Tx, file: File, lines: Sequence[Line], causes: dict[UUID, str]) -> dict[UUID, Line]:
    """Book what came; the lines with the account and the transaction of their arrival."""
    placed: dict[UUID, Line] = {}
    made: list[Transaction] = []
    for line in lines:
        cause = causes.get(line.id, ARRIVED)
        transaction = posting.arrival(tx, file, line, cause)
        made += [transaction] if transaction else []
        placed[line.id] = msgspec.structs.replace(
            line, cause=cause, since=tx.now, arrival_id=transaction.id if transaction else None
        )
    for result in ledger.post(tx, made, CHART):
        result.demand()
    return placed


def _with_lines(proposal: Proposal, placed: dict[UUID, Line]) -> Proposal:
    lines = tuple(placed[line.id] for line in proposal.lines)
    return msgspec.structs.replace(proposal, lines=lines)


def settle(tx: Tx, proposals: Sequence[Proposal], before: str) -> list[Match]:
    """Post proposals and keep them as matches; the lines come from the state `before`."""
    made: list[tuple[Match, Sequence[Item]]] = []
    transactions: list[Transaction] = []
    moved: list[Line] = []
    for proposal in proposals:
        match, transaction = _match(tx, proposal)
        transactions.append(transaction)
        made.append((match, proposal.items))
        moved += [
            msgspec.structs.replace(line, state="matched", match_id=match.id, asked_by="")
            for line in proposal.lines
        ]
    if not made:
        return []
    for result in ledger.post(tx, transactions, CHART):
        result.demand()
    store.add_matches(tx, made)
    _move(tx, before, moved)
    arrived(tx, [item for proposal in proposals for item in proposal.items], there=True)
    return [match for match, _ in made]


def _match(tx: Tx, proposal: Proposal) -> tuple[Match, Transaction]:
    line, item = proposal.lines[0], proposal.items[0]
    match_id = tx.id("mat", f"{ids.show('stl', line.id)}/{tx.now.isoformat()}")
    transaction = posting.matched(tx, proposal, match_id)
    assert transaction is not None, "a match moves what its items come to, and none is nothing"
    match = Match(
        match_id,
        proposal.rule,
        item.account_id,
        line.currency,
        sum(each.gross for each in proposal.lines),
        proposal.difference,
        transaction.id,
        tx.now,
        tx.actor,
    )
    return match, transaction


def arrived(tx: Tx, items: Sequence[Item], *, there: bool) -> None:
    """Payouts among matched items are paid; among those of a match that was undone, sent again."""
    txns = [item.txn_id for item in items if item.path.endswith(":payout") and item.amount < 0]
    found = payout_store.by_txn(tx, txns) if txns else []
    (sending.pay if there else sending.unpay)(tx, found)
    for batch_id in sorted({payout.batch_id for payout in found if payout.batch_id}):
        batches.refresh(tx, batch_id)


def _move(tx: Tx, before: str, lines: Sequence[Line]) -> None:
    if lines and store.move_lines(tx, [(before, line) for line in lines]) != len(lines):
        raise Conflict()
