"""Account take-over (盗号): an account that suddenly acts as somebody else, found by what few do at once.

Each sign is something that an honest account does now and then: a new phone, a forgotten password, a
new address, a large order. How often is counted over all accounts; together within three days they
are rare, and the more of them the rarer. A stolen session on the owner's own device shows none.
"""

from huoshui.judgement.risk.takeover.model import SIGNS, Act, Kind, Sign, Watched
from huoshui.judgement.risk.takeover.signs import WITHIN_H, Usual, by_account, watched

__all__ = ["SIGNS", "WITHIN_H", "Act", "Kind", "Sign", "Usual", "Watched", "by_account", "watched"]
