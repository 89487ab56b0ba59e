"""The ledger against a plain model: random transactions, one store, no difference.

Goal: whatever is asked, the sum over all accounts is zero, bounds are never broken, a
transaction's legs stand all or none, and what is stored equals what is recomputed.
Method: a hypothesis state machine posts to PostgreSQL and to dictionaries, side by side.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.ledger import Leg, Transaction
from huoshui.ledger.service import AlreadyReversed
from huoshui.ledger.verify import verify
from tests import ground
from tests.ground import START, WALLETS

PATHS = ("bank:a", "wallet:x", "wallet:y", "vault:v", "free:f", "nobody:home")
FLOORS = {"wallet:x": 0, "wallet:y": 0, "vault:v": 0}
CEILINGS = {"vault:v": 1_000}

legs = st.lists(
    st.builds(
        Leg, st.sampled_from(PATHS), st.sampled_from(PATHS),
        st.one_of(st.integers(1, 1_500), st.sampled_from([0, -1, 2**62 + 1])),
    ),
    max_size=5,
)  # fmt: skip


class Books:
    """The plain model: balances by path, and the wish behind each transaction that stands."""

    def __init__(self) -> None:
        self.balances = dict.fromkeys(PATHS[:-1], 0)
        self.wishes: dict[UUID, tuple[Leg, ...]] = {}

    def expect(self, id_: UUID, wished: tuple[Leg, ...]) -> str:
        """The result code that the wish must get; moves the balances where it is created."""
        if id_ in self.wishes:
            return "exists" if self.wishes[id_] == wished else "differs"
        fault = self._malformed(wished)
        if fault:
            return fault
        if any(path == "nobody:home" for leg in wished for path in (leg.source, leg.target)):
            return "account_not_found"
        return self._move(id_, wished)

    @staticmethod
    def _malformed(wished: tuple[Leg, ...]) -> str:
        if not wished:
            return "no_legs"
        for leg in wished:
            if not 0 < leg.amount <= 2**62:
                return "amount_out_of_range"
            if leg.source == leg.target:
                return "same_account"
        return ""

    def _move(self, id_: UUID, wished: tuple[Leg, ...]) -> str:
        after = dict(self.balances)
        for leg in wished:
            after[leg.source] -= leg.amount
            after[leg.target] += leg.amount
        for leg in wished:
            if after[leg.source] < FLOORS.get(leg.source, -(10**30)):
                return "insufficient_from"
        for leg in wished:
            if after[leg.target] > CEILINGS.get(leg.target, 10**30):
                return "limit_exceeded_to"
        self.balances, self.wishes[id_] = after, wished
        return "created"


class Ledger(RuleBasedStateMachine):
    """Posts to both, and compares."""

    database: ClassVar[Database]
    posted = Bundle("posted")

    @initialize()
    def open(self) -> None:
        self.books, self.number = Books(), ground.fresh_book()
        self.reversed: set[UUID] = set()
        with self._begin() as tx:
            access.open_book(tx, ground.book(self.number))

    def _begin(self) -> AbstractContextManager[Tx]:
        return self.database.begin(book=self.number)

    @rule(target=posted, wished=st.lists(legs.map(tuple), min_size=1, max_size=4))
    def post(self, wished: list[tuple[Leg, ...]]) -> list[UUID]:
        with self._begin() as tx:
            ids = [tx.id("txn", str(n)) for n in range(len(wished))]
            self._post(tx, list(zip(ids, wished, strict=True)))
        return ids

    @rule(ids=posted, wished=legs.map(tuple))
    def repeat(self, ids: list[UUID], wished: tuple[Leg, ...]) -> None:
        with self._begin() as tx:
            again = [(id_, self.books.wishes.get(id_, wished)) for id_ in ids]
            self._post(tx, [*again, (ids[0], wished)])

    def _post(self, tx: Tx, wishes: list[tuple[UUID, tuple[Leg, ...]]]) -> None:
        expected = [self.books.expect(id_, wished) for id_, wished in wishes]
        results = ledger.post(
            tx,
            [
                Transaction(
                    id=id_, template="t", reference="r", currency="CNY", legs=wished,
                    effective_at=START,
                )
                for id_, wished in wishes
            ],
            WALLETS,
        )  # fmt: skip
        assert [result.code for result in results] == expected

    @rule(ids=posted)
    def reverse(self, ids: list[UUID]) -> None:
        standing = [id_ for id_ in ids if id_ in self.books.wishes]
        if not standing:
            return
        with self._begin() as tx:
            reversal = tx.id("txn", "reversal")
            if standing[0] in self.reversed:
                with pytest.raises(AlreadyReversed):
                    ledger.reverse(tx, standing[0], reversal_id=reversal)
                return
            wished = tuple(
                Leg(leg.target, leg.source, leg.amount)
                for leg in reversed(self.books.wishes[standing[0]])
            )
            code = self.books.expect(reversal, wished)
            if code == "created":
                ledger.reverse(tx, standing[0], reversal_id=reversal)
                self.reversed.add(standing[0])
                return
            with pytest.raises(ledger.model.PostingRefused) as caught:
                ledger.reverse(tx, standing[0], reversal_id=reversal)
            assert caught.value.facts["result"] == code

    @invariant()
    def balances_are_the_models(self) -> None:
        with self._begin() as tx:
            stored = ground.nets(tx)
            assert stored == {p: b for p, b in self.books.balances.items() if b}
            assert sum(stored.values()) == 0

    def teardown(self) -> None:
        with self._begin() as tx:
            checked = verify(tx)
            assert checked.holds, checked.faults
            assert ledger.service.trial_balance(tx).balanced


def test_the_ledger_is_its_model(sandbox: Database) -> None:
    Ledger.database = sandbox

    case = Ledger.TestCase
    case.settings = settings(
        max_examples=ground.examples(40), stateful_step_count=20, deadline=None
    )
    case("runTest").debug()
