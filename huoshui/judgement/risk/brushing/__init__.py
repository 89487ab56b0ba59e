"""Fake orders (刷单): sellers who order of themselves, found by what their sales have in common.

Each sign is a share of a seller's sales: buyers tied to the seller, parcels that weigh nothing,
money back while the goods stay away, reviews minutes after delivery, accounts opened for the order,
the same few buyers. It is judged against how that share varies over all sellers (a Beta, fitted), so
a large seller that is a little off the mean is no wonder, and a campaign alone is none.
"""

from huoshui.judgement.risk.brushing.model import SIGNS, Sale, Seller, Sign
from huoshui.judgement.risk.brushing.signs import Market, judged, shows, suspicion

__all__ = ["SIGNS", "Market", "Sale", "Seller", "Sign", "judged", "shows", "suspicion"]
