"""Pay later: a loan pays an order in its buyer's stead, and the seller gets all of it at once.

A product that is switched on is offered at the checkout with its schedule and yearly rates. Who agrees
has a loan of that product; the limit is reserved while the payment is on its way, and turned into the
drawdown when it is captured: it is counted once. The loan's money goes through the rail `pay_later`,
which is empty whenever a commit ends. What goes back to the rail repays the loan, and what that has too
much goes to the buyer's balance. The seller's fee is taken when the order's money is its own.
"""

from huoshui.scenarios.pay_later.agreeing import Agreed, agree, reserve, take_up
from huoshui.scenarios.pay_later.following import follow
from huoshui.scenarios.pay_later.model import Choice, NoPayLater, mark_of
from huoshui.scenarios.pay_later.offering import choices, room

__all__ = [
    "Agreed", "Choice", "NoPayLater", "agree", "choices", "follow", "mark_of", "reserve", "room",
    "take_up",
]  # fmt: skip
