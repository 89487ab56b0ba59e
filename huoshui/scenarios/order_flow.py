"""What happens when facts of an order arrive: they are kept, and its money moves.

The same function serves the API, an import and the replay. Fact → money: order → an escrow
awaits; tender → taken; confirmation, or a review after delivery, or silence after delivery →
split; cancellation → all goes back; return → a part goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.webhooks import service as webhooks
from huoshui.core.work import Item as Work
from huoshui.core.work import Run
from huoshui.facts import commerce
from huoshui.facts.commerce import store as facts_store
from huoshui.facts.commerce.model import (
    Cancellation,
    Confirmation,
    Delivery,
    Fact,
    Order,
    Return,
    Review,
    Tender,
)
from huoshui.facts.commerce.service import Ingested
from huoshui.ledger import upkeep
from huoshui.lines.payments.escrow import store as escrow_store
from huoshui.lines.payments.escrow.model import Command, Confirm, Open, Refund, Take
from huoshui.lines.payments.escrow.service import CONFIRM_DUE, Outcome, need_terms
from huoshui.lines.payments.escrow.terms import Terms, confirm_due
from huoshui.lines.payments.reconciliation import intake, placing
from huoshui.lines.payments.settlement import payouts, windows
from huoshui.lines.payments.settlement.batches import SEND_DUE
from huoshui.scenarios import order_activity, order_back, order_money, payout_flow

ESTIMATE_DUE = "order.estimate_due"


class Taken(msgspec.Struct, frozen=True):
    """What became of a batch: each fact's result, and what the money did."""

    facts: list[Ingested]
    outcomes: list[Outcome]

    @property
    def refused(self) -> list[Ingested]:
        """The facts that were not taken."""
        return [result for result in self.facts if result.outcome == "refused"]


def take(tx: Tx, facts: Sequence[Fact], *, with_money: bool = True) -> Taken:
    """Ingest facts and let the money of their orders follow.

    `with_money=False` keeps the facts alone: a history whose money moved elsewhere.
    """
    results = commerce.ingest(tx, facts)
    news = [result for result in results if result.news]
    order_activity.told(tx, news)
    if not with_money or not news:
        return Taken(results, [])
    flow = _Flow(tx, news)
    commands = [command for result in news for command in flow.commands(result)]
    outcomes = order_money.apply(tx, commands)
    order_back.went_back(tx, outcomes)
    _tell(tx, outcomes)
    return Taken(results, outcomes)


