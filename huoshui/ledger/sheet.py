"""A sheet: the accounts that a batch touches, loaded and locked, on which transactions are
decided one by one, exactly, in memory. `service.flush` then writes all of it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from huoshui.core import crypto
from huoshui.ledger.model import (
    AMOUNT_MAX,
    LEGS_MAX,
    Account,
    Code,
    Leg,
    Moved,
    Result,
    Transaction,
)

MakeId = Callable[[str, str, datetime], UUID]


class Row:
    """An account's counters while a batch is decided; minor units, as in the table."""

    __slots__ = ("ceiling", "floor", "held_in", "held_out", "id", "in_", "out_", "path", "version")

    def __init__(self, account: Account) -> None:
        self.id = account.id
        self.path = account.path
        self.floor = account.floor
        self.ceiling = account.ceiling
        self.held_out = account.held_out
        self.out_ = account.out_
        self.held_in = account.held_in
        self.in_ = account.in_
        self.version = account.version

    @property
    def balance(self) -> int:
        """in_ - out_: positive where more came in than went out."""
        return self.in_ - self.out_

    def bears_out(self) -> bool:
        """Whether the floor holds. Only what is posted can be spent: held_in does not count."""
        return self.floor is None or self.balance - self.held_out >= self.floor

    def bears_in(self) -> bool:
        """Whether the ceiling holds, counting what is held for it."""
        return self.ceiling is None or self.balance + self.held_in <= self.ceiling


class Sheet:
    """Accounts by (path, currency), the transactions that stood before, and what is new."""

    def __init__(
        self, accounts: list[Account], standing: dict[UUID, bytes], make_id: MakeId, now: datetime
    ) -> None:
        self.rows = {(a.path, a.currency): Row(a) for a in accounts}
        self.standing = standing
        self.results: list[Result] = []
        self._make_id = make_id
        self._now = now

    @property
    def touched(self) -> list[Row]:
        """The accounts that a created transaction moved."""
        paths = {
            (path, r.transaction.currency)
            for r in self.results
            for m in r.moved
            for path in (m.source, m.target)
        }
        return [self.rows[path] for path in sorted(paths)]

    def balance(self, path: str, currency: str) -> int:
        """in_ - out_ of an account as this sheet has it now, 0 where it is not open."""
        row = self.rows.get((path, currency))
        return row.balance if row else 0

    def version(self, path: str, currency: str) -> int:
        """How many transfers have touched an account, this sheet's included."""
        row = self.rows.get((path, currency))
        return row.version if row else 0

    def post(self, transaction: Transaction) -> Result:
        """Decide one transaction on what the sheet holds now; all of its legs or none."""
        digest = fingerprint(transaction)
        result = self._known(transaction, digest) or self._decide(transaction)
        if result.code == "created":
            self.standing[transaction.id] = digest
            self.results.append(result)
        return result

    def _known(self, transaction: Transaction, digest: bytes) -> Result | None:
        before = self.standing.get(transaction.id)
        if before is None:
            return None
        return Result("exists" if crypto.same(before, digest) else "differs", transaction)

    def _decide(self, transaction: Transaction) -> Result:
        fault = malformed(transaction)
        if fault:
            return Result(fault, transaction)
        pairs: list[tuple[Row, Row]] = []
        for leg in transaction.legs:
            source = self.rows.get((leg.source, transaction.currency))
            target = self.rows.get((leg.target, transaction.currency))
            if source is None or target is None:
                missing = leg.target if source else leg.source
                return Result("account_not_found", transaction, account=missing)
            pairs.append((source, target))
        return self._move(transaction, pairs)

    def _move(self, transaction: Transaction, pairs: list[tuple[Row, Row]]) -> Result:
        moved: list[Moved] = []
        for number, (leg, (source, target)) in enumerate(zip(transaction.legs, pairs, strict=True)):
            _shift(source, target, leg.amount, 1)
            moved.append(self._moved(transaction, number, leg, source, target))
        code, account = _bounds(transaction.legs, pairs)
        if code == "created":
            return Result(code, transaction, tuple(moved))
        for leg, (source, target) in zip(transaction.legs, pairs, strict=True):
            _shift(source, target, -leg.amount, -1)
        return Result(code, transaction, account=account)

    def _moved(
        self, transaction: Transaction, number: int, leg: Leg, source: Row, target: Row
    ) -> Moved:
        at = transaction.recorded_at or self._now
        return Moved(
            self._make_id("trf", f"{transaction.id}/{number}", at),
            number,
            leg.source,
            leg.target,
            leg.amount,
            source.balance,
            target.balance,
            source.version,
            target.version,
        )


def fingerprint(transaction: Transaction) -> bytes:
    """The digest of what the caller asked for: a repeat must ask for the same.

    Times are left out: a retry may carry another moment and is the same wish.
    """
    wish = (
        transaction.template,
        transaction.reference,
        transaction.currency,
        [(leg.source, leg.target, leg.amount) for leg in transaction.legs],
        str(transaction.reverses or ""),
    )
    return crypto.digest(wish)


def malformed(transaction: Transaction) -> Code | None:
    """The first fault that needs no account to be seen, or None."""
    if not transaction.legs:
        return "no_legs"
    if len(transaction.legs) > LEGS_MAX:
        return "too_many_legs"
    for leg in transaction.legs:
        if not 0 < leg.amount <= AMOUNT_MAX:
            return "amount_out_of_range"
        if leg.source == leg.target:
            return "same_account"
    return None


def _shift(source: Row, target: Row, amount: int, step: int) -> None:
    source.out_ += amount
    target.in_ += amount
    source.version += step
    target.version += step


def _bounds(legs: tuple[Leg, ...], pairs: list[tuple[Row, Row]]) -> tuple[Code, str]:
    # Bounds hold for the transaction as a whole: money that passes through counts once.
    for leg, (source, _) in zip(legs, pairs, strict=True):
        if not source.bears_out():
            return "insufficient_from", leg.source
    for leg, (_, target) in zip(legs, pairs, strict=True):
        if not target.bears_in():
            return "limit_exceeded_to", leg.target
    return "created", ""
