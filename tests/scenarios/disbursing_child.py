"""A process that draws of a loan until it is killed: `disbursing_child.py URL BOOK LOAN`."""

from __future__ import annotations

import sys

from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.scenarios import disbursing


def main() -> None:
    """Draw 1,000.00 by the keys d0, d1 …; what stands already is answered."""
    url, book, loan = sys.argv[1:]
    database = Database(url).open()
    for n in range(12):
        with database.begin(book=int(book)) as tx:
            disbursing.draw(tx, ids.read("loan", loan), 100_000, f"d{n}", way="bank")
        print(n, flush=True)


if __name__ == "__main__":
    main()
