"""Use cases of payments: load → decide → flush, for many commands at once.

Each command is decided alone, in order, on what the ones before it left; what the ledger refuses
leaves no trace of its command. One transaction holds a command's money, its payment, what clears,
its events with their webhooks, and the calls that go to rails afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, assert_never
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.idempotency import KeyReused
from huoshui.core.once import once
from huoshui.ledger import Sheet
from huoshui.ledger.model import PostingRefused
from huoshui.ledger.store import Answer
from huoshui.lines.payments.chart import CHART, rail_path, receivable_path, seller_of
from huoshui.lines.payments.escrow import store as terms_store
from huoshui.lines.payments.escrow.service import NoTerms
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.payment import back, going, store, told
from huoshui.lines.payments.payment.machine import FINAL, allowed, need
from huoshui.lines.payments.payment.model import (
    Attach,
    Cancel,
    Capture,
    ChargeBack,
    ChargeWon,
    Command,
    Confirm,
    Create,
    GiveBack,
    Part,
    Payment,
    Refund,
    Tender,
    Told,
    UnknownPayment,
)
from huoshui.lines.payments.payment.posting import commands_of
from huoshui.lines.payments.payment.shares import Flow, replace
from huoshui.lines.payments.payment.step import LATE, STUCK, TRANSIT, WRONG, Step
from huoshui.lines.payments.payment.store import ClearingRow
from huoshui.lines.payments.payment.units import UnitMove, moves_of_units, unit_paths
from huoshui.lines.payments.rails import Call, registry
from huoshui.lines.payments.rails import service as rails

EXPIRY_DUE = "payments.expiry_due"
_EXPIRE_AT_ONCE = 200


class ProofRequired(Problem):
    """This amount is confirmed strongly: the buyer proves with a passkey that it is theirs."""

    code = "proof_required"
    status = 403


class BuyerActs(Problem):
    """The buyer has to do something at the rail first; the problem names it."""

    code = "buyer_acts"
    status = 409


class Outcome(msgspec.Struct, frozen=True):
    """What a command came to: the payment after it, or the problem that stopped it."""

    payment: Payment | None
    refund: Refund | None = None
    problem: Problem | None = None
    txn_ids: tuple[UUID, ...] = ()

    def demand(self) -> Outcome:
        """This outcome; raises its problem where it has one."""
        if self.problem:
            raise self.problem
        return self


class Ahead(msgspec.Struct, frozen=True):
    """What every batch of payments asks of its book, on its way while the batch is read."""

    terms: Answer[Terms | None]
    window: Answer[int | None]
    ledger: ledger.Ahead

    def started(self) -> Terms:
        """The terms in force. Raises NoTerms where the line has not been started."""
        found = self.terms()
        if found is None:
            raise NoTerms()
        return found


def ahead(tx: Tx) -> Ahead:
    """Ask what does not depend on the commands: it shares the way with what the caller asks."""
    return Ahead(terms_store.ask_terms(tx), store.window(tx), ledger.ahead(tx))


def apply(tx: Tx, commands: Sequence[Command]) -> list[Outcome]:
    """Move payments; each command gets its own outcome, in order."""
    batch = Batch(tx, commands)
    outcomes = [batch.take(command) for command in commands]
    batch.flush()
    return outcomes


def payment(tx: Tx, id_: UUID) -> Payment:
    """One payment. Raises UnknownPayment."""
    found = store.payment(tx, id_)
    if found is None:
        raise UnknownPayment(kind="payment", id=ids.show("pmt", id_))
    return found


def expired(tx: Tx) -> list[Command]:
    """What calls off payments that have run out: freed, or closed with what was captured."""
    return [Cancel(id_, expired=True) for id_ in store.expired(tx, _EXPIRE_AT_ONCE)]


class Batch:
    """The rows that a batch of commands touches, as they change while it is decided."""

    def __init__(self, tx: Tx, commands: Sequence[Command], asked: Ahead | None = None) -> None:
        self.tx = tx
        self._asked = asked or ahead(tx)
        # What cannot be is known before anything is looked up, and opens no account.
        self._made = {c.id: self._begun(c) for c in commands if isinstance(c, Create)}
        known = {c.id for c in commands if not isinstance(c, Create)}
        self._payments = store.lock(tx, known) if known else {}
        self._loaded = dict(self._payments)
        keys = [c.key for c in commands if isinstance(c, GiveBack)]
        self._keys = store.refunds_by_key(tx, keys) if keys else {}
        answered = {c.call.refund for c in commands if isinstance(c, Told)} - {None}
        self._refunds = store.lock_refunds(tx, [r for r in answered if r]) if answered else {}
        self._loading = ledger.loading(
            tx, self._paths(commands), chart=CHART, holds=self._holds(), ahead_=self._asked.ledger
        )
        self._clears: list[ClearingRow] = []
        self._changed_refunds: dict[UUID, Refund] = {}
        self._calls: list[Call] = []

    @once
    def terms(self) -> Terms:
        """The terms in force, or the usual ones where the line has not been started."""
        return self._asked.terms() or Terms()

    @once
    def sheet(self) -> Sheet:
        """The accounts that the commands touch, locked since the batch was opened."""
        return self._loading()

    @once
    def window(self) -> int:
        """The settlement window that is open throughout."""
        return self._asked.window() or store.open_window(self.tx)

    def take(self, command: Command) -> Outcome:
        """Decide one command; what stops it is in its outcome."""
        try:
            return self._decide(command)
        except Problem as problem:
            return Outcome(self._payments.get(command.id), problem=problem)

    def captured(self) -> list[tuple[int, Payment]]:
        """What was captured before of each payment of which more is captured now."""
        return [
            (before, after)
            for id_, after in self._payments.items()
            if (before := self._loaded[id_].captured if id_ in self._loaded else 0) < after.captured
        ]

    def changed(self) -> list[tuple[Payment | None, Payment]]:
        """Each payment that was made or moved: as it was, and as it is."""
        pairs = [(self._loaded.get(id_), after) for id_, after in self._payments.items()]
        return [(before, after) for before, after in pairs if after is not before]

    def flush(self) -> None:
        """Write what was decided."""
        new = [p for id_, p in self._payments.items() if id_ not in self._loaded]
        moved = [
            p for id_, p in self._payments.items()
            if id_ in self._loaded and p is not self._loaded[id_]
        ]  # fmt: skip
        if new:
            store.add(self.tx, new)
        if moved:
            store.move(self.tx, moved)
        if self._clears:
            store.add_clearing(self.tx, self._clears)
        if self._changed_refunds:
            store.keep_refunds(self.tx, list(self._changed_refunds.values()))
        if self._calls:
            rails.queue(self.tx, self._calls)
        ledger.flush(self.tx, self.sheet)

    def _paths(self, commands: Sequence[Command]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for command in commands:
            before = self._payments.get(command.id)
            if isinstance(command, Create) and isinstance(self._made[command.id], Problem):
                continue
            if isinstance(command, Create):
                tenders, parts, currency = command.tenders, command.parts, command.currency
            elif before is not None:
                tenders, parts, currency = before.tenders, before.parts, before.currency
                if isinstance(command, ChargeBack | ChargeWon):
                    found.add((rail_path(command.rail), currency))
                if isinstance(command, Attach):
                    tenders = command.tenders
            else:
                continue
            found |= _paths_of(currency, tenders, parts, not isinstance(command, Create))
            found |= {(p, self.terms.points_unit) for t in tenders for p in unit_paths(t)}
        return found

    def _holds(self) -> list[UUID]:
        return [t.hold for p in self._payments.values() for t in p.tenders if t.hold]

    def _decide(self, command: Command) -> Outcome:
        if isinstance(command, Create):
            return self._create(command)
        before = self._payments.get(command.id)
        if before is None:
            raise UnknownPayment(kind="payment", id=ids.show("pmt", command.id))
        if isinstance(command, GiveBack) and command.key in self._keys:
            return self._again(command, before)
        step = self._step(before, command)
        if step is None:
            return Outcome(before)
        if not before.order_key and any(t.excess and t.left for t in step.payment.tenders):
            step = step.also(back.recovered(step.payment, self._bear(before.currency)))
        return self._carry_out(before, step)

    def _begun(self, command: Create) -> Payment | Problem:
        try:
            return going.created(command, self.tx.now, registry.capabilities)
        except Problem as problem:
            return problem

    def _create(self, command: Create) -> Outcome:
        made = self._made[command.id]
        if isinstance(made, Problem):
            raise made
        if not command.confirm or not command.tenders:
            return self._keep(Step(made), made)
        try:
            return self._carry_out(made, self._confirmed(made, command.proved), declines=True)
        except PostingRefused as refused:
            return self._declined(made, str(refused.facts["result"]))

    def _step(self, before: Payment, command: Command) -> Step | None:
        match command:
            case Attach():
                return going.attach(before, command.tenders, registry.capabilities)
            case Confirm():
                return self._confirm(before, command.proved)
            case Capture():
                return going.capture(before, command, registry.capabilities)
            case Cancel():
                if command.expired and "cancel" not in allowed(before.state):
                    return None
                return going.cancel(before, registry.capabilities)
            case Told():
                return self._told(before, command)
            case GiveBack() | ChargeBack() | ChargeWon():
                return self._backwards(before, command)
            case Create():
                raise AssertionError("a creation has nothing before it")
            case _:
                assert_never(command)

    def _backwards(self, before: Payment, command: GiveBack | ChargeBack | ChargeWon) -> Step:
        bear = self._bear(before.currency)
        match command:
            case GiveBack():
                return back.give_back(before, command, registry.capabilities, bear, self.tx.now)
            case ChargeBack():
                return back.charge_back(before, command, bear)
            case ChargeWon():
                return back.charge_won(before, command)

    def _confirm(self, before: Payment, proved: bool) -> Step:
        need(before.state, "confirm")
        if before.state == "requires_action" and before.action != going.CONFIRM:
            raise BuyerActs(action=before.action)
        if before.state == "requires_action" and not proved:
            raise ProofRequired()
        return self._confirmed(before, proved)

    def _confirmed(self, before: Payment, proved: bool) -> Step:
        least = self.terms.strong_from
        if least is not None and before.amount >= least and before.buyer and not proved:
            return going.ask_buyer(before, going.CONFIRM)
        return going.confirm(before, registry.capabilities)

    def _told(self, before: Payment, command: Told) -> Step | None:
        refund = self._refunds.get(command.call.refund) if command.call.refund else None
        if refund is None:
            return told.told(before, command, registry.capabilities)
        return back.refund_told(before, refund, command)

    def _bear(self, currency: str) -> back.Bearer:
        """A seller gives back down to its limit of debt; beyond, the platform advances it."""
        most = self.terms.seller_debt_max

        def bear(account: str, amount: int) -> list[Flow]:
            seller = seller_of(account)
            if not seller or most is None:
                return [(account, amount)]
            own = max(0, min(amount, self.sheet.balance(account, currency) + most))
            return [(account, own), (receivable_path(seller), amount - own)]

        return bear

    def _again(self, command: GiveBack, before: Payment) -> Outcome:
        made = self._keys[command.key]
        if made.payment_id != command.id or command.amount not in (None, made.amount):
            raise KeyReused(key=command.key)
        return Outcome(before, made)

    def _carry_out(self, before: Payment, step: Step, *, declines: bool = False) -> Outcome:
        """Post what a step does, all or nothing, and keep what it leaves."""
        commands = commands_of(self.tx, before, step.deeds, self._units(before, step.payment))
        results = self.sheet.decide(commands)
        refused = [r for r in results if r.code not in ("created", "linked_failed")]
        if refused:
            if not declines and before.state in ("requires_confirmation", "requires_action"):
                return self._declined(before, refused[0].code)
            refused[0].demand()
        txn_ids = tuple(result.command.id for result in results)
        money = [
            c.id for c in commands
            if isinstance(c, ledger.Transaction) and not c.hold and c.currency == before.currency
        ]  # fmt: skip
        for cleared in step.clears:
            self._clears.append(
                ClearingRow(money[-1], before.id, cleared.kind, before.currency, cleared.amount,
                            self.window, self.tx.now)
            )  # fmt: skip
        return self._keep(step, before, txn_ids, money)

    def _units(self, before: Payment, after: Payment) -> list[UnitMove]:
        return moves_of_units(before, after, self.terms.points_unit, self.terms.points_value)

    def _declined(self, before: Payment, code: str) -> Outcome:
        """The ledger refused an internal means: another one may do."""
        tenders = tuple(replace(t, state="declined") for t in before.tenders)
        error = "insufficient_funds" if code == "insufficient_from" else code
        after = going.moved(before, "detach", tenders=tenders, error=error, action="")
        return self._keep(Step(after), before)

    def _keep(
        self,
        step: Step,
        before: Payment,
        txn_ids: tuple[UUID, ...] = (),
        money: Iterable[UUID] = (),
    ) -> Outcome:
        is_new = before.id not in self._payments
        after = replace(step.payment, version=before.version + 1, updated_at=self.tx.now)
        self._payments[after.id] = after
        self._calls += step.calls
        refund = step.refund
        if refund is not None:
            posted = list(money)
            done_at = self.tx.now if refund.state != "pending" else None
            refund = replace(
                refund, txn_id=refund.txn_id or (posted[-1] if posted else None), done_at=done_at
            )
            self._keys[refund.key] = self._refunds[refund.id] = refund
            self._changed_refunds[refund.id] = refund
        self._say(before, after, refund, step, is_new)
        if is_new and after.expires_at and after.state not in FINAL:
            self.tx.later(EXPIRY_DUE, ids.show("pmt", after.id), after.expires_at)
        return Outcome(after, refund, txn_ids=txn_ids)

    def _say(
        self, before: Payment, after: Payment, refund: Refund | None, step: Step, is_new: bool
    ) -> None:
        object_id = ids.show("pmt", after.id)
        facts: dict[str, Any] = {
            "amount": after.amount, "currency": after.currency, "captured": after.captured,
            "refunded": after.refunded, "order": after.order_key,
        }  # fmt: skip
        if is_new or after.state != before.state or after.captured != before.captured:
            self.tx.emit(f"payment.{after.state}", object_id, version=after.version, **facts)
        if step.said and not step.said.startswith("refund."):
            self.tx.emit(step.said, object_id, version=after.version, **facts)
        if refund is not None and (is_new or step.said.startswith("refund.") or step.clears):
            self.tx.emit(
                f"refund.{refund.state}", ids.show("prf", refund.id), payment=object_id,
                amount=refund.amount, currency=refund.currency,
            )  # fmt: skip


def _paths_of(
    currency: str, tenders: Iterable[Tender], parts: Iterable[Part], outside: bool
) -> set[tuple[str, str]]:
    listed = list(tenders)
    found = {(t.account, currency) for t in listed} | {(p.account, currency) for p in parts}
    apart = outside or any(not registry.capabilities(t.rail).internal for t in listed)
    found.add((TRANSIT, currency))
    if apart:
        found |= {(path, currency) for path in (LATE, WRONG, STUCK, back.EXCESS)}
        sellers = {seller_of(part.account) for part in parts} - {""}
        found |= {(receivable_path(seller), currency) for seller in sellers}
    return found
