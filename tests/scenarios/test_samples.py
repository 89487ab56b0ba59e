"""Sample events: each really happens, with its money, as often as it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from huoshui.core import events
from huoshui.ledger.verify import verify
from huoshui.scenarios import samples
from huoshui.scenarios.samples import SAMPLES, UnknownSample
from tests.ground import HOUR, START, Ground


@pytest.mark.parametrize("currency", ["CNY", "JPY"])
def test_every_sample_happens_each_time_and_the_books_stand(
    replay_world: Callable[..., Ground], currency: str
) -> None:
    world = replay_world(currency=currency)
    for number, kind in enumerate([*SAMPLES, *SAMPLES]):
        with world.database.begin(now=START + number * HOUR) as tx:
            samples.trigger(tx, kind)
            tx.flush()
            told = [e.type for e in events.page(tx, limit=20) if e.at == tx.now]
        assert kind in told, told
    with world.database.begin() as tx:
        assert verify(tx).holds
        with pytest.raises(UnknownSample, match="unknown_sample"):
            samples.trigger(tx, "order.invented")
