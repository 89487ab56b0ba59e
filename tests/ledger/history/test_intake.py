"""A history comes in with its own times: in order, a chunk whole or not at all, again and again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huoshui import ledger
from huoshui.core.db import Database
from huoshui.ledger import history, parts
from huoshui.ledger.intake import check, import_history, read_csv, read_json_lines
from huoshui.ledger.verify import verify
from tests import ground
from tests.ground import WALLETS
from tests.ledger.history.test_balances import account

START = datetime(2024, 11, 29, 12, tzinfo=UTC)


def line(number: int, **more: Any) -> str:
    said = {
        "key": f"k{number}", "template": "sale", "reference": f"r{number}", "currency": "CNY",
        "recorded_at": (START + timedelta(days=number)).isoformat(),
        "legs": [{"source": "bank:a", "target": "wallet:x", "amount": 10}],
    }  # fmt: skip
    return json.dumps({k: v for k, v in (said | more).items() if v is not None})


def test_a_history_keeps_its_times_and_comes_in_again_without_change(
    sandbox: Database, book: int
) -> None:
    lines = [line(n) for n in range(5)]
    lines.append(line(5, effective_at=(START - timedelta(days=3)).isoformat()))
    for posted, existed in ((6, 0), (0, 6)):
        done = import_history(sandbox, read_json_lines(lines), WALLETS, book=book, chunk=4)
        assert (done.posted, done.existed, done.clamped, done.refused) == (posted, existed, 0, ())
    with sandbox.begin(book=book) as tx:
        assert [p.month for p in parts.parts(tx)] == ["2024-11", "2024-12"]
        x = account(tx, "wallet:x")
        assert history.balance_at(tx, x, START + timedelta(days=2)).balance == 30
        assert history.balance_at(tx, x, START, "effective").balance == 20
        found = history.statement(tx, x, view="effective").lines
        assert [row.recorded_at.day for row in found] == [4, 29, 30, 1, 2, 3]
        assert verify(tx).holds


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (line(1, legs=[]), "unreadable"),
        (line(1, recorded_at="2024-12-01T00:00:00"), "unreadable"),
        (line(1, id="txn_x"), "unreadable"),
        (line(1, key=None, id="ord_01jdv9x0000000000000000000"), "unreadable"),
        ("{", "unreadable"),
        (line(1, reference="a\x00b"), "unreadable"),
        (line(1, reference="a\ud800b"), "unreadable"),
        (line(1, currency="cny"), "unreadable"),
        (line(1, currency="ZZZ"), "unreadable"),
        (line(1, legs=[{"source": "a b", "target": "x", "amount": 1}]), "unreadable"),
        ("x" * 3_000_000, "unreadable"),
        ("\xff", "unreadable"),
        (line(-1), "out_of_order"),
        (line(1, recorded_at="2999-01-01T00:00:00Z"), "recorded_in_future"),
        (line(1, effective_at="2026-01-01T00:00:00Z"), "effective_in_future"),
        (line(1, legs=[{"source": "wallet:x", "target": "bank:a", "amount": 21}]),
         "insufficient_from"),
        (line(1, legs=[{"source": "no", "target": "bank:a", "amount": 1}]), "from_not_found"),
        (line(0, reference="other"), "differs_reference"),
    ],
)  # fmt: skip
def test_a_chunk_with_a_refused_row_is_undone_and_the_rows_are_named(
    sandbox: Database, book: int, bad: str, code: str
) -> None:
    lines = [line(0), line(0, key="k0b"), bad, line(2)]
    done = import_history(sandbox, read_json_lines(lines), WALLETS, book=book, chunk=2)
    assert done.posted == 2 and done.by_code[code] == 1
    assert [row.line for row in done.refused if row.code == code] == [3]
    mended = [line(0), line(0, key="k0b"), line(1), line(2)]
    done = import_history(sandbox, read_json_lines(mended), WALLETS, book=book, chunk=2)
    assert (done.posted, done.existed, done.refused) == (2, 2, ())
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx) == {"bank:a": -40, "wallet:x": 40}


def test_the_check_names_what_needs_no_ledger(sandbox: Database) -> None:
    rows = read_json_lines([line(1), "{", line(0), line(2)])
    assert [(r.line, r.code) for r in check(rows, START + timedelta(days=9))] == [
        (2, "unreadable"), (3, "out_of_order"),
    ]  # fmt: skip


def test_csv_has_a_leg_a_row(sandbox: Database, book: int) -> None:
    text = """key,template,currency,source,target,amount,recorded_at
a,sale,CNY,bank:a,wallet:x,10,2024-11-30T00:00:00Z
a,sale,CNY,bank:a,wallet:y,5,2024-11-30T00:00:00Z
b,sale,CNY,wallet:x,wallet:y,1,2024-12-01T00:00:00+08:00
c,sale,CNY,wallet:x,wallet:y,1.5,2024-12-01T00:00:00+08:00
d,sale,CNY,wallet:x,wallet:y,1,2024-12-02T00:00:00Z
d,sale,JPY,wallet:x,wallet:y,1,2024-12-02T00:00:00Z
"""
    rows = list(read_csv(text.splitlines()))
    assert [getattr(row, "code", "") for row in rows] == ["", "", "unreadable", "unreadable"]
    assert len(rows[0].transaction.legs) == 2
    assert import_history(sandbox, rows[:2], WALLETS, book=book).posted == 2
    with sandbox.begin(book=book) as tx:
        assert ground.nets(tx) == {"bank:a": -15, "wallet:x": 9, "wallet:y": 6}
    for broken in (["x,y"], [text.splitlines()[0], "a," + "x" * 200_000], []):
        assert [r.code for r in read_csv(broken)] == ["unreadable"]


def test_what_comes_after_the_account_has_moved_is_told_as_clamped(
    sandbox: Database, book: int
) -> None:
    with sandbox.begin(book=book) as tx:
        move_now = ledger.Transaction(
            id=tx.id("txn", ""), template="t", reference="", currency="CNY",
            legs=(ledger.Leg("bank:a", "wallet:x", 1),), effective_at=tx.now,
        )  # fmt: skip
        ledger.post(tx, [move_now], WALLETS)[0].demand()
    assert import_history(sandbox, read_json_lines([line(0)]), WALLETS, book=book).clamped == 1
