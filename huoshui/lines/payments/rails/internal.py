"""The rails that the ledger settles by itself: nothing of them leaves the house. Pure."""

from __future__ import annotations

from huoshui.lines.payments.rails.model import Capabilities

_AT_ONCE = Capabilities(
    internal=True,
    authorises=True,
    captures_in_parts=True,
    refunds=True,
    refunds_in_parts=True,
    voids=True,
)

INTERNAL = {
    "balance": _AT_ONCE,  # the buyer's money on the platform
    "points": _AT_ONCE,
    "subsidy": _AT_ONCE,  # the platform pays in the buyer's stead
    "voucher": _AT_ONCE,  # money of a coupon, from its issuer's budget
    "pay_later": _AT_ONCE,  # a lender pays in the buyer's stead
    "mandate": Capabilities(
        internal=True, refunds=True, refunds_in_parts=True, mandates=True
    ),  # a device takes what its owner allowed beforehand
    "offline": Capabilities(
        internal=True, refunds=True, refunds_in_parts=True, offline=True
    ),  # vouchers signed without a network, upon a hold
}
