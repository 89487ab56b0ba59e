"""A sheet: the accounts that a batch touches, loaded and locked, on which commands are decided
one by one, exactly, in memory. `service.flush` then writes all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.ledger.model import (
    ALL,
    AMOUNT_MAX,
    CAP_FROM,
    CAP_TO,
    CAPS,
    CAPTURE,
    CLOSE_FROM,
    CLOSE_TO,
    CLOSES,
    EXPIRY,
    EXTENSION,
    HOLD,
    KEEP,
    LEGS_MAX,
    POST,
    RELEASE,
    TIMEOUT_MAX_S,
    TRANSIENT,
    Capture,
    Code,
    Command,
    Extend,
    Hold,
    Leg,
    Moved,
    OnHold,
    Release,
    Result,
    Transaction,
)
from huoshui.ledger.rows import Held, Row, State
from huoshui.ledger.standing import Standing, repeat, standing


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet stands on: all that its commands need to know, locked where it may change.

    `elsewhere` names the currencies of paths that are not open in the one that was asked for.
    Ids below `horizon` are archived; nothing takes effect before `sealed_until`; what does before
    `counted_until` makes counted days void.
    """

    rows: Iterable[Row] = ()
    holds: Iterable[Hold] = ()
    standing: Mapping[UUID, Standing] = {}
    burnt: Iterable[UUID] = ()
    elsewhere: Mapping[str, frozenset[str]] = {}
    horizon: UUID | None = None
    sealed_until: datetime | None = None
    counted_until: datetime | None = None


