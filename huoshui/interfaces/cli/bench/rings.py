"""Rings, fake orders and take-overs: what is found of those that were planted, at a fixed part of false alarms.

On generated traffic whose documentation says what a detector could exploit; the thresholds of the
detectors were chosen on other seeds than these.
"""

from __future__ import annotations

import time
from collections import defaultdict

import msgspec

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured
from huoshui.judgement.risk import brushing, takeover
from huoshui.judgement.risk.brushing import planted as faked
from huoshui.judgement.risk.recall import Recall, line, recall
from huoshui.judgement.risk.rings import planted, rings
from huoshui.judgement.risk.rings.planted.traffic import HOURS
from huoshui.judgement.risk.takeover import planted as stolen

_SEEDS, _SEEDS_QUICK = (101, 102, 103, 104, 105), (101,)
_ACCOUNTS, _SELLERS, _OWNERS = 20_000, 3_000, 5_000
_ALARMS = {"at_0_1_percent": 0.001, "at_1_percent": 0.01, "at_5_percent": 0.05}
_LEVELS = ("open", "light", "strong", "full")
Found = dict[str, Recall]


class _Seen(msgspec.Struct):
    """Scores of the honest, and of the guilty by how they hide."""

    honest: list[float] = []
    guilty: dict[tuple[int, int], list[float]] = {}


def measure(settings: Settings, quick: bool) -> Measured:
    """Recall of ring members, fakers, fake orders and accounts taken over, by level and size."""
    del settings
    seeds = _SEEDS_QUICK if quick else _SEEDS
    begun = time.perf_counter()
    members = [_members(seed) for seed in seeds]
    ringed = time.perf_counter()
    sellers, orders = zip(*(_fakers(seed) for seed in seeds), strict=True)
    took = ringed - begun, time.perf_counter() - ringed
    found = (
        _table("ring", members)
        | _table("faker", list(sellers))
        | _table("fake_order", list(orders))
        | _table("take_over", [_taken(seed) for seed in seeds])
    )
    figures = {f"{key}_recall_percent": 100 * each.rate for key, each in found.items()}
    figures |= {
        "ring_accounts_per_s": sum(len(seen.honest) for seen in members) / took[0],
        "fake_sales_per_s": sum(len(seen.honest) for seen in orders) / took[1],
    }
    return Measured(figures, notes=(*_notes(seeds), *_intervals(found)))


def _members(seed: int) -> _Seen:
    traffic = planted.traffic(_ACCOUNTS, seed)
    gangs = planted.plant(traffic, 5)
    score: dict[str, float] = {}
    for ring in rings(traffic.accounts, traffic.touches, traffic.orders, HOURS):
        for member in ring.members:
            score[member] = max(score.get(member, 0.0), ring.bits)
    guilty = {member: (gang.level, len(gang.members)) for gang in gangs for member in gang.members}
    return _seen({each.id: score.get(each.id, 0.0) for each in traffic.accounts}, guilty)


def _fakers(seed: int) -> tuple[_Seen, _Seen]:
    made = faked.market(_SELLERS, 10, seed)
    market = brushing.Market.of(made.sales)
    judged = {seller: brushing.judged(seller, market) for seller in market.sales}
    sellers = _seen({seller: each.bits for seller, each in judged.items()}, made.fakers)
    scores = {sale.order: brushing.suspicion(sale, judged[sale.seller]) for sale in made.sales}
    guilty = {
        sale.order: made.fakers[sale.seller] for sale in made.sales if sale.order in made.fake
    }
    return sellers, _seen(scores, guilty)


def _taken(seed: int) -> _Seen:
    made = stolen.accounts(_OWNERS, 50, seed)
    by = takeover.by_account(made.acts)
    usual = takeover.Usual.of(by)
    scores = {account: takeover.watched(acts, usual).bits for account, acts in by.items()}
    return _seen(scores, {account: (level, 1) for account, level in made.taken.items()})


def _seen(scores: dict[str, float], guilty: dict[str, tuple[int, int]]) -> _Seen:
    seen = _Seen([score for name, score in scores.items() if name not in guilty])
    for name, kind in guilty.items():
        seen.guilty.setdefault(kind, []).append(scores[name])
    return seen


def _table(what: str, seen: list[_Seen]) -> Found:
    """Recall by level, and by level and size, over all seeds; each seed has its own line."""
    table: dict[str, list[Recall]] = defaultdict(list)
    for each in seen:
        for alarm, part in _ALARMS.items():
            above = line(each.honest, part)
            for (level, size), scores in each.guilty.items():
                one = recall(scores, above)
                table[f"{what}_{_LEVELS[level]}_{alarm}"].append(one)
                if size > 1:
                    table[f"{what}_{_LEVELS[level]}_of_{size}_{alarm}"].append(one)
    return {key: _summed(each) for key, each in sorted(table.items())}


def _summed(parts: list[Recall]) -> Recall:
    return Recall(sum(each.found for each in parts), sum(each.of for each in parts))


def _notes(seeds: tuple[int, ...]) -> tuple[str, ...]:
    return (
        f"generated traffic, seeds {', '.join(map(str, seeds))}; none was used to choose a threshold",
        "the study's 98.5 % intercepted names neither false alarms nor what was counted, and cannot be compared",
        "where each ring member is found, those of the last level are hardly found: nothing ties them",
    )


def _intervals(found: Found) -> tuple[str, ...]:
    lines = []
    for key, each in found.items():
        if "_of_" not in key:
            low, high = each.interval()
            lines.append(
                f"{key}: {each.found} of {each.of}, 95 % {100 * low:.1f} to {100 * high:.1f} %"
            )
    return tuple(lines)
