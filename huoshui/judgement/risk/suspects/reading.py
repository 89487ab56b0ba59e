"""The traffic that a search reads, as the detectors take it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec

from huoshui.core.db import Tx
from huoshui.judgement.risk import brushing, rings, takeover
from huoshui.judgement.risk.features import service as features
from huoshui.judgement.risk.graph import store as graph
from huoshui.judgement.risk.suspects import store
from huoshui.judgement.risk.suspects.model import Found, Shown, Suspect, Suspicious

DAYS = 180
# What ties a buyer to a merchant; a network is shared by too many to do so alone.
_TYING = ("device", "card", "phone", "address")
_ACTS: dict[str, takeover.Kind] = {
    "password_changed": "credentials", "contact_changed": "credentials", "address.added": "address",
}  # fmt: skip
# Below them nothing is kept: of the honest about one member and one seller in twenty lie above, and of
# accounts, of which there are many, one in a hundred.
RING_BITS_LEAST, SELLER_BITS_LEAST, TAKEN_BITS_LEAST = 8.0, 13.0, 16.5


class Traffic(msgspec.Struct, frozen=True):
    """Accounts, what they touched and ordered, and sales, of the time that is searched."""

    accounts: list[rings.Account]
    touches: list[rings.Touch]
    orders: list[rings.Order]
    sales: list[brushing.Sale]
    acts: list[takeover.Act]
    now_h: int


def read(tx: Tx) -> Traffic:
    """The last half year up to now."""
    features.kept(tx)
    since = tx.now - timedelta(days=DAYS)
    opened = dict(store.accounts(tx, since))
    placed, promoted = store.placed(tx, since), store.promoted(tx, since)
    return Traffic(
        [rings.Account(buyer, hours(at)) for buyer, at in opened.items()],
        [
            rings.Touch(who, kind, what, hours(at))
            for who, kind, what, at in graph.shared(tx, since)
        ],
        [
            rings.Order(each.buyer, each.merchant, hours(each.at), each.order_ in promoted)
            for each in placed
        ],
        _sales(placed, opened, store.outcomes(tx, since), graph.ties(tx, _TYING)),
        acts(tx, since),
        hours(tx.now),
    )


def acts(tx: Tx, since: datetime, buyer: str = "") -> list[takeover.Act]:
    """What accounts did that a take-over would show; of one, or all."""
    found = []
    for told in store.acts(tx, since, buyer):
        at, device = hours(told.at), told.device or ""
        if told.kind == "order.placed":
            if told.new_address:
                found.append(takeover.Act(told.buyer, "address", at))
            found.append(takeover.Act(told.buyer, "order", at, amount=told.amount or 0))
        elif told.kind == "sign_in":
            kind: takeover.Kind = "failed" if told.success is False else "sign_in"
            found.append(takeover.Act(told.buyer, kind, at, device))
        else:
            found.append(takeover.Act(told.buyer, _ACTS[told.kind], at))
    return found


def within(tx: Tx, suspect: Suspect) -> list[takeover.Act]:
    """What the account did in the three days for which it is suspected."""
    begin = int(suspect.signs[0].about)
    since = tx.now - timedelta(days=DAYS)
    return [
        act
        for act in acts(tx, since, suspect.members[0])
        if begin <= act.at_h < begin + takeover.WITHIN_H
    ]


def suspicious(tx: Tx, suspect: Suspect) -> list[Suspicious]:
    """The orders of a suspected seller that show its signs, the most telling first."""
    since = tx.now - timedelta(days=DAYS)
    merchant = suspect.members[0]
    placed = store.placed(tx, since, merchant)
    buyers, orders = {each.buyer for each in placed}, {each.order_ for each in placed}
    sales = _sales(
        placed, dict(store.accounts(tx, since, sorted(buyers))),
        store.outcomes(tx, since, sorted(orders)), graph.ties(tx, _TYING, merchant),
    )  # fmt: skip
    seller = brushing.Seller(merchant, len(sales), tuple(_sign(each) for each in suspect.signs))
    found = [
        Suspicious(sale.order, sale.buyer, brushing.shows(sale, seller),
                   _centi(brushing.suspicion(sale, seller)))
        for sale in sales
    ]  # fmt: skip
    return sorted((each for each in found if each.centibits), key=lambda each: -each.centibits)


def _sign(kept: Shown) -> brushing.Sign:
    return brushing.Sign(kept.name, kept.centibits / 100, kept.count, kept.of, kept.centilift / 100)


def _sales(
    placed: list[store.Placed], opened: dict[str, datetime], outcomes: list[store.Outcome],
    ties: list[tuple[str, str]],
) -> list[brushing.Sale]:  # fmt: skip
    """Orders that were delivered, with what is known of each."""
    became = {each.order_: each for each in outcomes}
    tied = set(ties)
    times: Counter[tuple[str, str]] = Counter()
    sales = []
    for order in placed:
        times[order.merchant, order.buyer] += 1
        known = became.get(order.order_)
        if known is None:
            continue
        age = hours(order.at) - hours(opened.get(order.buyer, order.at))
        sales.append(
            brushing.Sale(
                order=order.order_, seller=order.merchant, buyer=order.buyer, kept=known.kept,
                tied=(order.merchant, order.buyer) in tied, weight_g=known.weight_g,
                declared_g=known.declared_g, reviewed_min=known.reviewed_min, buyer_age_h=max(0, age),
                nth=times[order.merchant, order.buyer],
            )
        )  # fmt: skip
    return sales


def hours(at: datetime) -> int:
    """Whole hours since 1970."""
    return int(at.timestamp()) // 3600


def found(traffic: Traffic) -> list[Found]:
    """What is surprising enough to be shown to a person. Raises NoCommunities."""
    ringed = rings.rings(traffic.accounts, traffic.touches, traffic.orders, traffic.now_h)
    market = brushing.Market.of(traffic.sales)
    sellers = [brushing.judged(seller, market) for seller in sorted(market.sales)]
    by = takeover.by_account(traffic.acts)
    usual = takeover.Usual.of(by)
    taken = [takeover.watched(by[account], usual) for account in sorted(by)]
    return [
        *(_ring(each) for each in ringed if each.bits >= RING_BITS_LEAST),
        *(_seller(each) for each in sellers if each.bits >= SELLER_BITS_LEAST),
        *(_taken(each) for each in taken if each.bits >= TAKEN_BITS_LEAST),
    ]


def _ring(ring: rings.Ring) -> Found:
    signs = tuple(Shown(s.name, _centi(s.bits), s.count, s.of, s.about) for s in ring.signs)
    held = {member: list(keys) for member, keys in ring.held.items()}
    return Found("ring", ring.members, _centi(ring.bits), signs, held)


def _seller(seller: brushing.Seller) -> Found:
    signs = tuple(
        Shown(s.name, _centi(s.bits), s.count, s.of, centilift=_centi(s.lift)) for s in seller.signs
    )
    return Found("fake_orders", (seller.id,), _centi(seller.bits), signs, {})


def _taken(account: takeover.Watched) -> Found:
    begin = str(account.from_h)
    signs = sorted(account.signs, key=lambda each: -each.bits)
    shown = tuple(Shown(s.name, _centi(s.bits), s.count, s.count, begin) for s in signs)
    return Found("take_over", (account.account,), _centi(account.bits), shown, {})


def _centi(bits: float) -> int:
    return round(bits * 100)
