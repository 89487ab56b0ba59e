"""Who follows the stream: told what is new in the commit that keeps it.

Facts stand below judgement and call nothing of it by name; judgement says once, where its module is
loaded, what it does with news. Whoever reads what a follower keeps has loaded the follower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from huoshui.core.db import Tx
from huoshui.facts.activity.model import Kept

Follow = Callable[[Tx, Sequence[Kept]], None]
_following: list[Follow] = []


def followed_by(follow: Follow) -> Follow:
    """Tell this function, from now on, what is kept; twice is once."""
    if follow not in _following:
        _following.append(follow)
    return follow


def tell(tx: Tx, news: Sequence[Kept]) -> None:
    """Tell all that follow."""
    for follow in _following:
        follow(tx, news)
