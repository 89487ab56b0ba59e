"""`huoshui factoring` as real processes: an order's claim from its quote to recourse."""

from __future__ import annotations

import pytest

from edge.protocol import new_key, public_text
from huoshui.core import ids
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests.ground import Ground
from tests.interfaces.cli.conftest import Shell
from tests.lines.lending.factoring.ground import GOLDEN, WITH, publish, shipped

WORLD = ["--world", "live"]


@pytest.fixture(scope="module")
def desk(own_shell: Shell) -> Shell:
    """A home with a shipped order and the products on offer."""
    worlds = Worlds.start(Settings(home=str(own_shell.home)))
    market = Ground("live", worlds.database("live"), 1)
    with market.database.begin(book=1) as tx:
        payments.start(tx, Terms())
        publish(tx)
    shipped(market, moved=False)
    worlds.close()
    return own_shell


def test_a_claim_lives_in_the_shell(desk: Shell) -> None:
    file = str(GOLDEN / f"{WITH}.toml")
    told = desk.done("factoring", "quote", file, "880", "--days", "20", "--json").json
    assert (told["advance"], told["face"]) == (70_400, 88_000)
    made = desk.done("factoring", "offer", "o1", "s1", WITH, "--json", *WORLD).json
    assert made["face"] == 88_000 and made["state"] == "offered"
    for verb in ("assign", "advance", "dispute", "recourse"):
        desk.done("factoring", "do", verb, made["id"], "--note", "by hand", *WORLD)
    part = desk.done("factoring", "do", "repay", made["id"], "--amount", "4.00", "--json", *WORLD)
    assert part.json["claim"] == 70_000
    shown = desk.done("factoring", "show", made["id"], "--json", *WORLD).json
    assert [e["verb"] for e in shown["entries"]][-2:] == ["recourse", "repay"]
    assert "700.00 CNY" in desk.done("factoring", "list", *WORLD).out
    [debtor] = desk.done("factoring", "debtors", "--json", *WORLD).json
    assert debtor["exposure"] == 70_000
    assert desk.done("partner", "list", "--json", *WORLD).json == []
    refused = desk.run("factoring", "offer", "o1", "s1", WITH, *WORLD)
    assert refused.code != 0 and "already_assigned" in refused.err


def test_own_pages_sources_and_names_of_partners_in_the_shell(desk: Shell) -> None:
    worlds = Worlds.start(Settings(home=str(desk.home)))
    with worlds.database("live").begin(book=1) as tx:
        buyer = ids.show(
            "byr", tx.value("SELECT min(id::text)::uuid FROM buyer WHERE book = %(book)s")
        )
    worlds.close()
    made = desk.done("page", "open", buyer, "--days", "7", "--json", *WORLD).json
    key = made["page"]["id"]
    assert made["url"].startswith(f"http://localhost:8420/mine/{key}_live.1.")
    assert "digest" not in made["page"]
    assert key in desk.done("page", "list", "--party", buyer, *WORLD).out
    desk.done("page", "end", key, *WORLD)
    [ended] = desk.done("page", "list", "--json", *WORLD).json
    assert (ended["id"], ended["state"]) == (key, "ended")
    keys = [public_text(new_key()) for _ in "12"]
    asked = ("School", keys[0], "--kind", "course_completed")
    source = desk.done("milestone", "register", *asked, "--json", *WORLD).json["id"]
    desk.done("milestone", "suspend", source, "audit", *WORLD)
    assert "suspended" in desk.done("milestone", "sources", "--state", "suspended", *WORLD).out
    desk.done("milestone", "resume", source, *WORLD)
    assert (
        desk.done("milestone", "rotate", source, keys[1], "--json", *WORLD).json["public"]
        == keys[1]
    )
    desk.done("partner", "name", "picc", "PICC", "中国人保", *WORLD)
    assert desk.done("partner", "names", "--json", *WORLD).json[0]["zh"] == "中国人保"
