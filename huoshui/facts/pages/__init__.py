"""A party's own page: an address that opens what is a seller's or buyer's own, without a key.

Whoever has the address acts as that party on the page. It is given out by the marketplace, ends by
itself, and can be ended at once; of its secret only the digest is kept.
"""

from huoshui.facts.pages.model import BadPartyPage, PartyPage, UnknownPartyPage
from huoshui.facts.pages.service import end_page, find_page, open_page, pages

__all__ = [
    "BadPartyPage",
    "PartyPage",
    "UnknownPartyPage",
    "end_page",
    "find_page",
    "open_page",
    "pages",
]
