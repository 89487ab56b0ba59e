"""The money of an order: into escrow, split when received, backwards when refunded, paid out.

States of an escrow: awaiting → held → released, and refunded or void. Invariants: what was taken
equals what is held plus what was released plus what was given back, to the minor unit; a refund
retraces the split, so that forward and full refund leave zero on every account.
"""

from huoshui.lines.payments.escrow.model import ESCROW, Confirm, Escrow, Open, Refund, Take
from huoshui.lines.payments.escrow.service import apply, start
from huoshui.lines.payments.escrow.terms import Terms

__all__ = ["ESCROW", "Confirm", "Escrow", "Open", "Refund", "Take", "Terms", "apply", "start"]
