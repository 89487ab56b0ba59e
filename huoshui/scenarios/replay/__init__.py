"""The replay: a marketplace's own history, driven through the production code.

A replay has a world of its own, whose clock starts before the first fact. Each fact is ingested
at the moment when it became known; due work runs as the clock passes it. How far the replay is
stands in the same commit as what it did, so a killed replay goes on where it was, and the same
history with the same seed and terms ends in the same `ledger_hash`.
"""

from huoshui.scenarios.replay.driver import Asked, Progress, replay

__all__ = ["Asked", "Progress", "replay"]
