"""From traffic to rings: the steps in their order."""

from __future__ import annotations

from collections.abc import Iterable

from huoshui.judgement.risk.rings.background import Background
from huoshui.judgement.risk.rings.communities import communities
from huoshui.judgement.risk.rings.converging import converging
from huoshui.judgement.risk.rings.links import links, shared
from huoshui.judgement.risk.rings.model import Account, Order, Ring, Touch
from huoshui.judgement.risk.rings.signs import judged

_MEMBERS_LEAST = 3


def rings(
    accounts: Iterable[Account], touches: Iterable[Touch], orders: Iterable[Order], now_h: int
) -> list[Ring]:
    """The rings of a time, the most surprising first; a community without any sign is none.

    `now_h` in hours since the epoch of accounts, touches and orders. Raises NoCommunities.
    """
    touched = shared(touches)
    background = Background.of(accounts, orders, touched)
    groups = converging(communities(links(touched, now_h)), background)
    found = [judged(group, background) for group in groups if len(group) >= _MEMBERS_LEAST]
    return sorted(
        (ring for ring in found if ring.signs), key=lambda ring: (-ring.bits, ring.members)
    )
