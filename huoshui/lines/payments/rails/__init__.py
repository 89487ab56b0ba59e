"""Rails: the ways of money into and out of the marketplace, each a plug-in that says what it can do.

Invariants: a call is queued in the commit that wants it and sent after it; it leaves at most once,
under its own key; after silence the rail is asked what became of it, never the same again; each
change of a call is handed on once, in the commit that records it.
"""

from huoshui.lines.payments.rails.model import CALL, Answer, Call, Capabilities, Notice, Rail
from huoshui.lines.payments.rails.recording import Answered, Noticed, Ports
from huoshui.lines.payments.rails.registry import UnknownRail, capabilities, rail, register
from huoshui.lines.payments.rails.service import drop, queue

__all__ = [
    "CALL", "Answer", "Answered", "Call", "Capabilities", "Notice", "Noticed", "Ports", "Rail",
    "UnknownRail", "capabilities", "drop", "queue", "rail", "register",
]  # fmt: skip
