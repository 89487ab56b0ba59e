"""The payment line's use cases: load → decide → flush over orders' money, and its reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict, NotFound, Problem
from huoshui.core.idempotency import KeyReused
from huoshui.facts.commerce.store import ItemRow
from huoshui.facts.commerce.store import items as load_items
from huoshui.ledger import Sheet, Transaction
from huoshui.lines.payments.chart import (
    CHART,
    ESCROW_PATH,
    LATE_PATH,
    PLATFORM_PATHS,
    rail_path,
    settlement_path,
)
from huoshui.lines.payments.escrow import model as decide
from huoshui.lines.payments.escrow import store
from huoshui.lines.payments.escrow.model import (
    Command,
    Confirm,
    Decision,
    Escrow,
    Open,
    Refund,
    Restore,
    Take,
)
from huoshui.lines.payments.escrow.store import RefundRow
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.settlement import payouts, windows
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.settlement.model import Payout

CONFIRM_DUE = "order.confirm_due"


class NoTerms(Problem):
    """The book has no payment terms yet."""

    code = "no_terms"
    status = 409


class NoEscrow(NotFound):
    """The order's facts are known, but its money does not run through these books."""

    code = "no_escrow"


class Outcome(msgspec.Struct, frozen=True):
    """What became of a command: the escrow after it, or the problem that stopped it."""

    command: Command
    escrow: Escrow | None
    problem: Problem | None = None
    txn_id: UUID | None = None
    refund: RefundRow | None = None

    def demand(self) -> Outcome:
        """This outcome; raises its problem where it has one."""
        if self.problem:
            raise self.problem
        return self


class Money(msgspec.Struct, frozen=True):
    """All that the payment line knows of an order."""

    escrow: Escrow | None
    refunds: tuple[RefundRow, ...]
    payouts: tuple[Payout, ...]


def start(tx: Tx, terms: Terms) -> None:
    """Put terms in force and the calendars of payouts and settlement windows to work."""
    store.add_terms(tx, terms)
    payouts.schedule(tx, terms)
    windows.schedule(tx)


def terms(tx: Tx) -> Terms:
    """The terms in force. Raises NoTerms."""
    return need_terms(store.terms(tx))


def need_terms(found: Terms | None) -> Terms:
    """Terms that were found. Raises NoTerms."""
    if found is None:
        raise NoTerms()
    return found


def apply(tx: Tx, commands: Sequence[Command]) -> list[Outcome]:
    """Move orders' money; commands are decided one by one, in order, each with its own outcome.

    A repeat of a command that stands changes nothing; a refund's key with another wish is
    refused. A refused command leaves no trace.
    """
    if not commands:
        return []
    batch = _Batch(tx, commands)
    outcomes = [batch.take(command) for command in commands]
    batch.flush()
    return outcomes


