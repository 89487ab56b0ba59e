"""Placing lines: each arrives in suspense, and leaves it with what the rules match it with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

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
AGE_DUE = "reconciliation.age_due"
Keep = Callable[[Tx, Sequence[Line]], None]
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_PAYOUT = "pay"
SENT_MATCHED = "reconciliation.sent_matched"  # due work of who sent money to a bank beside payouts
SENT_RETURNED = "reconciliation.sent_returned"
_LOOK_BACK_DAYS = 3


def place_next(tx: Tx, file: File, limit: int) -> Counter[str]:
    """Place the next lines of a file: matched by rule, or in suspense with a cause; how many of each."""
    return place_files(tx, [file], limit)[0]


def place_files(tx: Tx, files: Sequence[File], limit: int) -> list[Counter[str]]:
    """Place the next lines of files, in their order: an item that one has met is none for the next."""
    lines = store.new_lines(tx, [file.id for file in files], limit)
    rounds = [_Round(file, own) for file, own in zip(files, lines, strict=True)]
    _place(tx, [each for each in rounds if each.lines], _moved)
    return [each.found() for each in rounds]


def place_new(tx: Tx, files: Sequence[tuple[File, list[Line]]]) -> None:
    """Place the lines of files that were just taken in, and only then write them."""
    _place(tx, [_Round(file, lines) for file, lines in files], store.add_lines)


def _place(tx: Tx, rounds: Sequence[_Round], keep: Keep) -> None:
    if not rounds:
        return
    _returned(tx, [line for each in rounds for line in each.lines])
    terms = payout_store.settlement_terms(tx)
    _decide(tx, rounds, terms)
    _write(tx, rounds, keep)
    for each in rounds:
        if each.causes:
            tell_age(tx, each.file.id, terms)
        tx.emit(
            "file.placed", ids.show("stf", each.file.id), lines=len(each.lines),
            matched=sum(len(p.lines) for p in each.proposals), suspense=len(each.causes),
        )  # fmt: skip


def tell_age(tx: Tx, file_id: UUID, terms: SettlementTerms, of: str = "") -> None:
    """What of a file lies in suspense from now on is told once it has waited for so many days."""
    name = ids.show("stf", file_id)
    for days in terms.alarm_days:
        key = f"{name}/{days}/{of}" if of else f"{name}/{days}"
        tx.later(AGE_DUE, key, tx.now + timedelta(days=days), file=str(file_id), days=days)


class _Round:
    """The lines of a file that are placed now, and what is decided of each."""

    def __init__(self, file: File, lines: list[Line]) -> None:
        self.file, self.lines = file, lines
        self.to_match = [line for line in lines if line.gross]
        self.proposals: list[Proposal] = []
        self.causes: dict[UUID, str] = {}

    def found(self) -> Counter[str]:
        """How many lines each rule took, how many lie under each cause, how many are only a fee."""
        found = Counter[str](self.causes.values())
        for proposal in self.proposals:
            found[proposal.rule] += len(proposal.lines)
        found["booked"] = len(self.lines) - len(self.to_match)
        return found


def _decide(tx: Tx, rounds: Sequence[_Round], terms: SettlementTerms) -> None:
    """Hold the lines of each file against the items that are open for it."""
    zone = access.zone_of(tx)
    open_ = _Open(tx, rounds, terms)
    for each in rounds:
        matching = Matching(each.to_match, open_.of(each), terms, zone)
        each.proposals = matching.run(of_bank=each.file.source == "bank")
        each.causes = {line.id: matching.cause(line) for line in matching.left}
        open_.met.update(item.key for p in each.proposals for item in p.items)


def _write(tx: Tx, rounds: Sequence[_Round], keep: Keep) -> None:
    """Book what came and what it met, in one step for all files."""
    placed: dict[UUID, Line] = {}
    made: list[Transaction] = []
    for each in rounds:
        made += _arrive(tx, each, placed)
    matches = _Matches(
        tx, [_with_lines(proposal, placed) for each in rounds for proposal in each.proposals]
    )
    _post(tx, [*made, *matches.transactions])
    states = {id_: "suspense" for each in rounds for id_ in each.causes}
    # Of a line that is a fee and nothing else all is booked with its arrival.
    states |= {x.id: "booked" for each in rounds for x in each.lines if not x.gross}
    left = [msgspec.structs.replace(placed[id_], state=state) for id_, state in states.items()]
    matches.keep(tx, keep, left)


def _returned(tx: Tx, lines: Sequence[Line]) -> None:
    """A payout that the bank sends back is the seller's again before its line is matched."""
    for line in lines:
        if line.kind in _RETURNS and line.gross > 0 and line.subject.startswith(_PAYOUT + "_"):
            payout = payout_store.payout(tx, ids.read(_PAYOUT, line.subject))
            if payout and payout.state in ("sent", "paid") and payout.amount == line.gross:
                payouts.returned(tx, payout.id, line.note or line.kind)
        elif line.kind in _RETURNS and line.gross > 0 and line.subject:
            # What another line sent out of the payout account is that line's to take back.
            tx.later(
                SENT_RETURNED, line.subject, tx.now,
                subject=line.subject, amount=line.gross, reason=line.note or line.kind,
            )  # fmt: skip


