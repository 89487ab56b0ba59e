"""From a model's text to scores: `load(text, sha256)`, then `scorer.score(values)`.

The same text and values give the same bytes on every machine: sums are of integers or in the order
of the trees, and what is not rational is worked out in decimals and rounded once. A scorer may be
used by many threads at once.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from huoshui.judgement.risk.models.serving.curve import Curve
from huoshui.judgement.risk.models.serving.model import (
    POINTS,
    Contribution,
    InputMissing,
    InputUnfit,
    ModelAltered,
    ModelUnreadable,
    Scale,
    Scored,
    Scorer,
    Value,
)
from huoshui.judgement.risk.models.serving.points import Attribute, Characteristic, Scorecard
from huoshui.judgement.risk.models.serving.points import read as read_scorecard
from huoshui.judgement.risk.models.serving.trees import Booster, Coded
from huoshui.judgement.risk.models.serving.trees import read as read_booster

__all__ = [
    "POINTS", "Attribute", "Booster", "Characteristic", "Coded", "Contribution", "Curve", "InputMissing",
    "InputUnfit", "ModelAltered", "ModelUnreadable", "Scale", "Scorecard", "Scored", "Scorer",
    "Value", "digest", "kind_of", "load",
]  # fmt: skip

_KEPT_MOST = 32
_kept: OrderedDict[str, Scorer] = OrderedDict()
_lock = threading.Lock()
_READERS: dict[str, Callable[[str], Scorer]] = {
    "huoshui.scorecard/1": read_scorecard,
    "huoshui.booster/1": read_booster,
}


def digest(text: str) -> str:
    """SHA-256 of a model's text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def kind_of(text: str) -> str:
    """`scorecard` or `booster`. Raises ModelUnreadable."""
    return _format(text).removeprefix("huoshui.").partition("/")[0]


def load(text: str, sha256: str) -> Scorer:
    """What scores by this text. The last few stay loaded.

    Raises ModelAltered for other bytes than the hash's, ModelUnreadable, LibraryAbsent.
    """
    if digest(text) != sha256:
        raise ModelAltered(expected=sha256[:16], found=digest(text)[:16])
    with _lock:
        if sha256 in _kept:
            _kept.move_to_end(sha256)
            return _kept[sha256]
    scorer = _READERS[_format(text)](text)
    with _lock:
        _kept[sha256] = scorer
        while len(_kept) > _KEPT_MOST:
            _kept.popitem(last=False)
    return scorer


def _format(text: str) -> str:
    try:
        head: Any = msgspec.json.decode(text.partition("\n")[0])
        found = str(head["format"])
    except (msgspec.DecodeError, KeyError, TypeError) as bad:
        raise ModelUnreadable(reason="the first line is not a header of ours") from bad
    if found not in _READERS:
        raise ModelUnreadable(reason=f"format {found[:40]} is not known")
    return found
