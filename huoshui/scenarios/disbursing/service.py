"""Paying a loan's money out, and what becomes of it; see the package."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import resources
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict, Problem
from huoshui.core.work import Item, Run
from huoshui.ledger import Chart, read_templates
from huoshui.ledger.template import Template
from huoshui.lines.lending import postings as lending
from huoshui.lines.lending.factoring.chart import clearing_path
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan.contract import PORTS
from huoshui.lines.lending.loan.ports import Ports
from huoshui.lines.lending.loan.service import Outcome
from huoshui.lines.payments import chart, rails
from huoshui.lines.payments.rails.model import Answer, Call, Notice
from huoshui.lines.payments.reconciliation import placing
from huoshui.lines.payments.settlement import store as settlement
from huoshui.scenarios.disbursing import store
from huoshui.scenarios.disbursing.model import (
    DISBURSEMENT,
    BalanceSpent,
    Disbursement,
    DisbursementStands,
    UnknownDisbursement,
    Way,
)

CHART = Chart((*chart.CHART.kinds, *lending.CHART.kinds))
TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)
_TO_SELLER = chart.TEMPLATES["seller_financed"]
_PREFIX = "dsb"
_REASON_MAX = 200


def draw(
    tx: Tx, loan_id: UUID, amount: int, key: str, *, on: date | None = None, way: Way = "balance",
    ports: Ports = PORTS,
) -> Outcome:  # fmt: skip
    """Draw an amount and pay it to the borrower; the same key again pays nothing.

    Raises what `loan.service.draw` may, and UnknownRail for a payout rail that is not there.
    """
    held = store.held_back(tx, loan_id)
    done = loans.draw(tx, loan_id, amount, key, on=on, ports=ports)
    if not done.again:
        kept = store.held_back(tx, loan_id) - held
        _pay(tx, done, _paid_out(done, "drawn", ("principal", "own")) - kept, way)
    return done


def refund_credit(tx: Tx, loan_id: UUID, amount: int, key: str, *, way: Way = "balance") -> Outcome:
    """Pay the borrower's credit out to it. Raises NothingToDo for more than there is, and EventDiffers."""
    today = access.today(tx)
    event = e.CreditRefunded(id="", on=today, recorded=today, amount=amount)
    done = loans.record(tx, loan_id, event, key)
    if not done.again:
        names = ("excess", "principal")
        _pay(tx, done, _paid_out(done, "credit_paid_out", names), way)
    return done


def _paid_out(done: Outcome, template: str, names: Sequence[str]) -> int:
    """What an event put on clearing for its borrower, in minor units."""
    found = [each for each in done.postings if each.template == template]
    return sum(each.amounts.get(name, 0) for each in found for name in names)


def _pay(tx: Tx, done: Outcome, amount: int, way: Way) -> None:
    """Move an event's money from clearing to its borrower, and ask the rail where there is one."""
    if amount <= 0:
        return
    loan, id_ = done.loan, tx.id(_PREFIX, done.event.shown)
    made = Disbursement(
        id=id_, loan_id=loan.id, event_id=done.event.id, product=loan.product, party=loan.party,
        currency=loan.currency, amount=amount, way=way, state=DISBURSEMENT.initial, made_at=tx.now,
        made_by=tx.actor, txn_id=ids.derived(id_, "out"),
    )  # fmt: skip
    _post(tx, made, made.txn_id, back=False)
    if way == "balance":
        made = msgspec.structs.replace(made, state="disbursed", ended_at=tx.now)
    else:
        made = _asked(tx, made)
    store.add(tx, made)
    tx.emit("loan.disbursing" if way == "bank" else "loan.disbursed", loan.shown,
            disbursement=made.shown, amount=amount, way=way)  # fmt: skip


def _asked(tx: Tx, made: Disbursement) -> Disbursement:
    """Let the payout rail be asked after the commit; where there is none a person pays by hand."""
    rail = settlement.settlement_terms(tx).payout_rail
    if not rail:
        return made
    call = Call(
        id=tx.id("rca", f"{made.shown}/1"), rail=rail, verb="pay_out", subject=made.shown, tender=0,
        amount=made.amount, currency=made.currency, token=made.party,
    )  # fmt: skip
    rails.queue(tx, [call])
    return msgspec.structs.replace(made, call_id=call.id)


