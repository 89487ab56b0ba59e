"""Mandates: a payer lets a device or a merchant take money, within caps, until it says no more.

Invariants: nothing is taken without the payer's consent, above a cap, or once the revocation is
committed; what a device asks for is taken once, whatever is sent again.
"""

from huoshui.lines.payments.mandates.model import DEBIT, MANDATE, Mandate

__all__ = ["DEBIT", "MANDATE", "Mandate"]
