"""What is usual in the traffic: counted once, for all rings to be judged against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from huoshui.judgement.risk.chance import fitted
from huoshui.judgement.risk.rings.links import Shared
from huoshui.judgement.risk.rings.model import Account, Order

Key = tuple[str, str]


class Background(msgspec.Struct, frozen=True):
    """What is usual in the traffic: rings are judged against it, so it needs no label."""

    opened: dict[str, int]
    openings: list[int]
    orders: dict[str, list[Order]]
    sellers: dict[str, float]
    promoted: tuple[float, float]
    sharing: dict[tuple[str, int], float]
    times: dict[str, list[int]]
    touched: dict[str, list[Key]]

    @staticmethod
    def of(accounts: Iterable[Account], orders: Iterable[Order], touched: Shared) -> Background:
        """Count the traffic once."""
        by: dict[str, list[Order]] = defaultdict(list)
        times: dict[str, list[int]] = defaultdict(list)
        for order in orders:
            by[order.account].append(order)
            times[order.seller].append(order.at_h)
        whole = sum(map(len, by.values()))
        known = {each.id: each.opened_h for each in accounts}
        return Background(
            opened=known, openings=sorted(known.values()), orders=dict(by),
            sellers={seller: len(found) / whole for seller, found in times.items()},
            promoted=fitted([(sum(o.promoted for o in each), len(each)) for each in by.values()]),
            sharing=_sharing(touched, len(known)),
            times={seller: sorted(found) for seller, found in times.items()},
            touched=_touched(touched),
        )  # fmt: skip


def _touched(touched: Shared) -> dict[str, list[Key]]:
    by: dict[str, list[Key]] = defaultdict(list)
    for key, touches in touched.items():
        for touch in touches:
            by[touch.account].append(key)
    return dict(by)


def _sharing(touched: Shared, accounts: int) -> dict[tuple[str, int], float]:
    """The share of accounts that sit on an identifier of a kind with so many others or more."""
    sat: Counter[tuple[str, int]] = Counter()
    for (kind, _), touches in touched.items():
        sat[kind, len(touches)] += len(touches)
    shares = {}
    for kind, degree in sat:
        above = sum(n for (other, d), n in sat.items() if other == kind and d >= degree)
        shares[kind, degree] = (above + 1) / (accounts + 2)
    return shares
