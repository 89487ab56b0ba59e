"""Rings (团伙): accounts that one hand moves, found by what they share and by what they do together.

Links between accounts weigh what they share by how rare it is to share it, and Leiden parts the
weighted graph into communities; small ones that converge on one seller are joined. Then each
community says how surprising it is that strangers would share so much, open together, buy together:
in bits, sign by sign, so that a person can read why. No label is needed, and a family (which shares
much and does nothing together) stays below the line by its signs, not by an exception.
"""

from huoshui.judgement.risk.rings.found import rings
from huoshui.judgement.risk.rings.model import Account, Order, Ring, Sign, Touch

__all__ = ["Account", "Order", "Ring", "Sign", "Touch", "rings"]
