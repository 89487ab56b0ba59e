"""The replay: the same money from run to run, from batch to batch and from kill to kill."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huoshui.core import db, i18n
from huoshui.core.errors import Malformed
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.sample import generate
from huoshui.lines.payments import Terms
from huoshui.lines.payments.escrow.store import terms as stored_terms
from huoshui.scenarios.replay import Asked, driver, replay
from huoshui.scenarios.replay.assumptions import UnknownSection
from huoshui.scenarios.replay.driver import Outcome, ReplayDiffers
from huoshui.scenarios.replay.verification import verify_replay
from tests import ground

# Each day of a history costs its own commits, however few orders it has: some weeks say as much as
# the two years of the sample.
SAMPLED, UNTIL, LEAST = 600, "2024-09-01", 20
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.slow

# Replays in a process of its own, telling each step on a line.
CHILD = """
import sys
from pathlib import Path
from huoshui.core.worlds import Worlds
from huoshui.scenarios.replay import Asked, driver, replay
url, history, spool, name, batch, until = sys.argv[1:]
driver.BATCH_FACTS = int(batch)
worlds = Worlds(url)
asked = Asked((Path(history),), Path(spool), name, until=until)
done = replay(worlds, asked, lambda p: print(p.stage, flush=True))
print("hash", done.row.verification["ledger_hash"], done.resumed)
worlds.close()
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generated marketplace, another one each time; the seed stands in its ORIGIN."""
    folder = tmp_path_factory.mktemp("history")
    sampled = generate(folder, SAMPLED, seed=random.SystemRandom().randrange(10**6))
    print(f"history: --orders {sampled.orders} --seed {sampled.seed}")
    return folder


Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def run(worlds: Worlds, history: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Replays the history in a world of its own; all worlds are dropped at the end."""
    spool = tmp_path_factory.mktemp("spool")
    names: set[str] = set()

    def run(name: str = "", batch: int = 1000, **asked: object) -> Outcome:
        name = name or f"t-{ground.fresh_book()}"
        names.add(name)
        before, driver.BATCH_FACTS = driver.BATCH_FACTS, batch
        try:
            wanted = Asked((history,), spool, name=name, until=UNTIL, **asked)  # type: ignore[arg-type]
            return replay(worlds, wanted)
        finally:
            driver.BATCH_FACTS = before

    yield run
    for world in worlds.all():
        if world.name in names:
            worlds.drop(world.name)


@pytest.fixture(scope="module")
def whole(run: Run) -> Outcome:
    """The history replayed once, from start to end."""
    return run()


def test_a_replay_ends_verified_with_every_order(whole: Outcome) -> None:
    assert whole.row.state == "verified", whole.row.verification["faults"]
    assert whole.orders == whole.row.verification["orders"] > LEAST
    assert whole.row.cursor == whole.row.total
    assert whole.row.verification["transfers"] > whole.orders


def test_the_same_again_has_the_same_hash_whatever_its_batches(run: Run, whole: Outcome) -> None:
    again = run(batch=random.randint(2, 40))
    assert again.row.verification == whole.row.verification
    assert again.row.report == whole.row.report


def test_killed_twice_at_random_it_ends_in_the_same_hash(
    worlds: Worlds, main_url: str, history: Path, whole: Outcome, tmp_path: Path
) -> None:
    name = f"t-{ground.fresh_book()}"
    command = [sys.executable, "-c", CHILD, main_url, str(history), str(tmp_path), name, "5", UNTIL]
    for last in (random.randint(1, 70), random.randint(1, 30)):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for number, line in enumerate(child.stdout):
                assert "hash" not in line, "it was to be killed before its end"
                if number == last:
                    break
            child.kill()  # SIGKILL: nothing is tidied up
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    hash_, resumed = done.stdout.splitlines()[-1].split()[1:]
    assert hash_ == whole.row.verification["ledger_hash"]
    assert resumed in ("True", "False")
    worlds.drop(name)


def test_a_finished_replay_is_found_as_it_was_left(run: Run, whole: Outcome) -> None:
    again = run(name=whole.world)
    assert again.resumed and again.row == whole.row


