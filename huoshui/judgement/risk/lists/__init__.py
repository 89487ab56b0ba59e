"""Lists: who is blocked or let through, why, from when until when.

An entry is never changed: it is taken back by another one. What a decision could see of the lists is what
had been committed by its snapshot, so that it is found again after they have moved on.
"""

from huoshui.judgement.risk.lists.model import Entry, UnknownEntry

__all__ = ["Entry", "UnknownEntry"]
