"""A generated marketplace, for machines without a history of their own.

Seasons, festivals, repeat buyers, sellers of every size, delays, cancellations, returns before
and after the payout, orders still open at the end. Nothing in it is real, and it says so in
`marketplace.toml` and `ORIGIN`. The same number of orders and seed give the same bytes.
"""

from huoshui.facts.commerce.sample.marketplace import DirectoryTaken, Sampled, generate

__all__ = ["DirectoryTaken", "Sampled", "generate"]
