"""The ledger's verb in the lane: chains of many callers in one batch, each command its own result."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from huoshui import ledger
from huoshui.core.db import Database
from huoshui.core.lane import Lane
from huoshui.ledger import Command, Leg, Transaction, holds
from huoshui.ledger.lane import chains, post_many, post_many_waiting, weight
from tests import ground
from tests.core.lane_verbs import running


@pytest.fixture
def lane(sandbox: Database, book: int) -> Iterator[Lane]:
    """A lane on the sandbox, where a bank and two wallets of the book are open."""
    with sandbox.begin(book=book) as tx:
        for path in ("bank:a", "wallet:a", "wallet:b"):
            kind = ground.WALLETS.kind_of(path)
            assert kind
            ledger.open_account(tx, path, "CNY", kind)
    with running(sandbox) as lane:
        yield lane


def made(
    sandbox: Database, source: str, target: str, amount: int, *, linked: bool = False,
    hold: bool = False, timeout_s: int = 0,
) -> Transaction:  # fmt: skip
    with sandbox.begin() as tx:
        return Transaction(
            id=tx.id("txn", ""), template="test", reference="", currency="CNY",
            legs=(Leg(source, target, amount),), effective_at=tx.now, linked=linked, hold=hold,
            timeout_s=timeout_s,
        )  # fmt: skip


def nets(sandbox: Database, book: int) -> dict[str, int]:
    with sandbox.begin(book=book) as tx:
        return ground.nets(tx)


def test_commands_are_cut_where_a_chain_ends(sandbox: Database) -> None:
    linked = made(sandbox, "a", "b", 1, linked=True)
    single = made(sandbox, "a", "b", 1)
    commands: list[Command] = [single, linked, linked, single, single, linked]
    cut = chains(commands)
    assert cut == [(single,), (linked, linked, single), (single,), (linked,)]
    assert [weight(chain) for chain in cut] == [1, 3, 1, 1] and chains([]) == []


def test_many_callers_have_one_batch_and_each_its_results(
    lane: Lane, sandbox: Database, book: int
) -> None:
    fill = made(sandbox, "bank:a", "wallet:a", 50)
    assert post_many_waiting(lane, [fill], book=book)[0].code == "created"
    moves = [made(sandbox, "wallet:a", "wallet:b", 1) for _ in range(60)]

    async def callers() -> list[str]:
        wishes = (
            post_many(lane, [move], book=book, actor=f"caller {n}", caller=str(n))
            for n, move in enumerate(moves)
        )
        return [result.code for (result,) in await asyncio.gather(*wishes)]

    found = asyncio.run(callers())
    assert found.count("created") == 50 and found.count("insufficient_from") == 10
    assert nets(sandbox, book) == {"bank:a": -50, "wallet:b": 50}
    with sandbox.begin(book=book) as tx:
        rows = tx.tuples("SELECT id, actor FROM transfer WHERE book = %(book)s AND amount = 1")
    actors = {move.id: f"caller {n}" for n, move in enumerate(moves)}
    assert {id_: actor for id_, actor in rows}.items() <= actors.items()
    assert len(rows) == 50 and lane.health().batches < 40


def test_a_repeat_is_known_and_a_passing_refusal_burns(
    lane: Lane, sandbox: Database, book: int
) -> None:
    fill, move = made(sandbox, "bank:a", "wallet:a", 5), made(sandbox, "wallet:a", "wallet:b", 5)
    tail = made(sandbox, "bank:a", "wallet:a", 1, linked=True)
    commands = [move, fill, fill, move, tail]
    found = [result.code for result in post_many_waiting(lane, commands, book=book)]
    assert found == [
        "insufficient_from", "created", "exists", "id_already_failed", "chain_left_open"
    ]  # fmt: skip
    again = [result.code for result in post_many_waiting(lane, [fill, move], book=book)]
    assert again == ["exists", "id_already_failed"]


def test_a_chain_that_stands_is_told_so_of_each_and_one_that_stands_in_part_is_not(
    lane: Lane, sandbox: Database, book: int
) -> None:
    """A lane that lost the answer of a commit runs the chain again: nobody is told it failed."""
    first = made(sandbox, "bank:a", "wallet:a", 50, linked=True)
    second = made(sandbox, "wallet:a", "wallet:b", 20)
    third = made(sandbox, "wallet:a", "wallet:b", 1)

    def codes(*commands: Command) -> list[str]:
        return [r.code for r in post_many_waiting(lane, commands, book=book)]

    assert codes(first, second) == ["created", "created"]
    assert codes(first, second) == ["exists", "exists"]
    assert codes(first, third) == ["exists", "linked_failed"]
    assert nets(sandbox, book) == {"bank:a": -50, "wallet:a": 30, "wallet:b": 20}


def test_a_hold_that_has_run_out_ends_where_nothing_else_moves(
    lane: Lane, sandbox: Database, book: int
) -> None:
    fill = made(sandbox, "bank:a", "wallet:a", 5)
    held = [made(sandbox, "wallet:a", "wallet:b", 1, hold=True, timeout_s=s) for s in (60, 3_600)]
    assert {r.code for r in post_many_waiting(lane, [fill, *held], book=book)} == {"created"}
    assert holds.end_due(sandbox, book=book) == 0
    with sandbox.begin(book=book) as tx:
        later = tx.now.replace(microsecond=0) + 2 * ground.HOUR / 60
    with sandbox.begin(book=book, now=later):
        pass
    assert holds.end_due(sandbox, book=book) == 1
    with sandbox.begin(book=book) as tx:
        assert ledger.service.account_at(tx, "wallet:a", "CNY").held_out == 1
