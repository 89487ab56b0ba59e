"""Decisions by features, 200 rules and a model; then facts, lists, rules and policy move on; then all again."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from huoshui.core.db import Database, Tx
from huoshui.facts import activity
from huoshui.facts.activity import Activity
from huoshui.interfaces.cli.bench import decided
from huoshui.judgement.risk.decision import loading
from huoshui.judgement.risk.lists import service as lists
from huoshui.judgement.risk.versions import service as versions
from huoshui.scenarios import judging

CHILD = "tests.judgement.risk.again_child"


def decide_many(
    database: Database, book: int, count: int, buyers: int, seed: int
) -> dict[str, int]:
    """So many decisions, while facts and lists move; how many of each outcome."""
    decided.furnish(database, book, buyers, seed)
    chance = random.Random(seed)
    found: dict[str, int] = {}
    for n in range(count):
        one = partial(judging.decide, asked=decided.asked(n % buyers, seed), policy=decided.POLICY)
        made = database.run(partial(one, key=str(n)), book=book, actor="shop")
        found[made.outcome] = found.get(made.outcome, 0) + 1
        if chance.random() < 0.2:
            refs = decided.who(chance.randrange(buyers), seed)
            database.run(partial(_moves, n=n, refs=refs), book=book)
    database.run(lambda tx: _move_on(tx, buyers, seed), book=book)
    return found


def _moves(tx: Tx, n: int, refs: dict[str, Any]) -> None:
    """Somebody pays; now and then somebody is blocked, or let go."""
    at = tx.now - timedelta(seconds=5)
    activity.record(tx, [Activity(kind="payment.captured", occurred_at=at, key=f"later/{n}",
                                  amount_minor=7_000, currency="CNY", **refs)])  # fmt: skip
    if n % 3 == 0:
        subject = judging.subject(tx, "device", refs["device"])
        lists.enter(tx, "block", subject, "unusual_activity", "", tx.now + timedelta(days=9))


def _move_on(tx: Tx, buyers: int, seed: int) -> None:
    """Everybody's facts change, late ones among them, and other rules and another policy come into force."""
    told = [
        Activity(kind="payment.failed", occurred_at=tx.now - timedelta(days=n % 60, seconds=9), key=f"on/{n}",
                 amount_minor=90_000, currency="CNY", **decided.who(n, seed))
        for n in range(buyers)
    ]  # fmt: skip
    for start in range(0, buyers, 1_000):
        activity.record(tx, told[start : start + 1_000])
    tx.actor = "one"
    own = judging.propose_rules(tx, decided.rules(seed + 1).encode())
    tx.actor = "two"
    versions.publish(tx, own)
    before = versions.find(tx, "policy", decided.POLICY)
    text = before.source.replace(f"{decided.POLICY}@1", own.shown).replace('"0.8"', '"0.7"')
    policy = loading.propose(tx, text.encode())
    tx.actor = "one"
    versions.publish(tx, policy)


def in_a_fresh_process(url: str, book: int) -> Any:
    """What a process that has just begun makes of every decision of a book."""
    done = subprocess.run(
        [sys.executable, "-m", CHILD, url, str(book)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout)
