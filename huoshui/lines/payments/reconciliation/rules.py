"""The rules of matching, in order: nothing is guessed where two things would do. No I/O.

1. `reference` one line, one item of the same subject and amount
2. `many_to_one` several lines of a subject come to its item
3. `one_to_many` a line comes to all items of its subject or batch
4. `tolerance` the same subject, within the terms' tolerance
5. `amount_date` the only line and the only item of an amount near each other in time
6. `day_batch` a bank's line comes to all that is open of one to three days, or, less the fees that
   the terms allow, to a single such sum (`day_batch_net`)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from huoshui.core import money
from huoshui.lines.payments.reconciliation.model import Item, Line, Proposal
from huoshui.lines.payments.settlement.terms import SettlementTerms

_DAYS_TOGETHER = 3
TRANSIT = ":transit"


class Matching:
    """One pass of the rules over lines and open items."""

    def __init__(
        self, lines: Sequence[Line], items: Iterable[Item], terms: SettlementTerms, zone: ZoneInfo
    ) -> None:
        self.terms, self.zone = terms, zone
        self.proposals: list[Proposal] = []
        self._lines = {line.id: line for line in lines}
        self._items = {item.key: item for item in items}
        self._named: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(self._items.values(), key=lambda i: (i.at, i.txn_id, i.leg)):
            self._named[item.reference].append(item)

    def run(self, *, of_bank: bool) -> list[Proposal]:
        """Every proposal of every rule; `of_bank` lines are sums that really came."""
        self._by_reference()
        self._many_to_one()
        self._one_to_many()
        self._tolerated()
        self._by_amount()
        if of_bank:
            self._by_days()
        return self.proposals

    @property
    def left(self) -> list[Line]:
        """The lines that no rule took, in their order."""
        return list(self._lines.values())

    def cause(self, line: Line) -> str:
        """Why a line is left: what a person should look at first."""
        if self._open(line.subject):
            return "amount_differs"
        if line.subject:
            return "nothing_open"
        near = [i for i in self._items.values() if i.amount == line.gross]
        return "several_candidates" if near else "unknown"

    def _open(self, name: str) -> list[Item]:
        return [i for i in self._named.get(name, []) if i.key in self._items] if name else []

    def _take(
        self, rule: str, lines: Sequence[Line], items: Sequence[Item], difference: int = 0
    ) -> None:
        for line in lines:
            del self._lines[line.id]
        for item in items:
            del self._items[item.key]
        self.proposals.append(Proposal(rule, tuple(lines), tuple(items), difference))

    def _by_reference(self) -> None:
        for line in self.left:
            for item in self._open(line.subject):
                if item.amount == line.gross:
                    self._take("reference", [line], [item])
                    break

    def _many_to_one(self) -> None:
        groups: dict[str, list[Line]] = defaultdict(list)
        for line in self.left:
            if line.subject:
                groups[line.subject].append(line)
        for subject, lines in groups.items():
            total = sum(line.gross for line in lines)
            for item in self._open(subject):
                if len(lines) > 1 and item.amount == total:
                    self._take("many_to_one", lines, [item])
                    break

    def _one_to_many(self) -> None:
        for line in self.left:
            for name in (line.subject, line.reference, line.batch):
                for items in _by_account(self._open(name)):
                    if len(items) > 1 and sum(i.amount for i in items) == line.gross:
                        self._take("one_to_many", [line], items)
                        break
                if line.id not in self._lines:
                    break

    def _tolerated(self) -> None:
        for line in self.left:
            for item in self._open(line.subject):
                difference = item.amount - line.gross
                same_way = (item.amount > 0) == (line.gross > 0)
                if same_way and abs(difference) <= self._tolerance(item.amount):
                    self._take("tolerance", [line], [item], difference)
                    break

    def _tolerance(self, amount: int) -> int:
        by_rate = money.share(abs(amount), self.terms.tolerance_rate, "down")
        return (
            min(self.terms.tolerance, by_rate)
            if self.terms.tolerance_rate
            else self.terms.tolerance
        )

    def _by_amount(self) -> None:
        """Only lines that name nothing of ours: a name that is known says more than an amount."""
        lines: dict[int, list[Line]] = defaultdict(list)
        items: dict[int, list[Item]] = defaultdict(list)
        for line in self.left:
            if not line.subject:
                lines[line.gross].append(line)
        for item in self._items.values():
            if item.amount in lines:
                items[item.amount].append(item)
        span = timedelta(days=self.terms.match_days)
        for amount, same in lines.items():
            for line in same:
                near = [
                    i for i in items[amount] if i.key in self._items and abs(i.at - line.at) <= span
                ]
                rivals = [
                    each
                    for each in same
                    if each.id in self._lines and abs(each.at - line.at) <= 2 * span
                ]
                if len(near) == 1 and len(rivals) == 1:
                    self._take("amount_date", [line], near)

    def _by_days(self) -> None:
        for line in self.left:
            if line.subject or line.gross <= 0:
                continue
            groups = list(self._day_groups(line))
            exact = [g for g in groups if sum(i.amount for i in g) == line.gross]
            if exact:
                self._take("day_batch", [line], exact[0])
                continue
            net = [g for g in groups if self._less_fees(line, g)]
            if len(net) == 1:
                total = sum(item.amount for item in net[0])
                self._take("day_batch_net", [line], net[0], total - line.gross)

    def _less_fees(self, line: Line, group: list[Item]) -> bool:
        total = sum(item.amount for item in group)
        most = money.share(total, self.terms.fee_rate_max, "down") if total > 0 else 0
        return group[0].path.endswith(":clearing") and 0 < total - line.gross <= most

    def _day_groups(self, line: Line) -> Iterable[list[Item]]:
        """All that was open of single days, and of up to three days in a row, before the line."""
        last = line.at.astimezone(self.zone).date()
        first = last - timedelta(days=self.terms.match_days + _DAYS_TOGETHER)
        for account in _by_account(self._items.values()):
            if account[0].path.endswith(TRANSIT):
                yield from _by_name(account)
                continue
            days: dict[date, list[Item]] = defaultdict(list)
            for item in account:
                day = item.at.astimezone(self.zone).date()
                if first <= day <= last:
                    days[day].append(item)
            order = sorted(days)
            for count in range(1, _DAYS_TOGETHER + 1):
                for start in range(len(order) - count + 1):
                    run = order[start : start + count]
                    if all((b - a).days == 1 for a, b in pairwise(run)):
                        yield [item for day in run for item in days[day]]


def _by_name(items: Iterable[Item]) -> list[list[Item]]:
    """What an acquirer said that it pays together."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item.reference].append(item)
    return list(found.values())


def _by_account(items: Iterable[Item]) -> list[list[Item]]:
    found: dict[UUID, list[Item]] = defaultdict(list)
    for item in items:
        found[item.account_id].append(item)
    return list(found.values())
