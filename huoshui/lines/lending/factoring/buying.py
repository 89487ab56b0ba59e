"""Buying many claims at once: each is registered, offered, assigned and advanced, or refused alone.

All that stands is read in a few questions; limits are kept by all together, in the order given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.factoring import life, limits, service, store
from huoshui.lines.lending.factoring.keeping import Kept, keep_all
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.limits import Exposure
from huoshui.lines.lending.factoring.model import (
    AlreadyAssigned,
    Assignment,
    Receivable,
    fingerprint,
)
from huoshui.lines.lending.factoring.service import Claim, OnOffer
from huoshui.lines.lending.factoring.terms import read_factoring, staged


class Purchase(msgspec.Struct, frozen=True):
    """A claim that is to be bought under a product."""

    claim: Claim
    product: str


Bought = Assignment | Problem


def buy(tx: Tx, purchases: Sequence[Purchase]) -> list[Bought]:
    """Register claims and buy each with its first advance on clearing; or say why not."""
    store.hold_limits(tx)
    desk = _Desk(tx, purchases)
    found: list[Bought | list[Kept]] = [desk.decide(each) for each in purchases]
    store.add_receivables(tx, desk.new)
    steps = [kept for each in found if isinstance(each, list) for kept in each]
    for each in keep_all(tx, steps):
        if each.state == "advanced":
            service.wait_for_debtor(tx, each)
    return [each[-1].step.after if isinstance(each, list) else each for each in found]


class _Desk:
    """What is known of claims and limits while a batch is decided."""

    def __init__(self, tx: Tx, purchases: Sequence[Purchase]) -> None:
        self.tx = tx
        marks = [_mark(each.claim) for each in purchases]
        self.known = {each.fingerprint: each for each in store.same_claims(tx, marks)}
        self.assigned = {each.fingerprint: each for each in store.standing_all(tx, marks)}
        self.counts = store.count_offers_all(tx, [each.id for each in self.known.values()])
        self.new: list[Receivable] = []
        self.offers: dict[str, OnOffer] = {}
        self.out: dict[str, _Out] = {}

    def decide(self, purchase: Purchase) -> Problem | list[Kept]:
        """The steps of a purchase, or the problem that stops it."""
        try:
            return self._steps(purchase)
        except Problem as problem:
            return problem

    def _steps(self, purchase: Purchase) -> list[Kept]:
        claim, tx = purchase.claim, self.tx
        mark = _mark(claim)
        of = self.known.get(mark)
        if of is None:
            of = service.new_receivable(tx, claim, mark)
        else:
            service.need_same(of, claim)
        if mark in self.assigned:
            raise AlreadyAssigned(
                receivable=ids.show("rcv", of.id),
                assignment=ids.show("asg", self.assigned[mark].id),
            )
        product = self._offer(purchase.product)
        made = service.quoted(tx, product, claim.face, of.due_on)
        offered = service.offered(tx, of, made, self.counts.get(of.id, 0))
        tables = read_factoring(product.checked.product.tables)
        out = self._out(offered)
        limits.check(tables.limits, out.exposure(offered), offered.advance)
        assigned = life.assign(offered)
        first = staged(tables.factoring.stages, offered.advance)[0]
        advanced = life.advance(assigned.after, tx.now, first)
        out.add(offered)
        self._keep(of, mark, advanced.after)
        return [
            Kept(None, Step(offered, "offer")),
            Kept(offered, assigned),
            Kept(assigned.after, advanced, of.evidence),
        ]

    def _offer(self, name: str) -> OnOffer:
        if name not in self.offers:
            self.offers[name] = service.on_offer(self.tx, name)
        return self.offers[name]

    def _out(self, of: Assignment) -> _Out:
        key = f"{of.product}/{of.currency}"
        if key not in self.out:
            self.out[key] = _Out(store.exposures(self.tx, of.product, of.currency))
        return self.out[key]

    def _keep(self, of: Receivable, mark: bytes, after: Assignment) -> None:
        if mark not in self.known:
            self.new.append(of)
            self.known[mark] = of
        self.assigned[mark] = after


class _Out:
    """What is out under a product: with each debtor, each seller, and with all; minor units."""

    def __init__(self, rows: Sequence[tuple[str, object, int]]) -> None:
        self.debtors: defaultdict[str, int] = defaultdict(int)
        self.sellers: defaultdict[object, int] = defaultdict(int)
        self.total = 0
        for debtor, seller, amount in rows:
            self._add(debtor, seller, amount)

    def _add(self, debtor: str, seller: object, amount: int) -> None:
        self.debtors[debtor] += amount
        self.sellers[seller] += amount
        self.total += amount

    def add(self, of: Assignment) -> None:
        """Something more is out."""
        self._add(of.debtor, of.seller_id, of.advance)

    def exposure(self, of: Assignment) -> Exposure:
        """What is out that counts against an assignment."""
        return Exposure(self.debtors[of.debtor], self.sellers[of.seller_id], self.total)


def _mark(claim: Claim) -> bytes:
    return fingerprint(claim.seller_id, claim.debtor, claim.document)
