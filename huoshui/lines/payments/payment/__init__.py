"""A payment: what a buyer is to pay, by which means, and to whom it goes.

Invariants: the means of payment together give what the parts together get, at every capture and
every refund, to the minor unit; a state changes by a move of the machine and in no other way; what
is captured is captured once and what is given back is given back once, whatever is repeated.
"""

from huoshui.lines.payments.payment.machine import FINAL, PAYMENT

__all__ = ["FINAL", "PAYMENT"]
