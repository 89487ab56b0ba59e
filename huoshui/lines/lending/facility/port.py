"""What lines and scenarios ask of a facility: reserve, draw, release, restore, adjust.

All of it is counted under the facility and under all above it, in one commit with whatever it is for.
Names are given by who calls: the same one again changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.ledger import Capture, Command, Release, Result
from huoshui.ledger import store as ledger_store
from huoshui.lines.lending.facility import chart, store
from huoshui.lines.lending.facility.model import (
    BadFacility,
    Facility,
    FacilityShort,
    NotSoMuchDrawn,
    Reservation,
    UnknownReservation,
)
from huoshui.lines.lending.facility.way import Stand, Way, hold_id, narrowest

EXPIRY_DUE = "facility.expiry_due"


class Exposure(msgspec.Struct, frozen=True):
    """What was done, and how the facility and those above it stand since, from below; minor units.

    `again`: it stood already and nothing was moved.
    """

    facility_id: UUID
    amount: int
    currency: str
    stands: tuple[Stand, ...]
    reservation: Reservation | None = None
    again: bool = False

    @property
    def available(self) -> int:
        """What may still be drawn."""
        return narrowest(self.stands).available


def reserve(
    tx: Tx, facility_id: UUID, amount: int, until: datetime,
    *, reference: str = "", name: UUID | None = None,
) -> Exposure:  # fmt: skip
    """Keep an amount for a drawdown on its way, until a moment; the ledger frees it by then.

    `name` is the reservation's id, where the caller has one. Raises UnknownFacility, FacilityClosed,
    FacilityShort and, for what no reservation can be, BadFacility.
    """
    if amount <= 0:
        raise BadFacility(field="amount")
    if until <= tx.now:
        raise BadFacility(field="until")
    before = store.reservation(tx, name) if name else None
    if before is not None:
        return _exposure(Way(tx, before.facility_id), before.amount, before, again=True)
    way = Way(tx, facility_id)
    way.need_open()
    way.align()
    number = way.row(way.lowest, chart.OPEN).version
    id_ = name or tx.id("rsv", f"{way.lowest.shown}/{number}")
    made = Reservation(
        id=id_, facility_id=facility_id, amount=amount, reference=reference, until=until,
        made_at=tx.now, actor=tx.actor,
    )  # fmt: skip
    _need(way, amount, way.hold(id_, amount, made.shown, until - tx.now))
    way.flush()
    store.add_reservation(tx, made)
    tx.later(EXPIRY_DUE, made.shown, until, reservation=made.shown)
    tx.emit("facility.reserved", way.lowest.shown, reservation=made.shown, amount=amount, currency=way.currency)  # fmt: skip
    return _exposure(way, amount, made)


def draw(tx: Tx, reservation_id: UUID, amount: int | None = None) -> Exposure:
    """Draw a reservation, or part of it: the rest is free again. The same again changes nothing.

    A limit that fell meanwhile counts; a freeze does not: it stops what is neither drawn nor reserved.
    Raises UnknownReservation, FacilityClosed, FacilityShort, and PostingRefused where it has run out.
    """
    made = find(tx, reservation_id)
    wanted = made.amount if amount is None else amount
    if wanted <= 0:
        raise BadFacility(field="amount")
    way = _reserved(tx, made, "draw")
    asked = [
        Capture(
            id=_name(made, "draw", each), hold=hold_id(made.id, each), amount=amount,
            linked=each is not way.facilities[-1],
        )
        for each in way.facilities
    ]  # fmt: skip
    again = way.sheet.stands(asked)
    if not again:
        way.need_open()
        for each in way.stands():
            if each.drawn + wanted > each.limit:
                _refuse(way, wanted, each.facility, max(0, each.limit - each.drawn))
    _decide(way, asked)
    way.align()
    way.flush()
    if not again:
        tx.emit("facility.drawn", way.lowest.shown, reservation=made.shown, amount=wanted, currency=way.currency)  # fmt: skip
    return _exposure(way, wanted, made, again=again)


def release(tx: Tx, reservation_id: UUID) -> Exposure:
    """Free what a reservation keeps. Raises UnknownReservation, PostingRefused for one that is over."""
    made = find(tx, reservation_id)
    way = _reserved(tx, made, "release")
    asked = [
        Release(
            id=_name(made, "release", each), hold=hold_id(made.id, each),
            linked=each is not way.facilities[-1],
        )
        for each in way.facilities
    ]  # fmt: skip
    again = way.sheet.stands(asked)
    _decide(way, asked)
    way.align()
    way.flush()
    if not again:
        tx.emit("facility.released", way.lowest.shown, reservation=made.shown, amount=made.amount, currency=way.currency)  # fmt: skip
    return _exposure(way, made.amount, made, again=again)


def expire(tx: Tx, items: list[Item]) -> None:
    """Tell of reservations that ran out with something left: it may be drawn by others again."""
    made = [find(tx, ids.read("rsv", item.payload["reservation"])) for item in items]
    for fate in fates(tx, made):
        if fate.state == "expired":
            of = fate.reservation
            tx.emit("facility.reservation_expired", ids.show("fac", of.facility_id), reservation=of.shown, amount=of.amount, currency=fate.currency)  # fmt: skip


WORK: dict[str, Run] = {EXPIRY_DUE: expire}


def restore(
    tx: Tx, facility_id: UUID, amount: int, *, cause: UUID, reference: str = ""
) -> Exposure:
    """What was drawn is repaid: it may be drawn again, as far as the limit of the day goes.

    `cause` is the id of what repaid it: the same again changes nothing. Raises UnknownFacility and
    NotSoMuchDrawn.
    """
    if amount <= 0:
        raise BadFacility(field="amount")
    id_ = ids.derived(cause, f"restore/{ids.show('fac', facility_id)}")
    way = Way(tx, facility_id, posted=[id_])
    done = way.post("facility_restored", id_, way.facilities, amount, reference or way.lowest.shown)
    if done.code == "insufficient_from":
        drawn = min(each.drawn for each in way.stands())
        raise NotSoMuchDrawn(facility=way.lowest.shown, amount=amount, drawn=drawn)
    done.demand()
    way.align()
    way.flush()
    if done.code == "created":
        tx.emit("facility.restored", way.lowest.shown, transaction=ids.show("txn", id_), amount=amount, currency=way.currency)  # fmt: skip
    return _exposure(way, amount, again=done.code == "exists")


def adjust(tx: Tx, facility_id: UUID, fell: int, *, reference: str) -> Exposure:
    """What is owed fell by so much, or below zero rose again: a fact, which is never refused.

    What rises above the limit stands above it, and stops drawdowns. Raises UnknownFacility.
    """
    way = Way(tx, facility_id)
    number = way.row(way.lowest, chart.DRAWN).version
    id_ = tx.id("txn", f"{way.lowest.shown}/adjust/{number}")
    name = "facility_restored" if fell > 0 else "facility_redrawn"
    amount = min([fell, *(each.drawn for each in way.stands())]) if fell > 0 else -fell
    if amount:
        way.post(name, id_, way.facilities, amount, reference).demand()
        way.align()
        way.flush()
        shown, txn = way.lowest.shown, ids.show("txn", id_)
        if fell > 0:
            tx.emit(
                "facility.restored", shown, transaction=txn, amount=amount, currency=way.currency
            )
        else:
            tx.emit(
                "facility.redrawn", shown, transaction=txn, amount=amount, currency=way.currency
            )
    return _exposure(way, amount)


def find(tx: Tx, reservation_id: UUID) -> Reservation:
    """One reservation. Raises UnknownReservation."""
    found = store.reservation(tx, reservation_id)
    if found is None:
        raise UnknownReservation(kind="reservation", id=ids.show("rsv", reservation_id))
    return found


class Fate(msgspec.Struct, frozen=True):
    """What became of a reservation; `drawn` and `held` in minor units."""

    reservation: Reservation
    currency: str
    state: str
    held: int


def fates(tx: Tx, made: list[Reservation]) -> list[Fate]:
    """What became of reservations, as their holds in the ledger say."""
    own = {each.id: ids.derived(each.id, f"hold/{_facility(each)}") for each in made}
    holds = {hold.id: hold for hold in ledger_store.holds(tx, list(own.values()))()}
    found = []
    for each in made:
        hold = holds[own[each.id]]
        lapsed = hold.state == "open" and hold.lapsed(tx.now)
        state = "expired" if lapsed else {"open": "held", "captured": "drawn"}.get(hold.state, hold.state)  # fmt: skip
        found.append(Fate(each, hold.currency, state, 0 if lapsed else hold.remaining))
    return found


def _facility(made: Reservation) -> str:
    return ids.show("fac", made.facility_id)


def _reserved(tx: Tx, made: Reservation, verb: str) -> Way:
    """The way of a reservation with its holds, brought in line."""
    levels = store.chain(tx, made.facility_id)
    return Way(
        tx, made.facility_id,
        holds=[hold_id(made.id, each) for each in levels],
        posted=[_name(made, verb, each) for each in levels],
    )  # fmt: skip


def _name(made: Reservation, verb: str, facility: Facility) -> UUID:
    return ids.derived(made.id, f"{verb}/{facility.shown}")


def _decide(way: Way, commands: list[Capture] | list[Release]) -> None:
    """Decide commands that stand all or none. Raises PostingRefused by the one that did not."""
    asked: list[Command] = list(commands)
    if way.sheet.stands(asked):
        return
    for result in sorted(way.sheet.decide(asked), key=lambda each: each.code == "linked_failed"):
        result.demand()


def _need(way: Way, amount: int, results: list[Result]) -> None:
    """Raises FacilityShort where a floor refused, and names whose."""
    for result in results:
        if result.code == "insufficient_from":
            shown = chart.facility_of(result.account)
            tight = next(each for each in way.facilities if each.shown == shown)
            _refuse(way, amount, tight, narrowest(way.stands()).available)
    for result in results:
        result.demand()


def _refuse(way: Way, amount: int, tight: Facility, available: int) -> None:
    raise FacilityShort(
        facility=way.lowest.shown, amount=amount, available=available, narrowest=tight.shown
    )


def _exposure(
    way: Way, amount: int, made: Reservation | None = None, *, again: bool = False
) -> Exposure:
    return Exposure(way.lowest.id, amount, way.currency, tuple(way.stands()), made, again)
