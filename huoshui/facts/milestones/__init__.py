"""Milestones: what somebody reached, as a fact that its source has signed.

A source is a school, a registry, a chamber: its key is registered, with the kinds that it may certify. A
fact is kept with its text, byte for byte, so that anybody can verify it later. Invariants: nothing that is
not signed is believed; a fact counts once, in the books that it names, before it runs out.
"""

from huoshui.facts.milestones.model import BadMilestone, Source, UnknownSource, Verified

__all__ = ["BadMilestone", "Source", "UnknownSource", "Verified"]
