"""What happens as facts of a history become known: buyers pay later, sellers sell their claims.

The draws say who; the production code decides whether, and does it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.facts.commerce import store as facts_store
from huoshui.facts.commerce.model import (
    Cancellation,
    Confirmation,
    Delivery,
    Fact,
    Return,
    Review,
    Shipment,
    Tender,
)
from huoshui.lines.lending.factoring import FACTORING
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.product import Asked, asked_facts
from huoshui.lines.payments.payment.model import (
    Attach,
    Command,
    Confirm,
    Create,
    Part,
    Payment,
)
from huoshui.lines.payments.payment.model import Tender as Means
from huoshui.scenarios import factoring_flow, order_flow, pay_later, payment_flow
from huoshui.scenarios.factoring_flow import Purchase
from huoshui.scenarios.order_back import ORDER_PART
from huoshui.scenarios.order_flow import Taken
from huoshui.scenarios.whatif.full import store
from huoshui.scenarios.whatif.full.plan import PAY_DUE, FullRun, Planned, noon
from huoshui.scenarios.whatif.full.store import TakenRow

CLAIM_DUE = "whatif.claim_due"
_NOT_FOR_IT = ("not_factorable:amount",)  # the estimate leaves them out as well
OTHER = "another_product"  # what a buyer or seller wanted, and had from another product already


class Wanted(msgspec.Struct, frozen=True):
    """An order that a buyer wants to pay later: by which product, how much, in how many parts."""

    product: Planned
    order: str
    amount: int
    instalments: int
    observed: int
    region: str
    buyer: str
    currency: str
    tenders: tuple[Tender, ...]


_AFTER = (Shipment, Delivery, Confirmation, Cancellation, Return, Review)
_MONEY = (Tender, *_AFTER)


def _taken(tx: Tx, facts: Sequence[Fact]) -> Taken:
    return order_flow.take(tx, facts) if facts else Taken([], [])


def _of(fact: Fact, orders: Container[str], kinds: tuple[type[Fact], ...]) -> bool:
    return isinstance(fact, kinds) and getattr(fact, "order", "") in orders


class Taking:
    """Takes facts of a history with its products live."""

    def __init__(self, run: FullRun, checked: dict[str, CheckedProduct]) -> None:
        self.run, self.checked = run, checked

    def take(self, tx: Tx, facts: Sequence[Fact]) -> Taken:
        """Let orders be paid as they were, or later; let sellers sell what is shipped.

        What follows in an order whose buyer may pay later waits for that.
        """
        asked = self._asked(tx, facts)
        taken = order_flow.take(tx, [f for f in facts if not _of(f, asked, _MONEY)])
        if asked:
            tenders = [f for f in facts if isinstance(f, Tender) and f.order in asked]
            later = self._pay_later(tx, self._wanted(tx, asked, tenders))
            rest = [f for f in facts if _of(f, asked, _MONEY) and not _of(f, later, (Tender,))]
            more = _taken(tx, rest)
            taken = Taken(taken.facts + more.facts, taken.outcomes + more.outcomes)
        shipped = sorted({f.order for f in facts if isinstance(f, Shipment)})
        if shipped and self.run.of(FACTORING.name):
            self._sell(tx, shipped)
        return taken

    def _asked(self, tx: Tx, facts: Sequence[Fact]) -> dict[str, list[Planned]]:
        """Of orders that are paid among these facts, what their buyers want, where it is not over."""
        lending = self.run.used("checkout")
        found = {
            f.order: products
            for f in facts
            if isinstance(f, Tender)
            and (products := [p for p in lending if self.run.takes(p, f.order)])
        }
        gone = store.begun(tx, list(found)) if found else set()
        return {order: products for order, products in found.items() if order not in gone}

    def _wanted(
        self, tx: Tx, asked: dict[str, list[Planned]], tenders: Sequence[Tender]
    ) -> list[Wanted]:
        """The orders whose buyers take a product that is for them."""
        by_order: dict[str, list[Tender]] = {}
        for tender in tenders:
            by_order.setdefault(tender.order, []).append(tender)
        known = store.regions(tx, list(asked))
        found, noted = list[Wanted](), list[TakenRow]()
        for order, products in asked.items():
            if order not in known:
                continue
            own = by_order[order]
            fit = [w for p in products if (w := self._fits(p, own, known[order], tx))]
            found += fit[:1]
            noted += [TakenRow(product=w.product.key, key=order, reason=OTHER, amount=w.amount)
                      for w in fit[1:]]  # fmt: skip
        store.take(tx, noted)
        return found

    def _fits(
        self, product: Planned, tenders: list[Tender], known: tuple[str, str, str], tx: Tx
    ) -> Wanted | None:
        """The order as a wish for a product; None where the product's own rules are against it."""
        checked = self.checked[product.key]
        amount = sum(each.amount.amount for each in tenders)
        observed = max(each.instalments for each in tenders)
        within = checked.product.amount.min <= amount <= checked.product.amount.max
        if not within or tenders[0].amount.currency != checked.product.currency:
            return None
        given = product.instalments
        count = observed if observed in given else min(given)
        asked = Asked(amount, count, access.today(tx))
        if checked.refusals(checked.schema.read(asked_facts(checked.product, asked))):
            return None
        buyer, region, currency = known
        return Wanted(
            product, tenders[0].order, amount, count, observed, region, buyer, currency,
            tuple(tenders),
        )  # fmt: skip

    def _pay_later(self, tx: Tx, wanted: Sequence[Wanted]) -> set[str]:
        """Open a payment for each, take a loan up, agree, and pay; the orders of which that came."""
        payment_ids = [tx.id("pmt", f"whatif/{each.order}") for each in wanted]
        made = [
            Create(id=id_, currency=each.currency, tenders=(), order_key=each.order,
                   parts=(Part(ORDER_PART, "order", each.amount),))
            for id_, each in zip(payment_ids, wanted, strict=True)
        ]  # fmt: skip
        opened = [o.demand().payment for o in payment_flow.apply(tx, made)] if made else []
        commands: list[Command] = []
        rows, done = list[TakenRow](), set[str]()
        used = Counter(dict.fromkeys(store.lent_before(tx, [each.buyer for each in wanted]), 1))
        for payment, each in zip(opened, wanted, strict=True):
            assert payment is not None
            try:
                loan, tenders = self._agree(tx, payment, each, used)
            except Problem as problem:
                rows.append(self._row(each, None, _reason(problem)))
                continue
            done.add(each.order)
            rows.append(self._row(each, loan, ""))
            commands += [Attach(payment.id, tenders), Confirm(payment.id)]
            self._later(tx, loan)
        for outcome in payment_flow.apply(tx, commands) if commands else []:
            outcome.demand()
        store.take(tx, rows)
        return done

    @staticmethod
    def _agree(
        tx: Tx, payment: Payment, each: Wanted, used: Counter[str]
    ) -> tuple[Loan, tuple[Means, ...]]:
        """Apply and agree; above the buyer's limit as at the checkout: it may not be chosen.

        `used` is what orders that are paid together have of a buyer's limit, and 1 where it had a loan.
        """
        most = each.amount + used[each.buyer]
        if used[each.buyer] and not pay_later.room(tx, payment, each.product.key, most):
            raise Declined(reason="limit")
        made = pay_later.take_up(tx, payment, each.product.key, each.instalments, each.amount)
        if made.loan.state != "offered":
            raise Declined(reason=",".join(reason["rule"] for reason in made.loan.reasons))
        used[each.buyer] += each.amount
        return made.loan, pay_later.agree(tx, payment, made.loan.id, made.mark, "whatif")

    def _row(self, each: Wanted, loan: Loan | None, reason: str) -> TakenRow:
        stops = self.run.stops(each.product, each.order, each.region, each.instalments)
        return TakenRow(
            product=each.product.key, key=each.order, object_id=loan.id if loan else None,
            reason=reason, amount=each.amount, observed=each.observed, stops=stops,
        )  # fmt: skip

    @staticmethod
    def _later(tx: Tx, loan: Loan) -> None:
        assert loan.disclosure is not None
        first = date.fromisoformat(loan.disclosure["instalments"][0]["due"])
        tx.later(PAY_DUE, loan.shown, noon(tx, first))

    def _sell(self, tx: Tx, orders: list[str]) -> None:
        """Sell what sellers are to get of orders that are shipped."""
        parts = {(i.order_key, i.seller_id) for i in facts_store.items(tx, orders)}
        asked = []
        for order, seller in sorted(parts):
            shown = ids.show("slr", seller)
            key = f"{order}/{shown}"
            products = [p for p in self.run.of(FACTORING.name) if self.run.takes(p, key, shown)]
            asked += [(key, order, seller, product) for product in products]
        gone = store.begun(tx, [key for key, *_ in asked]) if asked else set()
        self._buy(tx, [each for each in asked if each[0] not in gone])

    def _buy(self, tx: Tx, asked: Iterable[tuple[str, str, UUID, Planned]]) -> None:
        first: dict[str, Purchase] = {}
        rows, also = list[TakenRow](), list[tuple[str, str]]()
        for key, order, seller, product in asked:
            if key in first:
                also.append((key, product.key))
            else:
                first[key] = Purchase(order, seller, product.key)
        done = factoring_flow.buy(tx, list(first.values())) if first else []
        for key, bought in zip(first, done, strict=True):
            of = bought.assignment
            reason = _reason(bought.problem) if bought.problem else ""
            if reason in _NOT_FOR_IT:
                continue
            rows.append(
                TakenRow(
                    product=first[key].product, key=key, object_id=of.id if of else None,
                    reason=reason, amount=bought.amount,
                )
            )  # fmt: skip
            if of is not None:
                tx.later(CLAIM_DUE, ids.show("asg", of.id), noon(tx, bought.overdue_on))
                rows += [
                    TakenRow(product=product, key=key, reason=OTHER, amount=bought.amount)
                    for place, product in also
                    if place == key
                ]
        store.take(tx, rows)


def _reason(problem: Problem) -> str:
    """Why nothing came of a purchase: the problem's code, and the reason that it names."""
    named = problem.facts.get("reason") or problem.facts.get("limit")
    return f"{problem.code}:{named}" if named else problem.code


class Declined(Problem):
    """A loan was not given; the problem names the rules that did not hold."""

    code = "whatif_declined"
    status = 409
