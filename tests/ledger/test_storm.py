"""Races between processes, and processes killed in the middle of their work.

Goal: no account falls below its floor, no deadlock reaches a caller, every answer that was given
stays true, however many processes write and whichever of them, or PostgreSQL, dies by SIGKILL.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from huoshui.core import postgres
from huoshui.core.db import Database
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX, Worlds
from tests import ground, programs
from tests.ledger import storm

ROUNDS = int(os.environ.get("HUOSHUI_ROUNDS", "3"))
REPORT = os.environ.get("HUOSHUI_REPORT", "")


def start(url: str, book: int, seconds: float, file: Path) -> subprocess.Popen[bytes]:
    """One process of the storm."""
    seed = random.randrange(10**6)
    arguments = [url, str(book), str(seed), str(seconds), str(file)]
    return subprocess.Popen([sys.executable, "-m", "tests.ledger.storm", *arguments])


def test_eight_processes_on_few_accounts(sandbox: Database, tmp_path: Path) -> None:
    book = ground.fresh_book()
    storm.open_books(sandbox, book)
    files = [tmp_path / f"{n}.jsonl" for n in range(8)]
    running = [start(sandbox.url, book, 4.0, file) for file in files]
    assert [each.wait(timeout=120) for each in running] == [0] * 8
    with sandbox.begin(book=book) as tx:
        codes = storm.check(tx, storm.answers(files))
    assert codes["created"] > 100
    assert codes["insufficient_from"] > 0
    assert codes["linked_failed"] > 0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Settings]:
    """A state directory with a server of its own, which may be killed."""
    settings = Settings(home=str(tmp_path / "home"))
    yield settings
    postgres.stop(settings)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in Linux's /proc")
def test_killed_in_the_middle_of_their_work(home: Settings, tmp_path: Path) -> None:
    """In turns the process that writes and PostgreSQL are killed at random moments under load."""
    worlds = Worlds.start(home)
    database = worlds.database(SANDBOX)
    storm.open_books(database, 7)
    url, files = database.url, list[Path]()
    worlds.close()
    for number in range(ROUNDS):
        file = tmp_path / f"{number}.jsonl"
        files.append(file)
        running = start(url, 7, 60.0, file)
        wait_for(file, running)
        time.sleep(random.uniform(0.05, 0.8))
        if number % 2:
            programs.kill_postgres(home)
            time.sleep(random.uniform(0, 0.3))
            postgres.url(home)  # starts it again: the writer finds it and goes on
            after = file.stat().st_size
            wait_for(file, running, more_than=after)
        running.kill()
        running.wait()
        postgres.url(home)
        database = Database(url).open()
        with database.begin(book=7) as tx:
            codes = storm.check(tx, storm.answers(files))
        database.close()
    stands = sum(codes[code] for code in storm.STANDS)
    told = {"rounds": ROUNDS, "of_them_postgres": ROUNDS // 2, "acknowledged": stands,
            "refused": codes.total() - stands, "verified": True}  # fmt: skip
    if REPORT:
        Path(REPORT).write_text(json.dumps(told), encoding="utf-8")


def wait_for(file: Path, running: subprocess.Popen[bytes], more_than: int = 2_000) -> None:
    """Until answers are being written."""
    until = time.monotonic() + 60
    while not file.exists() or file.stat().st_size <= more_than:
        assert running.poll() is None, "the writer ended by itself"
        assert time.monotonic() < until, "no answers"
        time.sleep(0.02)
