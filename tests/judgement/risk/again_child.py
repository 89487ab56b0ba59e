"""A process of its own that makes every decision of a book again: `again_child.py URL BOOK`."""

from __future__ import annotations

import sys

import msgspec

from huoshui.core.db import Database
from huoshui.interfaces.cli.deciding import made_again


def main() -> None:
    """Print what came of it as JSON."""
    url, book = sys.argv[1:]
    with Database(url).open().begin(book=int(book)) as tx:
        print(msgspec.json.encode(made_again(tx)).decode())


if __name__ == "__main__":
    main()
