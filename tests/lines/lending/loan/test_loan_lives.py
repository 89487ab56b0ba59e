"""Random lives of loans on the real ledger: what stands there is the fold of all events, at each step."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from huoshui.lines.lending.loan import service, store
from tests.ground import START, Ground, examples
from tests.lines.lending.loan import ground, walks
from tests.lines.lending.loan.ground import Walk

LIVES = 5
STEPS = 8
TERMS = (
    "", 'month_days = "30"\nyear_days = 360', "grace_principal = 2", 'kind = "interest_only"',
    'kind = "equal_principal"', 'method = "flat"',
    'kind = "revolving"\n[statement]\nminimum_share = "0.1"',
    'kind = "sales_share"\n[sales]\nshare = "0.1"\nleast = "0.5"\nlongest = 14',
)  # fmt: skip


def live(market: Ground, seed: int, lives: int) -> tuple[int, int]:
    """Random lives from a seed; how many things happened, and how many were refused."""
    chance = random.Random(seed)
    now, happened, refused = START, 0, 0
    with market.database.begin(book=market.number) as tx:
        party = ground.borrower(tx)
        for n, terms in enumerate(TERMS):
            ground.product(tx, f"p{n}", terms=terms, rate=chance.choice(["0", "0.12", "0.16"]))
    for number in range(lives):
        with market.database.begin(book=market.number) as tx:
            name = f"p{chance.randrange(len(TERMS))}"
            loan = ground.signed(tx, party, name, instalments=chance.choice([3, 6, 12]))
        walk = Walk(market, random.Random(f"{seed}/{number}"), loan)
        for _ in range(STEPS):
            now += timedelta(days=chance.choice([0, 1, 9, 30, 45]), minutes=1)
            done = walk.step(now)
            happened, refused = happened + bool(done), refused + (not done)
    return happened, refused


def test_the_ledger_is_the_fold_of_all_events_at_each_step(
    replay_world: Callable[..., Ground], request: object
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    seed = int(os.environ.get("HUOSHUI_LOAN_SEED", seed))
    print(f"HUOSHUI_LOAN_SEED={seed}")
    happened, refused = live(replay_world(), seed, examples(LIVES))
    assert happened > refused


def test_a_process_that_is_killed_leaves_all_or_nothing(market: Ground) -> None:
    """Killed at random moments and begun again: each payment is there once, and the ledger is the fold."""
    with market.database.begin(book=market.number, now=START + timedelta(minutes=1)) as tx:
        ground.product(tx)
        loan = ground.signed(tx, ground.borrower(tx))
        service.draw(tx, loan.id, 1_200_000, "d")
    with market.database.begin(book=market.number, now=START + timedelta(days=50)):
        pass
    root = Path(__file__).parents[4]
    command = [
        sys.executable, "-m", "tests.lines.lending.loan.killed_child", market.database.url,
        str(market.number), loan.shown, "30",
    ]  # fmt: skip
    chance = random.SystemRandom()
    for kills in range(4):
        after = chance.randrange(1, 25) if kills < 3 else 99
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            said = [line.strip() for _, line in zip(range(after), child.stdout, strict=False)]
            child.send_signal(signal.SIGKILL)
    assert said[-1] == "done"
    walk = Walk(market, random.Random(0), loan)
    with market.database.begin(book=market.number) as tx:
        walk.compare(tx)
        rows = store.events(tx, [loan.id])
        assert sorted(row.key for row in rows) == sorted(["d", *(f"p{n}" for n in range(30))])
        assert ground.on_ledger(tx, loan)["clearing:term"] == -1_200_000 + 30_000


def test_random_lives_post_what_their_fold_says() -> None:
    """Three hundred lives without a database; `tools/prove.py lives` lives ten thousand."""
    seed = int(os.environ.get("HUOSHUI_LOAN_SEED", random.SystemRandom().randrange(2**32)))
    found = walks.campaign(seed, examples(300), steps=5)
    assert found["events"] > found["refused"]