class Sheet:
    """Accounts by (path, currency), holds, what stood before, and what is new.

    With `burning` a refusal for a passing reason burns its id; without, the caller's transaction
    is to end with the refusal and nothing is kept of it.
    """

    def __init__(
        self, loaded: Loaded, now: datetime, *, actor: str = "", burning: bool = False
    ) -> None:
        self.now = now
        self.rows = {(row.path, row.currency): row for row in loaded.rows}
        holds = list(loaded.holds)
        by_id = {row.id: row for row in self.rows.values()} if holds else {}
        self.holds = {h.id: Held(h, by_id[h.from_id], by_id[h.to_id]) for h in holds}
        self.standing: dict[UUID, Standing | Result] = dict(loaded.standing)
        self.results: list[Result] = []
        self.burns: dict[UUID, Code] = {}
        self.counted_until = loaded.counted_until
        self.begun = False  # whether a part of its batch is on its way already
        self._lapses: list[Moved] = []
        self._held: set[UUID] = set()
        self._loaded = loaded
        self._burnt = set(loaded.burnt)
        self._actor = actor
        self._burning = burning
        self._saved: dict[Row | Held, State] | None = None

    def drain(self) -> list[Moved]:
        """The transfers that are new since the last look, in the order in which they were made."""
        moved = [*self._lapses, *(each for result in self.results for each in result.moved)]
        self._held |= {each.hold_id or each.id for each in moved if each.kind != POST}
        self._lapses.clear()
        self.results.clear()
        return moved

    @property
    def touched(self) -> list[Row]:
        """The accounts that are moved."""
        return [row for row in self.rows.values() if row.version != row.loaded]

    @property
    def held(self) -> list[Held]:
        """The holds that are new or changed, of what was drained."""
        return [self.holds[id_] for id_ in sorted(self._held)]

    def settle(self) -> None:
        """All of it is written: from here on, what is new is new."""
        for row in self.touched:
            row.loaded = row.version
        self.begun = False
        self.burns.clear()
        self._held.clear()

    def balance(self, path: str, currency: str) -> int:
        """in_ - out_ of an account as this sheet has it now, 0 where it is not open."""
        row = self.rows.get((path, currency))
        return row.balance if row else 0

    def version(self, path: str, currency: str) -> int:
        """How many transfers have touched an account, this sheet's included."""
        row = self.rows.get((path, currency))
        return row.version if row else 0

    def lapse(self) -> None:
        """End every hold that has run out by now."""
        for held in self.holds.values():
            if held.state_ == "open" and held.lapsed(self.now):
                id_ = ids.derived(held.hold.id, "expiry")
                freed = held.remaining
                held.end("expired")
                self._lapses.append(self._moved_on_hold(id_, EXPIRY, freed, held))

    def post(self, command: Command) -> Result:
        """Decide one command on what the sheet holds now; all of it or nothing."""
        id_ = command.id
        before = self.standing.get(id_)
        if before is not None:
            return Result(self._repeat(command, before), command)
        if id_ in self._burnt:
            return Result("id_already_failed", command)
        if self._loaded.horizon is not None and id_ < self._loaded.horizon:
            return Result("id_too_old", command)
        if isinstance(command, Transaction):
            result = self._transaction(command)
        else:
            result = self._on_hold(command)
        code = result.code
        if code == "created":
            self.standing[id_] = result
            self.results.append(result)
        elif self._burning and code in TRANSIENT:
            self._burn(id_, code)
        return result

    def stands(self, commands: Iterable[Command]) -> bool:
        """Whether each of these commands is posted already, and just as it is asked for."""
        for command in commands:
            before = self.standing.get(command.id)
            if before is None or self._repeat(command, before) != "exists":
                return False
        return True

    def decide(self, commands: Iterable[Command]) -> list[Result]:
        """Decide commands in order; those that `linked` joins stand all or none."""
        results: list[Result] = []
        chain: list[Command] = []
        for command in commands:
            if chain or command.linked:
                chain.append(command)
                if not command.linked:
                    results += self._chain(chain)
                    chain = []
            else:
                results.append(self.post(command))
        return results + (self._chain(chain) if chain else [])

    def _chain(self, chain: list[Command]) -> list[Result]:
        open_end = chain[-1].linked
        self._saved = {}
        made = len(self.results)
        guilty: Result | None = None
        index = 0
        for index, command in enumerate(chain):
            if open_end and index == len(chain) - 1:
                guilty = Result("chain_left_open", command)
                break
            result = self.post(command)
            if result.code != "created":
                guilty = result
                break
        saved, self._saved = self._saved, None
        if guilty is None:
            return self.results[made:]
        self._undo(saved, made)
        failed = [Result("linked_failed", command) for command in chain]
        failed[index] = guilty
        if open_end and guilty.code != "chain_left_open":
            failed[-1] = Result("chain_left_open", chain[-1])
        return failed

    def _undo(self, saved: dict[Row | Held, State], made: int) -> None:
        for thing, state in saved.items():
            thing.restore(state)
        for result in self.results[made:]:
            del self.standing[result.command.id]
            self.holds.pop(result.command.id, None)
        del self.results[made:]

    def _burn(self, id_: UUID, code: Code) -> None:
        self._burnt.add(id_)
        self.burns[id_] = code

    def _save(self, *things: Row | Held) -> None:
        if self._saved is not None:
            for thing in things:
                if thing not in self._saved:
                    self._saved[thing] = thing.state

    def _repeat(self, command: Command, before: Standing | Result) -> Code:
        if isinstance(before, Result):
            before = standing(before)
        held = None if isinstance(command, Transaction) else self.holds.get(command.hold)
        return repeat(command, before, held.hold.amount if held else None)

    # Transactions: posts and holds.

    def _transaction(self, asked: Transaction) -> Result:
        fault = malformed(asked, asked.recorded_at or self.now, self._loaded.sealed_until)
        if fault:
            return Result(fault, asked)
        pairs: list[tuple[Row, Row]] = []
        currency = asked.currency
        rows = self.rows
        for leg in asked.legs:
            source, target = rows.get((leg.source, currency)), rows.get((leg.target, currency))
            if source is None or target is None:
                return self._missing(asked, leg, source, target)
            pairs.append((source, target))
        for leg, (source, target) in zip(asked.legs, pairs, strict=True):
            if source.closed:
                return Result("from_closed", asked, account=leg.source)
            if target.closed:
                return Result("to_closed", asked, account=leg.target)
        if len(pairs) == 1:
            return self._move_one(asked, *pairs[0])
        return self._move(asked, pairs)

    def _missing(
        self, asked: Transaction, leg: Leg, source: Row | None, target: Row | None
    ) -> Result:
        sources = {asked.currency} if source else self._currencies(leg.source)
        targets = {asked.currency} if target else self._currencies(leg.target)
        if not sources:
            return Result("from_not_found", asked, account=leg.source)
        if not targets:
            return Result("to_not_found", asked, account=leg.target)
        if sources & targets:
            return Result("currency_differs_from_accounts", asked, account=leg.source)
        return Result("accounts_in_different_currency", asked, account=leg.target)

    def _currencies(self, path: str) -> set[str]:
        here = {currency for known, currency in self.rows if known == path}
        return here | self._loaded.elsewhere.get(path, frozenset())

    def _move(self, asked: Transaction, pairs: list[tuple[Row, Row]]) -> Result:
        at = self._recorded(asked.recorded_at, [row for pair in pairs for row in pair])
        before = {row: row.state for pair in pairs for row in pair}
        moved = []
        for number, (leg, (source, target)) in enumerate(zip(asked.legs, pairs, strict=True)):
            amount = _capped(leg, source, target, False) if leg.cap else leg.amount
            source.out_ += amount
            target.in_ += amount
            moved.append(self._moved(asked, number, POST, amount, source, target, at))
        # Bounds hold for the transaction as a whole: money that passes through counts once.
        for source, _ in pairs:
            if not source.bears_out(0):
                return self._refuse("insufficient_from", asked, before, source.path)
        for _, target in pairs:
            if not target.bears_in(0):
                return self._refuse("limit_exceeded_to", asked, before, target.path)
        for source, target in pairs:
            if source.full_out(0) or target.full_in(0):
                return self._refuse("counter_full", asked, before, source.path)
        if self._saved is not None:
            for row, state in before.items():
                self._saved.setdefault(row, state)
        return Result("created", asked, tuple(moved))

    @staticmethod
    def _refuse(code: Code, asked: Command, before: dict[Row, State], account: str) -> Result:
        for row, state in before.items():
            row.restore(state)
        return Result(code, asked, account=account)

    def _move_one(self, asked: Transaction, source: Row, target: Row) -> Result:
        """One leg, moved or held: decided before anything is touched."""
        leg, hold = asked.legs[0], asked.hold
        amount = _capped(leg, source, target, hold) if leg.cap else leg.amount
        if not source.bears_out(amount, hold):
            return Result("insufficient_from", asked, account=source.path)
        if not target.bears_in(amount):
            return Result("limit_exceeded_to", asked, account=target.path)
        if source.full_out(amount) or target.full_in(amount):
            return Result("counter_full", asked, account=source.path)
        if self._saved is not None:
            self._save(source, target)
        at = self._recorded(asked.recorded_at, (source, target))
        if hold:
            return self._hold(asked, amount, source, target, at)
        source.out_ += amount
        target.in_ += amount
        return Result("created", asked, (self._moved(asked, 0, POST, amount, source, target, at),))

    def _hold(
        self, asked: Transaction, amount: int, source: Row, target: Row, at: datetime
    ) -> Result:
        source.held_out += amount
        target.held_in += amount
        closes = CLOSES[asked.close]
        source.closed = bool(closes & CLOSE_FROM)
        target.closed = bool(closes & CLOSE_TO)
        moved = self._moved(asked, 0, HOLD, amount, source, target, at)
        until = at + timedelta(seconds=asked.timeout_s) if asked.timeout_s else None
        hold = Hold(asked.id, source.id, target.id, amount, amount, "open", moved.flags,
                    asked.currency, asked.template, asked.reference, at, until)  # fmt: skip
        self.holds[asked.id] = Held(hold, source, target)
        return Result("created", asked, (moved,))

    # Captures, releases and extensions of a hold.

    def _on_hold(self, asked: OnHold) -> Result:
        held = self.holds.get(asked.hold)
        fault = self._unfit(asked, held)
        if fault or held is None:
            return Result(fault or "hold_not_found", asked)
        if not isinstance(asked, Release):
            if held.source.closed:
                return Result("from_closed", asked, account=held.source.path)
            if held.target.closed:
                return Result("to_closed", asked, account=held.target.path)
        self._save(held, held.source, held.target)
        match asked:
            case Capture():
                return self._capture(asked, held)
            case Release():
                freed = held.remaining
                held.end("released")
                moved = self._moved_on_hold(asked.id, RELEASE, freed, held, asked.actor)
            case Extend():
                at = self._recorded(None, (held.source, held.target))
                seconds = asked.timeout_s
                held.expires_at = at + timedelta(seconds=seconds) if seconds else None
                moved = self._moved_on_hold(
                    asked.id, EXTENSION, 0, held, asked.actor, timeout_s=asked.timeout_s or None
                )
        return Result("created", asked, (moved,))

    def _unfit(self, asked: OnHold, held: Held | None) -> Code | None:
        amount = 0 if isinstance(asked, Extend) else asked.amount or 0
        if not 0 <= amount <= AMOUNT_MAX:
            return "amount_out_of_range"
        if isinstance(asked, Extend) and not 0 <= asked.timeout_s <= TIMEOUT_MAX_S:
            return "timeout_out_of_range"
        if held is None:
            return "not_a_hold" if asked.hold in self.standing else "hold_not_found"
        left = held.remaining if held.state_ == "open" else held.hold.amount
        if amount > left:
            return "exceeds_hold"
        if isinstance(asked, Release) and 0 < amount < left:
            return "release_amount_mismatch"
        if held.state_ == "captured":
            return "hold_already_captured"
        if held.state_ == "released":
            return "hold_already_released"
        return "hold_expired" if held.state_ == "expired" or held.lapsed(self.now) else None

    def _capture(self, asked: Capture, held: Held) -> Result:
        amount = held.remaining if asked.amount is None else asked.amount
        held.free(amount)
        held.source.out_ += amount
        held.target.in_ += amount
        if asked.final or not held.remaining:
            held.end("captured")
        flags = (0 if asked.final else KEEP) | (ALL if asked.amount is None else 0)
        moved = self._moved_on_hold(asked.id, CAPTURE, amount, held, asked.actor, flags=flags)
        return Result("created", asked, (moved,))

    # Rows of the table.

    def _recorded(self, asked: datetime | None, rows: Iterable[Row]) -> datetime:
        """When a transfer is recorded: now, or as asked; on no account before the one before."""
        at = min(asked, self.now) if asked else self.now
        for row in rows:
            if row.moved_at is not None and row.moved_at > at:
                at = row.moved_at
        return at

    def _moved(
        self,
        asked: Transaction,
        leg: int,
        kind: int,
        amount: int,
        source: Row,
        target: Row,
        at: datetime,
    ) -> Moved:
        source.version += 1
        target.version += 1
        source.moved_at = target.moved_at = at
        return Moved(
            leg, kind, amount, asked.id, source.id, target.id,
            source.in_ - source.out_, target.in_ - target.out_, source.version, target.version,
            asked.effective_at, at, CAPS[asked.legs[leg].cap] | CLOSES[asked.close],
            asked.currency, asked.template, asked.reference, asked.actor or self._actor,
            source.held_out or None, target.held_in or None,
            asked.timeout_s or None, None, asked.reverses,
        )  # fmt: skip

    def _moved_on_hold(
        self,
        id_: UUID,
        kind: int,
        amount: int,
        held: Held,
        actor: str = "",
        *,
        flags: int = 0,
        timeout_s: int | None = None,
    ) -> Moved:
        source, target, hold = held.source, held.target, held.hold
        at = self._recorded(None, (source, target))
        source.version += 1
        target.version += 1
        source.moved_at = target.moved_at = at
        return Moved(
            0, kind, amount, id_, source.id, target.id,
            source.in_ - source.out_, target.in_ - target.out_, source.version, target.version,
            at, at, flags, hold.currency, hold.template, hold.reference, actor or self._actor,
            source.held_out or None, target.held_in or None, timeout_s, hold.id, None,
        )  # fmt: skip


