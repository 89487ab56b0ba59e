"""A process that takes payments of a loan until it is killed: `killed_child.py URL BOOK LOAN DAYS`."""

from __future__ import annotations

import sys
from datetime import timedelta

from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.lines.lending.loan import service
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import START


def main() -> None:
    """Pay 1,000 a day by the keys p0, p1 …; what stands already is answered."""
    url, book, loan, count = sys.argv[1:]
    database = Database(url).open()
    for day in range(int(count)):
        now = START + timedelta(days=5 + day % 40)
        with database.begin(book=int(book)) as tx:
            on = min(now.date(), tx.now.date())
            paid = Repayment(loan_id=ids.read("loan", loan), amount=1_000, key=f"p{day}", on=on)
            service.repay(tx, [paid])
        print(day, flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main()
