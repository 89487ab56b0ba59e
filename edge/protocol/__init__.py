"""What a device and the server say to each other: formats, signatures and the rules of vouchers.

Pure: no clock, no file, no network. Times are Unix milliseconds, amounts integer minor units.
Invariants: one message has one text (its bytes are canonical), and what is not signed is not read.
"""

from edge.protocol.envelope import (
    Refused,
    fingerprint,
    joined,
    key_of,
    new_key,
    opened,
    parted,
    peeked,
    public_text,
    reference_of,
    sealed,
)
from edge.protocol.evidence import Proof, prove, proved
from edge.protocol.messages import (
    Acceptance,
    Certificate,
    Debit,
    Enrolment,
    Invoice,
    Message,
    Milestone,
    Receipt,
    Rotation,
    Statement,
    Voucher,
)
from edge.protocol.rules import (
    SKEW_MAX_MS,
    Limits,
    Verdict,
    authentic,
    check,
    conflicting,
    decide,
    limits_of,
    timely,
)

__all__ = [
    "SKEW_MAX_MS", "Acceptance", "Certificate", "Debit", "Enrolment", "Invoice", "Limits",
    "Message", "Milestone", "Proof", "Receipt", "Refused", "Rotation", "Statement", "Verdict", "Voucher",
    "authentic", "check", "conflicting", "decide", "fingerprint", "joined", "key_of",
    "limits_of", "new_key", "opened", "parted", "peeked", "prove", "proved", "public_text",
    "reference_of", "sealed", "timely",
]  # fmt: skip
