"""`huoshui facility` as real processes: opened, changed, drawn under, frozen, appealed, answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.lines import payments
from huoshui.lines.payments import Terms
from tests.interfaces.cli.conftest import Shell

WORLD = ["--world", "live", "--json"]
LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.fixture(scope="module")
def shell(own_shell: Shell) -> Shell:
    """A home whose book has terms."""
    worlds = Worlds.start(Settings(home=str(own_shell.home)))
    with worlds.database("live").begin(book=1) as tx:
        payments.start(tx, Terms())
    worlds.close()
    return own_shell


def test_a_facility_lives_in_the_shell(shell: Shell) -> None:
    made = shell.done("facility", "open", "group", "500", "--name", "Retail", *WORLD).json
    assert (made["limit"], made["available"]) == (50_000, 50_000)
    id_ = made["id"]
    lift = ["--amount", "100", "--until", LATER, "--cause", "season"]
    assert shell.done("facility", "change", id_, "uplift", *lift, *WORLD).json["limit"] == 60_000
    kept = shell.done("facility", "reserve", id_, "400", "--reference", "o1", *WORLD).json
    drawn = shell.done("facility", "draw", kept["reservation"], "--amount", "300", *WORLD).json
    assert (drawn["available"], drawn["way"][0]["drawn"]) == (30_000, 30_000)
    for again in (False, True):
        back = shell.done("facility", "restore", id_, "100", "--reference", "r1", *WORLD).json
        assert (back["again"], back["available"]) == (again, 40_000)
    frozen = shell.done(
        "facility", "freeze", id_, "--cause", "stock", "--until", LATER, *WORLD
    ).json
    assert frozen["available"] == 0
    [appeal] = shell.done("facility", "appeal", frozen["change"], "It is there.", *WORLD).json
    [waits] = shell.done("facility", "appeals", "--state", "open", *WORLD).json
    assert waits["id"] == appeal["id"]
    shell.done("facility", "decide", appeal["id"], "grant", "--answer", "Yes.", *WORLD)
    told = shell.done("facility", "show", id_, *WORLD).json
    assert told["drawable"] == 40_000
    assert [point["limit"] for point in told["limits"]] == [60_000, 50_000]
    refused = shell.run("facility", "reserve", id_, "401", "--world", "live")
    assert refused.code and "facility_short" in refused.err
    wrong = shell.run(
        "facility", "freeze", id_, "--cause", "x", "--until", "soon", "--world", "live"
    )
    assert wrong.code and "until" in wrong.err
