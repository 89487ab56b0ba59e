"""The signs of a take-over, against how often honest accounts show each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log2

import msgspec

from huoshui.judgement.risk.takeover.model import SIGNS, Act, Sign, Watched

WITHIN_H = 72
# Before so long an account has no habits: everything of it is new.
_HABITS_H = 14 * 24
_FAILED_LEAST = 3
_MANY_ACCOUNTS = 3
_LARGE = 3  # times the largest order before
_BITS_MOST = 12.0
Shown = dict[str, int]


class Usual(msgspec.Struct, frozen=True):
    """How often accounts show each sign in three days, and which devices came to many accounts."""

    rates: dict[str, float]
    devices: dict[str, int]

    @staticmethod
    def of(by: Mapping[str, Sequence[Act]]) -> Usual:
        """Count all accounts once: windows that show a sign, of all windows in which there was an act."""
        devices = _newcomers(by)
        windows, shown = 0, Counter[str]()
        for acts in by.values():
            for begin in _begins(acts):
                windows += 1
                shown.update(_shown(acts, begin, devices).keys())
        return Usual({name: (shown[name] + 1) / (windows + 2) for name in SIGNS}, devices)


def watched(acts: Sequence[Act], usual: Usual) -> Watched:
    """An account's three days that are most surprising."""
    best = Watched(acts[0].account, acts[0].at_h, ())
    for begin in _begins(acts):
        signs = tuple(
            Sign(name, min(_BITS_MOST, -log2(usual.rates[name])), count)
            for name, count in _shown(acts, begin, usual.devices).items()
        )
        here = Watched(acts[0].account, begin, signs)
        if here.bits > best.bits:
            best = here
    return best


def by_account(acts: Iterable[Act]) -> dict[str, list[Act]]:
    """Acts by account, each in the order of time."""
    by: dict[str, list[Act]] = defaultdict(list)
    for act in sorted(acts, key=lambda each: each.at_h):
        by[act.account].append(act)
    return dict(by)


def _begins(acts: Sequence[Act]) -> list[int]:
    """Where windows begin: at each act once habits were made."""
    start = acts[0].at_h + _HABITS_H
    return sorted({act.at_h for act in acts if act.at_h >= start})


def _shown(acts: Sequence[Act], begin: int, devices: Mapping[str, int]) -> Shown:
    """The signs of the window that begins there, with how many acts show each."""
    before = [act for act in acts if act.at_h < begin]
    now = [act for act in acts if begin <= act.at_h < begin + WITHIN_H]
    own = {act.device for act in before if act.kind == "sign_in"}
    largest = max((act.amount for act in before if act.kind == "order"), default=0)
    new = {act.device for act in now if act.kind == "sign_in"} - own if own else set()
    counts = {
        "new_device": len(new),
        "device_of_many": sum(devices.get(device, 0) >= _MANY_ACCOUNTS for device in new),
        "failed_sign_ins": sum(act.kind == "failed" for act in now) // _FAILED_LEAST,
        "credentials": sum(act.kind == "credentials" for act in now),
        "new_address": sum(act.kind == "address" for act in now),
        "large_order": sum(
            act.kind == "order" and 0 < largest * _LARGE < act.amount for act in now
        ),
    }
    return {name: count for name, count in counts.items() if count}


def _newcomers(by: Mapping[str, Sequence[Act]]) -> dict[str, int]:
    """For each device the accounts with habits of their own that it came to."""
    came: Counter[str] = Counter()
    for acts in by.values():
        settled = acts[0].at_h + _HABITS_H
        own = {act.device for act in acts if act.kind == "sign_in" and act.at_h < settled}
        later = {act.device for act in acts if act.kind == "sign_in" and act.at_h >= settled}
        came.update(later - own if own else ())
    return dict(came)
