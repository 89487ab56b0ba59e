"""Couriers killed at any moment: every event arrives at least once, none is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from huoshui.core import ids
from tests.core.webhooks.conftest import Post

ROOT = Path(__file__).parents[3]
EVENTS, KILLS = 200, 2


@contextmanager
def courier(post: Post, home: Path):
    """A courier in a process of its own; killed at the end."""
    command = [sys.executable, "-m", "tests.core.webhooks.courier_alone"]
    running = subprocess.Popen([*command, post.database.url, str(home)], cwd=ROOT)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def test_no_event_is_lost_by_couriers_that_are_killed(post: Post, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    drawn = random.Random(seed)
    receiver = post.receiver(fail=0.1, drop=0.1, seed=seed)
    post.endpoint(receiver.url, "order.*")
    told = 0
    for _ in range(KILLS):
        post.tell("order.released", count=EVENTS // KILLS)
        told += EVENTS // KILLS
        before = len(receiver.seen)
        with courier(post, tmp_path), courier(post, tmp_path):
            # Killed in the midst of it: some of what was told has come, or all of it.
            _until(lambda before=before: len(receiver.seen) > before)
            time.sleep(drawn.random() / 5)
    until = time.monotonic() + 40
    while {d.state for d in post.deliveries()} != {"delivered"}:
        assert time.monotonic() < until, f"seed {seed}"
        # What failed waits for its next try; here it need not.
        post.run(
            "UPDATE webhook_delivery SET due_at = now() WHERE book = %(book)s AND state = 'due'"
        )
        post.deliver()
        time.sleep(0.1)
    wanted = {ids.show("evt", d.event_id) for d in post.deliveries()}
    assert len(wanted) == told == EVENTS, f"seed {seed}"
    assert wanted <= receiver.accepted, f"seed {seed}: {wanted - receiver.accepted}"
    again = sum(receiver.seen.values()) - EVENTS
    assert again > 0, f"seed {seed}: faults and kills make repeats, told by their id"


def _until(holds) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)
