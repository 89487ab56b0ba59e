"""Draws that are the same for ever: each from the seed, the product and the order's key. No I/O."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from huoshui.scenarios.whatif.assumptions import MILLION


class Draws(msgspec.Struct, frozen=True):
    """Three even draws in millionths: who takes a product, who stops paying, and when."""

    take: int
    loss: int
    stop: int


def draws(seed: int, product: str, key: str, taker: str = "") -> Draws:
    """The draws of one loan. `taker` shares the first among all loans of one who decides once."""
    own = _digest(f"{seed}/{product}/{key}")
    first = _digest(f"{seed}/{product}/taker/{taker}") if taker else own
    return Draws(_even(first, 0), _even(own, 8), _even(own, 16))


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=24, person=b"huoshui/whatif").digest()


def _even(digest: bytes, at: int) -> int:
    # The excess of one million in 2^64 is below 10^-13: too little to be seen in any history.
    return int.from_bytes(digest[at : at + 8], "big") % MILLION
