"""Activities: what buyers, merchants and devices did, one append-only stream with two times.

Kinds are declared in `kinds.toml`. Each activity has the time when it happened and the time when it
was told, and the transaction that told it, so that what a decision could see is asked exactly. Invariants:
nothing is changed or told twice; what names a device, an address or a card is kept as a keyed hash; who
follows (features, graph) is told in the same commit.
"""

from huoshui.facts.activity.following import followed_by
from huoshui.facts.activity.kinds import KINDS
from huoshui.facts.activity.model import (
    ACTIVITIES_MAX,
    REF_MAX,
    Activity,
    ActivityRefused,
    Kept,
    Subjects,
)
from huoshui.facts.activity.service import hashed, record, take

__all__ = [
    "ACTIVITIES_MAX",
    "KINDS",
    "REF_MAX",
    "Activity",
    "ActivityRefused",
    "Kept",
    "Subjects",
    "followed_by",
    "hashed",
    "record",
    "take",
]
