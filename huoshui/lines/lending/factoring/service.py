"""What is done with claims: registered, offered, assigned, advanced, followed to their end.

Each verb locks its assignment, then the accounts that it posts to. Money goes to and comes from the
product's clearing account; what moves it on from there is a scenario's.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.catalog import CheckedProduct, check
from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.core.money import Money
from huoshui.core.work import Item, Run
from huoshui.ledger import Transaction
from huoshui.lines.lending.factoring import joint, life, limits, store
from huoshui.lines.lending.factoring.chart import CHART, TEMPLATES
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.machine import need
from huoshui.lines.lending.factoring.model import (
    AlreadyAssigned,
    Assignment,
    Kind,
    NoStage,
    NotFactorable,
    Receivable,
    ReceivableDiffers,
    UnknownAssignment,
    UnknownReceivable,
    fingerprint,
)
from huoshui.lines.lending.factoring.product import FACTORING, Quote, quote
from huoshui.lines.lending.factoring.terms import (
    FactoringTables,
    days_between,
    read_factoring,
    staged,
)
from huoshui.lines.lending.partners.chart import TEMPLATES as PARTNERS

# What pays a part of the advance, and the amount of its entry that says how much.
_SHARED: dict[str, tuple[str, str]] = {  # the template of partners, and the name of its amount
    "lent": ("partner_lent", "amount"),
    "earned": ("partner_earned", "charges"),
    "returned": ("partner_returned", "amount"),
    "serviced": ("partner_serviced", "amount"),
    "lost": ("partner_lost", "principal"),
    "recovered": ("partner_recovered", "amount"),
}
RECOURSE_DUE = "factoring.recourse_due"
_DRAWS = {"advance": "advance", "release": "amount"}


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that is to be registered; `order_id` is of an order's claim, `evidence` what shows it."""

    kind: Kind
    document: str
    seller_id: UUID
    debtor: str
    face: Money
    issued_on: date
    due_on: date
    order_id: UUID | None = None
    evidence: str = ""


class Offer(msgspec.Struct, frozen=True):
    """A quote with the product's version that it is of."""

    quote: Quote
    product: str
    version: int
    checked: CheckedProduct


def register(tx: Tx, claim: Claim) -> Receivable:
    """Register a claim; the same one again is the one that stands. Raises ReceivableDiffers."""
    mark = fingerprint(claim.seller_id, claim.debtor, claim.document)
    before = store.same_claim(tx, mark)
    if before is not None:
        _same(before, claim)
        return before
    if not claim.issued_on <= claim.due_on or claim.face.amount <= 0:
        raise NotFactorable(reason="days" if claim.face.amount > 0 else "amount")
    new = Receivable(
        id=tx.id("rcv", mark.hex()),
        kind=claim.kind,
        document=claim.document,
        order_id=claim.order_id,
        seller_id=claim.seller_id,
        debtor=claim.debtor,
        face=claim.face.amount,
        currency=claim.face.currency,
        issued_on=claim.issued_on,
        due_on=claim.due_on,
        fingerprint=mark,
        evidence=claim.evidence,
        recorded_at=tx.now,
    )
    store.add_receivable(tx, new)
    tx.emit("receivable.registered", ids.show("rcv", new.id), face=new.face, currency=new.currency)
    return new


def _same(before: Receivable, claim: Claim) -> None:
    said = {
        "face": (before.face, claim.face.amount),
        "currency": (before.currency, claim.face.currency),
        "due_on": (before.due_on, claim.due_on),
        "kind": (before.kind, claim.kind),
    }
    differs = [name for name, (old, new) in said.items() if old != new]
    if differs:
        raise ReceivableDiffers(id=ids.show("rcv", before.id), field=differs[0])


def receivable(tx: Tx, id_: UUID) -> Receivable:
    """One claim. Raises UnknownReceivable."""
    found = store.receivable(tx, id_)
    if found is None:
        raise UnknownReceivable(kind="receivable", id=ids.show("rcv", id_))
    return found


def assignment(tx: Tx, id_: UUID, *, lock: bool = False) -> Assignment:
    """One assignment. Raises UnknownAssignment."""
    found = store.assignment(tx, id_, lock=lock)
    if found is None:
        raise UnknownAssignment(kind="assignment", id=ids.show("asg", id_))
    return found


def quote_for(tx: Tx, of: Receivable, product: str) -> Offer:
    """What a claim would come to under the version of a product that is offered now.

    Raises what `quote_claim` does.
    """
    return quote_claim(tx, Money(of.face, of.currency), of.due_on, product)


