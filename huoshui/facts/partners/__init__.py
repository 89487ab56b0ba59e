"""What partners are called: products' files name them by a word, people read a name in their language.

A name may change; each one is kept with its day, and a contract keeps those of the day of its consent. A
partner that was never named goes by its word.
"""

from huoshui.facts.partners.model import BadPartnerName, PartnerName
from huoshui.facts.partners.service import name_partner, named, names

__all__ = ["BadPartnerName", "PartnerName", "name_partner", "named", "names"]
