"""Terms of settlement: when windows close, what is paid out and by whose word, what may differ."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from huoshui.core.errors import FieldError
from huoshui.lines.payments.escrow.terms import BadTerms

Count = Annotated[int, Meta(ge=0, le=365)]
Amount = Annotated[int, Meta(ge=0, le=10**15)]
_RATES = ("reserve_rate", "debts_share", "tolerance_rate", "fee_rate_max")


class SettlementTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of one marketplace. Rates are decimals of one, amounts minor units, hours local.

    Windows: `window_every`, at `window_hour`. Payouts: by `payout_rail` (empty: by hand); a payout
    is at most `payout_max` and all of a day at most `day_max`; a batch up to `auto_max` needs no
    word of a person, what is more needs one whose role may approve as much (`approve_limits`; a
    role that is not named may approve any; `key` is what an API key approves). `reserve_rate` of what a seller earned in the last
    `reserve_days` is kept back. Nothing is sent on a day that `calendar` closes: `CN` knows public
    holidays and make-up workdays; `holidays` and `workdays` add to it. What is approved at or
    after `cutoff_hour` is sent on the next open day.

    `debts_share`: at most this part of what a seller has before a payout pays its part of premiums.

    Reconciliation: amounts are matched within `match_days`; a known reference may differ by
    `tolerance` and by `tolerance_rate`; a bank's line may be less than its captures by
    `fee_rate_max`. `write_off_max` is the most that two persons may write off; a line that waits
    for as many days as `alarm_days` names is told.
    """

    window_every: Literal["hour", "day", "week", "never"] = "day"
    window_hour: Annotated[int, Meta(ge=0, le=23)] = 0
    payout_rail: Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_-]*$")] = ""
    payout_max: Amount = 10**12
    day_max: Amount = 10**13
    auto_max: Amount = 10**10
    approve_limits: dict[str, Amount] = {}
    reserve_rate: Decimal = Decimal(0)
    reserve_days: Count = 30
    debts_share: Decimal = Decimal(1)
    calendar: Literal["every_day", "weekdays", "CN"] = "every_day"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    cutoff_hour: Annotated[int, Meta(ge=1, le=24)] = 24
    match_days: Count = 3
    tolerance: Amount = 0
    tolerance_rate: Decimal = Decimal(0)
    fee_rate_max: Decimal = Decimal("0.05")
    write_off_max: Amount = 10_000
    alarm_days: tuple[Count, ...] = (3, 10, 30)

    def ceiling(self, roles: frozenset[str]) -> int | None:
        """The most that someone of these roles may approve, minor units; None is any amount."""
        limits = [self.approve_limits.get(role) for role in roles] or [None]
        return None if None in limits else max(limit for limit in limits if limit is not None)


def read_settlement_terms(section: dict[str, Any]) -> SettlementTerms:
    """Terms from a table of names and values. Raises BadTerms."""
    try:
        terms = msgspec.convert(section, SettlementTerms, strict=False)
    except msgspec.ValidationError as error:
        raise BadTerms(
            reason=str(error), errors=(FieldError("settlement", "term", {"reason": str(error)}),)
        ) from error
    for name in _RATES:
        if not 0 <= getattr(terms, name) <= 1:
            raise BadTerms(reason=f"{name}: 0 to 1")
    return terms


def next_close(terms: SettlementTerms, zone: ZoneInfo, after: datetime) -> datetime | None:
    """When the open window is closed by itself, or None where only a person closes it."""
    if terms.window_every == "never":
        return None
    if terms.window_every == "hour":
        return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = after.astimezone(zone).date()
    for days in range(9):
        moment = datetime.combine(day + timedelta(days=days), time(terms.window_hour), zone)
        weekly = terms.window_every == "day" or moment.isoweekday() == 1
        if moment > after and weekly:
            return moment
    raise AssertionError("a week has a Monday")
