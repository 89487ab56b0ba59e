"""Facilities (授信额度): how much may be drawn, by whom, on which day.

A limit is a dated function: a base, uplifts from a day to a day, freezes of what is not drawn. A
facility stands below another one (group, borrower, scene), and what is available is the least along
the way up. A limit that falls back below what is drawn stops drawdowns and is brought down by a plan;
it is never a default.
"""

from huoshui.lines.lending.facility.down import Part, plan_down
from huoshui.lines.lending.facility.limit import Base, Freeze, Limit, Uplift
from huoshui.lines.lending.facility.tree import Node, Room, Tree, Used

__all__ = [
    "Base", "Freeze", "Limit", "Node", "Part", "Room", "Tree", "Uplift", "Used", "plan_down",
]  # fmt: skip