class _Batch:
    """The rows that a batch of commands touches, as they change while it is decided."""

    def __init__(self, tx: Tx, commands: Sequence[Command]) -> None:
        self.tx = tx
        asked_terms = store.ask_terms(tx)
        asked_escrows = store.ask_lock(tx, sorted({c.order_id for c in commands}))
        asked_refunds = store.ask_refunds(tx, [c.key for c in commands if isinstance(c, Refund)])
        self.terms = need_terms(asked_terms())
        self.escrows = asked_escrows()
        self.loaded = dict(self.escrows)
        self.keys = {c.order_id: c.order_key for c in commands if isinstance(c, Open)}
        self.keys |= {e.order_id: e.order_key for e in self.escrows.values()}
        self.splitting = {c.order_id for c in commands if isinstance(c, Confirm | Refund)}
        self.items = self._load_items()
        self.refunds = asked_refunds()
        self.made: list[RefundRow] = []
        self.refund_ids = {
            c.key: tx.id("rfd", c.key, c.at) for c in commands if isinstance(c, Refund)
        }
        self.sheet = self._load_sheet(commands)

    def take(self, command: Command) -> Outcome:
        try:
            return self._decide(command)
        except Problem as problem:
            return Outcome(command, self.escrows.get(command.order_id), problem)

    def flush(self) -> None:
        new = [e for id_, e in self.escrows.items() if id_ not in self.loaded]
        moved = [
            (self.loaded[id_], e)
            for id_, e in self.escrows.items()
            if id_ in self.loaded and e is not self.loaded[id_]
        ]
        if new:
            store.add_escrows(self.tx, new)
        if moved and store.move_escrows(self.tx, moved) != len(moved):
            raise Conflict()
        if self.made:
            store.add_refunds(self.tx, self.made)
        ledger.flush(self.tx, self.sheet)

    def _load_items(self) -> dict[str, list[ItemRow]]:
        keys = sorted(self.keys[id_] for id_ in self.splitting & self.keys.keys())
        found: dict[str, list[ItemRow]] = {}
        for item in load_items(self.tx, keys) if keys else []:
            found.setdefault(item.order_key, []).append(item)
        return found

    def _load_sheet(self, commands: Sequence[Command]) -> Sheet:
        opened = {c.order_id: c.currency for c in commands if isinstance(c, Open)}
        paths: set[tuple[str, str]] = set()
        for command in commands:
            escrow = self.escrows.get(command.order_id)
            currency = escrow.currency if escrow else opened.get(command.order_id)
            if currency:
                paths |= {(path, currency) for path in self._paths(command, escrow)}
        transaction_ids = [self._txn_id(c) for c in commands if isinstance(c, Take | Restore)]
        return ledger.load(self.tx, paths, transaction_ids, CHART)

    def _paths(self, command: Command, escrow: Escrow | None) -> list[str]:
        if isinstance(command, Open):
            return []
        if isinstance(command, Take):
            found = [rail_path(command.method), ESCROW_PATH]
            # Late already, or by a command of this batch that closes the order or fixes its split.
            late = escrow is not None and decide.is_late(escrow)
            return [*found, LATE_PATH] if late or command.order_id in self.splitting else found
        found = [ESCROW_PATH, *PLATFORM_PATHS]
        sellers = {i.seller_id for i in self.items.get(self.keys.get(command.order_id, ""), ())}
        found += [settlement_path(ids.show("slr", s)) for s in sellers]
        if escrow:
            found += [rail_path(s.group) for s in escrow.sources if s.role == "tender"]
            found += [settlement_path(s.group) for s in escrow.parts if s.role == "seller"]
        return found

    def _txn_id(self, command: Command) -> UUID:
        match command:
            case Take():
                return ids.derived(command.tender_id, "take")
            case Refund():
                return ids.derived(self.refund_ids[command.key], "refund")
            case Confirm():
                return self.tx.id("txn", f"release/{command.order_id}", command.at)
            case Restore():
                return self.tx.id("txn", f"restore/{command.key}", command.at)
            case Open():
                raise AssertionError("an opening moves no money")
            case _:
                assert_never(command)

    def _decide(self, command: Command) -> Outcome:
        escrow = self.escrows.get(command.order_id)
        if isinstance(command, Open):
            if escrow is None:
                escrow = self.escrows[command.order_id] = decide.opened(command)
            return Outcome(command, escrow)
        if escrow is None:
            raise NoEscrow(order=ids.show("ord", command.order_id))
        if isinstance(command, Take | Restore) and self._txn_id(command) in self.sheet.standing:
            return Outcome(command, escrow)
        if isinstance(command, Refund) and command.key in self.refunds:
            return self._again(command, escrow, self.refunds[command.key])
        return self._move(command, escrow)

    def _move(self, command: Take | Confirm | Refund | Restore, escrow: Escrow) -> Outcome:
        items = self.items.get(escrow.order_key, [])
        match command:
            case Take():
                return self._carry_out(command, decide.take(escrow, command))
            case Confirm():
                decision = decide.confirm(escrow, command, items, self.terms)
                if decision is None:
                    return Outcome(command, escrow)
                return self._carry_out(command, decision)
            case Refund():
                decision, amount = decide.refund(escrow, command, items, self.terms)
                return self._refund(command, decision, amount)
            case Restore():
                return self._carry_out(command, decide.restore(escrow, command))

    @staticmethod
    def _again(command: Refund, escrow: Escrow, made: RefundRow) -> Outcome:
        if made.order_id != command.order_id or command.amount not in (None, made.amount):
            raise KeyReused(key=command.key)
        return Outcome(command, escrow, txn_id=made.txn_id, refund=made)

    def _refund(self, command: Refund, decision: Decision, amount: int) -> Outcome:
        outcome = self._carry_out(command, decision)
        if outcome.txn_id is None:
            return outcome
        row = RefundRow(
            self.refund_ids[command.key],
            command.key,
            command.order_id,
            amount,
            decision.escrow.currency,
            command.cause,
            command.reason,
            command.at,
            outcome.txn_id,
        )
        self.refunds[row.key] = row
        self.made.append(row)
        return msgspec.structs.replace(outcome, refund=row)

    def _carry_out(self, command: Command, decision: Decision) -> Outcome:
        """Post a decision's legs and keep its escrow; the ledger's refusal undoes neither."""
        txn_id = self._post(command, decision) if decision.legs else None
        escrow = decision.escrow
        if isinstance(command, Confirm) and txn_id:
            escrow = msgspec.structs.replace(escrow, released_by=txn_id)
        self.escrows[command.order_id] = escrow
        reference = ids.show("ord", command.order_id)
        if decision.event:
            facts = dict(decision.facts) | {"order": reference}
            self.tx.emit(decision.event, self._object(command, txn_id), at=command.at, **facts)
        if decision.retry_at:
            self.tx.later(CONFIRM_DUE, decision.escrow.order_key, decision.retry_at)
        return Outcome(command, escrow, txn_id=txn_id)

    def _object(self, command: Command, txn_id: UUID | None) -> str:
        """What an event happened to: tenders and refunds have ids of their own."""
        match command:
            case Take():
                return ids.show("tnd", command.tender_id)
            case Refund() if txn_id:
                return ids.show("rfd", self.refund_ids[command.key])
            case _:
                return ids.show("ord", command.order_id)

    def _post(self, command: Command, decision: Decision) -> UUID:
        transaction = Transaction(
            id=self._txn_id(command),
            template=decision.template,
            reference=ids.show("ord", command.order_id),
            currency=decision.escrow.currency,
            legs=decision.legs,
            effective_at=command.at,
            recorded_at=command.at if self.tx.simulated else None,
        )
        self.sheet.post(transaction).demand()
        return transaction.id


def money_of(tx: Tx, order_id: UUID) -> Money:
    """An order's escrow, its refunds, and the payouts that paid its sellers."""
    return Money(
        store.escrow(tx, order_id),
        tuple(store.refunds_of(tx, order_id)),
        tuple(payout_store.payouts_of(tx, order_id)),
    )
