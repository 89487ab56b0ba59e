"""`huoshui expr …` as a person meets it, without a database."""

from __future__ import annotations

import json

import pytest

from tests.interfaces.cli.conftest import Shell

FACTS = {
    "flow": {
        "type": "money CNY", "en": "monthly flow", "zh": "月流水",
        "value": {"amount": 4_800_000, "currency": "CNY"},
    },
    "seller": {"orders": {"type": "integer", "en": "orders", "zh": "订单数", "value": 0}},
    "paid": {"type": "money", "en": "paid", "zh": "已付"},
}  # fmt: skip


@pytest.fixture
def facts(shell: Shell) -> str:
    file = shell.folder / "facts.json"
    file.write_text(json.dumps(FACTS), encoding="utf-8")
    return str(file)


def test_an_expression_is_checked_evaluated_and_shown_as_sql(shell: Shell, facts: str) -> None:
    file = shell.folder / "rule.txt"
    file.write_text("flow >= 50_000 CNY # the bound\n  and seller.orders == 0\n", encoding="utf-8")
    asked = ["--file", str(file), "--facts", facts, "--json"]
    checked = shell.done("expr", "check", *asked).json
    assert checked["text"] == "flow >= 50000 CNY and seller.orders == 0"
    assert (checked["reads"], checked["tree"]["op"]) == (["flow", "seller.orders"], "and")
    told = shell.done("expr", "eval", *asked).json
    assert told["value"] is False
    assert [each["distance"]["amount"] for each in told["reasons"]] == [200_000]
    assert told["reasons"][0]["zh"] == "月流水 48,000 元 低于要求的 50,000 元，相差 2,000 元"
    sql = shell.done("expr", "sql", *asked).json
    assert '"f"."seller_orders"' in sql["value"] and sql["params"]["e0"] == "5000000"


def test_what_is_wrong_is_told_with_its_place(shell: Shell, facts: str) -> None:
    refused = shell.run("expr", "check", "flow > 5 USD", "--facts", facts, HUOSHUI_LANGUAGE="zh")
    assert refused.code == 1 and "币种不同" in refused.err and "line 1, column 8" in refused.err
    said = shell.done("expr", "eval", "1 / seller.orders > 2", "--facts", facts)
    assert "division_by_zero" in said.out
    mixed = shell.done("expr", "sql", "paid > 5 CNY", "--facts", facts).out
    assert "currency_mix" in mixed
    for arguments, code in (
        ([], "expression_unnamed"),
        (["nope"], "expression_refused"),
        (["a &"], "expression_unreadable"),
        (["1", "--facts", str(shell.folder / "none.toml")], "file_unusable"),
    ):
        said = shell.run("expr", "check", *arguments)
        assert said.code == 1 and code in said.err, said
    (shell.folder / "bad.toml").write_text("[flow\n", encoding="utf-8")
    said = shell.run("expr", "check", "1", "--facts", str(shell.folder / "bad.toml"))
    assert said.code == 1 and "facts_file_unreadable" in said.err
