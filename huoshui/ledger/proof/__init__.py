"""The tamper log: what has committed is sealed, and anyone can check that it is as it was.

Events, accounts, keys and the Merkle root of every batch of transfers are leaves of one RFC 9162
log a book. A single sealer appends them after the commit and signs a checkpoint, so that nothing
in a business transaction waits for a hash. Invariants: the log only grows; what is stored is
covered by its root or can be made again from what is; a row that was changed by hand is named.
"""

from huoshui.ledger.proof.checkpoint import Checkpoint, LogKey, read_key
from huoshui.ledger.proof.checkpoint import read as read_checkpoint
from huoshui.ledger.proof.fault import Fault
from huoshui.ledger.proof.keys import key_of
from huoshui.ledger.proof.offline import BadStatement, Proven, Statement, verify_statement
from huoshui.ledger.proof.sealer import Sealing, log_keys, rotate, seal
from huoshui.ledger.proof.statement import prove
from huoshui.ledger.proof.store import Lag, lag, last_checkpoint
from huoshui.ledger.proof.verification import Verified, verify
from huoshui.ledger.proof.verify_log import Trust

__all__ = [
    "BadStatement",
    "Checkpoint",
    "Fault",
    "Lag",
    "LogKey",
    "Proven",
    "Sealing",
    "Statement",
    "Trust",
    "Verified",
    "key_of",
    "lag",
    "last_checkpoint",
    "log_keys",
    "prove",
    "read_checkpoint",
    "read_key",
    "rotate",
    "seal",
    "verify",
    "verify_statement",
]
