"""Rings (团伙): accounts that one hand moves, found by what they share and by what they do together.

Two steps. Links between accounts weigh what they share by how rare it is to share it, and Leiden
parts the weighted graph into communities. Then each community says how surprising it is that
strangers would share so much, open together, buy together: in bits, sign by sign, so that a person
can read why. No label is needed, and a family (which shares much and does nothing together) stays
below the line by the second step, not by an exception.
"""

from huoshui.judgement.risk.rings.background import Background
from huoshui.judgement.risk.rings.communities import communities
from huoshui.judgement.risk.rings.converging import converging
from huoshui.judgement.risk.rings.model import Account, Order, Ring, Sign, Touch
from huoshui.judgement.risk.rings.signs import judged

__all__ = ["Account", "Background", "Order", "Ring", "Sign", "Touch", "communities", "converging", "judged"]
