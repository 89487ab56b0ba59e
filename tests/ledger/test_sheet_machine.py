"""The ledger against a plain model: random commands, one store, no difference.

Goal: whatever is asked, in whatever order and company, the code of every command and every
counter are those of the model; the sum over all accounts is zero, bounds are never broken, and
what is stored equals what is recomputed.
Method: a hypothesis state machine sends commands to PostgreSQL and to the model in `oracle.py`,
one by one and in batches, while time passes. `test_several_threads` lets writers race, then asks
the model for the same commands in the order in which they were committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from huoshui import ledger
from huoshui.core import access, crypto, ids
from huoshui.core.db import Database, Tx
from huoshui.ledger import (
    AccountKind,
    Capture,
    Chart,
    Command,
    Extend,
    Leg,
    Release,
    Transaction,
)
from huoshui.ledger.service import AlreadyReversed
from huoshui.ledger.verify import verify
from tests import ground
from tests.ground import START, Ground
from tests.ledger.oracle import Oracle

FLOORS = {"bank": None, "wallet:x": 0, "wallet:y": 0, "vault": 0, "credit": -500}
CEILINGS = {"bank": None, "wallet:x": None, "wallet:y": None, "vault": 1_000, "credit": None}
PATHS = (*FLOORS, "nobody")
CHART = Chart(
    tuple(AccountKind(p, p, "liability", FLOORS[p], CEILINGS[p]) for p in FLOORS)
)  # fmt: skip

# Mostly what could stand: a machine that is refused at the door learns nothing of the house.
never = st.just("")
sides = st.sampled_from(["", "", "", "", "from", "to", "both"])
known = st.lists(st.sampled_from(tuple(FLOORS)), min_size=2, max_size=2, unique=True)
good_leg = st.builds(
    lambda pair, amount, cap: Leg(pair[0], pair[1], amount, cap), known, st.integers(0, 400), sides
)
wild_leg = st.builds(
    Leg, st.sampled_from(PATHS), st.sampled_from(PATHS),
    st.one_of(st.integers(0, 1_500), st.sampled_from([-1, 2**62, 2**62 + 1])), sides,
)  # fmt: skip
one = good_leg.map(lambda leg: (leg,))
post = st.tuples(st.one_of(one, st.lists(good_leg, min_size=2, max_size=3).map(tuple)),
                 st.just(False), st.just(0), never)  # fmt: skip
hold = st.tuples(one, st.just(True), st.sampled_from([0, 0, 5, 60]), never)
closing = st.tuples(one, st.just(True), st.just(5), st.sampled_from(["from", "to", "both"]))
wild = st.tuples(st.lists(wild_leg, max_size=3).map(tuple), st.booleans(),
                 st.sampled_from([0, 5]), sides)  # fmt: skip
on_hold = st.sampled_from(["capture", "capture", "keep", "keep", "release", "extend"])
what = st.one_of(post, post, hold, hold, on_hold, on_hold, closing, wild)
asked = st.lists(
    st.tuples(what, st.integers(0, 40), st.integers(-1, 60),
              st.sampled_from([None, None, 0, 1, 40, 999]),
              st.sampled_from([False, False, False, False, True])),
    min_size=1, max_size=6,
)  # fmt: skip


class Ledger(RuleBasedStateMachine):
    """Sends to both, and compares."""

    world: ClassVar[Ground]
    sent = Bundle("sent")

    @initialize()
    def open(self) -> None:
        self.oracle, self.number = Oracle(FLOORS, CEILINGS), ground.fresh_book()
        self.reversed: dict[UUID, UUID] = {}
        self.now = self.world.value("SELECT clock_at FROM world")
        self.ids: list[UUID] = []
        with self.begin() as tx:
            access.open_book(tx, ground.book(self.number))
            for kind in CHART.kinds:
                ledger.open_account(tx, kind.pattern, "CNY", kind)
            first = tx.id("txn", f"{self.number}/first")
        funded = tuple(Leg("bank", path, 600) for path in ("wallet:x", "wallet:y", "vault"))
        self.compare([_transaction(first, funded, self.now)])

    def begin(self) -> AbstractContextManager[Tx]:
        return self.world.database.begin(book=self.number, now=self.now)

    @rule(target=sent, wishes=asked, alone=st.booleans())
    def send(self, wishes: list, alone: bool) -> list[Command]:
        commands = [self.command(*wish) for wish in wishes]
        if alone:
            for command in commands:
                self.compare([msgspec.structs.replace(command, linked=False)])
        else:
            self.compare(commands)
        return commands

    @rule(commands=sent, other=st.sampled_from(["same", "template", "amount", "kind"]))
    def repeat(self, commands: list[Command], other: str) -> None:
        self.compare([_altered(command, other) for command in commands])

    @rule(seconds=st.sampled_from([1, 5, 60]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(commands=sent)
    def reverse(self, commands: list[Command]) -> None:
        standing = [c for c in commands if isinstance(c, Transaction) and not c.hold]
        # An id that was refused for good may be asked again as a hold, which is not reversed.
        stands = self.oracle.stands
        found = [c for c in standing if c.id in stands and not stands[c.id][0].hold]
        if not found:
            return
        first, moved = stands[found[0].id]
        with self.begin() as tx:
            id_ = tx.id("txn", f"reversal/{len(self.ids)}")
        self.ids.append(id_)
        back = tuple(
            Leg(leg.target, leg.source, amount)
            for leg, amount in reversed(list(zip(first.legs, moved, strict=True)))
        )
        wish = _transaction(id_, back, self.now, template="reversal")
        if found[0].id in self.reversed:
            with self.begin() as tx, pytest.raises(AlreadyReversed):
                ledger.reverse(tx, found[0].id, reversal_id=id_)
            return
        self.oracle.expire(self.now)
        code = self.oracle.one(wish, self.now)
        self.oracle.burnt.discard(id_)  # a refusal undoes the caller's transaction
        if code == "created":
            with self.begin() as tx:
                ledger.reverse(tx, found[0].id, reversal_id=id_)
            self.reversed[found[0].id] = id_
            return
        with pytest.raises(ledger.model.PostingRefused) as caught, self.begin() as tx:
            ledger.reverse(tx, found[0].id, reversal_id=id_)
        assert caught.value.facts["result"] == code

    def command(self, wish, same: int, hold: int, amount: int | None, linked: bool) -> Command:
        with self.begin() as tx:
            fresh = tx.id("txn", f"{self.number}/{len(self.ids)}")
        self.ids.append(fresh)
        id_ = self.ids[-same] if same and same % 8 == 0 and same < len(self.ids) else fresh
        holds = list(self.oracle.holds) or [fresh]
        on = self.ids[0] if hold < 0 else holds[hold % len(holds)]
        match wish:
            case "capture" | "keep":
                return Capture(id=id_, hold=on, amount=amount, final=wish == "capture",
                               linked=linked)  # fmt: skip
            case "release":
                return Release(id=id_, hold=on, amount=amount or 0, linked=linked)
            case "extend":
                return Extend(id=id_, hold=on, timeout_s=(amount or 0) % 50, linked=linked)
        legs_, held, timeout_s, close = wish
        return _transaction(id_, legs_, self.now, held, timeout_s, close, linked)

    def compare(self, commands: Sequence[Command]) -> None:
        expected = self.oracle.all(commands, self.now)
        with self.begin() as tx:
            results = ledger.post(tx, commands)
        assert [result.code for result in results] == expected

    @invariant()
    def counters_are_the_models(self) -> None:
        self.oracle.expire(self.now)
        with self.begin() as tx:
            ledger.post(tx, [])  # holds that ran out end with the next batch
            found = ledger.service.accounts(tx, limit=100)
        for a in found:
            model = (self.oracle.net(a.path), self.oracle.held(a.path, "from"),
                     self.oracle.held(a.path, "to"), a.path in self.oracle.closed)  # fmt: skip
            assert (a.in_ - a.out_, a.held_out, a.held_in, a.closed) == model, a.path
        assert sum(a.in_ - a.out_ for a in found) == 0

    def teardown(self) -> None:
        with self.begin() as tx:
            checked = verify(tx)
            assert checked.holds, checked.faults
            assert ledger.journal.trial_balance(tx).balanced


def _altered(command: Command, other: str) -> Command:
    replace = msgspec.structs.replace
    if other == "kind" and isinstance(command, Capture):
        return replace(command, final=not command.final)
    if isinstance(command, Transaction):
        if other == "template":
            return replace(command, template="other")
        if other == "amount":
            more = tuple(replace(leg, amount=leg.amount + 1) for leg in command.legs)
            return replace(command, legs=more)
        if other == "kind":
            return replace(command, hold=not command.hold)
    return command


def _transaction(
    id_: UUID,
    legs_: tuple[Leg, ...],
    now: datetime,
    held: bool = False,
    timeout_s: int = 0,
    close: Any = "",
    linked: bool = False,
    template: str = "t",
) -> Transaction:
    return Transaction(
        id=id_, template=template, reference="", currency="CNY", legs=legs_, effective_at=now,
        hold=held, timeout_s=timeout_s, close=close, linked=linked,
    )  # fmt: skip


def test_the_ledger_is_its_model(market: Ground) -> None:
    Ledger.world = market
    case = Ledger.TestCase
    case.settings = settings(
        max_examples=ground.examples(45), stateful_step_count=20, deadline=None
    )
    case("runTest").debug()


def test_several_threads_are_the_model_in_some_order(sandbox: Database, book: int) -> None:
    """What each thread was answered is what the model says, in the order of the batches."""
    with sandbox.begin(book=book) as tx:
        for kind in CHART.kinds:
            ledger.open_account(tx, kind.pattern, "CNY", kind)
    calls: list[tuple[list[Command], list[str]]] = []

    def write(seed: int) -> None:
        random = Random(seed)
        held: list[UUID] = []
        for number in range(25):
            commands = [_any(random, held, f"{seed}/{number}/{n}") for n in range(4)]
            with sandbox.begin(book=book) as tx:
                results = ledger.post(tx, commands)
            calls.append((commands, [result.code for result in results]))
            held += [r.command.id for r in results if r.stands and _is_hold(r.command)]

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(write, seed) for seed in range(4)]:
            done.result()
    oracle = Oracle(FLOORS, CEILINGS)
    with sandbox.begin(book=book) as tx:
        batches = dict(tx.tuples("SELECT id, batch FROM transfer WHERE book = %(book)s"))
        assert verify(tx).holds
        found = ledger.service.accounts(tx, limit=100)
    ordered = []
    for commands, codes in calls:
        made = {batches[c.id] for c, code in zip(commands, codes, strict=True) if code == "created"}
        assert len(made) <= 1, "one call, one batch"
        if made:
            ordered.append((made.pop(), commands, codes))
    assert len(ordered) > 40
    for _, commands, codes in sorted(ordered, key=lambda each: each[0]):
        assert oracle.all(commands, START) == codes
    for a in found:
        assert a.in_ - a.out_ == oracle.net(a.path)
        assert a.held_out == oracle.held(a.path, "from")


def _any(random: Random, held: list[UUID], key: str) -> Command:
    id_ = ids.uuid7(START, crypto.sha256(key.encode()))
    linked = not key.endswith("3") and random.random() < 0.2
    if held and random.random() < 0.3:
        hold = random.choice(held)
        if random.random() < 0.3:
            return Release(id=id_, hold=hold, linked=linked)
        return Capture(id=id_, hold=hold, amount=random.choice([None, 5]),
                       final=random.random() < 0.5, linked=linked)  # fmt: skip
    source, target = random.sample(list(FLOORS), 2)
    leg = Leg(source, target, random.randint(0, 200), random.choice(["", "", "", "from", "to"]))
    return _transaction(id_, (leg,), START, held=random.random() < 0.3, linked=linked)


def _is_hold(command: Command) -> bool:
    return isinstance(command, Transaction) and command.hold
