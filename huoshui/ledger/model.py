"""What the ledger speaks of: accounts, legs, transactions and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

AMOUNT_MAX = 2**62  # minor units; leaves headroom below bigint for any sum of two
LEGS_MAX = 5_000  # an order of a thousand sellers, split in one transaction

Class = Literal["asset", "liability", "equity", "income", "expense"]


class PostingRefused(Problem):
    """The ledger refused a transaction; `result` is its code, nothing was posted."""

    code = "posting_refused"
    status = 409


class UnknownAccount(NotFound):
    """No account of that path and currency, and no kind in the chart that would open it."""

    code = "unknown_account"


class UnknownTransaction(NotFound):
    """No such transaction in this book."""

    code = "unknown_transaction"


class Leg(msgspec.Struct, frozen=True):
    """One movement: `amount` minor units out of one account path and into another."""

    source: str
    target: str
    amount: int


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """Legs that stand all or none. `id` is the idempotency key, `reference` what it is about."""

    id: UUID
    template: str
    reference: str
    currency: str
    legs: tuple[Leg, ...]
    effective_at: datetime
    recorded_at: datetime | None = None
    reverses: UUID | None = None


class Account(msgspec.Struct, frozen=True):
    """An account as stored; counters in minor units."""

    id: UUID
    path: str
    currency: str
    kind: str
    class_: str
    normal: str
    floor: int | None
    ceiling: int | None
    held_out: int
    out_: int
    held_in: int
    in_: int
    version: int
    opened_at: datetime

    @property
    def balance(self) -> int:
        """What stands on the account, positive on its normal side."""
        return self.in_ - self.out_ if self.normal == "credit" else self.out_ - self.in_


class Moved(msgspec.Struct, frozen=True):
    """A transfer that was made: balances and versions of both sides once it stood."""

    id: UUID
    leg: int
    source: str
    target: str
    amount: int
    from_after: int
    to_after: int
    from_version: int
    to_version: int


# Codes in order of precedence; those of one line exclude each other.
Code = Literal[
    "exists", "differs",
    "too_many_legs", "no_legs", "amount_out_of_range", "same_account",
    "account_not_found",
    "insufficient_from", "limit_exceeded_to",
    "created",
]  # fmt: skip


class Result(msgspec.Struct, frozen=True):
    """What became of a transaction; `moved` is empty unless it was created."""

    code: Code
    transaction: Transaction
    moved: tuple[Moved, ...] = ()
    account: str = ""

    @property
    def stands(self) -> bool:
        """Whether the transaction is posted, by this call or an earlier one."""
        return self.code in ("created", "exists")

    def demand(self) -> Result:
        """This result, or PostingRefused where it does not stand."""
        if not self.stands:
            raise PostingRefused(result=self.code, account=self.account or "-")
        return self
