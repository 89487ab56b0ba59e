"""What the loans of a book come to: expected losses and why they changed, vintages, roll rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.loan.journal import month_end
from huoshui.lines.lending.portfolio import store
from huoshui.lines.lending.portfolio.store import RiskSum

STAGES = (1, 2, 3)
KINDS = ("new", "transfer", "remeasured", "repaid", "used")
REACHED = {"over_30": 2, "over_60": 3, "over_90": 4, "lost": 5}  # the bucket that says it
LOST = 5
BUCKETS = 7  # 0, 1-30, 31-60, 61-90, more; lost; closed
_DAY = timedelta(days=1)


class Losses(msgspec.Struct, frozen=True):
    """What is expected to be lost on a closed day, by product and stage, and what the ledger holds.

    `on_ledger` is of now, by product: the same where no later day is closed in part.
    """

    day: date | None
    rows: tuple[RiskSum, ...]
    on_ledger: Mapping[tuple[str, str], int]


def losses(tx: Tx, until: date | None = None, product: str = "") -> Losses:
    """What was expected on the last closed day up to one; nothing where none is closed."""
    day = store.last_day(tx, until)
    held = store.on_ledger(tx)
    if day is None:
        return Losses(None, (), held)
    return Losses(day, tuple(store.risks(tx, day, product)), held)


class RollForward(msgspec.Struct, frozen=True):
    """How what is held went from one closed day to another, in minor units of a currency.

    `flows` by kind and stage; transfers leave a stage and come into another, and are 0 in sum. Opening
    and flows come to what stands at the end: `holds` says so.
    """

    currency: str
    since: date
    until: date
    opening: Mapping[int, int]
    flows: Mapping[str, Mapping[int, int]]
    closing: Mapping[int, int]
    moved: Mapping[tuple[int, int], int]  # loans from a stage to another

    @property
    def holds(self) -> bool:
        """Whether it adds up, stage by stage."""
        return all(
            self.opening[s] + sum(self.flows[kind][s] for kind in KINDS) == self.closing[s]
            for s in STAGES
        )


def roll_forward(tx: Tx, since: date, until: date, product: str = "") -> list[RollForward]:
    """Why what is held on a day is another than on an earlier one, by currency."""
    before = store.last_day(tx, since)
    after = store.last_day(tx, until)
    if after is None:
        return []
    opening = store.risks(tx, before, product) if before else []
    closing = store.risks(tx, after, product)
    flows = store.flows(tx, before or date.min, after, product)
    names = sorted({r.currency for r in (*opening, *closing)} | {f.currency for f in flows})
    return [_forward(name, before or since, after, opening, closing, flows) for name in names]


def _forward(
    currency: str, since: date, until: date, opening: Iterable[RiskSum], closing: Iterable[RiskSum],
    flows: Iterable[store.FlowSum],
) -> RollForward:  # fmt: skip
    told = {kind: dict.fromkeys(STAGES, 0) for kind in KINDS}
    moved: dict[tuple[int, int], int] = defaultdict(int)
    for flow in flows:
        if flow.currency != currency:
            continue
        told[flow.kind][flow.stage] += flow.amount
        if flow.kind == "transfer":
            told["transfer"][flow.stage_before] -= flow.amount
            moved[flow.stage_before, flow.stage] += flow.loans
    return RollForward(
        currency,
        since,
        until,
        _held(opening, currency),
        told,
        _held(closing, currency),
        dict(moved),
    )


def _held(rows: Iterable[RiskSum], currency: str) -> dict[int, int]:
    found = dict.fromkeys(STAGES, 0)
    for row in rows:
        if row.currency == currency:
            found[row.stage] += row.held + row.provided
    return found


class Cohort(msgspec.Struct, frozen=True):
    """Loans drawn first in one month: how many, what was signed, and by whole months on book how many
    of them, and how much, had reached what is asked. Months that are not over yet are left out.
    """

    month: date
    loans: int
    amount: int
    reached_loans: tuple[int, ...]
    reached_amount: tuple[int, ...]


def vintages(tx: Tx, what: str = "over_30", product: str = "") -> list[Cohort]:
    """Cohorts by month of drawdown, oldest first: what part was ever so late, by months on book."""
    last = store.last_day(tx)
    if last is None:
        return []
    hits: dict[date, dict[int, tuple[int, int]]] = defaultdict(dict)
    for month, months, loans, amount in store.reached(tx, REACHED[what], product):
        hits[month][months] = loans, amount
    found = []
    for month, loans, amount in store.begun(tx, product):
        count = (last.year - month.year) * 12 + last.month - month.month + 1
        own = [hits[month].get(n, (0, 0)) for n in range(max(1, count))]
        found.append(
            Cohort(
                month, loans, amount, tuple(accumulate(n for n, _ in own)),
                tuple(accumulate(n for _, n in own)),
            )
        )  # fmt: skip
    return found


class Roll(msgspec.Struct, frozen=True):
    """Where loans of one day were on a later one: loans and what was signed, by bucket and bucket.

    Buckets are 0, 1-30, 31-60, 61-90 and more days past due; 5 is lost, 6 closed.
    """

    since: date
    until: date
    loans: tuple[tuple[int, ...], ...]
    amounts: tuple[tuple[int, ...], ...]

    def rate(self, bucket: int, onward: int) -> tuple[int, int]:
        """Loans of a bucket that were in another one later, and all of the bucket."""
        return self.loans[bucket][onward], sum(self.loans[bucket])


def roll(tx: Tx, since: date, until: date, product: str = "") -> Roll:
    """How loans went between buckets from one day to a later one."""
    return rolls(tx, (since, until), product)[0]


def rolls(tx: Tx, ends: Sequence[date], product: str = "") -> list[Roll]:
    """How loans went between buckets from each of some days to the next."""
    pairs = range(len(ends) - 1)
    loans = [[[0] * BUCKETS for _ in range(BUCKETS)] for _ in pairs]
    amounts = [[[0] * BUCKETS for _ in range(BUCKETS)] for _ in pairs]
    for n, a, b, count, amount in store.rolled(tx, ends, product):
        loans[n][a][b] += count
        amounts[n][a][b] += amount
    begun = store.begun_by(tx, ends[:-1], product)
    for n in pairs:  # who never moved was in time
        loans[n][0][0] += begun[n][0] - sum(map(sum, loans[n]))
        amounts[n][0][0] += begun[n][1] - sum(map(sum, amounts[n]))
    return [
        Roll(
            ends[n], ends[n + 1], tuple(map(tuple, loans[n][:LOST])), tuple(map(tuple, amounts[n][:LOST]))
        )
        for n in pairs
    ]  # fmt: skip


def month_ends(tx: Tx, count: int) -> list[date]:
    """The ends of the last months up to the last closed day, and that day; oldest first."""
    last = store.last_day(tx)
    if last is None:
        return []
    found = [last]
    day = last.replace(day=1) - _DAY
    while len(found) <= count:
        found.append(month_end(day))
        day = day.replace(day=1) - _DAY
    return found[::-1]
