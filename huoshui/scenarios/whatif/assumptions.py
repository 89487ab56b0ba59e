"""`assumptions.toml`: what a history does not hold of a credit product, in three cases. No I/O.

A value is one number, or three: `{ low = "0.02", base = "0.05", high = "0.10" }`. Low is the cautious
case: there stands what would earn the least, be that a low take-up or a high loss. Parts of one are
written as text, so that they are exact.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from huoshui.core.errors import FieldError, Malformed, Problem
from huoshui.core.fields import field_error

Case = Literal["low", "base", "high"]
CASES: tuple[Case, ...] = ("low", "base", "high")
MILLION = 1_000_000
Share = Annotated[str, msgspec.Meta(pattern=r"^(0|1|0\.[0-9]{1,6})$")]


class BadAssumptions(Problem):
    """A field of the assumptions cannot be read; each error names it and the mend."""

    code = "bad_assumptions"
    status = 422


class Three(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of one in each case."""

    low: Share
    base: Share
    high: Share

    def ppm(self, case: Case) -> int:
        """The part of a case in millionths."""
        return int(Decimal(getattr(self, case)) * MILLION)


Part = Share | Three


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lent money costs a year, and when a loan that is not paid is written off."""

    funding_annual: Part = "0.05"
    charge_off_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90


class ProductAssumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is assumed of one product; what it asks and gives is said by its own file.

    `take_up`: the part of orders (of a loan at the checkout) or of sellers (of factoring) that take it.
    `fee`: what the seller pays for a loan at the checkout, a part of what is not refunded. `loss`: the
    part of loans that stop paying at some instalment, `loss_in` by segment (the buyer's or the
    seller's region); `lgd`: the part of what is owed then that is lost. `cost_each`: what one costs to run, minor units.
    """

    take_up: Part
    loss: Part = "0"
    loss_in: dict[str, Part] = {}
    lgd: Part = "1"
    fee: Part = "0"
    cost_each: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0


class Assumptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All assumptions: of money, and of each product by its key."""

    products: Annotated[dict[str, ProductAssumed], msgspec.Meta(min_length=1, max_length=20)]
    money: Money = Money()


MOVABLE = ("take_up", "loss", "lgd", "fee")
FUNDING = "funding_annual"


def moved(assumptions: Assumptions, parts: Mapping[tuple[str, str], Decimal]) -> Assumptions:
    """The assumptions with parts of one put in place, by (product, field); the product of
    `funding_annual` is empty. Strange names and values outside of 0 to 1 are left out."""
    said = msgspec.to_builtins(assumptions)
    for (product, field), part in parts.items():
        if not part.is_finite() or not 0 <= part <= 1:
            continue
        value = f"{part:.6f}".rstrip("0").rstrip(".")
        if not product and field == FUNDING:
            said["money"][field] = value
        elif product in said["products"] and field in MOVABLE:
            said["products"][product][field] = value
            if field == "loss":
                said["products"][product]["loss_in"] = {}
    return checked(said)


def ppm(part: Part, case: Case) -> int:
    """A part of one in millionths, of a case where it has three."""
    return part.ppm(case) if isinstance(part, Three) else int(Decimal(part) * MILLION)


def read_assumptions(content: bytes) -> Assumptions:
    """The assumptions of a file's bytes. Raises Malformed for what is no TOML, and BadAssumptions."""
    try:
        parsed = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Malformed(what="assumptions.toml", reason=str(error)[:200]) from error
    return checked(parsed)


def checked(said: dict[str, Any]) -> Assumptions:
    """What was said, as assumptions. Raises BadAssumptions."""
    try:
        return msgspec.convert(said, Assumptions)
    except msgspec.ValidationError as error:
        fault: FieldError = field_error(str(error))
        raise BadAssumptions(count=1, errors=(fault,)) from error
