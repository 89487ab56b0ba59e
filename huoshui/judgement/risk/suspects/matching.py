"""Which of what a search found is a suspect of before. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from huoshui.judgement.risk.suspects.model import Found, Suspect

_SAME_PERCENT = 50
_GROWN_PERCENT = 125


def matched(found: Sequence[Found], known: Sequence[Suspect]) -> list[Suspect | None]:
    """For each found its suspect of before: the one with most members in common, half of both at
    least (Jaccard), each taken once; the larger found choose first.
    """
    of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n, suspect in enumerate(known):
        for member in suspect.members:
            of[suspect.kind, member].append(n)
    chosen: list[Suspect | None] = [None] * len(found)
    taken: set[int] = set()
    for place in sorted(
        range(len(found)), key=lambda n: (-len(found[n].members), found[n].members)
    ):
        one = found[place]
        common = Counter(
            n for member in one.members for n in of[one.kind, member] if n not in taken
        )
        for n, count in common.most_common(1):
            both = len(one.members) + len(known[n].members) - count
            if count * 100 >= both * _SAME_PERCENT:
                taken.add(n)
                chosen[place] = known[n]
    return chosen


def grown(before: Suspect, now: Found) -> bool:
    """Whether a suspect is so much larger or more surprising than when it was judged that it should
    be judged again.
    """
    larger = len(now.members) * 100 >= len(before.members) * _GROWN_PERCENT
    return larger or now.centibits * 100 >= max(1, before.centibits) * _GROWN_PERCENT
