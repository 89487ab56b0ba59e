"""A market in which a product is switched on, and orders that are paid with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.loan import store as loan_store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Attach, Command, Confirm, Create, Part, Payment
from huoshui.scenarios import pay_later, payment_flow, switching
from huoshui.scenarios.order_back import ORDER_PART
from huoshui.scenarios.products import golden
from huoshui.scenarios.switching import Settings
from tests import ground
from tests.ground import DAY, START, Ground

FREE, PRICED = "pay-in-3-free", "pay-in-instalments"
FILES = dict(golden())


class Till(msgspec.Struct, frozen=True):
    """A market's checkout."""

    market: Ground

    def run(self, use_case: Any, at: Any = None) -> Any:
        """A use case in a transaction of its own."""
        with self.market.database.begin(book=self.market.number, now=at) as tx:
            return use_case(tx)

    def switch_on(self, product: str = FREE, **settings: Any) -> switching.Switched:
        """Let a product that comes along be live."""
        content = FILES[product].encode()
        found: switching.Switched = self.run(
            lambda tx: switching.switch_on(tx, content, Settings(**settings))
        )
        return found

    def order(self, key: str = "o1", amount: int = 30_000, **said: Any) -> UUID:
        """An order of that sum that waits to be paid: the payment for it."""
        self.market.take(*ground.placed(key, items=(("s1", amount, 0),), at=said.pop("at", START)))

        def use_case(tx: Tx) -> UUID:
            id_ = tx.id("pmt", key)
            parts = (Part(ORDER_PART, "order", amount),)
            made = Create(id=id_, currency="CNY", tenders=(), parts=parts, order_key=key, **said)
            payment_flow.apply(tx, [made])[0].demand()
            return id_

        found: UUID = self.run(use_case)
        return found

    def payment(self, id_: UUID) -> Payment:
        """A payment as it stands."""
        found: Payment = self.run(lambda tx: service.payment(tx, id_))
        return found

    def apply(self, *commands: Command, at: Any = None) -> None:
        """Move payments."""
        self.run(lambda tx: [o.demand() for o in payment_flow.apply(tx, commands)], at)

    def choose(self, id_: UUID, product: str = FREE, count: int = 3) -> Loan:
        """Choose a loan for all of a payment; what was decided."""

        def use_case(tx: Tx) -> Loan:
            payment = service.payment(tx, id_)
            return pay_later.take_up(tx, payment, product, count, payment.amount).loan

        found: Loan = self.run(use_case)
        return found

    def pay(self, id_: UUID, loan: Loan) -> None:
        """Agree to it and pay."""

        def use_case(tx: Tx) -> None:
            assert loan.disclosure is not None
            mark = pay_later.mark_of(loan.product, loan.version, loan.disclosure)
            payment = service.payment(tx, id_)
            tenders = pay_later.agree(tx, payment, loan.id, mark, "test")
            for outcome in payment_flow.apply(tx, [Attach(id_, tenders), Confirm(id_)]):
                outcome.demand()

        self.run(use_case)

    def buy(self, key: str = "o1", amount: int = 30_000, product: str = FREE, **said: Any) -> Loan:
        """An order that is paid later: its loan."""
        payment = self.order(key, amount, **said)
        loan = self.choose(payment, product)
        self.pay(payment, loan)
        return self.loan(loan.id)

    def loan(self, id_: UUID) -> Loan:
        """A loan as it stands."""
        found: Loan = self.run(lambda tx: loan_store.loan(tx, id_))
        return found

    def net(self, path: str) -> int:
        """in - out of an account, minor units."""
        return self.market.nets().get(path, 0)

    def seller(self) -> str:
        """The public id of the only seller."""
        found = self.market.value("SELECT id FROM seller WHERE book = %(book)s LIMIT 1")
        return ids.show("slr", found)

    def facility(self, loan: Loan, part: str) -> int:
        """What stands of a loan's facility: `drawn`, `open`."""
        assert loan.facility_id is not None
        return self.net(f"facilities:{ids.show('fac', loan.facility_id)}:{part}")


def days(count: int) -> timedelta:
    """So many days."""
    return count * DAY
