"""Means of payment by the names of their rails: out of which account each gives. Pure."""

from __future__ import annotations

from huoshui.lines.payments.chart import rail_path, wallet_path
from huoshui.lines.payments.payment.model import Tender

OWN = ("balance", "points", "voucher")  # settled by the ledger alone
SUBSIDY = "subsidy"


def means(rail: str, amount: int, *, party: str = "", code: str = "", token: str = "") -> Tender:
    """A means that gives `amount` minor units: of a party's balance or points, of a voucher's code,
    or over an outside rail by its token."""
    match rail:
        case "balance":
            return Tender(rail, wallet_path(party), amount)
        case "points":
            return Tender(rail, "platform:points", amount, token=points_path(party))
        case "voucher":
            return Tender(rail, voucher_path(code), amount)
        case _:
            return Tender(rail, rail_path(rail), amount, token=token)


def subsidised(amount: int) -> Tender:
    """What the platform pays in the buyer's stead."""
    return Tender(SUBSIDY, "platform:subsidy", amount)


def points_path(party: str) -> str:
    """The account of a party's points."""
    return f"points:{party}"


def voucher_path(code: str) -> str:
    """The account of a voucher's money."""
    return f"voucher:{code}"
