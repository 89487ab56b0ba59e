"""The journal's search and the holds: what is found, in order, by every way in."""

from __future__ import annotations

from uuid import UUID

import pytest

from huoshui import ledger
from huoshui.core.db import Tx
from huoshui.core.ids import BadId
from huoshui.ledger import Capture, Extend, Leg, Release, Transaction
from huoshui.ledger.journal import search as journal
from huoshui.ledger.journal import search_store
from huoshui.ledger.journal.search_store import Wanted
from huoshui.ledger.model import UnknownAccount, UnknownHold
from tests.ground import DAY, WALLETS


def post(tx: Tx, n: int, **more: object) -> UUID:
    """One leg of `n` minor units, its template, actor and reference told by its number."""
    facts: dict[str, object] = {
        "id": tx.id("txn", ""), "template": ("pay", "fee")[n % 2], "reference": f"r{n % 3}",
        "currency": "CNY", "legs": (Leg("bank:a", f"free:{n % 2}", n),),
        "effective_at": tx.now, "actor": ("ann", "bob")[n % 2],
    }  # fmt: skip
    command = Transaction(**facts | more)  # type: ignore[arg-type]
    ledger.post(tx, [command], WALLETS)[0].demand()
    return command.id


def found(tx: Tx, limit: int = 50, after: str = "", **asked: object) -> tuple[list[int], str, bool]:
    page = journal.search(tx, journal.Asked(**asked), after=after, limit=limit)  # type: ignore[arg-type]
    return [p.legs[0].amount for p in page.posted], page.next, page.cut


def pages(tx: Tx, limit: int, **asked: object) -> list[int]:
    """All pages put together."""
    all_, after = [], ""
    while True:
        amounts, after, _ = found(tx, limit, after, **asked)
        all_ += amounts
        if not after:
            return all_


@pytest.fixture
def twenty(tx: Tx) -> Tx:
    for n in range(1, 21):
        post(tx, n)
    return tx


def account(tx: Tx, path: str) -> UUID:
    return ledger.service.account_at(tx, path, "CNY").id


def test_each_way_in_finds_all_and_only_what_was_asked(twenty: Tx) -> None:
    tx, down = twenty, list(range(20, 0, -1))
    even, since = account(tx, "free:0"), twenty.now - DAY
    for asked, wanted in (
        ({}, down),
        ({"wanted": Wanted(reference="r1")}, [n for n in down if n % 3 == 1]),
        ({"account": even}, [n for n in down if n % 2 == 0]),
        ({"wanted": Wanted(template="fee"), "since": since}, [n for n in down if n % 2]),
        ({"wanted": Wanted(actor="ann"), "account": account(tx, "bank:a")},
         [n for n in down if n % 2 == 0]),
        ({"wanted": Wanted(least=5, most=9, currency="CNY"), "since": since}, [9, 8, 7, 6, 5]),
        ({"wanted": Wanted(least=5, reference="r0")}, [18, 15, 12, 9, 6]),
        ({"wanted": Wanted(most=5, reference="r0"), "account": even}, []),
        ({"wanted": Wanted(kind=1), "since": since}, []),
        ({"since": since, "until": since + DAY / 2}, []),
        ({"account": even, "until": since}, []),
    ):  # fmt: skip
        for limit in (1, 3, 50):
            assert pages(tx, limit, **asked) == wanted, (asked, limit)


def test_a_stretch_that_is_read_without_a_find_says_where_to_go_on(
    twenty: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_store, "SCAN_MAX", 4)
    for asked in ({"since": twenty.now - DAY}, {"account": account(twenty, "bank:a")}):
        wanted = Wanted(most=2)
        amounts, after, cut = found(twenty, wanted=wanted, **asked)
        assert (amounts, cut) == ([], True)
        assert after
        assert pages(twenty, 5, wanted=wanted, **asked) == [2, 1]


def test_what_no_index_knows_is_not_looked_for_alone(twenty: Tx) -> None:
    for wanted in (Wanted(template="fee"), Wanted(kind=0), Wanted(actor="ann"), Wanted(least=1)):
        assert journal.Asked(wanted=wanted).scans
        assert found(twenty, wanted=wanted) == ([], "", False)
    with pytest.raises(BadId):
        found(twenty, after="nonsense")
    with pytest.raises(UnknownAccount):
        found(twenty, account=UUID(int=7))


def test_holds_are_listed_by_state_account_and_reference(tx: Tx) -> None:
    post(tx, 90, legs=(Leg("bank:a", "wallet:x", 90),))
    ids = [
        post(tx, n, hold=True, legs=(Leg("wallet:x", "free:0", 10),), timeout_s=n) for n in (1, 2)
    ]
    ids.append(post(tx, 3, hold=True, legs=(Leg("bank:a", "free:1", 10),), reference=""))
    moves = (
        Capture(id=tx.id("txn", ""), hold=ids[0], amount=4, final=False),
        Extend(id=tx.id("txn", ""), hold=ids[0], timeout_s=900),
        Capture(id=tx.id("txn", ""), hold=ids[0], amount=6),
        Release(id=tx.id("txn", ""), hold=ids[2]),
    )
    assert {r.code for r in ledger.post(tx, moves, WALLETS)} == {"created"}
    wallet, day = account(tx, "wallet:x"), tx.now - DAY
    for asked, wanted in (
        ({}, [ids[2], ids[1], ids[0]]),
        ({"state": "open", "since": day}, [ids[1]]),
        ({"state": "open", "account": wallet}, [ids[1]]),
        ({"account": wallet, "since": day}, [ids[1], ids[0]]),
        ({"reference": "r1"}, [ids[0]]),
        ({"reference": "r1", "state": "released"}, []),
        ({"until": day}, []),
    ):
        got, after = [], ""
        while True:
            page = journal.holds(tx, after=after, limit=1, **asked)  # type: ignore[arg-type]
            got += [hold.id for hold in page.holds]
            if not (after := page.next):
                break
        assert got == wanted, asked
    hold, life = journal.hold(tx, ids[0])
    assert (hold.state, hold.source, hold.target) == ("captured", "wallet:x", "free:0")
    assert [(step.kind, step.amount) for step in life] == [(1, 10), (2, 4), (5, 0), (2, 6)]
    _, life = journal.hold(tx, ids[2])
    assert [step.kind for step in life] == [1, 3]
    with pytest.raises(UnknownHold):
        journal.hold(tx, UUID(int=7))