def _post(tx: Tx, of: Disbursement, txn_id: UUID, *, back: bool) -> None:
    """Move the money of a disbursement out, or back."""
    template, names = _template(of), {"book": of.product, "party": of.party}
    if template is _TO_SELLER:
        names = {"seller": of.party, "source": clearing_path(of.product)}
    made = template.transaction(
        txn_id, names, {"amount": -of.amount if back else of.amount},
        # A bank's file names what was sent; what stays in the book is the loan's.
        reference=of.shown if of.way == "bank" else ids.show("loan", of.loan_id),
        currency=of.currency, at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [made], CHART)[0].demand()


def _template(of: Disbursement) -> Template:
    if of.way == "bank":
        return TEMPLATES["loan_to_bank"]
    return _TO_SELLER if _sells(of) else TEMPLATES["loan_to_wallet"]


def _sells(of: Disbursement) -> bool:
    return of.party.startswith("slr_")


def find(tx: Tx, ref: str) -> Disbursement:
    """One disbursement by its public id. Raises BadId, UnknownDisbursement."""
    found = store.find(tx, ids.read(_PREFIX, ref))
    if found is None:
        raise UnknownDisbursement(kind="disbursement", id=ref[:64])
    return found


def of_loan(tx: Tx, loan_id: UUID) -> list[Disbursement]:
    """Where the money of a loan went, newest first."""
    return store.page(tx, loan_id=loan_id, limit=100)


def arrived(tx: Tx, id_: UUID, *, there: bool = True) -> Disbursement:
    """It is on the borrower's bank account; the same again changes nothing. `there`: or not after all.

    Raises UnknownDisbursement, IllegalMove.
    """
    before = _locked(tx, id_)
    goal, verb = ("disbursed", "arrive") if there else ("disbursing", "unarrive")
    if before.state == goal:
        return before
    return _moved(tx, before, verb, ended_at=tx.now if there else None)


def failed(tx: Tx, id_: UUID, reason: str) -> Disbursement:
    """It never left: the drawdown is undone. Raises UnknownDisbursement, IllegalMove."""
    return _bring_back(tx, id_, "fail", reason)


def back(tx: Tx, id_: UUID, reason: str) -> Disbursement:
    """It came back, or is taken back from the balance: the drawdown is undone.

    Raises UnknownDisbursement, IllegalMove, and BalanceSpent where the balance has less by now.
    """
    return _bring_back(tx, id_, "return", reason)


def _bring_back(tx: Tx, id_: UUID, verb: str, reason: str) -> Disbursement:
    before = _hold(tx, id_)
    DISBURSEMENT.after(before.state, verb)
    _demand_balance(tx, before)
    try:  # a loan that cannot be told without it keeps it: a person decides then
        with tx.savepoint():
            undone: UUID | None = _undo(tx, before, f"{before.shown}/{verb}").event.id
    except Problem:
        undone = None
    return _taken_back(tx, before, verb, reason, undone)


def _undo(tx: Tx, of: Disbursement, key: str) -> Outcome:
    """Undo what was paid; a unit that parts of a premium round to another drawdown is the platform's."""
    held = store.held_back(tx, of.loan_id)
    done = loans.reverse(tx, of.loan_id, ids.show("lev", of.event_id), key)
    given_back = held - store.held_back(tx, of.loan_id)
    over = given_back + of.amount - store.event_amount(tx, of)
    if over:
        _round(tx, of, over)
    return done


def _round(tx: Tx, of: Disbursement, over: int) -> None:
    made = TEMPLATES["premium_rounded"].transaction(
        ids.derived(of.id, "rounded"), {"book": of.product}, {"amount": over},
        reference=ids.show("loan", of.loan_id), currency=of.currency, at=tx.now,
    )  # fmt: skip
    ledger.post(tx, [made], CHART)[0].demand()


def _taken_back(
    tx: Tx, before: Disbursement, verb: str, reason: str, undone: UUID | None
) -> Disbursement:
    txn = ids.derived(before.id, "back")
    _post(tx, before, txn, back=True)
    return _moved(
        tx, before, verb, back_txn=txn, undone_id=undone, reason=reason[:_REASON_MAX],
        ended_at=tx.now,
    )  # fmt: skip


