"""Simulators of outside rails, as a program of its own: cards, transfers, codes to scan, payouts.

It keeps what it did in a file of its own, honours the key of each call, tells what it did by signed
webhooks and daily files, and fails in every way that a real rail fails, by chance or as asked for.
"""

from huoshui.lines.payments.rails.simulator.engine import Simulator
from huoshui.lines.payments.rails.simulator.server import Served, serve

__all__ = ["Served", "Simulator", "serve"]
