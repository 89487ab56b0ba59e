"""Rails: the ways of money into and out of the marketplace, each a plug-in that says what it can do."""

from huoshui.lines.payments.rails.model import CALL, Answer, Call, Capabilities, Notice, Rail

__all__ = ["CALL", "Answer", "Call", "Capabilities", "Notice", "Rail"]
