"""What a simulator knows: calls as it got them, what it did about each, and what it charges. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Word = Literal["succeeded", "declined", "pending", "action"]
# Minor units of 10,000 that a rail keeps of what it takes, and what it keeps of each, at the least.
FEES = {"card": (60, 0), "transfer": (0, 10), "qr": (38, 0), "bank": (0, 50)}
MOST = {"qr": 5_000_000}  # of one payment, minor units
CHARGEBACK_FEE = 1_500
RAILS = tuple(FEES)
# These have two steps; with the others one call takes the money.
TWO_STEPS = ("card",)
LATER = ("transfer", "qr", "bank")  # these answer later than they are asked


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came; `amount` in minor units, `about` our reference of an earlier call."""

    key: str
    rail: str = ""
    verb: Literal["authorise", "capture", "void", "refund", "pay_out"]
    amount: int
    currency: str
    token: str = ""
    about: str = ""
    subject: str = ""
    tender: int = 0


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """A call and what was done: `moved` is what was reserved, taken or given, in minor units.

    `root` is the reference of the charge that it belongs to; a pending one becomes `outcome` at
    `due_at`. `times` counts how often its key came.
    """

    key: str
    rail: str
    verb: str
    amount: int
    currency: str
    token: str
    about: str
    subject: str
    tender: int
    reference: str
    root: str
    verdict: Word
    moved: int
    code: str = ""
    action: str = ""
    fate: str = ""
    outcome: str = ""
    times: int = 1
    at: datetime
    due_at: datetime | None = None
    settled_at: datetime | None = None


class Charge(msgspec.Struct, frozen=True):
    """Where a charge stands, in minor units: what was reserved, taken, freed and given back."""

    currency: str
    reserved: int
    taken: int
    freed: int
    back: int


class Line(msgspec.Struct, frozen=True):
    """A line of a daily file: `gross` less `fee` is `net`, negative where money goes back."""

    day: str
    kind: str
    reference: str
    about: str
    key: str
    currency: str
    gross: int
    fee: int
    net: int
    at: datetime


def fee(rail: str, amount: int) -> int:
    """What a rail keeps of an amount, rounded half up, in minor units."""
    share, least = FEES[rail]
    return max((amount * share + 5_000) // 10_000, least)
