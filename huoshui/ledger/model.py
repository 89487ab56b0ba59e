"""What the ledger speaks of: accounts, commands, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, get_args
from uuid import UUID

import msgspec

from huoshui.core.errors import NotFound, Problem

AMOUNT_MAX = 2**62  # minor units; leaves headroom below bigint for any sum of two
COUNTER_MAX = 2**63 - 1
LEGS_MAX = 5_000  # an order of a thousand sellers, split in one transaction
TIMEOUT_MAX_S = 2**31 - 1

Class = Literal["asset", "liability", "equity", "income", "expense"]
Side = Literal["", "from", "to", "both"]

# What a transfer is, as the column `kind` holds it. Only POST and CAPTURE move posted money.
TransferKind = Literal["post", "hold", "capture", "release", "expiry", "extension"]
KINDS: tuple[TransferKind, ...] = get_args(TransferKind)
POST, HOLD, CAPTURE, RELEASE, EXPIRY, EXTENSION = range(6)
# What was asked of it, bits of the column `flags`.
CAP_FROM, CAP_TO, CLOSE_FROM, CLOSE_TO, KEEP, ALL = 1, 2, 4, 8, 16, 32
CAPS: dict[Side, int] = {"": 0, "from": CAP_FROM, "to": CAP_TO, "both": CAP_FROM | CAP_TO}
CLOSES: dict[Side, int] = {"": 0, "from": CLOSE_FROM, "to": CLOSE_TO, "both": CLOSE_FROM | CLOSE_TO}


class PostingRefused(Problem):
    """The ledger refused a command; `result` is its code, nothing was posted."""

    code = "posting_refused"
    status = 409


class UnknownAccount(NotFound):
    """No account of that path and currency, and no kind in the chart that would open it."""

    code = "unknown_account"


class UnknownTransaction(NotFound):
    """No such transaction in this book."""

    code = "unknown_transaction"


class UnknownHold(NotFound):
    """No such hold in this book."""

    code = "unknown_hold"


# Commands and results are made by the thousand and hold no cycles: the collector need not look.
class Leg(msgspec.Struct, frozen=True, gc=False):
    """One movement: `amount` minor units out of one account path and into another.

    With `cap` the leg takes what is there: at most what that side can bear without breaking its
    bound (zero where it has none), down to nothing.
    """

    source: str
    target: str
    amount: int
    cap: Side = ""


class Transaction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Legs that stand all or none. `id` is the idempotency key, `reference` what it is about.

    With `hold` its single leg is reserved and not moved, for `timeout_s` seconds (0 is without
    end); `close` closes that side's account while the hold is open. `linked` joins it with the
    command after it: all stand or none. An empty `actor` is the transaction's.
    """

    id: UUID
    template: str
    reference: str
    currency: str
    legs: tuple[Leg, ...]
    effective_at: datetime
    recorded_at: datetime | None = None
    reverses: UUID | None = None
    hold: bool = False
    timeout_s: int = 0
    close: Side = ""
    linked: bool = False
    actor: str = ""


class Capture(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Move `amount` minor units of a hold, or all that remains (None).

    A final capture frees the rest; one that is not leaves it held for the next capture.
    """

    id: UUID
    hold: UUID
    amount: int | None = None
    final: bool = True
    linked: bool = False
    actor: str = ""


class Release(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Free what a hold still reserves; `amount` is 0 or exactly that, in minor units."""

    id: UUID
    hold: UUID
    amount: int = 0
    linked: bool = False
    actor: str = ""


class Extend(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Let a hold run for `timeout_s` seconds from now (0 is without end)."""

    id: UUID
    hold: UUID
    timeout_s: int
    linked: bool = False
    actor: str = ""


OnHold = Capture | Release | Extend
Command = Transaction | Capture | Release | Extend


class Account(msgspec.Struct, frozen=True):
    """An account as stored; counters in minor units."""

    id: UUID
    path: str
    currency: str
    kind: str
    class_: str
    floor: int | None
    ceiling: int | None
    held_out: int
    out_: int
    held_in: int
    in_: int
    version: int
    closed: bool
    moved_at: datetime | None
    opened_at: datetime

    @property
    def normal(self) -> Literal["debit", "credit"]:
        """The side on which its balance is positive."""
        return "debit" if self.class_ in ("asset", "expense") else "credit"

    @property
    def balance(self) -> int:
        """What stands on the account, positive on its normal side."""
        return self.in_ - self.out_ if self.normal == "credit" else self.out_ - self.in_

    @property
    def available(self) -> int:
        """What can still leave it (in - out - held_out): holds have taken their part."""
        return self.in_ - self.out_ - self.held_out


HoldState = Literal["open", "captured", "released", "expired"]


class Hold(msgspec.Struct, frozen=True):
    """A reservation: `remaining` of `amount` minor units is still held out of one account."""

    id: UUID
    from_id: UUID
    to_id: UUID
    amount: int
    remaining: int
    state: HoldState
    flags: int
    currency: str
    template: str
    reference: str
    held_at: datetime
    expires_at: datetime | None

    def lapsed(self, now: datetime) -> bool:
        """Whether it has run out by `now`, swept or not."""
        return self.expires_at is not None and self.expires_at <= now


class Moved(NamedTuple):
    """A transfer that was made: a row of the table, but for its book and batch."""

    leg: int
    kind: int
    amount: int
    id: UUID
    from_id: UUID
    to_id: UUID
    from_after: int
    to_after: int
    from_version: int
    to_version: int
    effective_at: datetime
    recorded_at: datetime
    flags: int
    currency: str
    template: str
    reference: str
    actor: str
    from_held: int | None
    to_held: int | None
    timeout_s: int | None
    hold_id: UUID | None
    reverses: UUID | None


# Codes in order of precedence: a command that is wrong in two ways is told the first.
Code = Literal[
    "linked_failed", "chain_left_open",
    "exists", "differs_kind", "differs_hold", "differs_timeout", "differs_from", "differs_to",
    "differs_amount", "differs_code", "differs_reference", "id_already_failed", "id_too_old",
    "no_legs", "too_many_legs", "hold_has_one_leg", "amount_out_of_range", "currency_required",
    "same_account", "timeout_only_on_hold", "closing_must_be_hold", "timeout_out_of_range",
    "effective_in_future", "period_sealed",
    "from_not_found", "to_not_found", "accounts_in_different_currency",
    "currency_differs_from_accounts",
    "hold_not_found", "not_a_hold", "exceeds_hold", "release_amount_mismatch",
    "hold_already_captured", "hold_already_released", "hold_expired",
    "from_closed", "to_closed",
    "insufficient_from", "limit_exceeded_to", "counter_full",
    "created",
]  # fmt: skip

# Refused for a reason that may pass: the id is burnt, so that a late repeat does not slip through.
TRANSIENT: frozenset[Code] = frozenset(
    ("from_not_found", "to_not_found", "hold_not_found", "from_closed", "to_closed",
     "insufficient_from", "limit_exceeded_to")
)  # fmt: skip


class Result(msgspec.Struct, frozen=True, gc=False):
    """What became of a command; `moved` is empty unless it was created."""

    code: Code
    command: Command
    moved: tuple[Moved, ...] = ()
    account: str = ""

    @property
    def stands(self) -> bool:
        """Whether the command is posted, by this call or an earlier one."""
        return self.code in ("created", "exists")

    def demand(self) -> Result:
        """This result, or PostingRefused where it does not stand."""
        if not self.stands:
            raise PostingRefused(result=self.code, account=self.account or "-")
        return self
