"""The daily files of simulated rails in a world whose clock is simulated, and their reconciliation.

A replay holds what rails did: the tenders of its history, what went back, payouts that were sent. The
simulated acquirer of each means and the bank write of each day what a real one would, by the code of
the simulators, and the production code takes it in and reconciles it. Invariant: a line is written
once and held against the books by what it says alone; faults are chosen, and the same for the same
seed.
"""

from huoshui.scenarios.rail_files.model import BadRailFiles, RailFiles, read_rail_files
from huoshui.scenarios.rail_files.service import WORK, start

__all__ = ["WORK", "BadRailFiles", "RailFiles", "read_rail_files", "start"]
