"""The reference till: asks with an invoice, checks a voucher, counter-signs, deposits later.

Invariants: what it accepted is on the disk before it says so; it leaves the outbox only on the
server's signed receipt, in the change that keeps the receipt.
"""

from edge.till.till import Till

__all__ = ["Till"]
