"""Allocation: an amount cut over named parts, and taken from named sources, exactly.

Pure arithmetic on whole minor units; shares are exact rationals, never floats. Sources of the
rules in brackets: [F] Formance Numscript (formancehq/ledger, internal/machine: allotment.go and
vm/machine_test.go, machine_kept_test.go, machine_overdraft_test.go), [B] Blnk (blnkfinance/blnk,
model/transaction.go and precision_edge_test.go), [H] a rule of this house.

**Parts**, in this order:

1. *Fixed* parts take exactly what they say and are never altered [H; Blnk pads them].
2. Parts *in order* (neither fixed, share nor remaining) take what is there, each up to its cap
   [F: `max [COIN 10] to @a`].
3. *Shares* take the floor of their share of the total [B; F, where nothing is fixed], or, where the
   rule says so, of what steps 1 and 2 left; one part may be the *remaining* share, which is what
   all the others leave [F]. Shares over 100 % and two remaining parts are refused [F, B]; shares
   below 100 % with nobody to take the rest are refused [F, by its compiler].
4. The *odd units* that the floors leave go, by the rule: `in_order`, one each from the first share
   on, the remaining part in its place [F, the default: 15 by 80 %, 15 %, rest is 13, 2, 0];
   `largest_remainder`, one each to the largest fractions, ties in order [Hamilton];
   `largest_share`, all to the largest share [B]; `owner`, all to the named part (by default the
   remaining part, else the first share).
5. *Caps and floors* bound what steps 2 to 4 gave. What a cap keeps out goes to the owner (by default
   the remaining part), then to the parts in order, each up to its cap. What a floor needs comes
   from the owner, then from the parts from the last to the first, each down to its floor [H].
   What nobody may take is refused.

A part may be cut again into parts of its own [F: `60% to { max 10 to @b remaining to @c }`].

**Sources** are drawn on in order, each giving what it has, at most its `most`, plus its overdraft (a
limit, or without end); or each gives its share, odd units by the same rule [F]. An account that
stands twice is drawn on once with all it has [F]. An amount of None takes what is there [F: `*`].

**Postings** pair the draws with the parts, both in order; zero legs are dropped. What is *kept* is
drawn on (so it must be there) but stays: it is what the draws have left at the end [F].
"""

from huoshui.ledger.allocation.allocate import Allocation, Posting, allocate, legs
from huoshui.ledger.allocation.cut import cut
from huoshui.ledger.allocation.draw import draw
from huoshui.ledger.allocation.model import Part, Rule, Source
from huoshui.ledger.allocation.share import read_share

__all__ = [
    "Allocation",
    "Part",
    "Posting",
    "Rule",
    "Source",
    "allocate",
    "cut",
    "draw",
    "legs",
    "read_share",
]