def quote_claim(tx: Tx, face: Money, due_on: date, product: str) -> Offer:
    """The same of a claim that is not registered.

    Raises NotOffered, NotFactorable, NoPrice, RateAboveCap.
    """
    row = catalog.offered(tx, product)
    if row.line != FACTORING.name:
        raise NotFactorable(reason="line")
    checked = check(catalog.product_of(row), FACTORING, Schema(()), ())
    if checked.product.currency != face.currency:
        raise NotFactorable(reason="currency")
    found = quote(checked, face.amount, days_between(access.today(tx), due_on))
    return Offer(found, row.product, row.number, checked)


def offer(tx: Tx, receivable_id: UUID, product: str) -> Assignment:
    """Offer to buy a claim. Raises what `quote_for` does, UnknownReceivable, AlreadyAssigned."""
    of = receivable(tx, receivable_id)
    before = store.standing(tx, of.fingerprint)
    if before is not None:
        raise AlreadyAssigned(receivable=ids.show("rcv", of.id), assignment=ids.show("asg", before.id))  # fmt: skip
    made = quote_for(tx, of, product)
    terms = read_factoring(made.checked.product.tables).factoring
    deal = made.quote.deal
    new = Assignment(
        id=tx.id("asg", f"{of.id}/{store.count_offers(tx, of.id)}"),
        receivable_id=of.id,
        fingerprint=of.fingerprint,
        product=made.product,
        version=made.version,
        state="offered",
        seller_id=of.seller_id,
        debtor=of.debtor,
        order_id=of.order_id,
        currency=of.currency,
        due_on=of.due_on,
        face=of.face,
        advance=deal.advance,
        fee_flat=deal.fee_flat,
        rate_annual=deal.rate_annual,
        fee_most=deal.fee_most,
        recourse=terms.recourse,
        grace_days=terms.grace_days,
        takings_share=Decimal(terms.takings_share),
        offered_at=tx.now,
    )
    store.add(tx, new)
    return _keep(tx, None, Step(new, "offer"), "")


def assign(tx: Tx, id_: UUID) -> Assignment:
    """The seller agrees: from now on the claim counts against the limits. Raises DebtorLimit."""
    store.hold_limits(tx)
    before = assignment(tx, id_, lock=True)
    step = life.assign(before)
    limits.check(_tables(tx, before).limits, store.exposure(tx, before), before.advance)
    return _keep(tx, before, step, "")


def decline(tx: Tx, id_: UUID, note: str = "") -> Assignment:
    """Nothing comes of an offer: the claim is free again. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return _keep(tx, before, life.decline(before, tx.now), note)


def advance(tx: Tx, id_: UUID) -> Assignment:
    """Buy the claim: its advance, or the first stage, stands on clearing. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    first = staged(_tables(tx, before).factoring.stages, before.advance)[0]
    shown = receivable(tx, before.receivable_id).evidence
    after = _keep(tx, before, life.advance(before, tx.now, first), shown)
    if after.recourse == "full":
        asked = ids.show("asg", id_)
        overdue = access.midnight(tx, life.overdue_from(after))
        tx.later(RECOURSE_DUE, asked, max(overdue, tx.now), assignment=asked)
    return after


def release(tx: Tx, id_: UUID, evidence: str) -> Assignment:
    """Pay the next stage on clearing, by the reference of the fact that shows it.

    Raises NoStage, IllegalMove, MoreThanOwed, DebtorLimit.
    """
    store.hold_limits(tx)
    before = assignment(tx, id_, lock=True)
    tables = _tables(tx, before)
    parts = staged(tables.factoring.stages, before.advance)
    past = [each for each in store.entries(tx, id_) if each.verb in _DRAWS]
    need(before.state, "release")
    if len(past) >= len(parts):
        raise NoStage(reason="none_left")
    if not evidence.strip() or evidence in {each.note for each in past}:
        raise NoStage(reason="evidence")
    step = life.release(before, parts[len(past)], tx.now)
    limits.check(tables.limits, store.exposure(tx, before), step.amounts["amount"])
    return _keep(tx, before, step, evidence)


def _tables(tx: Tx, of: Assignment) -> FactoringTables:
    """The tables of the version that an assignment is pinned to."""
    version = catalog.version(tx, of.product, of.version)
    return read_factoring(catalog.product_of(version).tables)


