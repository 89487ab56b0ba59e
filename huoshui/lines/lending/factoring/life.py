"""What each verb does to an assignment: the state and amounts after it, and the entry to post. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from huoshui.lines.lending.factoring.machine import ASSIGNMENT, need
from huoshui.lines.lending.factoring.model import Assignment, MoreThanOwed, NoRecourse, NotOverdue
from huoshui.lines.lending.factoring.terms import days_between, interest


class Step(msgspec.Struct, frozen=True):
    """An assignment after a verb; `template` and `amounts` are what to post, if anything."""

    after: Assignment
    verb: str
    template: str = ""
    amounts: dict[str, int] = {}

    @property
    def moved(self) -> bool:
        """Whether there is anything to post."""
        return any(self.amounts.values())


def _changed(before: Assignment, **changes: object) -> Assignment:
    return msgspec.structs.replace(before, **changes)


def _moved(before: Assignment, verb: str, **changes: object) -> Assignment:
    return _changed(before, state=ASSIGNMENT.after(before.state, verb), **changes)


def assign(before: Assignment) -> Step:
    """The seller agrees to the offer. Raises IllegalMove."""
    return Step(_moved(before, "assign"), "assign")


def decline(before: Assignment, at: datetime) -> Step:
    """Nothing comes of it: the claim may be offered anew. Raises IllegalMove."""
    return Step(_moved(before, "decline", ended_at=at), "decline")


def advance(before: Assignment, at: datetime, first: int | None = None) -> Step:
    """Buy the claim and pay the advance, or its first stage. Raises IllegalMove."""
    paid = before.advance if first is None else first
    reserve = before.face - paid
    after = _moved(
        before,
        "advance",
        advanced_at=at,
        receivable=before.face,
        reserve=reserve,
        paid=paid,
    )
    return Step(after, "advance", "factored", {"advance": paid, "reserve": reserve})


def release(before: Assignment, amount: int, at: datetime) -> Step:
    """Pay the next stage of the advance out of what is kept back. Raises IllegalMove, MoreThanOwed."""
    need(before.state, "release")
    _within(amount, min(before.reserve, before.advance - before.paid))
    after = _changed(before, reserve=before.reserve - amount, paid=before.paid + amount)
    return Step(after, "release", "factor_released", {"amount": amount})


def fee_on(before: Assignment, drawn: Sequence[tuple[int, date]], on: date) -> int:
    """The fee if the buyer confirms on a day: for the days used, never more than was quoted.

    `drawn` is what was paid and when: a stage bears interest from its own day on.

    An invoice is paid on its due day whenever it is confirmed: it bears interest until then. An
    order's money lies ready from the confirmation on.
    """
    until = on if before.order_id else max(on, before.due_on)
    earned = sum(
        interest(paid, before.rate_annual, days_between(since, until)) for paid, since in drawn
    )
    return min(before.fee_most, before.fee_flat + earned)


def confirm(before: Assignment, at: datetime, drawn: Sequence[tuple[int, date]], on: date) -> Step:
    """The buyer confirms: the reserve less the fee is the seller's. Raises IllegalMove.

    What the reserve does not bear of the fee, because goods came back, the seller owes.
    """
    fee = fee_on(before, drawn, on)
    kept = min(fee, before.reserve)
    released, short = before.reserve - kept, fee - kept
    after = _moved(
        before,
        "confirm",
        confirmed_at=at,
        reserve=0,
        claim=before.claim + short,
        fee=before.fee + fee,
        paid=before.paid + released,
    )
    amounts = {"released": released, "kept": kept, "short": short}
    return Step(after, "confirm", "factor_confirmed", amounts)


def collect(before: Assignment, amount: int, at: datetime) -> Step:
    """The debtor pays some of what it owes. Raises IllegalMove, MoreThanOwed."""
    need(before.state, "collect")
    _within(amount, before.receivable)
    after = _changed(
        before, receivable=before.receivable - amount, collected=before.collected + amount
    )
    return Step(_ended(after, at), "collect", "factor_collected", {"amount": amount})


def repay(before: Assignment, amount: int, at: datetime) -> Step:
    """The seller pays some of what it owes. Raises IllegalMove, MoreThanOwed."""
    need(before.state, "repay")
    _within(amount, before.claim)
    after = _changed(before, claim=before.claim - amount, repaid=before.repaid + amount)
    return Step(_ended(after, at), "repay", "factor_repaid", {"amount": amount})


def dilute(before: Assignment, amount: int, at: datetime) -> Step:
    """Goods came back: the debtor owes less. The reserve bears it, then the seller.

    A claim of which nothing is left is the seller's to repay. Raises IllegalMove, MoreThanOwed.
    """
    need(before.state, "dilute")
    _within(amount, before.receivable)
    borne = min(amount, before.reserve)
    after = _changed(
        before,
        receivable=before.receivable - amount,
        reserve=before.reserve - borne,
        claim=before.claim + amount - borne,
        diluted=before.diluted + amount,
    )
    amounts = {"reserved": borne, "owed": amount - borne}
    return Step(_ended(after, at), "dilute", "factor_diluted", amounts)


def dispute(before: Assignment) -> Step:
    """The buyer objects. Raises IllegalMove."""
    return Step(_moved(before, "dispute"), "dispute")


def resume(before: Assignment) -> Step:
    """The objection is gone: all is as before it. Raises IllegalMove."""
    verb = "resume_confirmed" if before.confirmed_at else "resume"
    return Step(_moved(before, verb), "resume")


def recourse(before: Assignment, on: date) -> Step:
    """The seller buys back what the buyer did not pay, less the reserve.

    Raises IllegalMove; NoRecourse where the terms do not have it, NotOverdue before its day.
    """
    state = ASSIGNMENT.after(before.state, "recourse")
    disputed = before.state == "disputed"
    if before.recourse == "none" or (before.recourse == "dispute" and not disputed):
        raise NoRecourse(recourse=before.recourse, state=before.state)
    if not disputed:
        _overdue(before, on)
    owed = before.receivable - before.reserve
    after = _changed(
        before,
        state=state,
        receivable=0,
        reserve=0,
        claim=before.claim + owed,
        bought_back=before.bought_back + before.receivable,
    )
    amounts = {"reserved": before.reserve, "owed": owed}
    return Step(after, "recourse", "factor_bought_back", amounts)


def write_off(before: Assignment, at: datetime, on: date) -> Step:
    """Take what is owed out of the books as lost: of the buyer, and of the seller.

    While the seller could still be held to it, that comes first. Raises IllegalMove, NoRecourse,
    NotOverdue.
    """
    state = ASSIGNMENT.after(before.state, "write_off")
    if before.recourse == "full" and before.state != "recourse":
        raise NoRecourse(recourse=before.recourse, state=before.state)
    if before.state not in ("disputed", "recourse"):
        _overdue(before, on)
    uncovered = before.receivable - before.reserve
    loss = uncovered + before.claim
    after = _changed(
        before,
        state=state,
        ended_at=at,
        receivable=0,
        reserve=0,
        claim=0,
        written_off=before.written_off + before.receivable,
        loss=before.loss + loss,
    )
    amounts = {"reserved": before.reserve, "uncovered": uncovered, "owed": before.claim}
    return Step(after, "write_off", "factor_written_off", amounts)


def recover(before: Assignment, amount: int) -> Step:
    """Something comes in after the write-off. Raises IllegalMove, MoreThanOwed."""
    need(before.state, "recover")
    _within(amount, before.loss - before.recovered)
    after = _changed(before, recovered=before.recovered + amount)
    return Step(after, "recover", "factor_recovered", {"amount": amount})


def overdue_from(before: Assignment) -> date:
    """The first day on which the buyer has had all the time that the terms give."""
    return before.due_on + timedelta(days=before.grace_days + 1)


def _overdue(before: Assignment, on: date) -> None:
    if on < overdue_from(before):
        raise NotOverdue(day=overdue_from(before).isoformat())


def _within(amount: int, owed: int) -> None:
    if not 0 < amount <= owed:
        raise MoreThanOwed(amount=amount, owed=owed)


def _ended(after: Assignment, at: datetime) -> Assignment:
    """What follows where the debtor owes nothing more: the seller repays, or all is settled."""
    if after.receivable:
        return after
    if not after.claim:
        before = after.state
        if before in ASSIGNMENT.moves["settle"].starts:
            return _moved(after, "settle", ended_at=at)
        # Nothing was confirmed and nothing is owed: it goes by way of the seller's debt.
        return _moved(_moved(after, "recourse"), "settle", ended_at=at)
    return after if after.state == "recourse" else _moved(after, "recourse")
