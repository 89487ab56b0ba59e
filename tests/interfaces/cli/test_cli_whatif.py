"""What-if from the shell: on a replay, again, and what it says when it cannot."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

from tests.interfaces.cli.conftest import Shell


def test_products_are_supposed_on_a_replay_and_again(shell: Shell, sample: Path) -> None:
    told = shell.done(
        "replay", "--orders", str(sample), "--products", "pay-in-3-free,factoring-with-recourse",
        "--json",
    ).json  # fmt: skip
    assert told["verified"]
    found = told["whatif"]
    assert found["basis"] == "assumed"
    assert set(found["prepared"]) == {"pay-in-3-free", "factoring-with-recourse"}
    cases = [(r["product"], r["case"]) for r in found["results"]]
    assert len(cases) == len(set(cases)) == 6
    base = {r["product"]: r for r in found["results"] if r["case"] == "base"}
    sooner = base["factoring-with-recourse"]
    assert found["prepared"]["factoring-with-recourse"] == sooner["candidates"] > 0
    again = shell.done(
        "whatif", told["world"], "--products", "pay-in-3-free,factoring-with-recourse", "--json"
    ).json
    assert again["results"] == found["results"], "the draws are the same"
    other = shell.done("whatif", told["world"], "--seed", "2").out
    assert "pay-in-instalments" in other and "assumed" in other

    all_take = shell.folder / "all.toml"
    all_take.write_text('[products.pay-in-3-free]\ntake_up = "1"\nfee = "0.03"\n', "utf-8")
    whole = shell.done("whatif", told["world"], "--assumptions", str(all_take), "--json").json
    [low, base_, high] = whole["results"]
    assert low["taken"] == base_["taken"] == high["taken"] == whole["prepared"]["pay-in-3-free"]
    assert base_["loss"] == 0 < base_["fee"] < base_["lent"]


def test_what_cannot_be_supposed_is_named(shell: Shell, sample: Path) -> None:
    bad = shell.folder / "bad.toml"
    bad.write_text('[products.p]\ntake_up = "1.5"\n', "utf-8")
    said = shell.run("whatif", "sandbox", "--assumptions", str(bad))
    assert said.code == 1 and "take_up" in said.err
    said = shell.run("whatif", "sandbox", "--products", "nosuch")
    assert said.code == 1 and "nosuch" in said.err and "pay-in-3-free" in said.err
    said = shell.run("whatif", "nosuch")
    assert said.code == 1 and "nosuch" in said.err
    assert shell.run("whatif", "nosuch", HUOSHUI_LANGUAGE="zh").err != said.err


def test_what_a_seller_could_borrow_is_listed_with_why_not(shell: Shell, sample: Path) -> None:
    world = shell.done("replay", "--orders", str(sample), "--json").json["world"]
    with gzip.open(sample / "sellers.csv.gz", "rt", encoding="utf-8") as file:
        seller = next(csv.DictReader(file))["key"]
    shell.done("switch", "on", "sales-advance", "--world", world)
    found = shell.done("switch", "offers", seller, "--world", world, "--json").json
    assert [each["instalments"] for each in found] == [6, 9]
    assert found[0]["reasons"][0]["rule"] in ("history", "sales")
    told = shell.done("switch", "offers", seller, "--world", world).out
    assert "Advance on sales" in told and found[0]["reasons"][0]["en"][:20] in told
    assert shell.run("switch", "offers", "nobody", "--world", world).code == 1
