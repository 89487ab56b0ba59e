"""What is done with claims: registered, offered, assigned, advanced, followed to their end.

Each verb locks its assignment, then the accounts that it posts to. Money goes to and comes from the
product's clearing account; what moves it on from there is a scenario's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct, check
from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.core.money import Money
from huoshui.core.work import Item, Run
from huoshui.lines.lending.factoring import life, limits, store, takings
from huoshui.lines.lending.factoring.keeping import Kept, keep, keep_all, tables_of
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
from huoshui.lines.lending.factoring.terms import days_between, read_factoring, staged

RECOURSE_DUE = "factoring.recourse_due"
PAYOUTS_WITHIN = timedelta(days=35)  # every calendar has paid by then
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


class Met(msgspec.Struct, frozen=True):
    """An assignment, locked, of which the debtor paid `collected` and the seller `repaid` minor units."""

    before: Assignment
    collected: int
    repaid: int
    note: str = ""


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
        need_same(before, claim)
        return before
    new = new_receivable(tx, claim, mark)
    store.add_receivables(tx, [new])
    return new


def new_receivable(tx: Tx, claim: Claim, mark: bytes) -> Receivable:
    """The claim as it is to be kept, told already. Raises NotFactorable."""
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
    tx.emit("receivable.registered", ids.show("rcv", new.id), face=new.face, currency=new.currency)
    return new


def need_same(before: Receivable, claim: Claim) -> None:
    """That a claim says what it said before. Raises ReceivableDiffers."""
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
    return quoted(tx, on_offer(tx, product), face, due_on)


class OnOffer(msgspec.Struct, frozen=True):
    """A version of a product that is offered now."""

    product: str
    version: int
    checked: CheckedProduct


def on_offer(tx: Tx, product: str) -> OnOffer:
    """The version of a product that is offered now. Raises NotOffered, NotFactorable."""
    row = catalog.offered(tx, product)
    if row.line != FACTORING.name:
        raise NotFactorable(reason="line")
    key = ("factoring.product", tx.book, row.product, row.number)
    known: CheckedProduct | None = tx.known(key)
    if known is None:
        known = check(catalog.product_of(row), FACTORING, Schema(()), ())
        tx.learn(key, known)
    return OnOffer(row.product, row.number, known)


def quoted(tx: Tx, of: OnOffer, face: Money, due_on: date) -> Offer:
    """What a claim would come to today. Raises NotFactorable, NoPrice, RateAboveCap."""
    if of.checked.product.currency != face.currency:
        raise NotFactorable(reason="currency")
    found = quote(of.checked, face.amount, days_between(access.today(tx), due_on))
    return Offer(found, of.product, of.version, of.checked)


def offer(tx: Tx, receivable_id: UUID, product: str) -> Assignment:
    """Offer to buy a claim. Raises what `quote_for` does, UnknownReceivable, AlreadyAssigned."""
    of = receivable(tx, receivable_id)
    before = store.standing(tx, of.fingerprint)
    if before is not None:
        raise AlreadyAssigned(receivable=ids.show("rcv", of.id), assignment=ids.show("asg", before.id))  # fmt: skip
    made = quote_for(tx, of, product)
    new = offered(tx, of, made, store.count_offers(tx, of.id))
    return keep(tx, None, Step(new, "offer"), "")


def offered(tx: Tx, of: Receivable, made: Offer, before: int) -> Assignment:
    """The offer on a claim, of which there were some before; not kept yet."""
    terms = read_factoring(made.checked.product.tables).factoring
    deal = made.quote.deal
    return Assignment(
        id=tx.id("asg", f"{of.id}/{before}"),
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


def assign(tx: Tx, id_: UUID) -> Assignment:
    """The seller agrees: from now on the claim counts against the limits. Raises DebtorLimit."""
    store.hold_limits(tx)
    before = assignment(tx, id_, lock=True)
    step = life.assign(before)
    limits.check(tables_of(tx, before).limits, store.exposure(tx, before), before.advance)
    return keep(tx, before, step, "")


def decline(tx: Tx, id_: UUID, note: str = "") -> Assignment:
    """Nothing comes of an offer: the claim is free again. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return keep(tx, before, life.decline(before, tx.now), note)


