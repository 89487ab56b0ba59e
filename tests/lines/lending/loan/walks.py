"""Random lives of loans without a database: what falls due for posting, step by step, and the whole fold."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from huoshui.core import ids
from huoshui.core.errors import Problem
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import moved_by
from huoshui.lines.lending.loan import checks, journal
from huoshui.lines.lending.loan.checks import MEANS
from huoshui.lines.lending.loan.model import Accrued, EventRow, Loan, Unconserved
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.loan.telling import kind_of, payload_of
from huoshui.lines.lending.postings import TEMPLATES, Posting, postings
from huoshui.lines.lending.product import LoanTables, read_tables

START = date(2025, 3, 3)
AT = datetime(2025, 3, 3, 4, tzinfo=UTC)
DAY = timedelta(days=1)
Books = Counter[tuple[str, str]]
TERMS: tuple[dict[str, Any], ...] = (
    {},
    {"month_days": "30", "year_days": 360},
    {"grace_principal": 2},
    {"rounding": "half_even", "every": 2, "unit": "weeks"},
    {"kind": "interest_only"},
    {"kind": "interest_only", "method": "flat"},
    {"kind": "equal_principal"},
    {"kind": "equal_principal", "grace_principal": 2, "balloon": "0.2"},
    {"kind": "single_payment"},
    {"balloon": "0.3"},
    {"method": "flat"},
    {"down_payment": "0.25"},
    {"interest_free": 2},
    {"grace_interest": 2, "level_rounds": 3},
    {"kind": "revolving", "rounding": "half_even"},
    {"kind": "revolving", "year_days": 360, "interest_free": 1},
    {"kind": "sales_share"},
    {"kind": "sales_share", "every": 2, "unit": "weeks"},
)
STATEMENTS: tuple[dict[str, Any], ...] = (
    {"minimum_share": "0.1", "minimum_floor": 20_000},
    {"minimum_share": "0.05", "minimum_of": "balance", "bears_from": "due", "due_days": 10},
)
SALES: tuple[dict[str, Any], ...] = (
    {"share": "0.1", "longest": 5, "least": "0.5"},
    {"share": "0.2", "longest": 6, "fee": "0.08"},
)
PENALTIES: tuple[dict[str, Any] | None, ...] = (
    None,
    {"times": "1.5"},
    {"times": "0.5", "compound": True, "grace_days": 5, "most": "0.05", "day_count": "act/act"},
    {"times": "1.3", "plus": "0.01", "grace_days": 3, "since": "grace", "day_count": "30e/360"},
)
BACK: tuple[tuple[str, ...], ...] = ((), ("penalty", "fee", "interest", "principal"))
FUTURE = ("next_instalment", "next_instalment", "last_instalment", "spread", "next_then_last")
LIVES: tuple[dict[str, Any], ...] = (
    {},
    {"recalculate": False},
    {"earn_on_overdue": False, "charge_off": "zero_interest"},
    {"rest": "period", "charge_off": "accelerate"},
)


def made(chance: random.Random) -> Running:
    """A loan of random terms that was drawn on the first day."""
    count = chance.choice([3, 4, 6])
    order = chance.choice(["horizontal", "vertical"])
    terms = chance.choice(TERMS)
    own: dict[str, Any] = {}
    if terms.get("kind") == "revolving":
        own = {"statement": chance.choice(STATEMENTS)}
    elif terms.get("kind") == "sales_share":
        own = {"sales": chance.choice(SALES)}
    free = bool(own.get("sales", {}).get("fee"))
    tables: LoanTables = read_tables(
        own
        | {
            "terms": terms | {"instalments": [count]},
            "law": {"cap_annual": "1"},
            "life": chance.choice(LIVES),
            "waterfall": {
                "direction": order,
                "future": {"default": chance.choice(FUTURE)},
                "chargeback": chance.choice(BACK),
            },
            "penalty": chance.choice(PENALTIES),
        }
    )
    loan = Loan(
        id=UUID(int=chance.getrandbits(128)),
        party="slr_x",
        product="p",
        version=1,
        currency="CNY",
        state="running",
        amount=900_000,
        instalments=count,
        rate_annual="0" if free else chance.choice(["0", "0.06", "0.12", "0.24"]),
        applied_at=AT,
        start_on=START,
    )
    return Running(loan, tables, [], Accrued(loan.id, START - DAY))


class Walk:
    """One life: the books that the postings make, compared with the fold of all events."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.running = made(self.chance)
        self.books: Books = Counter()
        self.today, self.number, self.refused, self.not_conserved = START, 0, 0, 0

    def live(self, steps: int) -> None:
        """So many things that happen; the books are compared after each."""
        self._tell(e.Drawn(id="", on=START, recorded=START, amount=500_000))
        for _ in range(steps):
            self.today += timedelta(days=self.chance.choice([0, 1, 9, 20, 33]))
            if self.chance.random() < 0.5:
                self.running.accrue(self.today - DAY)
            try:
                self._tell(self._event())
            except Problem as problem:
                self.refused += 1
                self.not_conserved += isinstance(problem, Unconserved)
            self.compare()

    def _tell(self, event: e.AnyEvent) -> None:
        checks.check(self.running, event, self.today)
        self.number += 1
        key, running = f"k{self.number}", self.running
        before = (running.order, running.accrued, list(running.rows), list(running.due))
        row = EventRow(
            loan_id=running.loan.id,
            number=len(running.rows) + 1,
            id=ids.derived(running.loan.id, key),
            key=key,
            kind=kind_of(event),
            on_=event.on,
            recorded_on=self.today,
            recorded_at=AT,
            amount=getattr(event, "amount", None),
            payload=payload_of(event),
            reverses=ids.read("lev", event.of) if isinstance(event, e.Reversed) else None,
            actor="test",
        )
        try:
            running.record(row)
        except Problem:  # as a transaction that is undone
            self.running = Running(running.loan, running.tables, before[2], before[1])
            self.running.due = before[3]
            raise

    def _event(self) -> e.AnyEvent:
        chance, today = self.chance, self.today
        back = timedelta(days=chance.choice([0, 0, 0, 3, 15, 60]))
        on = max(START, today - back)
        mark: dict[str, Any] = {"id": "", "on": on, "recorded": today}
        of = chance.choice(self.running.rows).shown
        kind = chance.choices(
            ["pay", "other", "draw", "charge", "waive", "undo", "back", "rate", "pause", "give",
             "off", "out", "again", "re_age", "move", "forgive"],
            [14, 3, 2, 4, 1, 5, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2],
        )[0]  # fmt: skip
        amount = chance.randrange(100, 120_000)
        due = on + timedelta(days=chance.choice([0, 0, 12, 40]))
        made: dict[str, Any] = {
            "pay": lambda: e.Paid(amount=amount, **mark),
            "other": lambda: e.Paid(amount=amount, kind=chance.choice(MEANS), **mark),
            "draw": lambda: e.Drawn(amount=200_000, **mark),
            "charge": lambda: e.Charged(
                amount=amount // 20, due=due, kind=chance.choice(["fee", "penalty"]), **mark
            ),
            "waive": lambda: e.Waived(of=of, **mark),
            "undo": lambda: e.Reversed(of=of, id="", on=today, recorded=today),
            "back": lambda: e.ChargedBack(of=of, amount=amount // 3, **mark),
            "rate": lambda: e.RateChanged(rate_annual=Fraction(chance.choice([3, 9]), 100), **mark),
            "pause": lambda: e.InterestPaused(until=on + timedelta(days=9), **mark),
            "give": lambda: e.CreditRefunded(amount=amount // 20, **mark),
            "off": lambda: e.ChargedOff(**mark),
            "out": lambda: e.WrittenOff(**mark),
            "again": lambda: e.ReAmortised(**mark),
            "re_age": lambda: e.ReAged(first_due=today + timedelta(days=15), instalments=4, **mark),
            "move": lambda: self._moved(mark),
            "forgive": lambda: e.PenaltyWaived(
                amount=chance.choice([None, None, amount // 40 + 1]), **mark
            ),
        }
        event: e.AnyEvent = made[kind]()
        return event

    def _moved(self, mark: dict[str, Any]) -> e.AnyEvent:
        chance, state = self.chance, self.running.state
        if state.account is not None:  # which becomes a loan of instalments
            due = mark["on"] + timedelta(days=chance.choice([5, 31]))
            return e.Rescheduled(due=due, more=chance.choice([2, 3, 6]), **mark)
        rows = [row.due for row in state.regular()]
        return e.Rescheduled(due=chance.choice(rows), more=chance.choice([1, 2]), **mark)

    def compare(self) -> None:
        """What was posted is the full fold, by month and account, to the minor unit; nothing is lost."""
        running = self.running
        have = _books(due.posting for due in running.due)
        told = running.whole()
        want = _books([*postings(moved_by(told.state)), *_earned(told)])
        apart = {p: (have[p], want[p]) for p in {*have, *want} if have[p] != want[p]}
        assert not apart, (apart, [(r.kind, r.on_, r.recorded_on, r.payload) for r in running.rows])
        assert sum(have.values()) == 0
        state = told.state
        by_account: Counter[str] = Counter()
        for (_, account), amount in have.items():
            by_account[account] += amount
        lost = bool(state.charged_off or state.written_off)
        assert -by_account["borrowers:p:credit"] == state.overpaid, self.story()
        if not state.written_off:
            assert by_account["loans:p:principal"] == (0 if lost else state.principal_owed), (
                by_account,
                state.principal_owed,
                self.story(),
            )
        if lost or (state.drawn and not state.outstanding):
            assert by_account["loans:p:receivable"] == 0, (by_account, self.story())

    def story(self) -> list[Any]:
        """What was told, for the report of a fault."""
        return [
            (r.kind, str(r.on_), str(r.recorded_on), r.amount, r.payload) for r in self.running.rows
        ]


def _earned(told: journal.Told) -> list[Posting]:
    listed: list[Posting] = []
    before = journal.NOTHING
    for day in sorted(told.earned):
        if day == told.until or day == journal.month_end(day):
            parts = told.earned[day]
            apart = (parts[0] - before[0], parts[1] - before[1], parts[2] - before[2])
            listed += journal.earned(day, apart)
            before = parts
    return listed


def _books(listed: Any) -> Books:
    found: Books = Counter()
    for each in listed:
        for leg in TEMPLATES[each.template].legs({"book": "p"}, each.amounts):
            found[f"{each.on:%Y-%m}", leg.source] += leg.amount
            found[f"{each.on:%Y-%m}", leg.target] -= leg.amount
    return found


def campaign(seed: int, lives: int, steps: int = 8) -> dict[str, int]:
    """Random lives from a seed; how many, how many things happened, how many were refused."""
    happened = refused = not_conserved = 0
    for number in range(lives):
        walk = Walk(f"{seed}/{number}")
        try:
            walk.live(steps)
        except AssertionError as error:
            raise AssertionError(f"HUOSHUI_LOAN_SEED={seed} life {number}: {error}") from error
        happened, refused = happened + len(walk.running.rows), refused + walk.refused
        not_conserved += walk.not_conserved
    return {
        "lives": lives, "events": happened, "refused": refused, "not_conserved": not_conserved
    }  # fmt: skip
