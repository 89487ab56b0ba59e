"""What would it have earned? Credit products on a history that has been replayed.

What history holds is read from the replay's own facts and postings: amounts, instalments chosen,
cancellations, returns, when each seller was paid. What it does not hold is assumed, and told as
assumed: how many would have taken the product, how many would have stopped paying, what money
costs. Who takes and who stops is drawn once for each order, so that every figure can be made again,
and more take-up means the same borrowers and some more.

`prepare` keeps for each product every loan that might have been, with its dated flows; `estimate`
prices them under assumptions, in one question to PostgreSQL. All of it is an estimate: no posting
is made.
"""

from huoshui.scenarios.whatif.assumptions import Assumptions, read_assumptions
from huoshui.scenarios.whatif.service import (
    Estimate,
    Offered,
    Result,
    estimate,
    names,
    prepare,
    setup,
)

__all__ = [
    "Assumptions", "Estimate", "Offered", "Result", "estimate", "names", "prepare",
    "read_assumptions", "setup",
]  # fmt: skip