def places(tx: Tx, file_source: str, rail: str, currency: str) -> list[Place]:
    """The accounts that a file's lines may meet: an acquirer's its rail's, a bank's all that pay in."""
    return _own(store.places(tx, currency), file_source, rail)


def _own(found: Sequence[Place], file_source: str, rail: str) -> list[Place]:
    kinds: tuple[str, ...] = store.OPEN_KINDS
    if file_source == "acquirer":
        kinds = ("rail.clearing", "rail.payout") if rail == "bank" else ("rail.clearing",)
    return [place for place in found if place.kind in kinds and rail in ("", place.rail)]


class _Open:
    """What is open for the files of a round; `met` is what one of them has met already."""

    def __init__(self, tx: Tx, rounds: Sequence[_Round], terms: SettlementTerms) -> None:
        self._tx, self._terms = tx, terms
        self.met: set[tuple[UUID, int, UUID]] = set()
        by_currency = {
            currency: store.places(tx, currency)
            for currency in sorted({each.file.currency for each in rounds})
        }
        self._places = {
            each.file.id: _own(by_currency[each.file.currency], each.file.source, each.file.rail)
            for each in rounds
        }
        accounts = {place.id for found in self._places.values() for place in found}
        lines = [line for each in rounds for line in each.to_match]
        names = {n for line in lines for n in (line.subject, line.reference, line.batch) if n}
        both = accounts and names
        self._named = store.items_named(tx, sorted(accounts), sorted(names)) if both else []

    def of(self, each: _Round) -> list[Item]:
        """The items that may be what the lines of this file are."""
        found = self._places[each.file.id]
        accounts = {place.id for place in found}
        items = [item for item in self._named if item.account_id in accounts]
        unnamed = [line for line in each.to_match if not line.subject]
        if unnamed and accounts:
            since = min(line.at for line in unnamed) - timedelta(
                days=self._terms.match_days + _LOOK_BACK_DAYS
            )
            dated = [p.id for p in found if p.kind != "rail.transit"]
            transit = [p.id for p in found if p.kind == "rail.transit"]
            until = self._tx.now + timedelta(seconds=1)
            items += store.items_between(self._tx, dated, since, until)
            if transit:
                items += store.items_between(self._tx, transit, _BEGINNING, until)
        return [item for item in items if item.key not in self.met]


def _arrive(tx: Tx, each: _Round, placed: dict[UUID, Line]) -> list[Transaction]:
    """What came, as it is to be booked; the lines with their cause and the transaction."""
    made: list[Transaction] = []
    for line in each.lines:
        cause = each.causes.get(line.id, ARRIVED)
        transaction = posting.arrival(tx, each.file, line, cause)
        made += [transaction] if transaction else []
        placed[line.id] = msgspec.structs.replace(
            line, cause=cause, since=tx.now, arrival_id=transaction.id if transaction else None
        )
    return made


def _post(tx: Tx, transactions: Sequence[Transaction]) -> None:
    for result in ledger.post(tx, transactions, CHART) if transactions else []:
        result.demand()


def _with_lines(proposal: Proposal, placed: dict[UUID, Line]) -> Proposal:
    lines = tuple(placed[line.id] for line in proposal.lines)
    return msgspec.structs.replace(proposal, lines=lines)


def settle(tx: Tx, proposals: Sequence[Proposal], before: str) -> list[Match]:
    """Post proposals and keep them as matches; the lines come from the state `before`."""
    matches = _Matches(tx, proposals)
    _post(tx, matches.transactions)
    return matches.keep(tx, lambda tx, moved: _move(tx, before, moved))


class _Matches:
    """Proposals as matches, with the transactions that are to be posted for them."""

    def __init__(self, tx: Tx, proposals: Sequence[Proposal]) -> None:
        self._proposals = proposals
        self._made = [_match(tx, proposal) for proposal in proposals]
        self.transactions = [transaction for _, transaction in self._made]

    def keep(self, tx: Tx, write: Keep, others: Sequence[Line] = ()) -> list[Match]:
        """Keep them, once posted; `write` writes their lines, and others with them."""
        matches = [match for match, _ in self._made]
        moved = [
            msgspec.structs.replace(line, state="matched", match_id=match.id, asked_by="")
            for match, proposal in zip(matches, self._proposals, strict=True)
            for line in proposal.lines
        ]
        items = [proposal.items for proposal in self._proposals]
        if matches:
            store.add_matches(tx, list(zip(matches, items, strict=True)))
        write(tx, [*moved, *others])
        arrived(tx, [item for each in items for item in each], there=True)
        return matches


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
    others = sorted({str(txn) for txn in txns} - {str(payout.txn_id) for payout in found})
    if others:  # what other lines sent to banks: theirs to follow
        tx.later(SENT_MATCHED, f"{others[0]}/{there}", tx.now, txns=others, there=there)
    (sending.pay if there else sending.unpay)(tx, found)
    for batch_id in sorted({payout.batch_id for payout in found if payout.batch_id}):
        batches.refresh(tx, batch_id)


def _moved(tx: Tx, lines: Sequence[Line]) -> None:
    _move(tx, "new", lines)


def _move(tx: Tx, before: str, lines: Sequence[Line]) -> None:
    if lines and store.move_lines(tx, [(before, line) for line in lines]) != len(lines):
        raise Conflict()
