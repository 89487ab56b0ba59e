"""The reference source of milestones: a school, a registry, a chamber. It signs what parties reached.

Invariants: its key never leaves its state; each certificate has a number of its own, counted up before it
is signed.
"""

from edge.source.source import Reached, Source

__all__ = ["Reached", "Source"]
