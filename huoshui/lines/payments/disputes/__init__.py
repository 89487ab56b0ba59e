"""A dispute: a buyer's bank took money back, and the marketplace may answer for it.

Invariants: a dispute is opened once for a rail's reference; its money moves in the commit that opens
it and, where it is won, in the commit that says so; what was submitted is kept by its digest, which
is a leaf of the tamper log; money follows what the rail says, also against our own deadline.
"""

from huoshui.lines.payments.disputes.machine import DISPUTE, allowed

__all__ = ["DISPUTE", "allowed"]
