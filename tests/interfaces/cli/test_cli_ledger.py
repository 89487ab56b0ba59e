"""`huoshui ledger …` as real processes: a history in, sealed, archived, checked, told."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

from tests.interfaces.cli.conftest import Shell

START = datetime(2026, 1, 5, tzinfo=UTC)


def _history(shell: Shell, days: int) -> str:
    """A history of a posting a day, as JSON lines."""
    file = shell.folder / "history.jsonl"
    lines = [
        json.dumps({
            "key": f"k{n}", "template": "sale", "reference": f"r{n}", "currency": "CNY",
            "recorded_at": (START + timedelta(days=n)).isoformat(),
            "legs": [{"source": "rail:card:clearing", "target": "escrow", "amount": 10}],
        })
        for n in range(days)
    ]  # fmt: skip
    file.write_text("\n".join(lines))
    return str(file)


def test_a_history_is_imported_sealed_archived_and_told(own_shell: Shell) -> None:
    shell = own_shell
    file = _history(shell, 80)
    world = ["--world", "live"]
    told = shell.done("ledger", "import", file, "--json", *world).json
    assert (told["posted"], told["refused"]) == (80, [])
    closed = shell.done("ledger", "close", "2026-03-01", "--json", *world).json
    assert closed["transfers"] == 55
    archive = ["ledger", "archive", "--before", "2026-02", "--to", "out", *world]
    waits = shell.run(*archive)
    assert waits.code == 1 and "part_stays" in waits.err
    shell.done("seal", *world)
    assert [a["transfers"] for a in shell.done(*archive, "--json").json] == [27]
    checked = shell.done("ledger", "archive", "--verify", "out", "--json", *world).json
    assert checked["holds"] and checked["transfers"] == 27
    assert shell.done("ledger", "size", "--json", *world).json["transfers"] == 53
    shell.done("ledger", "statement", "escrow", "--csv", "s.csv", *world)
    rows = list(csv.DictReader((shell.folder / "s.csv").read_text().splitlines()))
    assert (len(rows), rows[-1]["balance_minor"]) == (53, "800")
    shown = shell.done("ledger", "statement", "escrow", "--view", "effective", *world)
    assert "archived" in shown.out and "8.00" in shown.out
    chinese = shell.done("ledger", "reconcile", *world, HUOSHUI_LANGUAGE="zh")
    assert "核对一致" in chinese.out


def test_what_is_asked_wrongly_is_told(own_shell: Shell) -> None:
    shell = own_shell
    faulty = shell.folder / "faulty.csv"
    faulty.write_text("a,b\n1,2\n")
    for arguments, code in (
        (["archive"], "archive_unasked"),
        (["close", "2999-01-01"], "period_not_over"),
        (["statement", "escrow", "--view", "sideways"], "bad_view"),
        (["import", str(faulty)], "unreadable"),
    ):
        said = shell.run("ledger", *arguments, "--world", "live")
        assert said.code == 1 and code in said.err, said
    said = shell.run("ledger", "nosuch")
    assert said.code == 2 and len(said.err.strip().splitlines()) == 1
