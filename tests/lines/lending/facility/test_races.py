"""200 drawdowns racing on one facility and on those above it never break a limit; nor does any order.

Method: real processes race on one scene, then threads on two scenes under one borrower while its limit
is changed and it is frozen; and a state machine holds every step against the pure tree.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.ledger.holds import lapse
from huoshui.ledger.verify import verify
from huoshui.lines.lending.facility import Node, Tree, Used, port, service, store
from huoshui.lines.lending.facility.model import FacilityShort, NotSoMuchDrawn, limit_of
from huoshui.lines.lending.facility.service import Asked, Freezing
from huoshui.lines.lending.facility.way import stands
from tests import ground
from tests.ground import DAY, START, Ground
from tests.lines.lending.facility.ground import Family, family, race, seen


def test_two_hundred_drawdowns_of_eight_processes(sandbox: Database, book: int) -> None:
    with sandbox.begin(book=book) as tx:
        folk = family(tx, 1_000_000, 77_700, 1_000_000)
    command = [sys.executable, "-m", "tests.lines.lending.facility.ground", sandbox.url, str(book)]
    command += [str(folk.scene.id), "25", "1000"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(8)]
    told = [json.loads(each.communicate(timeout=120)[0]) for each in running]
    assert sum(each.get("drawn", 0) for each in told) == 77, told
    assert sum(each.get("facility_short", 0) for each in told) == 123, told
    with sandbox.begin(book=book) as tx:
        for facility in (folk.scene, folk.borrower, folk.group):
            assert seen(tx, facility).drawn == 77_000
        verify(tx)


def test_two_scenes_race_while_their_borrower_is_changed_and_frozen(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        folk = family(tx, 90_000, 60_000, 50_000, 50_000)
    with ThreadPoolExecutor(6) as pool:
        drawing = [
            pool.submit(race, sandbox.url, book, id_, 25, 1_000)
            for id_ in (folk.scene.id, folk.phones.id) * 2
        ]
        for amount in (30_000, 80_000, 45_000):
            sandbox.run(
                lambda tx, amount=amount: service.change_limit(  # type: ignore[misc]
                    tx, folk.borrower.id, Asked(kind="base", amount=amount, cause="race")
                ),
                book=book,
            )
            freezing = sandbox.run(
                lambda tx: service.freeze(
                    tx,
                    folk.group.id,
                    Freezing(cause="race", until=access.today(tx), share_ppm=500_000),
                ),
                book=book,
            )
            sandbox.run(lambda tx, f=freezing: service.end(tx, f.change.id, "over"), book=book)  # type: ignore[misc]
        codes = [each.result() for each in drawing]
    assert {code for each in codes for code in each} <= {"drawn", "facility_short"}
    with sandbox.begin(book=book) as tx:
        scene, phones, borrower, group = (
            seen(tx, f) for f in (folk.scene, folk.phones, folk.borrower, folk.group)
        )
        assert scene.drawn + phones.drawn == borrower.drawn == group.drawn
        assert borrower.drawn <= 80_000
        # The last limit said is 45,000: what was drawn beyond it, was drawn before it was said.
        assert borrower.available == max(0, 45_000 - borrower.drawn)
        verify(tx)


amounts = st.one_of(st.integers(1, 400), st.integers(1, 2_000))


class Facilities(RuleBasedStateMachine):
    """Random acts on four facilities, and the pure tree that says what should be."""

    held = Bundle("held")
    changed = Bundle("changed")
    market: Ground
    opened: AbstractContextManager[Tx]

    def __init__(self) -> None:
        super().__init__()
        number = ground.fresh_book()
        self.number, self.now = number, self.market.value("SELECT clock_at FROM world")
        with self.begin() as tx:
            access.open_book(tx, ground.book(number))
            self.folk: Family = family(tx, 3_000, 2_000, 1_500, 700)
        self.used = dict.fromkeys(self.folk.ids, Used())
        self.out: dict[UUID, tuple[UUID, int, Any]] = {}
        self.count = 0

    def begin(self) -> AbstractContextManager[Tx]:
        """A transaction of this machine's book."""
        return self.market.database.begin(book=self.number, now=self.now)

    def tree(self, tx: Tx) -> Tree:
        """What the model says, from the same list of changes."""
        found = store.changes(tx, self.folk.ids)
        parents = {self.folk.group.id: None, self.folk.borrower.id: self.folk.group.id,
                   self.folk.scene.id: self.folk.borrower.id, self.folk.phones.id: self.folk.borrower.id}  # fmt: skip
        nodes = [Node(id_, parent, limit_of(found[id_])) for id_, parent in parents.items()]
        return Tree(nodes, self.used)

    def use(self, id_: UUID, drawn: int = 0, held: int = 0) -> None:
        """Note what moved under a facility itself."""
        was = self.used[id_]
        self.used[id_] = Used(was.drawn + drawn, was.held + held)

    @rule(target=held, which=st.integers(0, 3), amount=amounts, hours=st.integers(1, 60))
    def reserve(self, which: int, amount: int, hours: int) -> Any:
        id_ = self.folk.ids[which]
        with self.begin() as tx:
            room = self.tree(tx).room(id_, access.today(tx)).available
            until = tx.now + timedelta(hours=hours)
            self.count += 1
            name = tx.id("rsv", f"{self.number}/{self.count}")
            done: port.Exposure | None
            try:
                done = port.reserve(tx, id_, amount, until, name=name)
            except FacilityShort as problem:
                short, done = problem, None
            if done is None:
                assert amount > room == short.facts["available"]
                return multiple()
            assert done.available == room - amount
        self.use(id_, held=amount)
        self.out[name] = (id_, amount, until)
        return name

    @rule(name=consumes(held), share=st.integers(1, 4))
    def draw(self, name: UUID, share: int) -> None:
        if name not in self.out:
            return
        id_, amount, _ = self.out[name]
        part = -(-amount // share)
        with self.begin() as tx:
            tree, on = self.tree(tx), access.today(tx)
            fits = all(tree.used(n.id).drawn + part <= n.limit.at(on) for n in tree.way_up(id_))
            try:
                port.draw(tx, name, part)
            except FacilityShort:
                assert not fits
                return
            assert fits
        del self.out[name]
        self.use(id_, drawn=part, held=-amount)

    @rule(name=consumes(held))
    def release(self, name: UUID) -> None:
        if name not in self.out:
            return
        id_, amount, _ = self.out.pop(name)
        with self.begin() as tx:
            port.release(tx, name)
        self.use(id_, held=-amount)

    @rule(which=st.integers(0, 3), amount=amounts)
    def restore(self, which: int, amount: int) -> None:
        id_ = self.folk.ids[which]
        if which < 2:  # what was drawn below is given back below
            amount = min(amount, self.used[id_].drawn)
        if not amount:
            return
        with self.begin() as tx:
            self.count += 1
            try:
                port.restore(tx, id_, amount, cause=tx.id("txn", f"{self.number}/{self.count}"))
            except NotSoMuchDrawn:
                assert amount > self.used[id_].drawn
                return
        self.use(id_, drawn=-amount)

    @rule(which=st.integers(0, 3), amount=st.integers(0, 3_000), later=st.integers(0, 3))
    def base(self, which: int, amount: int, later: int) -> None:
        self.say(which, Asked(kind="base", amount=amount, cause="b", since=self.on(later)))

    @rule(target=changed, which=st.integers(0, 3), share=st.integers(1, 10), later=st.integers(0, 2), days=st.integers(0, 3))  # fmt: skip
    def lift(self, which: int, share: int, later: int, days: int) -> UUID:
        asked = Asked(
            kind="uplift", share_ppm=share * 100_000, cause="u",
            since=self.on(later), until=self.on(later + days),
        )  # fmt: skip
        return self.say(which, asked)

    @rule(target=changed, which=st.integers(0, 3), days=st.integers(0, 3), share=st.none() | st.integers(1, 999_999))  # fmt: skip
    def freeze(self, which: int, days: int, share: int | None) -> Any:
        with self.begin() as tx:
            try:
                asked = Freezing(cause="f", until=self.on(days), share_ppm=share)
                return service.freeze(tx, self.folk.ids[which], asked).change.id
            except Problem:
                return multiple()

    @rule(change=consumes(changed))
    def end(self, change: UUID) -> None:
        with self.begin() as tx:
            until = service.find_change(tx, change).until
            if until is not None and until >= access.today(tx):
                service.end(tx, change, "over")

    @rule(hours=st.integers(1, 50))
    @precondition(lambda self: self.count)
    def wait(self, hours: int) -> None:
        self.now = self.now + timedelta(hours=hours)
        for name, (id_, amount, until) in list(self.out.items()):
            if until <= self.now:
                del self.out[name]
                self.use(id_, held=-amount)
        with self.begin() as tx:  # any batch ends what has run out
            lapse(tx)

    def on(self, days: int) -> Any:
        """A day from now."""
        return self.now.astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=days)

    def say(self, which: int, asked: Asked) -> UUID:
        """Change a limit."""
        with self.begin() as tx:
            return service.change_limit(tx, self.folk.ids[which], asked).change.id

    @invariant()
    def as_the_tree_says(self) -> None:
        with self.begin() as tx:
            tree, on = self.tree(tx), access.today(tx)
            facilities = [service.find(tx, id_) for id_ in self.folk.ids]
            for each in stands(tx, facilities):
                used = tree.used(each.facility.id)
                assert (each.drawn, each.held) == (used.drawn, used.held)
                assert each.over == tree.over(each.facility.id, on)
                node = next(iter(tree.way_up(each.facility.id)))
                room = node.limit.thawed(max(0, node.limit.at(on) - used.drawn), on) - used.held
                assert each.available == max(0, room)

    def teardown(self) -> None:
        with self.begin() as tx:
            verify(tx)


def test_every_order_of_acts_is_as_the_tree_says(market: Ground) -> None:
    class Here(Facilities):
        """On this world."""

    Here.market = msgspec.structs.replace(market)
    run_state_machine_as_test(Here, settings=settings(max_examples=15, stateful_step_count=20))


@pytest.fixture
def market(replay_world: Any) -> Ground:
    """A world whose clock the machine moves."""
    made: Ground = replay_world(at=START + DAY)
    return made
