"""Payments: money on its way from those who buy to those who sell, and every way back.

`escrow` keeps the money of an order until it is received. Its chart and its journal entries are
one for the whole line.
"""

from huoshui.lines.payments.escrow import (
    ESCROW,
    Confirm,
    Escrow,
    Open,
    Refund,
    Take,
    Terms,
    apply,
    start,
)

__all__ = ["ESCROW", "Confirm", "Escrow", "Open", "Refund", "Take", "Terms", "apply", "start"]
