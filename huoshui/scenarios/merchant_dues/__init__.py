"""What merchants owe to lending, taken of what they have before they are paid out.

In this order, in the transaction that makes the payout: what was sold to a factor, in full; what the
merchant answers for (recourse, dilution), by the share that was agreed with the claim; its part of the
premium of its own loans, within `debts_share` of the settlement terms; a share of sales for its
advances. Of a loan that paid a buyer's order, the merchant's fee and its part of the premium are taken
when the order's money becomes its own.
"""

from huoshui.scenarios.merchant_dues.model import Due, Taken
from huoshui.scenarios.merchant_dues.service import FROM_DUES, owed, taken

__all__ = ["FROM_DUES", "Due", "Taken", "owed", "taken"]
