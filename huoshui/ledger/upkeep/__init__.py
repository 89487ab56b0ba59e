"""The ledger's daily upkeep: parts made ahead, days counted, counters reconciled.

Each day's work puts off the next day's. It is begun by `schedule`, once a book; a world that is a
replay needs none of it.
"""

from huoshui.ledger.upkeep.service import WORK, schedule

__all__ = ["WORK", "schedule"]
