"""Every decision of a book is made again to the byte in a process of its own, after all has moved on.

HUOSHUI_DECISIONS says how many; `make prove` makes 10,000.
"""

from __future__ import annotations

import os
import re

from huoshui.core.db import Database, Tx
from huoshui.judgement.risk.decision import service, store
from huoshui.judgement.risk.decision.store import Search
from tests.judgement.risk import again

COUNT = int(os.environ.get("HUOSHUI_DECISIONS", "100"))
SEED = 11


def test_all_come_out_to_the_byte_and_one_that_was_altered_does_not(
    sandbox: Database, book: int
) -> None:
    outcomes = again.decide_many(sandbox, book, COUNT, max(20, COUNT // 20), SEED)
    assert sum(outcomes.values()) == COUNT and outcomes.keys() >= {"approve", "decline"}, outcomes
    found = again.in_a_fresh_process(sandbox.url, book)
    assert (found["count"], found["history"], found["failed"]) == (COUNT, COUNT, []), found[
        "failed"
    ][:2]

    def alter(tx: Tx) -> str:
        row = store.decisions(tx, Search(), None, 1)[0]
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run(
            """UPDATE decision SET record = regexp_replace(record, '"buyer_spend_90d":[0-9]+', '"buyer_spend_90d":5')
            WHERE book = %(book)s AND id = %(id)s""",
            id=row.id,
        )
        return row.shown

    altered = sandbox.run(alter, book=book)
    [failed] = again.in_a_fresh_process(sandbox.url, book)["failed"]
    assert failed["id"] == altered
    assert {"/facts/buyer_spend_90d", "/sha256"} <= {d["pointer"] for d in failed["differences"]}


def test_a_restored_database_stands_on_its_records(sandbox: Database, book: int) -> None:
    again.decide_many(sandbox, book, 5, 20, SEED)
    with sandbox.begin(book=book) as tx:
        row = store.decisions(tx, Search(), None, 1)[0]
        # The snapshot of a server that is far ahead of this one.
        said = re.sub(r'"lists":"[0-9:,]+"', '"lists":"90000000000:90000000000:"', row.record)
        assert said != row.record
        found = service.recompute(tx, type(row)(**{f: getattr(row, f) for f in row.__struct_fields__} | {"record": said}))  # fmt: skip
        assert found.source == "record"
        assert {d.pointer for d in found.differences} == {"/sha256", "/log/sha256"}
        assert service.find(tx, row.id).record == row.record
