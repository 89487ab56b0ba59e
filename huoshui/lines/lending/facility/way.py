"""The way up from a facility, locked: the limits of the day, and the accounts that hold them.

A limit is a function of the day and stands nowhere; what is open under it does, as a balance with a
floor. Before anything is moved, that balance is brought in line with the day's limit, behind the lock
of the account: so no race, no late work and no change of a limit lets more through than the limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.ledger import Command, Leg, Result, Sheet, Transaction
from huoshui.ledger.rows import Row
from huoshui.lines.lending.facility import chart, store
from huoshui.lines.lending.facility.limit import Limit
from huoshui.lines.lending.facility.model import (
    Facility,
    FacilityClosed,
    UnknownFacility,
    limit_of,
)

_PARTS = (chart.GRANTED, chart.OPEN, chart.DRAWN)


class Stand(msgspec.Struct, frozen=True):
    """How a facility stands on a day, all below it included; minor units.

    `available` is what its own limit lets through: those above it may let less.
    """

    facility: Facility
    limit: int
    drawn: int
    held: int
    available: int

    @property
    def over(self) -> int:
        """By how much more is drawn than the limit allows."""
        return max(0, self.drawn - self.limit)


def stand(facility: Facility, limit: Limit, drawn: int, held: int, day: date) -> Stand:
    """How a facility stands, by its limit and what is used of it."""
    most = limit.at(day)
    open_ = limit.thawed(max(0, most - drawn), day) if facility.state == "open" else 0
    return Stand(facility, most, drawn, held, max(0, open_ - held))


def narrowest(stands: Iterable[Stand]) -> Stand:
    """Who lets least through along a way up, from below; on a tie the lowest."""
    return min(stands, key=lambda each: each.available)


def open_accounts(tx: Tx, facility: Facility) -> None:
    """Open a facility's accounts, before anybody needs them."""
    paths = [(chart.path(facility.shown, part), facility.currency) for part in _PARTS]
    ledger.load(tx, paths, chart=chart.CHART)


def stands(tx: Tx, facilities: list[Facility]) -> list[Stand]:
    """How facilities stand today, for those who only look: nothing is locked."""
    day = access.today(tx)
    changes = store.changes(tx, [each.id for each in facilities])
    paths = [chart.path(each.shown, p) for each in facilities for p in (chart.OPEN, chart.DRAWN)]
    found = ledger.service.accounts(tx, among=paths, limit=len(paths)) if paths else []
    rows = {(row.path, row.currency): row for row in found}
    told = []
    for each in facilities:
        open_ = rows.get((chart.path(each.shown, chart.OPEN), each.currency))
        drawn = rows.get((chart.path(each.shown, chart.DRAWN), each.currency))
        limit = limit_of(changes[each.id])
        told.append(stand(each, limit, drawn.balance if drawn else 0, open_.held_out if open_ else 0, day))  # fmt: skip
    return told


class Way:
    """A facility and all above it, from below, their accounts locked to the end of the transaction."""

    def __init__(
        self, tx: Tx, facility_id: UUID, *, holds: Iterable[UUID] = (), posted: Iterable[UUID] = ()
    ) -> None:
        """`holds` are captured or released, `posted` are ids that may stand already.

        Raises UnknownFacility.
        """
        self.tx = tx
        self.day = access.today(tx)
        found = store.chain(tx, facility_id)
        if not found:
            raise UnknownFacility(kind="facility", id=ids.show("fac", facility_id))
        self.currency = found[0].currency
        paths = [(chart.path(each.shown, part), self.currency) for each in found for part in _PARTS]
        self.sheet: Sheet = ledger.load(tx, paths, list(posted), chart.CHART, holds=holds)
        # Asked again behind the locks: a limit may have been changed, or a facility closed, meanwhile.
        self.facilities = store.way_up(tx, facility_id)
        self.read_limits()

    def read_limits(self) -> None:
        """Read what was said of the limits, also what this transaction just said."""
        changes = store.changes(self.tx, [each.id for each in self.facilities])
        self.said = {id_: len(listed) for id_, listed in changes.items()}
        self.limits = {id_: limit_of(listed) for id_, listed in changes.items()}

    @property
    def lowest(self) -> Facility:
        """The facility itself."""
        return self.facilities[0]

    def row(self, facility: Facility, part: str) -> Row:
        """An account of a facility, as this way has it now."""
        return self.sheet.rows[chart.path(facility.shown, part), self.currency]

    def stands(self) -> list[Stand]:
        """How each facility of the way stands now, from below."""
        return [
            stand(each, self.limits[each.id], self.row(each, chart.DRAWN).balance,
                  self.row(each, chart.OPEN).held_out, self.day)
            for each in self.facilities
        ]  # fmt: skip

    def need_open(self) -> None:
        """Raises FacilityClosed where one of the way is closed."""
        for each in self.facilities:
            if each.state != "open":
                raise FacilityClosed(facility=each.shown)

    def align(self) -> None:
        """Bring what is open under each facility in line with the limit of the day.

        What holds have taken stays: a limit that fell takes what is left.
        """
        for each in self.facilities:
            drawn = self.row(each, chart.DRAWN).balance
            limit = self.limits[each.id]
            wanted = limit.thawed(max(0, limit.at(self.day) - drawn), self.day)
            open_ = self.row(each, chart.OPEN)
            more = max(wanted, open_.held_out) - open_.balance
            if more:
                name = "facility_raised" if more > 0 else "facility_lowered"
                key = f"{each.shown}/limit/{open_.version}"
                self.post(name, self.tx.id("txn", key), [each], abs(more), each.shown).demand()

    def post(
        self, name: str, id_: UUID, among: list[Facility], amount: int, reference: str
    ) -> Result:
        """Move an amount by a template for some facilities of the way, all or none."""
        legs = tuple(self._leg(name, each, amount) for each in among)
        return self.sheet.post(
            Transaction(
                id=id_,
                template=name,
                reference=reference,
                currency=self.currency,
                legs=legs,
                effective_at=self.tx.now,
            )
        )

    def hold(self, id_: UUID, amount: int, reference: str, timeout: timedelta) -> list[Result]:
        """Hold an amount for a drawdown under each facility of the way, all or none."""
        commands: list[Command] = [
            Transaction(
                id=hold_id(id_, each),
                template="facility_drawn",
                reference=reference,
                currency=self.currency,
                legs=(self._leg("facility_drawn", each, amount),),
                effective_at=self.tx.now,
                hold=True,
                timeout_s=max(1, -(-timeout // timedelta(seconds=1))),
                linked=each is not self.facilities[-1],
            )
            for each in self.facilities
        ]
        return self.sheet.decide(commands)

    @staticmethod
    def _leg(name: str, facility: Facility, amount: int) -> Leg:
        return chart.TEMPLATES[name].legs({"facility": facility.shown}, {"amount": amount})[0]

    def flush(self) -> None:
        """Write what was moved."""
        ledger.flush(self.tx, self.sheet)


def hold_id(reservation: UUID, facility: Facility) -> UUID:
    """The hold of a reservation under one facility of its way up."""
    return ids.derived(reservation, f"hold/{facility.shown}")
