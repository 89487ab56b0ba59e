"""The daily upkeep as due work, on a clock that is moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from huoshui.core import work
from huoshui.ledger import history, parts, reconciliation, upkeep
from huoshui.ledger.history import days
from huoshui.scenarios import order_flow
from tests.ground import DAY, HOUR, START, Ground
from tests.ledger.history.test_balances import account, move, naive


def test_every_day_parts_are_made_days_are_counted_and_counters_reconciled(
    replay_world: Callable[..., Ground], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "ACCOUNTS_AT_ONCE", 2)
    ground = replay_world(at=START)
    with ground.database.begin() as tx:
        assert upkeep.schedule(tx)
        for name in "abcde":
            move(tx, "bank:a", f"free:{name}", 10, tx.now)
    with ground.database.begin() as tx:
        assert not upkeep.schedule(tx)
    work.advance(ground.database, order_flow.WORK, START + 2 * DAY)
    with ground.database.begin() as tx:
        move(tx, "bank:a", "free:a", 1, tx.now - 40 * HOUR)
        move(tx, "bank:a", "free:b", 1, tx.now)
    work.advance(ground.database, order_flow.WORK, START + 40 * DAY)
    with ground.database.begin() as tx:
        assert [p.month for p in parts.parts(tx)] == [
            "2025-03", "2025-04", "2025-05", "2025-06",
        ]  # fmt: skip
        runs = reconciliation.reconciliations(tx, limit=100)
        assert len(runs) == 41 and all(run.holds for run in runs)
        assert tx.value("SELECT count(DISTINCT until) FROM day_balance") == 2
        for number in range(5):
            at = START + number * DAY
            found = history.balance_at(tx, account(tx, "free:a"), at, "effective")
            assert found.balance == naive(tx, "free:a", at, "effective_at")
