"""Days of a loan book that are closed while the closing is killed -9 at random, beside a book that nobody
killed: the hashes of both ledgers, and what stands of the loans, must be equal.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from huoshui.core import access
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.bench import end_of_day
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.ledger.verify import ledger_hash, verify

_DAYS = (0, 1, 32, 95)  # days behind the first one that are closed


def run(home: Path, loans: int, kills: int, seed: int) -> dict[str, Any]:
    """Fill two homes alike, close the days of both, kill the closings of one."""
    chance, first = random.Random(seed), end_of_day.LAG + 1
    whole, killed = Settings(home=str(home / "whole")), Settings(home=str(home / "killed"))
    with opened(whole, SANDBOX) as database, database.begin() as tx:
        open_default_book(tx)
        day = access.today(tx) - timedelta(days=first)
    count, length_s, told = 0, 0.0, []
    for settings in (whole, killed):
        _filled(settings, day, loans)
        for n in _DAYS:
            on = day + timedelta(days=n)
            while settings is killed and count < kills * (1 + _DAYS.index(n)) // len(_DAYS):
                count += _struck(settings, on, chance.uniform(0.1, 1.1) * length_s / kills * 4)
            begun = time.monotonic()
            _closing(settings, on).wait()
            length_s = max(length_s, time.monotonic() - begun)
        told.append(_stands(settings))
    for settings in (whole, killed):
        subprocess.run(
            [sys.executable, "-m", "huoshui", "down"], env=_environment(settings), check=False
        )
    return {
        "loans": loans, "days": len(_DAYS), "kills": count, "seed": seed,
        "ledger_hash": told[0][0], "ledger_hash_after_kills": told[1][0],
        "loans_hash": told[0][1], "loans_hash_after_kills": told[1][1],
        "equal": told[0] == told[1] and told[0][2],
    }  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "HUOSHUI_HOME": settings.home, "HUOSHUI_LANGUAGE": "en"}


def _closing(settings: Settings, day: date) -> subprocess.Popen[bytes]:
    """Two workers close a day, in a group of their own."""
    return subprocess.Popen(
        [sys.executable, "-m", "huoshui", "loan", "day", day.isoformat(), "--workers", "2", "--json"],
        env=_environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def _struck(settings: Settings, day: date, wait_s: float) -> int:
    """Begin to close a day and kill all of it a moment later; how often that was before the end."""
    command = _closing(settings, day)
    with contextlib.suppress(subprocess.TimeoutExpired):
        command.wait(timeout=0.8 + wait_s)
        return 1
    os.killpg(command.pid, signal.SIGKILL)
    command.wait()
    return 1


def _filled(settings: Settings, day: date, loans: int) -> None:
    with opened(settings, SANDBOX) as database:
        with database.begin() as tx:
            open_default_book(tx)
        end_of_day.fill(database, day, loans)


def _stands(settings: Settings) -> tuple[str, str, bool]:
    """The ledger's hash, that of what stands of the loans, and whether the ledger is sound."""
    with opened(settings, SANDBOX) as database, database.begin() as tx:
        rows = tx.tuples(
            """SELECT loan_id::text, through, interest, charges, bucket, stage, held, suspended
            FROM loan_accrued WHERE book = %(book)s ORDER BY loan_id"""
        )
        loans = hashlib.sha256(repr(rows).encode()).hexdigest()
        zone = str(access.zone_of(tx))
        return ledger_hash(tx, zone), loans, verify(tx).holds
