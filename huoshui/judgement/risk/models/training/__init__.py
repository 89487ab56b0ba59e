"""From a file to a model: read, profile, split, fit, calibrate, measure, tell. Needs the `ml` extra.

What a test part holds is never seen by anything that chooses; every choice is made on rows of the
training part that the candidate was not fitted on. The same file, options and seed give the same
bytes.
"""

from __future__ import annotations

import importlib.util

from huoshui.judgement.risk.models.serving.model import LibraryAbsent


def demand_extra() -> None:
    """That what trains is installed. Raises LibraryAbsent."""
    for package in ("numpy", "lightgbm"):
        if importlib.util.find_spec(package) is None:
            raise LibraryAbsent(package=package)
