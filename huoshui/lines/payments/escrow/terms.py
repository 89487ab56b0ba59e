"""The platform's terms: what it keeps of an order, when it pays, who bears the odd unit."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from huoshui.core.errors import FieldError, Problem


class BadTerms(Problem):
    """Terms that cannot be read; the problem names the term and what it may be."""

    code = "bad_terms"
    status = 422


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of one marketplace. Rates are decimals of one, amounts minor units.

    `tax_rate` is taken out of the commission; `payout_on` is the ISO weekday (1 Monday) for a
    weekly calendar and the day of the month (1 to 28) for a monthly one. From `strong_from` on a
    known buyer confirms strongly (None: never); a seller may owe at most `seller_debt_max`, the
    platform advances the rest (None: it owes all); a point is worth `points_value` of the currency.
    """

    commission_rate: Decimal = Decimal("0.12")
    tax_rate: Decimal = Decimal("0.06")
    freight_to: Literal["carrier", "seller"] = "carrier"
    confirm_after_days: Annotated[int, Meta(ge=0, le=365)] = 7
    review_confirms: bool = True
    subsidy_max: Annotated[int, Meta(ge=0)] = 10_000
    odd_unit_to: Literal["commission", "seller"] = "commission"
    payout_every: Literal["day", "week", "month"] = "week"
    payout_on: Annotated[int, Meta(ge=1, le=28)] = 3
    payout_hour: Annotated[int, Meta(ge=0, le=23)] = 10
    payout_min: Annotated[int, Meta(ge=1)] = 100
    strong_from: Annotated[int, Meta(ge=1)] | None = None
    seller_debt_max: Annotated[int, Meta(ge=0)] | None = None
    points_unit: Annotated[str, Meta(pattern="^[A-Z][A-Z0-9]{2,11}$")] = "POINTS"
    points_value: Annotated[int, Meta(ge=1)] = 1


def read_terms(section: dict[str, Any]) -> Terms:
    """Terms from the `[payments]` section of marketplace.toml. Raises BadTerms."""
    try:
        terms = msgspec.convert(section, Terms, strict=False)
    except msgspec.ValidationError as error:
        raise BadTerms(
            reason=str(error), errors=(FieldError("payments", "term", {"reason": str(error)}),)
        ) from error
    for name in ("commission_rate", "tax_rate"):
        if not 0 <= getattr(terms, name) <= 1:
            raise BadTerms(reason=f"{name}: 0 to 1")
    if terms.payout_every == "week" and terms.payout_on > 7:
        raise BadTerms(reason="payout_on: 1 (Monday) to 7 (Sunday)")
    return terms


def confirm_due(terms: Terms, zone: ZoneInfo, delivered_at: datetime) -> datetime:
    """When silence counts as confirmation: the end of the local day `confirm_after_days` on."""
    day = delivered_at.astimezone(zone).date() + timedelta(days=terms.confirm_after_days + 1)
    return datetime.combine(day, time(), zone)


def next_payout(terms: Terms, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment of the payout calendar that lies after `after`."""
    local = after.astimezone(zone)
    for days in range(63):
        day = local.date() + timedelta(days=days)
        moment = datetime.combine(day, time(terms.payout_hour), zone)
        if moment > after and _pays(terms, day.isoweekday(), day.day):
            return moment
    raise AssertionError("a calendar pays at least once in two months")


def _pays(terms: Terms, weekday: int, day: int) -> bool:
    match terms.payout_every:
        case "day":
            return True
        case "week":
            return weekday == terms.payout_on
        case "month":
            return day == terms.payout_on
