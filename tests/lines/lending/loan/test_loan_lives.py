"""Random lives of loans on the real ledger: what stands there is the fold of all events, at each step."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta

from tests.ground import START, Ground, examples
from tests.lines.lending.loan import ground
from tests.lines.lending.loan.ground import Walk

LIVES = 8
STEPS = 8
TERMS = ("", 'month_days = "30"\nyear_days = 360', "grace_principal = 2")


def live(market: Ground, seed: int, lives: int) -> tuple[int, int]:
    """Random lives from a seed; how many things happened, and how many were refused."""
    chance = random.Random(seed)
    now, happened, refused = START, 0, 0
    with market.database.begin(book=market.number) as tx:
        party = ground.borrower(tx)
        for n, terms in enumerate(TERMS):
            ground.product(tx, f"p{n}", terms=terms, rate=chance.choice(["0", "0.12", "0.18"]))
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
