"""What an allocation speaks of: parts, sources and the rule; and how it can be refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.core.errors import Problem

PARTS_MAX = 5_000  # parts, or sources, of one allocation with all that are nested in them
DEPTH_MAX = 8  # how deep parts and sources may be nested

Odd = Literal["in_order", "largest_remainder", "largest_share", "owner"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets the odd units, whom caps and floors fall back on, and what shares are a share of.

    `owner` names a part that is not fixed; empty is the remaining part.
    """

    odd: Odd = "in_order"
    owner: str = ""
    shares_of: Literal["total", "rest"] = "total"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the amount: fixed, a share, the remaining share, or (none of these) in order.

    It takes at most `cap` and at least `floor` minor units. `kept` stays where it is; `parts` cuts
    it again.
    """

    to: str = ""
    fixed: int | None = None
    share: Fraction | None = None
    remaining: bool = False
    cap: int | None = None
    floor: int = 0
    kept: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether it takes what is there when its turn comes."""
        return self.fixed is None and self.share is None and not self.remaining


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where money is taken from: an account, or sources in order.

    It gives at most `most`, and an account goes at most `overdraft` below zero (None is without
    end). At the top, sources may give by `share`, one of them the `remaining` one.
    """

    account: str = ""
    most: int | None = None
    overdraft: int | None = 0
    share: Fraction | None = None
    remaining: bool = False
    sources: tuple[Source, ...] = ()


class _Refused(Problem):
    status = 422


class AmountNegative(_Refused):
    """An amount, a cap, a floor or an overdraft limit below zero."""

    code = "amount_negative"


class AmountUnknown(_Refused):
    """Take what is there, and no sources to take it from."""

    code = "amount_unknown"


class ShareMalformed(_Refused):
    """A text that is no share."""

    code = "share_malformed"


class ShareTooFine(_Refused):
    """A share, or all of them together, finer than is reckoned with."""

    code = "share_too_fine"


class PartUnclear(_Refused):
    """A part or a source that says two things at once, or nothing."""

    code = "part_unclear"


class TooManyParts(_Refused):
    """More parts or sources than one allocation may have, or nested too deep."""

    code = "too_many_parts"


class TwoRemainders(_Refused):
    """Two parts both want what is left."""

    code = "two_remainders"


class SharesExceed(_Refused):
    """One share, or all of them together, above the whole."""

    code = "shares_exceed_100_percent"


class SharesBelow(_Refused):
    """The shares do not make up the whole, and nobody takes the rest."""

    code = "shares_below_100_percent"


class SharesExceedRest(_Refused):
    """Shares of the total ask for more than the fixed parts leave."""

    code = "shares_exceed_rest"


class FixedExceedsTotal(_Refused):
    """Fixed parts above the total."""

    code = "fixed_exceeds_total"


class FloorsExceedTotal(_Refused):
    """Floors above what the fixed parts leave."""

    code = "floors_exceed_total"


class FloorAboveCap(_Refused):
    """A part that is to take at least more than it may take at most."""

    code = "floor_above_cap"


class RestUnplaced(_Refused):
    """Something is left that no part may take."""

    code = "rest_unplaced"


class UnknownOwner(_Refused):
    """The rule's owner is none of the parts that can give way."""

    code = "unknown_owner"


class InsufficientFunds(_Refused):
    """The sources do not have the amount."""

    code = "insufficient_funds"
    status = 409


class SourceUnbounded(_Refused):
    """All that is there, of a source that has no end or gives by shares."""

    code = "source_unbounded"
