"""Huoshui 活水: open embedded finance for commerce, on one double-entry ledger."""

__version__ = "0.1.0"
