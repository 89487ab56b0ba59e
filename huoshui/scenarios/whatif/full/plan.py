"""What a full run is run under, and what its draws say of an order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.product import LENDING, read_tables
from huoshui.scenarios.products import Use, use_of
from huoshui.scenarios.seller_loans.model import SEEN_DAYS
from huoshui.scenarios.whatif.assumptions import MILLION, Assumptions, Case, ProductAssumed, ppm
from huoshui.scenarios.whatif.chance import draws

PAY_DUE = "whatif.pay_due"
LOST_DUE = "whatif.lost_due"
_MONTH = 31
_MARGIN = 45


def noon(tx: Tx, day: date) -> datetime:
    """The middle of a day of the book."""
    return datetime.combine(day, time(12), access.zone_of(tx))


class NotRunInFull(Problem):
    """No full run stands in this world."""

    code = "whatif_not_run_in_full"
    status = 409


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A product of a full run: who would take it, the assumptions of its case in millionths, its file.

    `instalments` are the numbers that may be chosen, `months` is how long the last of them runs.
    """

    key: str
    line: str
    source: str
    take: int
    loss: int
    loss_in: dict[str, int]
    lgd: int
    fee: str
    cost_each: int
    instalments: tuple[int, ...] = ()
    use: Use = "checkout"
    months: int = 0

    @property
    def runs_days(self) -> int:
        """How long its last loan may run behind the last sale."""
        seen = SEEN_DAYS if self.use in ("sales", "season") else 0
        return seen + max(self.months, *self.instalments, 0) * _MONTH

    def stops(self, loss_at: int, stop_at: int, segment: str, steps: int) -> int | None:
        """From which instalment nothing is paid, or None."""
        if loss_at >= self.loss_in.get(segment, self.loss):
            return None
        return 1 + stop_at * steps // MILLION


class FullRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a full run is run under: its case, the seed of its draws, its products in order."""

    case: Case
    seed: int
    products: tuple[Planned, ...]
    funding: int
    charge_off_days: int
    assumptions: dict[str, Any]

    @property
    def tail(self) -> timedelta:
        """Until the last loan of the last order is paid, or lost."""
        most = max((each.runs_days for each in self.products), default=0)
        return timedelta(days=most + self.charge_off_days + _MARGIN)

    def of(self, line: str) -> list[Planned]:
        """The products of a line, in order."""
        return [each for each in self.products if each.line == line]

    def used(self, use: Use) -> list[Planned]:
        """The loans of a use, in order."""
        return [each for each in self.of(LENDING.name) if each.use == use]

    def takes(self, product: Planned, key: str, taker: str = "") -> bool:
        """Whether an order, or a seller, takes a product."""
        return draws(self.seed, product.key, key, taker).take < product.take

    def stops(self, product: Planned, key: str, segment: str, steps: int) -> int | None:
        """From which of so many instalments the buyer of an order pays nothing, or None."""
        drawn = draws(self.seed, product.key, key)
        return product.stops(drawn.loss, drawn.stop, segment, steps)


def planned(checked: CheckedProduct, source: str, assumed: ProductAssumed, case: Case) -> Planned:
    """A product with what is assumed of it in a case."""
    fee = assumed.fee if isinstance(assumed.fee, str) else getattr(assumed.fee, case)
    product, instalments, months = checked.product, list[int](), 0
    if product.line == LENDING.name:
        tables = read_tables(product.tables)
        instalments = tables.terms.instalments
        months = tables.sales.longest if tables.sales else 0
    return Planned(
        key=product.product, line=product.line, source=source, take=ppm(assumed.take_up, case),
        loss=ppm(assumed.loss, case),
        loss_in={name: ppm(part, case) for name, part in assumed.loss_in.items()},
        lgd=ppm(assumed.lgd, case), fee=fee, cost_each=assumed.cost_each,
        instalments=tuple(instalments), use=use_of(checked), months=months,
    )  # fmt: skip


def plan(assumptions: Assumptions, case: Case, seed: int, products: list[Planned]) -> FullRun:
    """A full run of products in a case."""
    return FullRun(
        case=case, seed=seed, products=tuple(products),
        funding=ppm(assumptions.money.funding_annual, case),
        charge_off_days=assumptions.money.charge_off_days,
        assumptions=msgspec.to_builtins(assumptions),
    )  # fmt: skip
