"""The timeline: order, positions, sameness from run to run, memory."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from huoshui.facts.commerce.model import KINDS
from huoshui.facts.commerce.reading import timeline
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.reading.timeline import HistoryFaulty, TimelineUnreadable, reopen
from huoshui.facts.commerce.sample import generate

PLACE = {struct: place for place, struct in enumerate(KINDS.values())}


@pytest.fixture(scope="module")
def sampled(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("sample") / "history"
    generate(directory, 600, 3)
    return directory


def test_the_order_is_moment_then_kind_then_key(sampled, tmp_path):
    with timeline.build(read_source([sampled], {}), tmp_path / "t") as spool:
        entries = list(spool.entries(batch=97))
    places = [(e.known_at, PLACE[type(e.fact)], e.fact.key) for e in entries]
    assert places == sorted(places)
    assert [e.seq for e in entries] == list(range(1, spool.total + 1))


def test_the_same_source_gives_the_same_sequence(sampled, tmp_path):
    source = read_source([sampled], {})
    with timeline.build(source, tmp_path / "a") as a, timeline.build(source, tmp_path / "b") as b:
        assert a.about == b.about
        assert list(a.entries()) == list(b.entries())
    assert timeline.fingerprint(source) == a.about.fingerprint
    assert not list(tmp_path.glob("*.staging")) + list(tmp_path.glob("*.partial"))


def test_reading_goes_on_from_any_position_up_to_a_moment(sampled, tmp_path):
    with timeline.build(read_source([sampled], {}), tmp_path / "t") as spool:
        whole = list(spool.entries())
        middle = whole[len(whole) // 2].known_at
        upto, seq = [], 0
        while batch := spool.read(seq, until=middle, limit=50):
            upto += batch
            seq = batch[-1].seq
        assert upto == [entry for entry in whole if entry.known_at <= middle]
        assert spool.position(middle) == seq
        assert spool.read(seq, limit=1)[0].known_at > middle
        assert spool.position(datetime(1999, 1, 1, tzinfo=UTC)) == 0
        assert spool.position(datetime(2199, 1, 1, tzinfo=UTC)) == spool.total
        assert spool.read(spool.total) == []
    with reopen(tmp_path / "t") as again:
        assert again.read(7, limit=3) == whole[7:10]


def test_progress_runs_to_its_total(sampled, tmp_path):
    told: list[tuple[str, int, int]] = []
    timeline.build(read_source([sampled], {}), tmp_path / "t", lambda *a: told.append(a)).close()
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["read", "order"]
    for stage in stages:
        done = [(at, total) for name, at, total in told if name == stage]
        assert done == sorted(done) and done[-1][0] == done[-1][1]


def test_a_faulty_history_leaves_the_old_timeline_alone(write, built, tmp_path):
    built(write()).close()
    path = tmp_path / "spool" / "history.timeline"
    before = path.read_bytes()
    with pytest.raises(HistoryFaulty):
        built(write(orders="key,occurred_at,buyer\nO1,never,B1\n"))
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [None, b"", b"no database at all", "no table"])
def test_what_is_no_timeline_is_refused(tmp_path, content):
    path = tmp_path / "t"
    if content == "no table":
        sqlite3.connect(path).executescript("CREATE TABLE about (body BLOB)")
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(TimelineUnreadable):
        reopen(path)


def test_the_fingerprint_follows_bytes_and_settings(write):
    directory = write()
    first = timeline.fingerprint(read_source([directory], {}))
    assert timeline.fingerprint(read_source([directory], {})) == first
    other = {"marketplace": {"time_zone": "UTC"}}
    assert timeline.fingerprint(read_source([directory], other)) != first
    (directory / "reviews.csv").write_text("key,occurred_at,order,score\n")
    assert timeline.fingerprint(read_source([directory], {})) != first


def test_memory_stays_flat(tmp_path):
    """Four times the orders take no more than a few megabytes more."""
    program = """
import resource, sys
from pathlib import Path
from huoshui.facts.commerce.reading import timeline
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.sample import generate
directory = Path(sys.argv[1])
generate(directory / "history", int(sys.argv[2]), 1)
spool = timeline.build(read_source([directory / "history"], {}), directory / "t")
assert sum(1 for _ in spool.entries()) == spool.total
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

    def peak(orders: int) -> int:
        directory = tmp_path / str(orders)
        directory.mkdir()
        run = subprocess.run(
            [sys.executable, "-c", program, directory, str(orders)],
            capture_output=True, text=True, check=True, env=os.environ,
        )  # fmt: skip
        return int(run.stdout) // (1 if sys.platform != "darwin" else 1024)

    small, large = peak(800), peak(3_200)
    assert large - small < 30_000  # kilobytes; the caches of SQLite fill up to 24,576
