"""Offline payments: vouchers that a payer's device signs upon a hold, deposited later in any order.

Invariants: a counter of a device is paid out of its hold once; a hold gives no more than it has; a
device that contradicts itself is proved to by its own two signatures and stopped; what a hold does
not cover is borne by whom the programme names, up to what it names, and by nobody else.
"""

from huoshui.lines.payments.vouchers.model import PROGRAMME, VOUCHER, Programme

__all__ = ["PROGRAMME", "VOUCHER", "Programme"]
