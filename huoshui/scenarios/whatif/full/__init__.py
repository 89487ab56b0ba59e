"""What-if in full: the products are live in a replay, and everything happens by the production code.

Who takes a product and who stops paying is drawn as in the estimate, by the same keys. Loans are applied
for, decided, agreed to and drawn at the orders' checkout; instalments are paid on their days or not;
claims are bought at the shipment, confirmed and paid out of takings before the payout; months are
closed, money is charged for. Every figure is a sum of postings, by a list of accounts.
"""

from huoshui.scenarios.whatif.full.plan import FullRun, NotRunInFull
from huoshui.scenarios.whatif.full.service import Comparison, compare, setup, trace

__all__ = ["Comparison", "FullRun", "NotRunInFull", "compare", "setup", "trace"]
