"""Where to stop approving: what a cut-off earns and costs."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

_SHARES = tuple(n / 20 for n in range(1, 21))


class Cutoff(msgspec.Struct, frozen=True):
    """A share of the training part that is approved, and the greatest chance that it has."""

    share: float
    most: float


def economics(
    chances: Any, bad: Any, gain: float, loss: float
) -> tuple[Cutoff, tuple[Cutoff, ...]]:
    """The cut-off that earns most, and those of each twentieth of approvals.

    A good case that is approved earns `gain`, a bad one costs `loss`, one that is declined nothing.
    """
    order = np.argsort(chances, kind="stable")
    profit = np.cumsum(np.where(bad[order] == 1, -loss, gain))
    best = int(np.argmax(profit))
    at = [max(1, round(len(bad) * share)) - 1 for share in _SHARES]
    steps = tuple(
        Cutoff(share, float(chances[order[n]])) for share, n in zip(_SHARES, at, strict=True)
    )
    return Cutoff(round((best + 1) / len(bad), 6), float(chances[order[best]])), steps