def test_another_seed_is_another_replay(run: Run, whole: Outcome) -> None:
    with pytest.raises(ReplayDiffers) as caught:
        run(name=whole.world, seed=2)
    assert whole.world in caught.value.detail("en")


def test_tampering_with_a_replay_is_found(worlds: Worlds, whole: Outcome, run: Run) -> None:
    copy = run()
    url = db.database_url(worlds._url, worlds.get(copy.world).database)
    with db.admin(url) as execute:
        execute("SET session_replication_role = replica")
        execute(
            """UPDATE transfer SET amount = amount - 1 WHERE id = (SELECT t.id FROM transfer t
            JOIN account a ON a.id = t.to_id WHERE a.path LIKE 'merchant:%' LIMIT 1)"""
        )
        execute(
            """UPDATE escrow SET parts = jsonb_set(parts, '{0,2}', '1') WHERE order_id =
            (SELECT order_id FROM escrow WHERE state = 'released' LIMIT 1)"""
        )
    with worlds.database(copy.world).begin() as tx:
        terms = stored_terms(tx) or Terms()
        found = {fault.check for fault in verify_replay(tx, terms).faults}
    assert found >= {"counters", "running", "order_legs", "order_split"}


def test_the_report_adds_up_and_says_what_it_rests_on(worlds: Worlds, whole: Outcome) -> None:
    report = whole.row.report
    figures = {figure["key"]: figure for figure in report["figures"]}
    with worlds.database(whole.world).begin() as tx:
        nets = ground.nets(tx)
    assert sum(nets.values()) == 0
    kinds = (":clearing", ":payout", ":fees", "bank:main")
    rails = -sum(net for path, net in nets.items() if path.endswith(kinds))
    late = nets.get("suspense:late_tender", 0)
    left = figures["taken"]["value"] - figures["refunded"]["value"] - figures["paid_out"]["value"]
    assert left == rails - late
    assert figures["held_money"]["value"] == nets.get("escrow", 0)
    fees = -sum(net for path, net in nets.items() if path.endswith(":fees"))
    assert figures["rail_fees"]["value"] == fees > 0
    assert figures["orders"]["value"] == whole.orders
    assert {f["basis"] for f in figures.values()} == {"generated", "assumed"}
    for chart in report["charts"]:
        assert all(len(values) == len(chart["labels"]) for values in chart["series"].values())


def test_every_figure_chart_and_anomaly_has_its_texts(whole: Outcome) -> None:
    report, known = whole.row.report, i18n.catalogue()
    keys = [f"report.figure.{f['key']}{end}" for f in report["figures"] for end in ("", ".why")]
    keys += [f"report.chart.{c['key']}{end}" for c in report["charts"] for end in ("", ".how")]
    keys += [
        f"anomaly.{a['code']}{end}" for a in report["anomalies"] for end in (".title", ".rule")
    ]
    assert [key for key in keys if key not in known] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[payments\n", Malformed), ("[marketplaec]\n", UnknownSection)],
)
def test_assumptions_that_cannot_be_read_are_named(
    run: Run, tmp_path: Path, text: str, problem: type[Exception]
) -> None:
    file = tmp_path / "marketplace.toml"
    file.write_text(text)
    with pytest.raises(problem):
        run(assumptions=file)


@pytest.mark.skipif(not (SHARED / "olist_sample").is_dir(), reason="the real sample is not here")
def test_real_orders_replay_to_the_cent(worlds: Worlds, tmp_path: Path) -> None:
    """The first weeks of a real marketplace, with all that is odd in them."""
    name = f"t-{ground.fresh_book()}"
    asked = Asked((SHARED / "olist_sample", SHARED / "olist"), tmp_path, name, until="2016-12-31")
    done = replay(worlds, asked)
    assert done.row.state == "verified", done.row.verification["faults"]
    assert done.orders == done.row.report["figures"][0]["value"] > 50
    assert {f["basis"] for f in done.row.report["figures"]} == {"observed", "assumed"}
    worlds.drop(name)
