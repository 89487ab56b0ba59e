"""Rings and fake orders, told as a marketplace tells what it sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts import activity
from huoshui.facts.activity import Activity
from huoshui.judgement.risk.brushing import Sale
from huoshui.judgement.risk.rings import planted
from huoshui.judgement.risk.rings.planted.traffic import HOURS, Traffic
from huoshui.judgement.risk.suspects import SUSPECT, Suspect, store
from huoshui.judgement.risk.suspects.model import Shown
from huoshui.judgement.risk.takeover import Act

HOUR = timedelta(hours=1)
Told = list[Activity]


class Names:
    """Public ids for the names of generated traffic."""

    def __init__(self, tx: Tx) -> None:
        self.tx, self.known = tx, dict[str, str]()

    def of(self, prefix: str, name: str) -> str:
        """The id of a name, the same again."""
        return self.known.setdefault(name, ids.show(prefix, self.tx.id(prefix, name)))


def record(tx: Tx, told: Sequence[Activity]) -> None:
    """Keep them, as many as there are."""
    for start in range(0, len(told), activity.ACTIVITIES_MAX):
        activity.record(tx, told[start : start + activity.ACTIVITIES_MAX])


def told_of(made: Traffic, names: Names, end: datetime) -> Told:
    """Generated traffic as a marketplace would tell it."""
    begin = end - HOURS * HOUR
    told = [
        Activity(kind="account.opened", key=each.id, occurred_at=begin + each.opened_h * HOUR,
                 buyer=names.of("byr", each.id))
        for each in made.accounts
    ]  # fmt: skip
    for n, touch in enumerate(made.touches):
        about: dict[str, Any] = {touch.kind: touch.identifier}
        told.append(
            Activity(kind="sign_in", key=f"t{n}", occurred_at=end - HOUR, attributes={"success": True},
                     buyer=names.of("byr", touch.account), **about)
        )  # fmt: skip
    for n, order in enumerate(made.orders):
        told.append(
            Activity(kind="order.placed", key=f"o{n}", occurred_at=begin + order.at_h * HOUR,
                     buyer=names.of("byr", order.account), merchant=names.of("slr", order.seller),
                     order=names.of("ord", f"o{n}"), amount_minor=100, currency="CNY")
        )  # fmt: skip
    return told


def gang(tx: Tx) -> list[str]:
    """Traffic with an open ring of ten, told; its members."""
    made = planted.traffic(400, 3)
    gangs = [g for g in planted.plant(made, 1) if (g.level, len(g.members)) == (0, 10)]
    made.touches = [t for t in made.touches if t.kind in ("device", "card")]
    names = Names(tx)
    record(tx, told_of(made, names, tx.now))
    return sorted(names.of("byr", member) for member in gangs[0].members)


def sold(sale: Sale, names: Names, now: datetime) -> Told:
    at = now - 20 * 24 * HOUR
    who: dict[str, Any] = {
        "buyer": names.of("byr", sale.buyer), "merchant": names.of("slr", sale.seller),
        "order": names.of("ord", sale.order), "key": sale.order,
    }  # fmt: skip
    money: dict[str, Any] = {"amount_minor": 100, "currency": "CNY"}
    opened = at - sale.buyer_age_h * HOUR
    told = [
        Activity(kind="account.opened", key=sale.order, occurred_at=opened, buyer=who["buyer"]),
        Activity(kind="order.placed", occurred_at=at, **money, **who),
        Activity(kind="order.delivered", occurred_at=at + HOUR, **who),
    ]
    if sale.weight_g is not None:
        weighed = {"weight_g": sale.weight_g}
        weighed |= {"declared_g": sale.declared_g} if sale.declared_g is not None else {}
        told.append(Activity(kind="parcel.weighed", occurred_at=at, attributes=weighed, **who))
    if sale.reviewed_min is not None:
        said = {"score": 5, "minutes_after_delivery": sale.reviewed_min}
        told.append(Activity(kind="review.written", occurred_at=at, attributes=said, **who))
    if sale.kept:
        off = {"offline": True}
        told.append(Activity(kind="refund.made", occurred_at=at, attributes=off, **money, **who))
    return told


def suspected(tx: Tx) -> Suspect:
    """A ring of three, kept as a search keeps it."""
    members = [ids.show("byr", tx.id("byr", f"suspect{n}")) for n in range(3)]
    row = Suspect(
        id=tx.id("sus", "ring"), kind="ring", state=SUSPECT.initial, members=members, centibits=2_000,
        signs=[Shown("shared_identifier", 2_000, 3, 3, "device:device~x")],
        held={member: [("device", "device~x")] for member in members}, first_at=tx.now,
        last_at=tx.now, times=1,
    )  # fmt: skip
    store.add(tx, row)
    return row


def acted(acts: Sequence[Act], names: Names, end: datetime) -> Told:
    """Acts of accounts as a marketplace would tell them."""
    told = []
    for n, act in enumerate(acts):
        who: dict[str, Any] = {
            "buyer": names.of("byr", act.account), "key": f"act{n}", "occurred_at": end - (HOURS - act.at_h) * HOUR,
        }  # fmt: skip
        match act.kind:
            case "sign_in" | "failed":
                said = {"success": act.kind == "sign_in"}
                told.append(Activity(kind="sign_in", device=act.device, attributes=said, **who))
            case "credentials":
                told.append(Activity(kind="password_changed", **who))
            case "address":
                told.append(Activity(kind="address.added", address=f"street {n}", **who))
            case "order":
                worth: dict[str, Any] = {"amount_minor": act.amount, "currency": "CNY"}
                order, seller = names.of("ord", f"act{n}"), names.of("slr", "shop")
                told.append(
                    Activity(kind="order.placed", order=order, merchant=seller, **worth, **who)
                )
    return told
