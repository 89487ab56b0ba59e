"""The handbook's protocol: a week to learn from, a week of delay, a week to test on, its features, its measure."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

TRAIN_DAY, WEEK = 115, 7  # 2018-07-25, days after 2018-04-01
DELAY = 7
DAY_S = 86_400
NIGHT_UNTIL = 6  # hours of a day
_WINDOWS = (1, 7, 30)
_CARDS = 100


class Payments(msgspec.Struct, frozen=True):
    """The payments in the order of their times, a column each."""

    second: Any
    day: Any
    card: Any
    terminal: Any
    cents: Any
    fraud: Any

    def rows(self, chosen: Any) -> Payments:
        """Some of them."""
        columns = {name: getattr(self, name)[chosen] for name in self.__struct_fields__}
        return Payments(**columns)


class Parts(msgspec.Struct, frozen=True):
    """Which rows are learnt from, and which are tested on."""

    train: Any
    test: Any


def parts(told: Payments) -> Parts:
    """A week, and the week behind the delay without the cards that are known by then."""
    train = np.flatnonzero((told.day >= TRAIN_DAY) & (told.day < TRAIN_DAY + WEEK))
    known = set(told.card[train][told.fraud[train] == 1].tolist())
    tested = []
    for n in range(WEEK):
        heard = (told.day == TRAIN_DAY + WEEK + n - 1) & (told.fraud == 1)
        known |= set(told.card[heard].tolist())
        rows = np.flatnonzero(told.day == TRAIN_DAY + WEEK + DELAY + n)
        tested.append(rows[~np.isin(told.card[rows], list(known))])
    return Parts(train, np.concatenate(tested))


def handbook(told: Payments) -> Any:
    """The handbook's fifteen features of every payment."""
    hour, weekday = told.second % DAY_S // 3_600, (told.day + 6) % 7  # 2018-04-01 was a Sunday
    columns = [told.cents / 100, weekday >= 5, hour <= NIGHT_UNTIL]
    ones = np.ones(len(told.cents))
    for days in _WINDOWS:
        count = rolling(told.card, told.second, ones, 0, days)
        columns += [count, rolling(told.card, told.second, told.cents / 100, 0, days) / count]
    for days in _WINDOWS:
        count = rolling(told.terminal, told.second, ones, DELAY, days)
        frauds = rolling(told.terminal, told.second, told.fraud, DELAY, days)
        columns += [count, np.divide(frauds, count, out=np.zeros(len(count)), where=count > 0)]
    return np.column_stack(columns)


def rolling(key: Any, second: Any, value: Any, delay: int, days: int) -> Any:
    """Sums over (now - delay - days, now - delay] of the rows with the same key, in time order."""
    order = np.lexsort((second, key))
    clock = key[order].astype(np.int64) * (1 << 32) + second[order]
    run = np.concatenate([[0.0], np.cumsum(value[order], dtype=np.float64)])
    until = np.searchsorted(clock, clock - delay * DAY_S, "right")
    since = np.searchsorted(clock, clock - (delay + days) * DAY_S, "right")
    first = np.searchsorted(clock, key[order].astype(np.int64) * (1 << 32), "left")
    found = np.empty(len(value))
    found[order] = run[np.maximum(until, first)] - run[np.maximum(since, first)]
    return found


def card_precision(told: Payments, test: Any, chance: Any) -> float:
    """How many of each day's hundred likeliest cards are defrauded, the mean of the days.

    A card that was found is not counted again.
    """
    found: set[int] = set()
    days = []
    for day in np.unique(told.day[test]):
        likeliest: dict[int, tuple[float, int]] = {}
        for row, p in zip(test[told.day[test] == day], chance[told.day[test] == day], strict=True):
            card = int(told.card[row])
            if card not in found:
                best, bad = likeliest.get(card, (-1.0, 0))
                likeliest[card] = (max(best, float(p)), max(bad, int(told.fraud[row])))
        top = sorted(likeliest.items(), key=lambda item: (-item[1][0], item[0]))[:_CARDS]
        hits = [card for card, (_, bad) in top if bad]
        found |= set(hits)
        days.append(len(hits) / _CARDS)
    return sum(days) / len(days)
