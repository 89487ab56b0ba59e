"""Loans of a book as processes: a product from a folder runs from the check to the close without code."""

from __future__ import annotations

from pathlib import Path

from huoshui.core import ids
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.proving import opened
from tests.interfaces.cli.conftest import Shell

PRODUCT = """
product = "harvest-loan"
line = "lending"
currency = "CNY"
name = { en = "Harvest loan", zh = "秋收贷" }
about = { en = "Equal monthly instalments.", zh = "按月等额偿还。" }
amount = { min = 100_000, max = 5_000_000 }
price = { rate_annual = "0.08 if asked.amount >= 10000 CNY else 0.12" }

[[eligibility]]
name = "whole_months"
test = "asked.instalments <= 6"
en = "At most six months."
zh = "最长六个月。"

[terms]
instalments = [6, 12]
kind = "equal_instalment"

[offer]
valid_days = 3

[law]
cap_annual = "0.24"

[[disclosures]]
en = "You repay {total}; yearly {irr_compound}."
zh = "共还 {total}；年化 {irr_compound}。"
"""


def seller_of(shell: Shell) -> str:
    """A seller of the sandbox."""
    with (
        opened(Settings(home=str(shell.home)), SANDBOX) as database,
        database.begin() as tx,
    ):
        return ids.show("slr", tx.value("SELECT id FROM seller ORDER BY id LIMIT 1"))


def test_a_product_of_a_folder_runs_from_the_check_to_the_close(shell: Shell, sample: Path) -> None:
    shell.done("import", str(sample), "--money", "--json")
    file = shell.folder / "harvest.toml"
    file.write_text(PRODUCT, encoding="utf-8")
    assert shell.done("product", "check", str(file), "--instalments", "6", "--json").json["digest"]
    shell.done("product", "publish", str(file), "--offer", "--json")
    seller = seller_of(shell)
    loan = ("loan", "apply", "harvest-loan", "20000", "--party", seller)
    declined = shell.done(*loan, "--instalments", "12")
    assert "At most six months." in declined.out
    made = shell.done(*loan, "--instalments", "6", "--json").json
    assert (made["state"], made["rate_annual"]) == ("offered", "0.08")
    ref = made["id"]
    assert (
        shell.done("loan", "consent", ref, "--proof", "in person", "--json").json["state"]
        == "signed"
    )
    drawn = shell.done("loan", "draw", ref, "20000", "--key", "d1", "--json").json
    assert drawn["state"] == "running"
    again = shell.done("loan", "draw", ref, "20000", "--key", "d1", "--json").json
    assert again["again"] and again["event"]["id"] == drawn["event"]["id"]
    shown = shell.done("loan", "show", ref, HUOSHUI_LANGUAGE="zh")
    assert "存续中" in shown.out and "贷款用信" in shown.out
    assert len(shell.done("loan", "show", ref, "--json").json["schedule"]) == 6
    assert "spared" in shell.done("loan", "quote", ref).out
    total = shell.done("loan", "quote", ref, "--json").json["total"]
    paid = shell.done("loan", "repay", ref, str(total // 100), "--key", "p1", "--json").json
    assert paid["state"] == "closed"
    event = paid["event"]["id"]
    assert "Open: principal 20,000.00" in shell.done("loan", "reverse", ref, event).out
    listed = shell.done("loan", "list", "--state", "running", "--json").json
    assert [each["id"] for each in listed] == [ref]
    assert ref[:20] in shell.done("loan", "list").out