def reverse(tx: Tx, loan_id: UUID, event: str, key: str) -> Outcome:
    """Undo an event of a loan; what it paid to a balance is taken back with it.

    Raises DisbursementStands for money at a bank, BalanceSpent, and what `loan.service.reverse` may.
    """
    found = store.of_event(tx, ids.read("lev", event))
    if found is None or not found.out:
        return loans.reverse(tx, loan_id, event, key)
    if found.way == "bank":
        raise DisbursementStands(id=found.shown, state=found.state)
    before = _hold(tx, found.id)
    _demand_balance(tx, before)
    done = _undo(tx, before, key)
    _taken_back(tx, before, "return", "reversed", done.event.id)
    return done


def _demand_balance(tx: Tx, of: Disbursement) -> None:
    """That a balance has what is to be taken back from it. Raises BalanceSpent."""
    if of.way != "balance":
        return
    path = chart.settlement_path(of.party) if _sells(of) else chart.wallet_path(of.party)
    there = store.balance(tx, path, of.currency)
    if there < of.amount:
        raise BalanceSpent(id=of.shown, there=there, amount=of.amount, currency=of.currency)


def _hold(tx: Tx, id_: UUID) -> Disbursement:
    """A disbursement, its loan locked before it: the order in which all else takes them."""
    seen = store.find(tx, id_)
    if seen is not None:
        loans.Batch(tx, [seen.loan_id])
    return _locked(tx, id_)


def _locked(tx: Tx, id_: UUID) -> Disbursement:
    found = store.lock(tx, id_)
    if found is None:
        raise UnknownDisbursement(kind="disbursement", id=ids.show(_PREFIX, id_))
    return found


def _moved(tx: Tx, before: Disbursement, verb: str, **changed: object) -> Disbursement:
    after = msgspec.structs.replace(before, state=DISBURSEMENT.after(before.state, verb), **changed)
    if not store.move(tx, before, after):
        raise Conflict()
    tx.emit(_TOLD[verb], ids.show("loan", after.loan_id), disbursement=after.shown,
            amount=after.amount, way=after.way, reason=after.reason)  # fmt: skip
    return after


_TOLD = {
    "arrive": "loan.disbursed",
    "unarrive": "loan.disbursing",
    "fail": "loan.disbursement_failed",
    "return": "loan.disbursement_returned",
}


def hear(tx: Tx, said: Sequence[tuple[Call, Answer]]) -> None:
    """What rails say of disbursements: each change once, in the commit that records it."""
    for call, answer in said:
        of = _called(tx, call)
        if of is None or of.state != "disbursing":
            continue
        if answer.verdict == "succeeded":
            arrived(tx, of.id)
        elif answer.verdict == "declined":
            failed(tx, of.id, answer.code or "declined")


def notice(tx: Tx, call: Call, told: Notice) -> None:
    """What began at the rail: the borrower's bank returned the money."""
    of = _called(tx, call)
    if of is not None and told.kind == "returned" and of.out:
        back(tx, of.id, told.reason or "returned")


def _called(tx: Tx, call: Call) -> Disbursement | None:
    """The disbursement that a rail was asked for, or None."""
    if not call.subject.startswith(f"{_PREFIX}_"):
        return None
    found = store.find(tx, ids.read(_PREFIX, call.subject))
    return found if found and found.call_id == call.id else None


def _bank_has(tx: Tx, items: list[Item]) -> None:
    """Due work: a bank's file has what was sent, or what said so was undone."""
    for item in items:
        txns = [UUID(txn) for txn in item.payload["txns"]]
        for of in store.of_txns(tx, txns):
            if of.state in ("disbursing", "disbursed"):
                arrived(tx, of.id, there=item.payload["there"])


def _bank_returned(tx: Tx, items: list[Item]) -> None:
    """Due work: a bank's file says that it sent the money back."""
    for item in items:
        subject = item.payload["subject"]
        of = store.find(tx, ids.read(_PREFIX, subject)) if subject.startswith("dsb_") else None
        if of is not None and of.out and of.amount == item.payload["amount"]:
            back(tx, of.id, item.payload["reason"])


WORK: dict[str, Run] = {
    placing.SENT_MATCHED: _bank_has,
    placing.SENT_RETURNED: _bank_returned,
}
