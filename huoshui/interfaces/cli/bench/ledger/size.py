"""How many bytes a transfer takes, indexes included."""

from __future__ import annotations

from huoshui.core import db
from huoshui.interfaces.cli.bench.ledger.books import Books


def bytes_per_transfer(books: Books) -> float:
    """All partitions of the transfers with their indexes, over their rows."""
    with db.admin(books.database.url) as execute:
        execute("ANALYZE transfer")
        found = execute(
            """SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('transfer')
            WHERE isleaf"""
        )[0][0]
        rows = execute("SELECT count(*) FROM transfer")[0][0]
    return float(found) / max(int(rows), 1)