def advance(tx: Tx, id_: UUID) -> Assignment:
    """Buy the claim: its advance, or the first stage, stands on clearing. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    first = staged(tables_of(tx, before).factoring.stages, before.advance)[0]
    shown = receivable(tx, before.receivable_id).evidence
    after = keep(tx, before, life.advance(before, tx.now, first), shown)
    wait_for_debtor(tx, after)
    return after


def wait_for_debtor(tx: Tx, bought: Assignment) -> None:
    """Put off until the debtor has had all its time what follows then."""
    if bought.recourse == "full":
        asked = ids.show("asg", bought.id)
        overdue = access.midnight(tx, life.overdue_from(bought))
        tx.later(RECOURSE_DUE, asked, max(overdue, tx.now), assignment=asked)


def release(tx: Tx, id_: UUID, evidence: str) -> Assignment:
    """Pay the next stage on clearing, by the reference of the fact that shows it.

    Raises NoStage, IllegalMove, MoreThanOwed, DebtorLimit.
    """
    store.hold_limits(tx)
    before = assignment(tx, id_, lock=True)
    tables = tables_of(tx, before)
    parts = staged(tables.factoring.stages, before.advance)
    past = [each for each in store.entries(tx, id_) if each.verb in _DRAWS]
    need(before.state, "release")
    if len(past) >= len(parts):
        raise NoStage(reason="none_left")
    if not evidence.strip() or evidence in {each.note for each in past}:
        raise NoStage(reason="evidence")
    step = life.release(before, parts[len(past)], tx.now)
    limits.check(tables.limits, store.exposure(tx, before), step.amounts["amount"])
    return keep(tx, before, step, evidence)


def confirm(tx: Tx, before: Assignment, note: str = "") -> Assignment:
    """The buyer confirms; `before` is locked. What is released stands on clearing. Raises IllegalMove."""
    drawn = [
        (each.amounts[_DRAWS[each.verb]], each.at.astimezone(access.zone_of(tx)).date())
        for each in store.entries(tx, before.id)
        if each.verb in _DRAWS
    ]
    return keep(tx, before, life.confirm(before, tx.now, drawn, access.today(tx)), note)


def meet(tx: Tx, paid: Sequence[Met]) -> list[Assignment]:
    """Money of many came in at once, on clearing: the debtor's part first, then the seller's."""
    kept = []
    for each in paid:
        before = each.before
        for step, amount in ((life.collect, each.collected), (life.repay, each.repaid)):
            if amount:
                kept.append(Kept(before, step(before, amount, tx.now), each.note))
                before = kept[-1].step.after
    return keep_all(tx, kept)


def collect(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """The debtor paid `amount` minor units, which stand on clearing; `before` is locked."""
    return keep(tx, before, life.collect(before, amount, tx.now), note)


def repay(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """The seller paid `amount` minor units of what it owes; `before` is locked."""
    return keep(tx, before, life.repay(before, amount, tx.now), note)


def dilute(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """Goods worth `amount` minor units came back; `before` is locked."""
    return keep(tx, before, life.dilute(before, amount, tx.now), note)


def dispute(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The buyer objects. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return keep(tx, before, life.dispute(before), note)


def resume(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The objection is gone. Raises IllegalMove."""
    before = assignment(tx, id_, lock=True)
    return keep(tx, before, life.resume(before), note)


def recourse(tx: Tx, id_: UUID, note: str) -> Assignment:
    """The seller is to buy it back. Raises IllegalMove, NoRecourse, NotOverdue."""
    before = assignment(tx, id_, lock=True)
    return keep(tx, before, life.recourse(before, access.today(tx)), note)


def recourse_due(tx: Tx, items: list[Item]) -> None:
    """The buyer has had all its time: the seller buys back what was not paid.

    What the buyer objects to is left to a person. An order that is released lies among the takings: the
    next payouts pay its claim, and it is looked at once more after them.
    """
    for item in items:
        before = assignment(tx, ids.read("asg", item.payload["assignment"]), lock=True)
        if takings.lies_ready(before) and not item.payload.get("again"):
            told = item.payload | {"again": True}
            tx.later(RECOURSE_DUE, item.key, tx.now + PAYOUTS_WITHIN, **told)
        elif before.state in ("advanced", "confirmed"):
            keep(tx, before, life.recourse(before, access.today(tx)), "overdue")


WORK: dict[str, Run] = {RECOURSE_DUE: recourse_due}


def write_off(tx: Tx, id_: UUID, note: str) -> Assignment:
    """Take what is owed out of the books. Raises IllegalMove, NoRecourse, NotOverdue."""
    before = assignment(tx, id_, lock=True)
    return keep(tx, before, life.write_off(before, tx.now, access.today(tx)), note)


def recover(tx: Tx, before: Assignment, amount: int, note: str = "") -> Assignment:
    """`amount` minor units came in after a write-off; `before` is locked."""
    return keep(tx, before, life.recover(before, amount), note)
