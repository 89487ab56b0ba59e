"""The SQL of trainings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.judgement.risk.models.trainings.model import Result, Training

_NAMES = Training.__struct_fields__
_COLUMNS = ", ".join(_NAMES)


def add(tx: Tx, new: Training, content: bytes) -> None:
    """Keep a training that waits, with its file."""
    row = (tx.book, *msgspec.structs.astuple(new), content)
    tx.append("model_training", ("book", *_NAMES, "content"), [row])


def count(tx: Tx, owner: UUID | None) -> tuple[int, int]:
    """How many of an owner wait or run, and how many are kept; its next ones wait for this."""
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext(%(name)s))", name=f"training/{owner}")
    rows = tx.tuples(
        """SELECT count(*) FILTER (WHERE state IN ('waiting', 'running')), count(*)
        FROM model_training
        WHERE book = %(book)s AND owner IS NOT DISTINCT FROM %(owner)s AND state <> 'deleted'""",
        owner=owner,
    )
    waiting, kept = rows[0]
    return int(waiting), int(kept)


def find(tx: Tx, id_: UUID, *, lock: bool = False) -> Training | None:
    """One training."""
    query = f"SELECT {_COLUMNS} FROM model_training WHERE book = %(book)s AND id = %(id)s"
    return tx.row(Training, f"{query} FOR UPDATE" if lock else query, id=id_)


def trainings(tx: Tx, owner: UUID | None, after: UUID | None, limit: int) -> list[Training]:
    """Trainings of an owner, newest first, without deleted ones."""
    return tx.rows(
        Training,
        f"""
        SELECT {_COLUMNS} FROM model_training
        WHERE book = %(book)s AND owner IS NOT DISTINCT FROM %(owner)s AND state <> 'deleted'
          AND (%(after)s::uuid IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
        """,
        owner=owner,
        after=after,
        limit=limit,
    )


def claim(tx: Tx, lease: timedelta) -> tuple[Training, bytes] | None:
    """The oldest that waits, or runs for longer than it may: begun anew. With its file."""
    rows = tx.tuples(
        f"""
        UPDATE model_training SET state = 'running', began_at = %(now)s, steps_done = 0
        WHERE book = %(book)s AND id = (
            SELECT id FROM model_training
            WHERE book = %(book)s AND content IS NOT NULL AND (state = 'waiting'
                OR (state = 'running' AND began_at < %(stale)s))
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {_COLUMNS}, content
        """,
        now=tx.now,
        stale=tx.now - lease,
    )
    if not rows:
        return None
    *fields, content = rows[0]
    return Training(**dict(zip(_NAMES, fields, strict=True))), bytes(content)


def progress(tx: Tx, id_: UUID, stage: str, done: int, steps: int) -> None:
    """Write how far a training is."""
    tx.run(
        """UPDATE model_training SET stage = %(stage)s, steps_done = %(done)s, steps = %(steps)s
        WHERE book = %(book)s AND id = %(id)s AND state = 'running'""",
        id=id_,
        stage=stage,
        done=done,
        steps=steps,
    )


def end(
    tx: Tx,
    id_: UUID,
    began_at: datetime,
    state: str,
    problem: str = "",
    facts: dict[str, Any] | None = None,
) -> int:
    """Write that a training has ended, and erase its file; 0 where another run took it over."""
    return tx.count(
        """UPDATE model_training SET state = %(state)s, ended_at = %(now)s, content = NULL,
            problem = %(problem)s, facts = %(facts)s::jsonb, stage = ''
        WHERE book = %(book)s AND id = %(id)s AND state = 'running' AND began_at = %(began)s""",
        id=id_,
        began=began_at,
        state=state,
        now=tx.now,
        problem=problem,
        facts=msgspec.json.encode(facts or {}).decode(),
    )


def delete(tx: Tx, id_: UUID) -> None:
    """Erase a training's file, options and models; that there was one stays."""
    tx.run(
        "DELETE FROM model_training_result WHERE book = %(book)s AND training_id = %(id)s", id=id_
    )
    tx.run(
        """UPDATE model_training SET state = 'deleted', content = NULL, name = '-',
            asked = '{}', facts = '{}'
        WHERE book = %(book)s AND id = %(id)s""",
        id=id_,
    )


def add_results(tx: Tx, id_: UUID, results: list[Result]) -> None:
    """Keep what a training made."""
    rows = [(tx.book, id_, *msgspec.structs.astuple(each)) for each in results]
    names = ("book", "training_id", *Result.__struct_fields__)
    tx.append("model_training_result", names, rows)


def results(tx: Tx, id_: UUID) -> list[Result]:
    """What a training made."""
    return tx.rows(
        Result,
        """SELECT form, sha256, text, card FROM model_training_result
        WHERE book = %(book)s AND training_id = %(id)s ORDER BY form""",
        id=id_,
    )
