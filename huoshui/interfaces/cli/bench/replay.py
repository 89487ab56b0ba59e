"""The replay of a generated marketplace: orders a second, memory of the replay and of PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core.settings import Settings
from huoshui.facts.commerce.sample import generate
from huoshui.interfaces.cli.bench.figures import Measured, Target

_SEED = 7
_ORDERS = 20_000
_ORDERS_QUICK = 2_000


def measure(settings: Settings, quick: bool) -> Measured:
    """Replay in a process of its own, so that its memory is its own."""
    orders = _ORDERS_QUICK if quick else _ORDERS
    found = replay_generated(settings, orders, fresh=True)
    figures = {
        "orders_per_s": found["orders_per_s"],
        "seconds": found["seconds"],
        "peak_rss_mb": found["peak_rss_mb"],
        "transfers": found["verification"]["transfers"],
        "verified": int(found["verified"]),
    }
    targets = {
        "orders_per_s": Target(at_least=300),
        "peak_rss_mb": Target(at_most=500),
        "verified": Target(at_least=1),
    }
    note = f"{orders:,} generated orders, spool, ingestion, money, verification included"
    return Measured(figures, targets, notes=(note,))


def replay_generated(settings: Settings, orders: int, *, fresh: bool) -> dict[str, Any]:
    """`huoshui replay --json` over a generated marketplace, in a process of its own."""
    directory = generated(settings, orders)
    command = [sys.executable, "-m", "huoshui", "replay", "--orders", str(directory)]
    command += ["--name", world_name(orders), "--json", *(["--fresh"] if fresh else [])]
    done = subprocess.run(
        command, capture_output=True, check=True, env=environment(settings), text=True
    )
    return msgspec.json.decode(done.stdout, type=dict[str, Any])


def world_name(orders: int) -> str:
    """The world in which so many generated orders are replayed."""
    return f"bench-{orders}"


def generated(settings: Settings, orders: int) -> Path:
    """A generated marketplace of so many orders, made once."""
    directory = settings.home_path / f"sample-{orders}-{_SEED}"
    if not (directory / "marketplace.toml").exists():
        generate(directory, orders, _SEED)
    return directory


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a command that works in the benchmark's home."""
    own = {"HUOSHUI_HOME": settings.home, "HUOSHUI_LANGUAGE": "en"}
    return {**os.environ, **own}
