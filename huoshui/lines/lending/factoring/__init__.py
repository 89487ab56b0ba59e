"""Factoring (保理): a seller's claim on a buyer is bought, most of its worth paid at once.

A receivable is registered once, whatever it is called the second time; it is assigned to one product
and never to two. Of its face the advance is paid at once, the reserve less the fee once the buyer has
confirmed, and the whole is collected from the buyer, or out of what the seller takes before a payout.
Invariants, held by the database too: what was bought is collected, diluted, bought back, written off
or still owed, to the minor unit; what is owed is what was paid out, plus the fee, less what came in
and what was lost.
"""

from huoshui.lines.lending.factoring.machine import ASSIGNMENT
from huoshui.lines.lending.factoring.model import Assignment, Receivable
from huoshui.lines.lending.factoring.product import FACTORING

__all__ = ["ASSIGNMENT", "FACTORING", "Assignment", "Receivable"]
