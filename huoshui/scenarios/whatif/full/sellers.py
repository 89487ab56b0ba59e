"""What sellers do in a full run: they take loans by what they sold, and pay what statements find lacking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.work import Item, Run
from huoshui.lines.lending.life import account
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.product import LoanTables
from huoshui.scenarios import switching
from huoshui.scenarios.seller_loans import service as seller_loans
from huoshui.scenarios.seller_loans import store as sold_store
from huoshui.scenarios.seller_loans.model import SEEN_DAYS, NoSellerLoan
from huoshui.scenarios.seller_loans.service import Who
from huoshui.scenarios.whatif.full import store
from huoshui.scenarios.whatif.full.plan import LOST_DUE, PAY_DUE, FullRun, Planned, noon
from huoshui.scenarios.whatif.full.store import TakenRow
from huoshui.scenarios.whatif.sellers import key_of

OFFER_DUE = "whatif.offer_due"
LACKING_DUE = "whatif.lacking_due"
_DAY = timedelta(days=1)
_NOT_FOR_IT = ("history", "sales")  # the estimate leaves them out as well


class Sellers:
    """The due work of sellers."""

    def __init__(self, run: FullRun, tables: dict[str, LoanTables]) -> None:
        self.run, self.tables = run, tables
        self.work: dict[str, Run] = {OFFER_DUE: self.offer, LACKING_DUE: self.pay_lacking}

    @property
    def products(self) -> list[Planned]:
        """The products that sellers take by their sales."""
        return [*self.run.used("sales"), *self.run.used("season")]

    def wait(self, tx: Tx) -> None:
        """Put the first day on the queue."""
        if self.products:
            self._next(tx, access.today(tx))

    def offer(self, tx: Tx, items: list[Item]) -> None:
        """Sellers of whom enough is seen since today, and all of those as a season begins, may take a loan."""
        zone, today = access.this_book(tx).time_zone, access.today(tx)
        rows = list[TakenRow]()
        for product in self.products:
            for of in self._who(tx, product, zone, today):
                rows += self._taken(tx, product, of, today)
        store.take(tx, rows)
        self._next(tx, today)

    def _next(self, tx: Tx, today: date) -> None:
        """The next day on which a season begins, or so long after sellers were paid out that it is enough.

        Who is paid out from tomorrow on is seen enough only on a later day than that.
        """
        seen = timedelta(days=SEEN_DAYS)
        paid = sold_store.next_paid(tx, access.this_book(tx).time_zone, today + _DAY - seen)
        first = (paid or today) + seen
        limits = [self.tables[each.key].limit for each in self.run.used("season")]
        begins = [
            day
            for limit in limits if limit is not None
            for season in limit.seasons
            for year in (today.year, today.year + 1)
            if (day := season.days(year)[0]) > today
        ]  # fmt: skip
        day = min([first, *begins])
        tx.later(OFFER_DUE, str(day), noon(tx, day))

    def _who(self, tx: Tx, product: Planned, zone: str, today: date) -> list[Who]:
        """The sellers that want a product today."""
        first = today - timedelta(days=SEEN_DAYS)
        if product.use == "sales":
            wanted = self._drawn(product, sold_store.paid_on(tx, zone, first))
            return [of for of in seller_loans.among(tx, wanted) if of.sold.seen_on == today]
        limit = self.tables[product.key].limit
        if limit is None or not any(s.days(today.year)[0] == today for s in limit.seasons):
            return []
        wanted = self._drawn(product, sold_store.paid_since(tx, zone, first))
        found = seller_loans.among(tx, wanted)
        return [of for of in found if of.sold.seen_on and of.sold.seen_on <= today]

    def _drawn(self, product: Planned, sellers: list[UUID]) -> list[UUID]:
        shown = [(each, ids.show("slr", each)) for each in sellers]
        return [each for each, party in shown if self.run.takes(product, party, party)]

    def _taken(self, tx: Tx, product: Planned, of: Who, today: date) -> Iterator[TakenRow]:
        """A seller takes what it is offered; production says whether it is."""
        live, months = switching.live_one(tx, product.key), min(product.instalments)
        offer = next(o for o in seller_loans.offered(tx, of, live) if o.instalments == months)
        key = key_of(of.shown, today)
        try:
            loan = seller_loans.accept(tx, of, live, offer, offer.mark, "whatif")
        except Problem as problem:
            reason = str(problem.facts.get("reason", problem.code))
            if not (isinstance(problem, NoSellerLoan) and reason in _NOT_FOR_IT):
                yield TakenRow(product=product.key, key=key, reason=reason, amount=offer.amount)
            return
        stops = self.run.stops(product, key, of.sold.region, months)
        self._later(tx, product, loan)
        yield TakenRow(
            product=product.key, key=key, object_id=loan.id, amount=loan.amount, stops=stops
        )

    def _later(self, tx: Tx, product: Planned, loan: Loan) -> None:
        """Put off until the first day on which it is to pay by itself."""
        if product.use == "sales":
            self._look(tx, loan, 1)
            return
        assert loan.disclosure is not None
        first = date.fromisoformat(loan.disclosure["instalments"][0]["due"])
        tx.later(PAY_DUE, loan.shown, noon(tx, first))

    def _look(self, tx: Tx, loan: Loan, number: int) -> None:
        """Put off until the day on which what a statement asks for is due."""
        running = loans.read(tx, loan.id)
        assert running.by is not None
        sales = self.tables[loan.product].sales
        assert sales is not None
        due = account.statement_day(running.by.terms, number) + timedelta(days=sales.due_days)
        tx.later(LACKING_DUE, loan.shown, noon(tx, due), statement=number)

    def pay_lacking(self, tx: Tx, items: list[Item]) -> None:
        """What sales have not brought of what a statement asked for: the seller pays it, or is late."""
        asked = {ids.read("loan", item.key): int(item.payload["statement"]) for item in items}
        taken, today, repayments = store.taken(tx, list(asked)), access.today(tx), []
        for loan_id, number in asked.items():
            position = loans.position_of(tx, loan_id)
            if position is None or position.standing != "active":
                continue
            stops, lacking = taken[loan_id].stops, 0
            for day, part in zip(position.dues, position.opens, strict=True):
                lacking += part if day <= today else 0
            if stops is None or number < stops:
                if lacking:
                    key = f"whatif/{today}"
                    repayments.append(Repayment(loan_id=loan_id, amount=lacking, key=key))
            elif lacking and position.oldest_open_due:
                lost_on = position.oldest_open_due + timedelta(days=self.run.charge_off_days)
                tx.later(LOST_DUE, ids.show("loan", loan_id), noon(tx, lost_on))
            self._look(tx, loans.read(tx, loan_id).loan, number + 1)
        if repayments:
            loans.repay(tx, repayments)
