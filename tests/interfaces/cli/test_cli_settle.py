"""`huoshui settle …` and `huoshui reconcile` as real processes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from tests.interfaces.cli.conftest import Shell

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
WORLD = ["--world", "live"]


def _sales(shell: Shell) -> str:
    """Three captures over a card, as a history to import."""
    file = shell.folder / "sales.jsonl"
    seller = "slr_00000000000000000000000001"
    lines = [
        json.dumps({
            "key": f"k{n}", "template": "sale", "reference": f"pmt_0000000000000000000000000{n}",
            "currency": "CNY", "recorded_at": AT.isoformat(),
            "legs": [{"source": "rail:card:clearing", "target": f"merchant:{seller}:settlement",
                      "amount": 1_000 * n}],
        })
        for n in (1, 2, 3)
    ]  # fmt: skip
    file.write_text("\n".join(lines))
    return str(file)


def test_a_month_is_settled_from_the_shell(own_shell: Shell) -> None:
    shell = own_shell
    shell.done("ledger", "import", _sales(shell), "--json", *WORLD)
    file = shell.folder / "card.csv"
    rows = [f"charge,pmt_0000000000000000000000000{n},{n}0.00,0.0{n},{AT.isoformat()}" for n in (1, 2, 3)]  # fmt: skip
    file.write_text("\n".join(["kind,reference,gross,fee,at", *rows, f"charge,x,7.00,0.00,{AT.isoformat()}"]))  # fmt: skip
    asked = ["reconcile", str(file), "--rail", "card", "--json", *WORLD]
    first = shell.run(*asked)
    told = json.loads(first.out)
    assert first.code == 1 and (told["matched"], told["suspense"], told["fee"]) == (3, 1, 6)
    again = json.loads(shell.run(*asked).out)
    assert again["repeated"] and again["digest"] == told["digest"]
    checked = shell.done("reconcile", "--check", "--json", *WORLD).json
    assert checked["holds"] and {a["path"]: a["balance"] for a in checked["accounts"]} == {
        "rail:card:clearing": 0, "rail:card:transit": 6_694,
    }  # fmt: skip
    batch = shell.done("settle", "pay", "--json", *WORLD).json[0]
    assert (batch["state"], batch["amount"]) == ("draft", 6_000)
    done = shell.done("settle", "approve", batch["id"], "--actor", "li", "--json", *WORLD).json[0]
    assert done["state"] == "sent" and done["approved_by"] == "cli:li"
    closed = shell.done("settle", "close", "--json", *WORLD).json
    assert closed == {"window": 1, "totals": []}
    assert [w["number"] for w in shell.done("settle", "windows", "--json", *WORLD).json] == [2, 1]
    shell.done("settle", "statement", "rail:card:transit", "t.xml", *WORLD)
    assert "camt.053.001.08" in (shell.folder / "t.xml").read_text()
    chinese = shell.done("settle", "payouts", *WORLD, HUOSHUI_LANGUAGE="zh")
    assert "批次" in chinese.out and "60.00" in chinese.out


def test_a_verification_counts_reconciliation_anew(own_shell: Shell) -> None:
    """Last of what has money here: a file's sum is falsified and put right again."""
    shell = own_shell
    whole = shell.done("verify", "--json", *WORLD).json
    assert whole["holds"] and whole["reconciliation"] == {
        "accounts": 3, "items": 5, "lines": 4, "windows": 1, "holds": True, "faults": [],
        "windows_differ": [],
    }  # fmt: skip
    assert "explained by 5 open items, 4 lines of files" in shell.done("verify", *WORLD).out
    _falsify(shell, 1)
    broken = shell.run("verify", *WORLD, HUOSHUI_LANGUAGE="zh")
    assert broken.code == 1 and "对账不一致" in broken.out and "files gross CNY" in broken.err
    assert not json.loads(shell.run("verify", "--json", *WORLD).out)["holds"]
    _falsify(shell, -1)
    shell.done("verify", *WORLD)


def _falsify(shell: Shell, by: int) -> None:
    """Somebody who owns the database changes what a file came to."""
    worlds = Worlds.start(Settings(home=str(shell.home)))
    with worlds.database("live").begin() as tx:
        tx.run("ALTER TABLE statement_file DISABLE TRIGGER USER")
        tx.run("UPDATE statement_file SET gross = gross + %(by)s, net = net + %(by)s", by=by)
        tx.run("ALTER TABLE statement_file ENABLE TRIGGER USER")
    worlds.close()


def test_faults_are_told_by_line_and_column(own_shell: Shell) -> None:
    shell = own_shell
    faulty = shell.folder / "faulty.csv"
    faulty.write_text("date,amount\n2026-01-01,1e3\n")
    refused = shell.run("reconcile", str(faulty), *WORLD)
    assert refused.code == 1 and "line 1, net" in refused.err and "1e3" in refused.err
    for arguments, code in (
        (["reconcile"], "no_file"),
        (["reconcile", str(faulty), "--profile", "x"], "unknown_profile"),
        (["reconcile", str(faulty), "--profile", "acquirer"], "rail_needed"),
        (["settle", "approve", "pob_1", "--actor", "x"], "bad_id"),
    ):
        assert code in shell.run(*arguments, *WORLD).err
