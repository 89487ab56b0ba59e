"""Where a loan's money went: its part of the loan's page, and what may be said of money at a bank."""

from __future__ import annotations

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import Choice, Column, Frame, Id, Row, Status, Table, Tone
from huoshui.interfaces.console.pages import asked
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Outcome, find_event
from huoshui.scenarios import disbursing
from huoshui.scenarios.disbursing import Disbursement

VERBS = ("arrived", "not_arrived", "sent_back")
WAYS = ("balance", "bank")
_TONES: dict[str, Tone] = {
    "disbursing": "accent", "disbursed": "good", "failed": "bad", "returned": "bad",
}  # fmt: skip


def table(tx: Tx, frame: Frame, loan: Loan) -> Table | None:
    """Where the money of a loan went, newest first; nothing where none was drawn here."""
    rows = disbursing.of_loan(tx, loan.id)
    if not rows:
        return None
    names = ("at", "amount", "way", "state", "undone", "call")
    return Table(
        title=frame.say("disbursed"),
        columns=tuple(
            Column(
                title=frame.say(f"disbursed.{name}"), align="end" if name == "amount" else "start",
                money=name == "amount", wide=name == "undone",
            )
            for name in names
        ),
        rows=tuple(_row(frame, loan, each) for each in rows),
        note=frame.say("disbursed.note"),
    )  # fmt: skip


def _row(frame: Frame, loan: Loan, of: Disbursement) -> Row:
    call = ids.show("rca", of.call_id) if of.call_id else ""
    undone = ""
    if of.back_txn:
        undone = frame.say("disbursed.undone.yes" if of.undone_id else "disbursed.undone.no")
        undone = " · ".join(each for each in (undone, of.reason) if each)
    return Row(
        href=frame.to(f"transactions/{ids.show('txn', of.back_txn or of.txn_id)}"),
        cells=(
            of.made_at,
            Money(of.amount, loan.currency),
            way(frame, of.way),
            state(frame, of),
            undone or None,
            Id(call, frame.to(f"rail-calls/{call}")) if call else None,
        ),
    )


def way(frame: Frame, name: str) -> str:
    """The words of a way."""
    return asked.word(frame, "disbursed.way", name)


def state(frame: Frame, of: Disbursement) -> Status:
    """The state of a disbursement."""
    text = i18n.text(f"state.disbursement.{of.state}", frame.lang)
    return Status(text, _TONES[of.state])


def open_at_bank(tx: Tx, loan: Loan, verb: str) -> list[Disbursement]:
    """The money at a bank of which a verb may be said."""
    states = ("disbursing", "disbursed") if verb == "sent_back" else ("disbursing",)
    return [d for d in disbursing.of_loan(tx, loan.id) if d.way == "bank" and d.state in states]


def choices(tx: Tx, frame: Frame, loan: Loan, verb: str) -> tuple[Choice, ...]:
    """The disbursements that a form offers."""
    return tuple(
        Choice(each.shown, f"{Money(each.amount, each.currency)} · {each.made_at:%Y-%m-%d}")
        for each in open_at_bank(tx, loan, verb)
    )


def carry_out(tx: Tx, loan: Loan, verb: str, ref: str, reason: str) -> Outcome:
    """Say what became of money at a bank; the event that undoes the drawdown, or the drawdown itself."""
    of = disbursing.find(tx, ref)
    if of.loan_id != loan.id:
        raise disbursing.UnknownDisbursement(kind="disbursement", id=ref[:64])
    if verb == "arrived":
        after = disbursing.arrived(tx, of.id)
    elif verb == "not_arrived":
        after = disbursing.failed(tx, of.id, reason)
    else:
        after = disbursing.back(tx, of.id, reason)
    return find_event(tx, loan.id, after.undone_id or after.event_id)