class _Flow:
    """What turning news into commands needs to know: orders' ids, deliveries, the terms."""

    def __init__(self, tx: Tx, news: list[Ingested]) -> None:
        self.tx = tx
        asked_terms = escrow_store.ask_terms(tx)
        keys = sorted({_order_key(r.fact) for r in news} - {""})
        asked_orders = facts_store.ask_order_ids(tx, keys)
        reviewed = sorted({r.fact.order for r in news if isinstance(r.fact, Review)})
        asked_delivered = facts_store.ask_delivered(tx, reviewed)
        self.terms: Terms = need_terms(asked_terms())
        self.zone: ZoneInfo = access.zone_of(tx)
        self.orders, self.delivered = asked_orders(), asked_delivered()
        returned = sorted({r.fact.item for r in news if isinstance(r.fact, Return)})
        self.sellers = facts_store.sellers_of(tx, returned) if returned else {}

    def commands(self, result: Ingested) -> list[Command]:
        """The commands that one piece of news means, most often one or none.

        A correction of what has already moved money moves none by itself: a wrong amount is
        put right by a refund or a reversal, which name their cause.
        """
        fact, at = result.fact, result.recorded_at or self.tx.now
        order_id = self.orders.get(_order_key(fact))
        if order_id is None or result.outcome != "created":
            return []
        match fact:
            case Order():
                return self._placed(fact, order_id, at)
            case Tender():
                return self._captured(fact, order_id, result, at)
            case Delivery():
                due = confirm_due(self.terms, self.zone, max(fact.occurred_at, at))
                self.tx.later(CONFIRM_DUE, fact.order, due)
                return []
            case Confirmation():
                return [Confirm(order_id, "buyer", at)]
            case Review():
                return self._reviewed(fact, order_id, at)
            case Cancellation():
                key = f"cancellation/{fact.key}"
                return [Refund(order_id, key, "cancellation", at, reason=fact.reason)]
            case Return():
                return [self._returned(fact, order_id, at)]
            case _:
                return []

    def _placed(self, fact: Order, order_id: UUID, at: datetime) -> list[Command]:
        if fact.estimated_at:
            self.tx.later(ESTIMATE_DUE, fact.key, max(fact.estimated_at, at))
        return [Open(order_id, fact.key, fact.currency, at)]

    def _captured(
        self, fact: Tender, order_id: UUID, result: Ingested, at: datetime
    ) -> list[Command]:
        assert result.id is not None, "only a refused fact has no id"
        return [Take(order_id, result.id, fact.method, fact.amount.amount, at)]

    def _reviewed(self, fact: Review, order_id: UUID, at: datetime) -> list[Command]:
        known_at = self.delivered.get(fact.order)
        has_goods = self.terms.review_confirms and known_at is not None and known_at <= at
        return [Confirm(order_id, "review", at)] if has_goods else []

    def _returned(self, fact: Return, order_id: UUID, at: datetime) -> Refund:
        seller = self.sellers.get(fact.item)
        return Refund(
            order_id,
            f"return/{fact.key}",
            "return",
            at,
            amount=fact.amount.amount,
            seller=ids.show("slr", seller) if seller else "",
            reason=fact.reason,
        )


def _order_key(fact: Fact) -> str:
    return fact.key if isinstance(fact, Order) else str(getattr(fact, "order", ""))


def _tell(tx: Tx, outcomes: list[Outcome]) -> None:
    """A command of the flow that was refused is told as an event: the facts stand all the same."""
    for outcome in outcomes:
        if outcome.problem:
            command = outcome.command
            tx.emit(
                f"money.{type(command).__name__.lower()}_refused",
                ids.show("ord", command.order_id),
                at=command.at,
                code=outcome.problem.code,
                key=command.key if isinstance(command, Refund) else "",
            )


def confirm_silent(tx: Tx, items: list[Work]) -> None:
    """Due work: buyers who said nothing until the time-out have received their orders."""
    orders = facts_store.order_ids(tx, [item.key for item in items])
    due = [Confirm(orders[i.key], "time-out", i.due_at) for i in items if i.key in orders]
    _tell(tx, order_money.apply(tx, due))


def note_late(tx: Tx, items: list[Work]) -> None:
    """Due work: orders that have not arrived by the promised date are late."""
    for _, order_id in facts_store.undelivered(tx, [item.key for item in items]):
        tx.emit("delivery.missed", ids.show("ord", order_id), promised=tx.now.isoformat())


def confirm(tx: Tx, order_id: UUID) -> Outcome:
    """The buyer confirms receipt, through the API."""
    return order_money.apply(tx, [Confirm(order_id, "buyer", tx.now)])[0].demand()


def refund(tx: Tx, order_id: UUID, key: str, amount: int | None, reason: str) -> Outcome:
    """Give back part or all of a payment, through the API."""
    command = Refund(order_id, key, "request", tx.now, amount=amount, reason=reason)
    outcome = order_money.apply(tx, [command])[0].demand()
    order_back.went_back(tx, [outcome])
    return outcome


WORK: dict[str, Run] = {
    CONFIRM_DUE: confirm_silent,
    ESTIMATE_DUE: note_late,
    **payout_flow.WORK,
    SEND_DUE: payouts.send_due,
    windows.CLOSE_DUE: windows.close_due,
    windows.COUNT_DUE: windows.count_due,
    intake.PLACE_DUE: intake.place_due,
    placing.AGE_DUE: intake.age_due,
    **upkeep.WORK,
    **webhooks.WORK,
}
