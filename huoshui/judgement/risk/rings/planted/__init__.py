"""Order traffic with rings planted in it, made from a seed, to measure what detection finds.

Nothing in it is real, and a figure on it says how detection does on this traffic, not on yours.
What a detector could exploit is written here, so that a reader can judge the figures:

Honest accounts (`traffic`) open over 120 days, sign in on a device of their own and one or two
networks, and order from sellers of very different size. What looks like a ring and is none:
families of two to five on one tablet and address (one in eight accounts), dormitories and offices
of 15 to 50 accounts on one address and network, public networks of hundreds, phones sold on and
numbers given out again, festivals when many open and order, friends who come by the same invitation
in one week and share an address.

Rings (`gangs`) of 3 to 40 accounts hide by one of four levels:

0 *open*: six accounts a device, one network, one card for three, opened within two days, nearly all
  orders from one seller within an hour, on promotions.
1 *light*: two or three accounts a device in a chain, networks shared by three, opened within a week,
  two thirds of the orders from one seller, within a day.
2 *strong*: a device each; every second account shares an address with one other, cards for two;
  opened within a month; 45 % of the orders from two sellers.
3 *full*: a device, card and address each; one phone or network shared by four; opened over two
  months; 30 % of the orders from three sellers at any hour.

What gives them away is thus sharing (0–2), opening bursts (0–1), one seller (all, ever less) and
promotions (0–1, half as much at 2). No identifier, name or order of insertion tells a ring.
"""

from huoshui.judgement.risk.rings.planted.gangs import LEVELS, Gang, plant
from huoshui.judgement.risk.rings.planted.traffic import Traffic, traffic

__all__ = ["LEVELS", "Gang", "Traffic", "plant", "traffic"]
