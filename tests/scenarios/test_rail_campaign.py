"""Payments over the simulators with every fault at once: what the books say is what rails really did.

Goal: whatever is lost, late, doubled, wrong or out of order, each payment ends in a state that holds,
each rail's clearing account is what that rail moved, and no rail was asked the same twice.
Method: payments of all outside means are made, captured and refunded while two senders and the inbox
work; faults come by chance from a seed that is printed; at the end the simulators' own ledger, which
knows nothing of ours, is held against the books.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from huoshui.core import clock, work
from huoshui.core.db import Tx
from huoshui.ledger.verify import verify
from huoshui.lines.payments import Terms
from huoshui.lines.payments.chart import rail_path
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Capture, Create, GiveBack, Part, Payment, Tender
from huoshui.lines.payments.rails import store
from huoshui.lines.payments.rails.sender import Sender
from huoshui.lines.payments.rails.simulator.faults import CERTAIN
from huoshui.lines.payments.rails.simulator.model import Deed
from huoshui.lines.payments.rails.simulator.rules import is_taken
from huoshui.scenarios import due, payment_flow, rail_flow
from tests import ground
from tests.ground import Ground
from tests.lines.rails.ground import Field, field

SELLER = "merchant:slr_one:settlement"
FAULTS = ("lost_answer", "lost_request", "outage", "late_success", "late_decline", "pending",
          "declined", "wrong_amount", "duplicate_notice", "notice_out_of_order", "notice_first",
          "no_notice")  # fmt: skip
# Where a payment may rest: what a rail declined can be tried again, or called off.
RESTING = {"succeeded", "requires_payment_method", "requires_capture", "partially_captured",
           "cancelled", "failed"}  # fmt: skip
COUNT = ground.examples(30)
BUSY_S = 120


class Campaign:
    """The shop, and what it wants of its payments."""

    def __init__(self, over: Field, seed: int) -> None:
        self.field = over
        self.dice = random.Random(seed)
        self.made: list[UUID] = []
        self.senders = [
            Sender(over.database, rail_flow.PORTS.answered, find=over.find) for _ in range(2)
        ]

    def tx(self) -> Any:
        return self.field.database.begin(book=self.field.book)

    def make(self, number: int) -> None:
        """A payment by one or two means, captured at once or by hand."""
        amount = self.dice.randrange(200, 50_000)
        rails = self.dice.choice([["card"], ["card"], ["transfer"], ["qr"], ["card", "transfer"]])
        shares = [amount] if len(rails) == 1 else [amount // 3, amount - amount // 3]
        manual = rails == ["card"] and self.dice.random() < 0.4
        with self.tx() as tx:
            asked = Create(
                id=tx.id("pmt", str(number)), currency="CNY", confirm=True, buyer="byr_x",
                capture="manual" if manual else "automatic", parts=(Part(SELLER, "seller", amount),),
                tenders=tuple(
                    Tender(rail, rail_path(rail), share, token="tok_ok")
                    for rail, share in zip(rails, shares, strict=True)
                ),
            )  # fmt: skip
            [outcome] = payment_flow.apply(tx, [asked])
            assert outcome.payment is not None, outcome.problem
            self.made.append(asked.id)

    def payment(self, tx: Tx, id_: UUID) -> Payment:
        return service.payment(tx, id_)

    def go_on(self) -> None:
        """Capture what waits for it, in parts or whole; give some of what was captured back."""
        for id_ in self.made:
            with self.tx() as tx:
                found = self.payment(tx, id_)
                commands: list[Any] = []
                if found.state == "requires_capture":
                    part = self.dice.choice([None, found.amount // 2])
                    commands.append(Capture(id_, part, final=self.dice.random() < 0.5))
                elif found.state == "partially_captured":
                    commands.append(Capture(id_))
                elif found.state == "succeeded" and self.dice.random() < 0.2:
                    key = f"r{id_}{found.refunded}"
                    commands.append(GiveBack(id_, tx.id("prf", key), key))
                payment_flow.apply(tx, commands)

    def turn(self) -> None:
        for each in self.senders:
            each.drain(self.field.book)
        work.drain(self.field.database, due.WORK, book=self.field.book)
        self.field.pull()

    def open(self) -> int:
        with self.tx() as tx:
            found: int = tx.value(
                "SELECT count(*) FROM rail_call WHERE book = %(book)s AND look_at IS NOT NULL"
            )
            return found

    def settle(self) -> None:
        """Until no call is open and nothing more follows from what was told."""
        end = time.monotonic() + BUSY_S
        while self.open():
            assert time.monotonic() < end, "calls are still open"
            self.turn()


def really(deeds: list[Deed], rail: str) -> int:
    """What a rail took less what it gave back, in minor units."""
    total = 0
    for deed in deeds:
        if deed.rail == rail and deed.verdict == "succeeded":
            total += deed.moved if is_taken(deed) else 0
            total -= deed.moved if deed.verb == "refund" else 0
    return total


@pytest.fixture
def campaign(replay_world: Callable[..., Ground], tmp_path: Path) -> Any:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    world = replay_world(at=clock.system_now(), terms=Terms())
    chances = dict.fromkeys(FAULTS, CERTAIN // 25)
    with field(world.database, world.number, tmp_path, chances=chances, seed=seed) as made:
        yield Campaign(made, seed)


def test_the_books_say_what_rails_really_did(campaign: Campaign) -> None:
    for number in range(COUNT):
        campaign.make(number)
        if number % 10 == 9:
            campaign.turn()
            campaign.go_on()
    for _ in range(4):
        campaign.settle()
        campaign.go_on()
    campaign.settle()
    for each in campaign.senders:
        each.close()
    deeds = campaign.field.simulator.ledger()["deeds"]
    with campaign.tx() as tx:
        nets = ground.nets(tx)
        states = Counter(campaign.payment(tx, id_).state for id_ in campaign.made)
        rows = [row for row in store.page(tx, limit=10_000)]
        assert verify(tx).holds
    told = {str(row.id): row for row in rows}
    assert {deed.key for deed in deeds} <= told.keys()
    assert all(deed.times <= 1 for deed in deeds), "nothing was asked twice"
    for deed in deeds:
        row = told[deed.key]
        assert (row.state, row.answered or 0) == (deed.verdict, deed.moved), deed
    for rail in ("card", "transfer", "qr"):
        assert -nets.get(rail_path(rail), 0) == really(deeds, rail), (rail, nets)
    assert nets.get("payment:transit", 0) == 0
    assert set(states) <= RESTING, states
    assert states["succeeded"] > COUNT // 3, states
