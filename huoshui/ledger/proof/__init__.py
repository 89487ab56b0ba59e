"""The tamper log: what has committed is sealed, and anyone can check that it is as it was.

Events, accounts, keys and the Merkle root of every batch of transfers are leaves of one RFC 9162
log a book. A single sealer appends them after the commit and signs a checkpoint, so that nothing
in a business transaction waits for a hash. Invariants: the log only grows; what is stored is
covered by its root or can be made again from what is; a row that was changed by hand is named.
"""

from huoshui.ledger.proof.sealer import Sealing, rotate, seal
from huoshui.ledger.proof.verification import Verified, verify

__all__ = ["Sealing", "Verified", "rotate", "seal", "verify"]
