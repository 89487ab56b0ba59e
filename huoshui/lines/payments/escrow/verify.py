"""Verification of orders' money: every escrow's legs recomputed from facts and from transfers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.commerce.store import ItemRow
from huoshui.facts.commerce.store import items as load_items
from huoshui.ledger import parts
from huoshui.ledger.verify import Fault
from huoshui.lines.payments.chart import ESCROW_PATH, LATE_PATH, rail_path, settlement_path
from huoshui.lines.payments.escrow import plan, store
from huoshui.lines.payments.escrow.model import Escrow
from huoshui.lines.payments.escrow.plan import PLATFORM, Share
from huoshui.lines.payments.escrow.terms import Terms

_PAGE = 2000
_ROLE_PATHS = {
    "commission": "platform:commission",
    "tax": "tax:payable",
    "freight": "carrier:freight",
    "surcharge": "platform:surcharge",
}


class Checked(msgspec.Struct, frozen=True):
    """How many orders were checked and which disagreed; at most 20 faults are kept."""

    orders: int
    faults: tuple[Fault, ...]


def verify_orders(tx: Tx, terms: Terms) -> Checked:
    """Hold every order's transfers against its escrow, and its split against its items.

    Orders that are older than the ledger's archive are left out: their transfers are not here.
    """
    count, faults = 0, list[Fault]()
    for escrows in _pages(tx):
        count += len(escrows)
        nets = _nets(tx, escrows)
        items = _items(tx, escrows)
        for escrow in escrows:
            faults += _check(escrow, nets.get(escrow.order_id, {}), items, terms)
    return Checked(count, tuple(faults[:20]))


def _pages(tx: Tx) -> Iterator[list[Escrow]]:
    after = parts.horizon(tx)
    while page := store.page(tx, after=after, limit=_PAGE):
        yield page
        after = page[-1].order_id


def _nets(tx: Tx, escrows: list[Escrow]) -> dict[UUID, dict[str, int]]:
    references = {ids.show("ord", e.order_id): e.order_id for e in escrows}
    nets: dict[UUID, dict[str, int]] = {}
    for reference, path, net in store.nets(tx, list(references)):
        if net:
            nets.setdefault(references[reference], {})[path] = net
    return nets


def _items(tx: Tx, escrows: list[Escrow]) -> dict[str, list[ItemRow]]:
    found: dict[str, list[ItemRow]] = {}
    for item in load_items(tx, [e.order_key for e in escrows if e.planned]):
        found.setdefault(item.order_key, []).append(item)
    return found


def _check(
    escrow: Escrow, nets: dict[str, int], items: dict[str, list[ItemRow]], terms: Terms
) -> list[Fault]:
    faults = []
    expected, seen = expected_nets(escrow), dict(nets)
    late = seen.pop(LATE_PATH, 0)
    if late:
        # The escrow does not know by which rail a late tender came: rails are held together.
        expected, seen = _rails_together(expected, late), _rails_together(seen, 0)
    if seen != expected:
        faults.append(Fault("order_legs", escrow.order_key, str(seen), str(expected)))
    if escrow.state == "released":
        again = plan.parts(items.get(escrow.order_key, []), escrow.taken, terms)
        if _amounts(again) != _amounts(escrow.parts):
            faults.append(Fault("order_split", escrow.order_key, str(escrow.parts), str(again)))
    return faults


def _rails_together(nets: dict[str, int], late: int) -> dict[str, int]:
    together = Counter({"rail": -late})
    for path, net in nets.items():
        together["rail" if path.startswith("rail:") else path] += net
    return {path: net for path, net in together.items() if net}


def expected_nets(escrow: Escrow) -> dict[str, int]:
    """What each account must have gained (in - out, minor units) from one order."""
    nets = Counter[str]()
    released = escrow.released_at is not None
    for share in escrow.sources:
        if share.role == "tender":
            nets[rail_path(share.group)] -= share.left
        elif released:
            nets["platform:subsidy"] -= share.left
    if released:
        for share in escrow.parts:
            nets[_path(share)] += share.left
    else:
        nets[ESCROW_PATH] += escrow.taken - escrow.refunded
    return {path: net for path, net in nets.items() if net}


def _path(share: Share) -> str:
    if share.role == "seller":
        return settlement_path(share.group)
    return _ROLE_PATHS[share.role]


def _amounts(shares: tuple[Share, ...]) -> Counter[tuple[str, str]]:
    return Counter({(s.group or PLATFORM, s.role): s.amount for s in shares if s.amount})
