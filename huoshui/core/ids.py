"""Ids: a prefix and a UUIDv7 in base32, `ord_01k8…`, sortable by time (TypeID layout, RFC 9562)."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from huoshui.core.errors import Problem

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32, lower case
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_TEXT_LENGTH = 26
_HEADROOM = 1 << 61  # kept free in a first random id: 2^29 rises follow before it is used up
# Two letters at a time, ten bits each: an id is shown for every posting.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -10, -10)

PREFIXES = {
    "acc": "ledger account",
    "txn": "ledger transaction",
    "trf": "ledger transfer",
    "rcl": "ledger reconciliation",
    "evt": "event",
    "wrk": "due work",
    "key": "API key",
    "org": "organisation",
    "grt": "grant of rows",
    "mbr": "member",
    "pky": "passkey",
    "ssn": "console session",
    "req": "request",
    "slr": "seller",
    "byr": "buyer",
    "prd": "product",
    "ord": "order",
    "itm": "item",
    "tnd": "tender",
    "shp": "shipment",
    "dlv": "delivery",
    "cnf": "confirmation",
    "ccl": "cancellation",
    "rtn": "return",
    "rvw": "review",
    "rfd": "refund",
    "pay": "payout",
    "pmt": "payment",
    "prf": "refund of a payment",
    "dev": "device",
    "mdt": "mandate",
    "dbt": "debit of a device",
    "prg": "offline programme",
    "crt": "device certificate",
    "vch": "offline voucher",
    "dsp": "double spend",
    "dpt": "dispute",
    "plk": "payment link",
    "rca": "rail call",
    "rnt": "rail notice",
    "whe": "webhook endpoint",
    "whd": "webhook delivery",
    "pob": "payout batch",
    "stf": "statement file",
    "stl": "statement line",
    "mat": "match",
    "ofr": "offer of a product",
    "rcv": "receivable",
    "asg": "assignment of a receivable",
    "fac": "facility",
    "fch": "change of a facility's limit",
    "fap": "appeal against a freeze",
    "rsv": "reservation under a facility",
    "loan": "loan",
    "lev": "event of a loan",
    "clm": "claim on a cover",
    "msr": "source of milestones",
    "mst": "milestone",
    "lrq": "request about a loan",
    "dsb": "disbursement of a loan",
    "ptp": "page of a party",
    "dec": "decision",
    "lst": "entry of a list",
    "mdl": "model",
    "mtr": "training of a model",
    "act": "activity",
    "mrk": "entry on the watch list",
    "sus": "suspect",
    "ssr": "search for suspects",
    "lrp": "proposal of loss parameters",
}


class BadId(Problem):
    """Not an id of the kind that belongs here."""

    code = "bad_id"
    status = 404


def uuid7(at: datetime, entropy: bytes) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7): the millisecond of `at`, then 74 bits of `entropy`."""
    return _uuid7(_milliseconds(at), entropy)


def derived(parent: UUID, key: str) -> UUID:
    """An id that follows from another one: of the same millisecond, the same for the same key."""
    return _uuid7(parent.int >> 80, hashlib.sha256(parent.bytes + key.encode()).digest())


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000) & (1 << 48) - 1


def _uuid7(milliseconds: int, entropy: bytes) -> UUID:
    noise = int.from_bytes(entropy[:10], "big")
    rand_a, rand_b = noise >> 68, noise & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | (rand_a & 0xFFF) << 64 | 2 << 62 | rand_b)


@lru_cache(4_096)  # an id is shown several times while its object is served
def show(prefix: str, value: UUID) -> str:
    """The public text of an id."""
    number = value.int
    pairs = [_PAIRS[number >> shift & 1023] for shift in _SHIFTS]
    return f"{prefix}_{''.join(pairs)}"


def read(prefix: str, text: str) -> UUID:
    """The id behind a public text. Raises BadId for another kind, length or alphabet."""
    kind, _, body = text.rpartition("_")
    if kind != prefix or len(body) != _TEXT_LENGTH or body[0] > "7":
        raise BadId(id=text[:64], expected=prefix)
    number = 0
    for letter in body:
        value = _VALUES.get(letter)
        if value is None:
            raise BadId(id=text[:64], expected=prefix)
        number = number << 5 | value
    return UUID(int=number)


class Mint:
    """Makes ids: random in a world that lives, derived from the seed and the key in a replay.

    Random ids of one millisecond rise from one to the next, so that what one transaction makes
    sorts in the order in which it was made (RFC 9562, section 6.2, method 2).
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = None if seed is None else str(seed).encode()
        self._last = 0

    def make(self, prefix: str, key: str, at: datetime) -> UUID:
        """An id for the object that the source calls `key`, first known at `at`."""
        if self._seed is None:
            return self._next(_milliseconds(at))
        digest = hashlib.sha256(b"%b\0%b\0%b" % (self._seed, prefix.encode(), key.encode()))
        return uuid7(at, digest.digest())

    def _next(self, milliseconds: int) -> UUID:
        if milliseconds == self._last >> 80:
            self._last += 1 + int.from_bytes(os.urandom(4), "big")
        else:
            self._last = _uuid7(milliseconds, os.urandom(10)).int & ~_HEADROOM
        return UUID(int=self._last)
