"""The accounts of facilities and their journal entries.

A promise is no money yet: three accounts a facility say how much was granted, is open, and is drawn.
The floors of the last two are what no race can break.
"""

from __future__ import annotations

from importlib import resources

from huoshui.ledger import AccountKind, Chart, read_templates

CHART = Chart(
    (
        AccountKind("facility.granted", "facilities:{facility}:granted", "asset"),
        AccountKind("facility.open", "facilities:{facility}:open", "liability", floor=0),
        AccountKind("facility.drawn", "facilities:{facility}:drawn", "liability", floor=0),
    )
)
TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)
GRANTED, OPEN, DRAWN = "granted", "open", "drawn"


def path(facility: str, part: str) -> str:
    """An account of a facility, by its public id: granted, open, drawn."""
    return f"facilities:{facility}:{part}"


def facility_of(account: str) -> str:
    """The public id of the facility that an account belongs to."""
    return account.split(":")[1]
