"""Of how many of those who did something last a feature has a value now."""

from __future__ import annotations

import msgspec

from huoshui.core.db import Tx
from huoshui.facts.activity import Subjects
from huoshui.facts.activity import store as activities
from huoshui.facts.activity.model import ABOUT
from huoshui.judgement.risk.features.catalogue import catalogue, feature_set
from huoshui.judgement.risk.features.service import read

_LATEST = 500  # activities that are looked through for who did something
_ASKED_MOST = 15  # of each entity


class Covered(msgspec.Struct, frozen=True):
    """Of `asked` subjects, `told` have a value that is neither null nor 0."""

    told: int
    asked: int


def coverage(tx: Tx) -> dict[str, Covered]:
    """Each feature's, over the subjects of the latest activities; all 0 where there are none."""
    rows = activities.page(tx, limit=_LATEST)
    found: dict[str, Covered] = {}
    for entity in ABOUT:
        names = [f.name for f in catalogue().values() if f.entity == entity]
        refs = list(dict.fromkeys(ref for row in rows if (ref := row.ref(entity))))[:_ASKED_MOST]
        chosen = feature_set(names)
        vectors = [read(tx, chosen, Subjects(**{entity: ref})).values for ref in refs]
        for name in names:
            told = sum(bool(values[name]) for values in vectors)
            found[name] = Covered(told, len(refs))
    return found