def malformed(asked: Transaction, now: datetime, sealed_until: datetime | None) -> Code | None:
    """The first fault of a transaction that needs no account to be seen, or None."""
    legs = asked.legs
    if not legs:
        return "no_legs"
    if len(legs) > LEGS_MAX:
        return "too_many_legs"
    if asked.hold and len(legs) > 1:
        return "hold_has_one_leg"
    same = False
    for leg in legs:
        if not 0 <= leg.amount <= AMOUNT_MAX:
            return "amount_out_of_range"
        same = same or leg.source == leg.target
    if not asked.currency:
        return "currency_required"
    if same:
        return "same_account"
    return _hold_fields(asked) or _times(asked, now, sealed_until)


def _hold_fields(asked: Transaction) -> Code | None:
    if not asked.hold:
        if asked.timeout_s:
            return "timeout_only_on_hold"
        return "closing_must_be_hold" if asked.close else None
    return None if 0 <= asked.timeout_s <= TIMEOUT_MAX_S else "timeout_out_of_range"


def _times(asked: Transaction, now: datetime, sealed_until: datetime | None) -> Code | None:
    if asked.effective_at > now:
        return "effective_in_future"
    if sealed_until is not None and asked.effective_at < sealed_until:
        return "period_sealed"
    return None


def _capped(leg: Leg, source: Row, target: Row, hold: bool) -> int:
    amount, cap = leg.amount, CAPS[leg.cap]
    if cap & CAP_FROM:
        amount = min(amount, source.spare_out(hold))
    if cap & CAP_TO:
        amount = min(amount, target.spare_in())
    return amount
