"""What a full run is run under, and what its draws say of an order. No I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from huoshui.core.errors import Problem
from huoshui.scenarios.whatif.assumptions import MILLION, Assumptions, Case, ProductAssumed, ppm
from huoshui.scenarios.whatif.chance import draws

_MONTH = 31
_MARGIN = 45


class NotRunInFull(Problem):
    """No full run stands in this world."""

    code = "whatif_not_run_in_full"
    status = 409


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A product of a full run: the assumptions of its case, in millionths; its file."""

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
        most = max((max(each.instalments, default=0) for each in self.products), default=0)
        return timedelta(days=most * _MONTH + self.charge_off_days + _MARGIN)

    def of(self, line: str) -> list[Planned]:
        """The products of a line, in order."""
        return [each for each in self.products if each.line == line]

    def takes(self, product: Planned, key: str, taker: str = "") -> bool:
        """Whether an order, or a seller, takes a product."""
        return draws(self.seed, product.key, key, taker).take < product.take

    def stops(self, product: Planned, key: str, segment: str, steps: int) -> int | None:
        """From which of so many instalments the buyer of an order pays nothing, or None."""
        drawn = draws(self.seed, product.key, key)
        return product.stops(drawn.loss, drawn.stop, segment, steps)


def planned(
    key: str, line: str, source: str, assumed: ProductAssumed, case: Case, instalments: list[int]
) -> Planned:
    """A product with what is assumed of it in a case."""
    fee = assumed.fee if isinstance(assumed.fee, str) else getattr(assumed.fee, case)
    return Planned(
        key=key, line=line, source=source, take=ppm(assumed.take_up, case),
        loss=ppm(assumed.loss, case),
        loss_in={name: ppm(part, case) for name, part in assumed.loss_in.items()},
        lgd=ppm(assumed.lgd, case), fee=fee, cost_each=assumed.cost_each,
        instalments=tuple(instalments),
    )  # fmt: skip


def plan(assumptions: Assumptions, case: Case, seed: int, products: list[Planned]) -> FullRun:
    """A full run of products in a case."""
    return FullRun(
        case=case, seed=seed, products=tuple(products),
        funding=ppm(assumptions.money.funding_annual, case),
        charge_off_days=assumptions.money.charge_off_days,
        assumptions=msgspec.to_builtins(assumptions),
    )  # fmt: skip
