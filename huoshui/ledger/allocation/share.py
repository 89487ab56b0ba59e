"""Shares: exact rationals between nothing and the whole, and their common denominator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from huoshui.ledger.allocation.model import ShareMalformed, SharesExceed, ShareTooFine

DENOMINATOR_MAX = 10**18  # of one share
COMMON_MAX = 10**60  # of all shares of one cut: exact sums stay cheap
_TEXT_MAX = 40
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
_RATIO = re.compile(r"([0-9]+) ?/ ?([0-9]+)")
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def read_share(text: str) -> Fraction:
    """A share of a text: a ratio "1/3", a percentage "12.5%", or a decimal "0.125".

    Raises ShareMalformed, ShareTooFine, SharesExceed.
    """
    if len(text) > _TEXT_MAX:
        raise ShareMalformed(share=text[:_TEXT_MAX])
    if percent := _PERCENT.fullmatch(text):
        share = Fraction(percent[1]) / 100
    elif (ratio := _RATIO.fullmatch(text)) and int(ratio[2]):
        share = Fraction(int(ratio[1]), int(ratio[2]))
    elif _DECIMAL.fullmatch(text):
        share = Fraction(text)
    else:
        raise ShareMalformed(share=text)
    if share > 1:
        raise SharesExceed(sum=text)
    if share.denominator > DENOMINATOR_MAX:
        raise ShareTooFine(share=text)
    return share


def common(shares: Iterable[Fraction]) -> int:
    """The common denominator of shares. Raises ShareTooFine where it is beyond bounds."""
    denominator = 1
    for share in shares:
        denominator = lcm(denominator, share.denominator)
        if share.denominator > DENOMINATOR_MAX or denominator > COMMON_MAX:
            raise ShareTooFine(share=str(share))
    return denominator
