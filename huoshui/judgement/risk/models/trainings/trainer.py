"""Runs what waits, one training after another, each in a process of its own.

Outside any transaction while it runs; how far it is is written once a second. What was running when
the server stopped is begun anew once its lease is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import msgspec

from huoshui.core import crypto
from huoshui.core.db import Database
from huoshui.judgement.risk.models.trainings import child, store
from huoshui.judgement.risk.models.trainings.model import Result, Training, TrainingBroke

LEASE = timedelta(seconds=child.CPU_S_MOST * 2)
_TELL_EVERY_S = 1.0
_COMMAND = [sys.executable, "-m", child.__name__]


def turn(database: Database, book: int) -> bool:
    """Run the oldest training that waits; whether there was one."""
    with database.begin(book=book) as tx:
        claimed = store.claim(tx, LEASE)
    if claimed is None:
        return False
    training, content = claimed
    told = _run(database, book, training, content)
    with database.begin(book=book) as tx:
        began = training.began_at or tx.now
        if "done" not in told:
            code, facts = told.get("refused", TrainingBroke.code), told.get("facts", {})
            store.end(tx, training.id, began, "refused", code, facts)
        elif store.end(tx, training.id, began, "done"):
            store.add_results(tx, training.id, [_result(each) for each in told["done"]])
            tx.emit("model_training.done", training.shown)
    return True


def _result(told: dict[str, Any]) -> Result:
    digest = crypto.sha256(told["text"].encode()).hex()
    return Result(told["form"], digest, told["text"], told["card"])


def _alone() -> dict[str, str]:
    """One thread for each library: threads that wait for each other burn what the server needs."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _run(database: Database, book: int, training: Training, content: bytes) -> dict[str, Any]:
    """What the process said last: `done`, `refused`, or something else where it broke."""
    asked = msgspec.msgpack.encode({"options": training.asked, "content": content})
    told: dict[str, Any] = {}
    written = 0.0
    with subprocess.Popen(
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_alone()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(LEASE.total_seconds() / 2, process.kill)
        late.start()
        try:
            process.stdin.write(asked)
            process.stdin.close()
            for line in process.stdout:
                told = msgspec.json.decode(line)
                if "progress" in told and time.monotonic() - written > _TELL_EVERY_S:
                    written = time.monotonic()
                    with database.begin(book=book) as tx:
                        store.progress(
                            tx, training.id, told["progress"], told["done"], told["steps"]
                        )
        except BrokenPipeError:
            told = {}
        finally:
            late.cancel()
    return told
