"""Accounts with take-overs planted among them, made from a seed, to measure what detection finds.

Nothing in it is real. What a detector could exploit is written here. Honest accounts buy new phones (a
third do within the time, and a third of those forget the password with it), sign in on a friend's or
a shop's device, move house, send presents to new addresses (one order in fifteen), mistype passwords,
and now and then order three times as much as ever before.

A take-over hides by one of four levels:

0 *open*: a device that came to five accounts, ten failed sign-ins, password and contact changed, a new
  address, an order of five to ten times the largest.  1 *light*: a device of its own, three failed
  sign-ins, password changed, a new address, twice to five times.  2 *strong*: a device of its own and a
  new address, an order as usual.  3 *full*: the owner's own device (a stolen session), an old address.
"""

from huoshui.judgement.risk.takeover.planted.accounts import LEVELS, Planted, accounts

__all__ = ["LEVELS", "Planted", "accounts"]
