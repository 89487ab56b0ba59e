"""Every account recomputed from its transfers, batch after batch, exactly and in little memory.

A transfer stands when it is the next of both its accounts; one that comes too early within its
batch waits for those before it. What is compared: versions without a gap, both balances and both
held amounts once the transfer stood, recorded times that never run back, and what a hold has left.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from huoshui.core.ids import show
from huoshui.ledger.model import CAPTURE, EXPIRY, EXTENSION, HOLD, KEEP, POST, RELEASE
from huoshui.ledger.proof.batch import Packed, Record

# check, row, column, stored, recomputed
Disagree = Callable[[str, str, str, object, object], None]


class OpenHold(msgspec.Struct):
    """A hold under way: what is left, and when it runs out (microseconds, 0 is never)."""

    source: bytes
    target: bytes
    remaining: int
    expires_us: int


class Carried(NamedTuple):
    """What archived transfers left on an account: sums of what moved, and all else as it stood
    at the highest archived version."""

    version: int = 0
    balance: int = 0
    out_: int = 0
    held_out: int = 0
    held_in: int = 0


NOTHING = Carried()
_NEVER = -(2**62)


class Fold:
    """The state of all accounts of a book after some of its batches.

    Where the book's beginning is archived, accounts start with what was carried; a transfer that
    stood before that and was left behind only counts towards what moved, and what a hold of the
    archived time had left is taken from the row.
    """

    def __init__(self, disagree: Disagree, carried: Mapping[bytes, Carried] | None = None) -> None:
        self._carried = carried or {}
        self.transfers = 0
        self.holds: dict[bytes, OpenHold] = {}
        self._disagree = disagree
        self._slots: dict[bytes, int] = {}
        self._versions = array("q")
        self._balances = array("q")
        self._outs = array("q")
        self._held_outs = array("q")
        self._held_ins = array("q")
        self._moved = array("q")
        self._waiting: dict[tuple[bytes, int], Record] = {}

    def take(self, records: Iterable[Packed]) -> None:
        """The next batch, in any order within it."""
        slots, versions, balances = self._slots, self._versions, self._balances
        held_outs, held_ins, moved = self._held_outs, self._held_ins, self._moved
        outs, waiting = self._outs, self._waiting
        for packed in records:
            (_, source, target, _, amount, from_after, to_after, from_version, to_version,
             from_held, to_held, at, _, _, kind, _) = packed  # fmt: skip
            s, t = slots.get(source), slots.get(target)
            if (
                kind == POST and s is not None and t is not None
                and versions[s] + 1 == from_version and versions[t] + 1 == to_version
                and balances[s] - amount == from_after and balances[t] + amount == to_after
                and held_outs[s] == from_held and held_ins[t] == to_held
                and moved[s] <= at >= moved[t]
            ):  # fmt: skip
                # Nearly all: the next of both accounts, and all of it as it should be.
                versions[s], versions[t] = from_version, to_version
                balances[s], balances[t] = from_after, to_after
                moved[s] = moved[t] = at
                outs[s] += amount
                self.transfers += 1
                if not waiting:
                    continue
                stood = True
            else:
                stood = self._stand(Record._make(packed))
            if stood and waiting:
                self._wake(Record._make(packed))
        if waiting:
            self._gaps()

    def counters(self, account: bytes) -> tuple[int, int, int, int, int, int] | None:
        """version, out, in, held_out, held_in, moved (microseconds) of an account, or None.

        Moved is 0 where only archived transfers touched the account.
        """
        slot = self._slots.get(account)
        if slot is None:
            before = self._carried.get(account)
            if before is None:
                return None
            in_ = before.out_ + before.balance
            return before.version, before.out_, in_, before.held_out, before.held_in, 0
        out, balance = self._outs[slot], self._balances[slot]
        return (
            self._versions[slot], out, out + balance, self._held_outs[slot],
            self._held_ins[slot], 0 if self._moved[slot] == _NEVER else self._moved[slot],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, account: bytes) -> bool:
        return account in self._slots

    def _slot(self, account: bytes) -> int:
        slot = self._slots.get(account)
        if slot is None:
            slot = self._slots[account] = len(self._slots)
            start = self._carried.get(account, NOTHING)
            for column, value in (
                (self._versions, start.version), (self._balances, start.balance),
                (self._outs, start.out_), (self._held_outs, start.held_out),
                (self._held_ins, start.held_in), (self._moved, _NEVER),
            ):  # fmt: skip
                column.append(value)
        return slot

    def _stand(self, record: Record) -> bool:
        """Apply a transfer if it is the next of both its accounts; otherwise it waits."""
        source, target = self._slot(record.source), self._slot(record.target)
        left, came = self._left_behind(record)
        if not left and self._versions[source] + 1 != record.from_version:
            self._wait((record.source, record.from_version), record)
        elif not came and self._versions[target] + 1 != record.to_version:
            self._wait((record.target, record.to_version), record)
        elif left or came:
            self._apply_side(record, source, target, left, came)
            return True
        else:
            self._apply(record, source, target)
            return True
        return False

    def _left_behind(self, record: Record) -> tuple[bool, bool]:
        """Whether a transfer stood on either account before what was carried."""
        known = self._carried
        if not known:
            return False, False
        source, target = known.get(record.source, NOTHING), known.get(record.target, NOTHING)
        return record.from_version <= source.version, record.to_version <= target.version

    def _apply_side(self, record: Record, source: int, target: int, left: bool, came: bool) -> None:
        """Apply a transfer that is new to one account at most."""
        moved = record.amount if record.kind in (POST, CAPTURE) else 0
        self._outs[source] += moved
        self.transfers += 1
        if not left:
            self._side(record, source, record.from_version, -moved, record.from_after)
            self._held_outs[source] = record.from_held
        if not came:
            self._side(record, target, record.to_version, moved, record.to_after)
            self._held_ins[target] = record.to_held

    def _side(self, record: Record, slot: int, version: int, net: int, after: int) -> None:
        if self._balances[slot] + net != after:
            self._fault(record, "after", after, self._balances[slot] + net)
        self._balances[slot], self._versions[slot] = after, version
        self._moved[slot] = record.recorded_us

    def _wait(self, key: tuple[bytes, int], record: Record) -> None:
        if key in self._waiting:  # two transfers of one version: the second is out of place
            self._fault(record, "version", key[1], "-")
        else:
            self._waiting[key] = record

    def _wake(self, record: Record) -> None:
        """What waited for this transfer, and for those, stands now."""
        stood = [record]
        while stood:
            last = stood.pop()
            for key in (
                (last.source, last.from_version + 1),
                (last.target, last.to_version + 1),
            ):
                after = self._waiting.pop(key, None)
                if after is not None and self._stand(after):
                    stood.append(after)

    def _gaps(self) -> None:
        """What still waits has no predecessor: it is told, and taken at its word to go on."""
        while self._waiting:
            ready = sorted(self._waiting.values(), key=lambda r: (r.from_version, r.to_version))
            progress = False
            for record in ready:
                source, target = self._slot(record.source), self._slot(record.target)
                fits_from = self._versions[source] + 1 == record.from_version
                if fits_from and self._versions[target] + 1 == record.to_version:
                    self._forget(record)
                    self._apply(record, source, target)
                    progress = True
            if not progress:
                self._jump(ready[0])

    def _forget(self, record: Record) -> None:
        self._waiting.pop((record.source, record.from_version), None)
        self._waiting.pop((record.target, record.to_version), None)

    def _jump(self, record: Record) -> None:
        source, target = self._slot(record.source), self._slot(record.target)
        self._forget(record)
        held = record.amount if record.kind == HOLD else 0
        moved = record.amount if record.kind in (POST, CAPTURE) else 0
        expected = self._versions[source] + 1
        if expected != record.from_version:
            self._disagree("fold", _row(record), "from_version", record.from_version, expected)
            self._balances[source] = record.from_after + moved
            self._held_outs[source] = record.from_held - held
        expected = self._versions[target] + 1
        if expected != record.to_version:
            self._disagree("fold", _row(record), "to_version", record.to_version, expected)
            self._balances[target] = record.to_after - moved
            self._held_ins[target] = record.to_held - held
        self._apply(record, source, target)

    def _apply(self, record: Record, source: int, target: int) -> None:
        (_, _, _, _, amount, from_after, to_after, from_version, to_version,
         from_held, to_held, recorded, _, _, kind, _) = record  # fmt: skip
        balances, held_outs, held_ins = self._balances, self._held_outs, self._held_ins
        if kind == POST:
            out, in_ = held_outs[source], held_ins[target]
        else:
            delta = self._hold_delta(record)
            out, in_ = held_outs[source] + delta, held_ins[target] + delta
            if kind != CAPTURE:
                amount = 0
        left, came = balances[source] - amount, balances[target] + amount
        moved = self._moved
        if (
            left != from_after or came != to_after or out != from_held or in_ != to_held
            or recorded < moved[source] or recorded < moved[target]
        ):  # fmt: skip
            self._compare(record, (left, came, out, in_, max(moved[source], moved[target])))
        balances[source], balances[target] = from_after, to_after
        held_outs[source], held_ins[target] = from_held, to_held
        self._outs[source] += amount
        self._versions[source], self._versions[target] = from_version, to_version
        moved[source] = moved[target] = recorded
        self.transfers += 1

    def _compare(self, record: Record, found: tuple[int, int, int, int, int]) -> None:
        stored = (record.from_after, record.to_after, record.from_held, record.to_held)
        columns = ("from_after", "to_after", "from_held", "to_held")
        for column, here, there in zip(columns, stored, found[:4], strict=True):
            if here != there:
                self._fault(record, column, here, there)
        if record.recorded_us < found[4]:
            self._fault(record, "recorded_at", record.recorded_us, found[4])

    def _fault(self, record: Record, column: str, stored: object, recomputed: object) -> None:
        self._disagree("fold", _row(record), column, stored, recomputed)

    def _hold_delta(self, record: Record) -> int:
        """How what is held changes on both sides; moves the hold on."""
        kind, amount = record.kind, record.amount
        if kind == HOLD:
            until = record.recorded_us + record.timeout_s * 1_000_000 if record.timeout_s else 0
            self.holds[record.id] = OpenHold(record.source, record.target, amount, until)
            return amount
        hold = self.holds.get(record.hold)
        if hold is None:
            if self._carried:  # of the archived time
                return record.from_held - self._held_outs[self._slots[record.source]]
            self._fault(record, "hold_id", record.hold.hex(), "-")
            return 0 if kind == EXTENSION else -amount
        if (hold.source, hold.target) != (record.source, record.target):
            self._fault(record, "hold_id", record.hold.hex(), "-")
        if kind == EXTENSION:
            hold.expires_us = (
                record.recorded_us + record.timeout_s * 1_000_000 if record.timeout_s else 0
            )
            return 0
        return -self._take_from_hold(record, hold)

    def _take_from_hold(self, record: Record, hold: OpenHold) -> int:
        before = hold.remaining
        whole = record.kind in (RELEASE, EXPIRY)
        if record.amount > before or (whole and record.amount != before):
            self._fault(record, "amount", record.amount, before)
        hold.remaining -= min(record.amount, before)
        if not (record.kind == CAPTURE and record.flags & KEEP and hold.remaining):
            del self.holds[record.hold]
            return before
        return record.amount


def _row(record: Record) -> str:
    return f"{show('txn', UUID(bytes=record.id))}/{record.leg}"
