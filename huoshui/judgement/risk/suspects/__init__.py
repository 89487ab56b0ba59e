"""Suspects: the rings, fake-order sellers and taken-over accounts that a search found, kept for a person to judge.

A search reads the activities of the last half year and finds anew; what overlaps a suspect of before
is the same suspect, seen again. A person confirms it (each member is then told as fraud, and decisions
see it), clears it, or takes either back. What was cleared stays cleared until it grows.
"""

from huoshui.judgement.risk.suspects.model import SUSPECT, Suspect, UnknownSuspect

__all__ = ["SUSPECT", "Suspect", "UnknownSuspect"]
