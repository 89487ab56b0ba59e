"""What a benchmark answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from huoshui.core.settings import Settings


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a figure is to reach: a least or a most."""

    at_least: float | None = None
    at_most: float | None = None

    def met(self, value: float) -> bool:
        """Whether the figure reaches it."""
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {self.at_least:,}" if self.at_least is not None else f"≤ {self.at_most:,}"


class Measured(msgspec.Struct, frozen=True):
    """Figures with units in their keys, targets, peers of the same run, and notes."""

    figures: dict[str, float]
    targets: dict[str, Target] = {}
    peers: dict[str, dict[str, float]] = {}
    notes: tuple[str, ...] = ()

    def document(self, name: str, machine: str) -> dict[str, Any]:
        """The object that `bench --json` prints."""
        targets = {
            key: {**msgspec.to_builtins(target), "met": target.met(self.figures[key])}
            for key, target in self.targets.items()
            if key in self.figures
        }
        return {
            "name": name,
            "machine": machine,
            "figures": self.figures,
            "targets": targets,
            "peers": self.peers,
            "notes": list(self.notes),
        }


Bench = Callable[[Settings, bool], Measured]


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which that share of the sorted values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)]
