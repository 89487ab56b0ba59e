"""What-if: products tried on a generated history, and priced anew at every move of an assumption."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import msgspec

from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli.bench import replay
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.scenarios import whatif
from huoshui.scenarios.whatif.assumptions import checked

_ORDERS, _ORDERS_QUICK = 20_000, 2_000
_FULL, _FULL_QUICK = 20_000, 200  # orders that are run in full
_MOVES = 20
_TARGETS = {
    "reprice_p95_ms": Target(at_most=1_000),
    "whole_s": Target(at_most=180),
    "full_s": Target(at_most=180),
    "full_verified": Target(at_least=1),
}


def measure(settings: Settings, quick: bool) -> Measured:
    """A replay, the products that come along prepared on it, and as many moves as a hand makes."""
    orders = _ORDERS_QUICK if quick else _ORDERS
    replayed = replay.replay_generated(settings, orders, fresh=True)
    world = replay.world_name(orders)
    found = _supposed(settings, world)
    base = next(
        r
        for r in found["results"]
        if r["case"] == "base" and r["product"] == "factoring-with-recourse"
    )
    figures = {
        "orders": replayed["orders"],
        "loans_that_might_have_been": sum(found["prepared"].values()),
        "prepare_s": found["prepare_s"],
        "reprice_p95_ms": _moves(settings, world),
        "whole_s": replayed["seconds"] + found["prepare_s"] + found["estimate_s"],
        "seller_days_without": base["waited_h"] / 24,
        "seller_days_with": base["waits_h"] / 24,
    }
    in_full = _FULL_QUICK if quick else _FULL
    figures |= _in_full(settings, in_full)
    notes = (
        f"{orders:,} generated orders; all products of the assumptions that come along, in three cases",
        f"in full: {in_full:,} orders, all products that come along, base case",
    )
    return Measured(figures, targets=_TARGETS, notes=notes)


def _in_full(settings: Settings, orders: int) -> dict[str, float]:
    """A history run in full: every loan, claim and repayment by the production code."""
    directory = replay.generated(settings, orders)
    command = [sys.executable, "-m", "huoshui", "replay", "--orders", str(directory), "--full"]
    command += ["--name", f"bench-full-{orders}", "--fresh", "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, check=True, env=replay.environment(settings), text=True
    )
    found = msgspec.json.decode(done.stdout, type=dict[str, Any])
    return {
        "full_s": time.perf_counter() - started,
        "full_orders": found["orders"],
        "full_taken": sum(each["taken"] for each in found["full"]["full"]),
        "full_verified": int(found["verified"]),
    }


def _supposed(settings: Settings, world: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "huoshui", "whatif", world, "--json"]
    done = subprocess.run(
        command, capture_output=True, check=True, env=replay.environment(settings), text=True
    )
    return msgspec.json.decode(done.stdout, type=dict[str, Any])


def _moves(settings: Settings, world: str) -> float:
    """How long a new price takes once an assumption was moved; 95 of 100 take less."""
    worlds = Worlds.start(settings)
    waits = []
    try:
        for _ in range(_MOVES):
            started = time.perf_counter()
            with worlds.database(world).begin() as tx:
                setup = whatif.setup(tx)
                assert setup is not None, "it was just prepared"
                whatif.estimate(tx, checked(setup.assumptions))
            waits.append((time.perf_counter() - started) * 1000)
    finally:
        worlds.close()
    return percentile(waits, 95)
