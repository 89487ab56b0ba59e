"""A market with fake orders planted in it, made from a seed, to measure what detection finds.

Nothing in it is real. What a detector could exploit is written here. Honest sellers differ: light
goods (jewellery, sim cards) whose parcels weigh nothing and say so, fresh food where money goes back
and the goods never do, shops whose buyers review at once, new shops with new buyers, subscriptions
with the same buyers, staff that buys at home, scales that are off, and flash sales.

A seller that fakes hides by one of four levels; so many of its sales are fake, and of the fake ones
so many show each sign (tied, empty, money back, hasty, new account, same buyers):

0 *open*: 80 % fake; 70, 95, 60, 90, 60, 80 %.  1 *light*: 50 %; 30, 80, 40, 60, 40, 50 %.
2 *strong*: 30 %; 10, 40, 20, 30, 20, 20 %.     3 *full*: 15 %; 3, 10, 10, 15, 10, 5 %.
"""

from huoshui.judgement.risk.brushing.planted.market import LEVELS, Planted, market

__all__ = ["LEVELS", "Planted", "market"]
