"""A running loan: an append-only list of events, and the pure fold over them."""

from huoshui.lines.lending.life.life import Life, UnknownEvent, fold
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.life.view import Due, Moved, Standing, dues, movements, standing

__all__ = [
    "Due",
    "Life",
    "Moved",
    "Rules",
    "Standing",
    "UnknownEvent",
    "dues",
    "fold",
    "movements",
    "standing",
]
