"""Serving the simulators inside a program, for its sandbox."""

from __future__ import annotations

from pathlib import Path

from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED
from huoshui.lines.payments.rails.simulated.client import Simulated
from huoshui.lines.payments.rails.simulator import Served, Simulator, serve


def open_simulators(directory: Path, *, notify: str) -> Served:
    """Serve the simulators in this program, and let the sandbox use them.

    Their state is kept in `directory`; `notify` is where they send their webhooks.
    """
    simulator = Simulator(directory)
    served = serve(simulator, notify=notify)
    for name in SIMULATED:
        registry.register(Simulated(name, served.url, simulator.secret))
    return served