def confirm(tx: Tx, before: Assignment, note: str = "") -> Assignment:
    """The buyer confirms; `before` is locked. What is released stands on clearing. Raises IllegalMove."""
    drawn = [
        (each.amounts[_DRAWS[each.verb]], each.at.astimezone(access.zone_of(tx)).date())
        for each in store.entries(tx, before.id)
        if each.verb in _DRAWS
    ]
    return _keep(tx, before, life.confirm(before, tx.now, drawn, access.today(tx)), note)


def collect(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """The debtor paid `amount` minor units, which stand on clearing; `before` is locked."""
    return _keep(tx, before, life.collect(before, amount, tx.now), note)


def repay(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """The seller paid `amount` minor units of what it owes; `before` is locked."""
    return _keep(tx, before, life.repay(before, amount, tx.now), note)


def dilute(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """Goods worth `amount` minor units came back; `before` is locked."""
    return _keep(tx, before, life.dilute(before, amount, tx.now), note)


def dispute(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The buyer objects. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return _keep(tx, before, life.dispute(before), note)


def resume(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The objection is gone. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return _keep(tx, before, life.resume(before), note)


def recourse(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The seller is to buy it back. Raises IllegalMove, NoRecourse, NotOverdue."""
    before = assignment(tx, id_, lock=True)
    return _keep(tx, before, life.recourse(before, access.today(tx)), note)


def recourse_due(tx: Tx, items: list[Item]) -> None:
    """The buyer has had all its time: the seller buys back what was not paid.

    What the buyer objects to is left to a person.
    """
    for item in items:
        before = assignment(tx, ids.read("asg", item.payload["assignment"]), lock=True)
        if before.state in ("advanced", "confirmed"):
            _keep(tx, before, life.recourse(before, access.today(tx)), "overdue")


WORK: dict[str, Run] = {RECOURSE_DUE: recourse_due}


def write_off(tx: Tx, id_: UUID, note: str) -> Assignment:
    """Take what is owed out of the books. Raises IllegalMove, NoRecourse, NotOverdue."""
    before = assignment(tx, id_, lock=True)
    return _keep(tx, before, life.write_off(before, tx.now, access.today(tx)), note)


def recover(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """`amount` minor units came in after a write-off; `before` is locked."""
    return _keep(tx, before, life.recover(before, amount), note)


def _keep(tx: Tx, before: Assignment | None, step: Step, note: str) -> Assignment:
    """Post what a step moves, write the assignment and its entry, and tell of it."""
    shown = ids.show("asg", step.after.id)
    number = store.count_entries(tx, step.after.id) + 1
    txn_id = _post(tx, step, f"{shown}/{number}") if step.moved else None
    if before is not None:
        store.move(tx, before, step.after)
        _share(tx, before, step.after, f"{shown}/{number}")
    store.add_entry(tx, step, txn_id, note)
    tx.emit(
        "assignment.moved",
        shown,
        verb=step.verb,
        state=step.after.state,
        amounts=step.amounts,
        product=step.after.product,
    )
    return step.after


def _share(tx: Tx, before: Assignment, after: Assignment, key: str) -> None:
    """Post what of a step is whose, where others fund the product too."""
    funding = _tables(tx, after).funding
    if not funding.funders:
        return
    changes = joint.moved(joint.parts(funding, before), joint.parts(funding, after))
    posted = []
    for party, name, amount in changes:
        place, of = _SHARED[name]
        template = PARTNERS[place]
        amounts = dict.fromkeys(template.names(), 0) | {of: amount}
        legs = template.legs({"book": after.product, "party": party}, amounts)
        posted.append(
            Transaction(
                id=tx.id("txn", f"factoring/{key}/{party}/{name}"),
                template=template.name,
                reference=ids.show("asg", after.id),
                currency=after.currency,
                legs=tuple(legs),
                effective_at=tx.now,
            )
        )
    for result in ledger.post(tx, posted, CHART) if posted else []:
        result.demand()


def _post(tx: Tx, step: Step, key: str) -> UUID:
    id_ = tx.id("txn", f"factoring/{key}")
    legs = TEMPLATES[step.template].legs({"book": step.after.product}, step.amounts)
    transaction = Transaction(
        id=id_,
        template=step.template,
        reference=ids.show("asg", step.after.id),
        currency=step.after.currency,
        legs=tuple(legs),
        effective_at=tx.now,
    )
    ledger.post(tx, [transaction], CHART)[0].demand()
    return id_
