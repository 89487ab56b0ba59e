"""Loans to sellers, by what they sold: advances that a share of their sales repays, draws of seasonal lines.

A seller is offered one once its payouts of three months are seen: of an advance as much as a share of
such sales repays in so many months, of a seasonal line a month's sales within the limit of the day. What
it agrees to is what it was shown. The money goes to its settlement account and leaves with the next
payout; no seller has two of one product at a time.
"""

from huoshui.scenarios.seller_loans.model import NoSellerLoan, Offer, SellerLoanChanged
from huoshui.scenarios.seller_loans.service import offers, take

__all__ = ["NoSellerLoan", "Offer", "SellerLoanChanged", "offers", "take"]
