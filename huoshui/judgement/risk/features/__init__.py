"""Features: one declaration, from which upkeep, the online read, the batch over a history and lineage follow.

A feature aggregates activities about an entity in (now - window, now]. Invariants: read now and read from the
history with what was seen then, a value is the same to the last unit; all of a set is one statement; amounts are
whole minor units of one currency; nothing that was told later changes what a decision saw.
"""

from huoshui.judgement.risk.features.catalogue import catalogue, feature_set, read_catalogue
from huoshui.judgement.risk.features.model import (
    BadFeature,
    Feature,
    FeatureSet,
    UnknownFeature,
    Vector,
)
from huoshui.judgement.risk.features.service import (
    lineage,
    read,
    read_as_of,
    read_many,
    rebuild,
)

__all__ = [
    "BadFeature",
    "Feature",
    "FeatureSet",
    "UnknownFeature",
    "Vector",
    "catalogue",
    "feature_set",
    "lineage",
    "read",
    "read_as_of",
    "read_catalogue",
    "read_many",
    "rebuild",
]
