"""What the ledger is measured against, on the same server, by PostgreSQL's own load program.

`pgbench` TPC-B is the limit that a database sets to one transaction a commit. The function is the
usual way to keep a ledger in PostgreSQL: one call a transfer, both accounts locked in id order,
with the very checks that the lane makes.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from huoshui.core import db, postgres
from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.ledger.books import PAYERS, Books

SCALE = 50
CLIENTS = 32
_CALLS = f"""\\set payer random(0, {PAYERS - 1})
SELECT bench_pay(%(book)s, :payer, 100);
"""


def prepare(settings: Settings, books: Books) -> None:
    """Fill the tables of TPC-B once, and make the function."""
    with db.admin(postgres.url(settings)) as execute:
        ready = execute("SELECT to_regclass('pgbench_accounts') IS NOT NULL")[0][0]
        count = execute("SELECT count(*) FROM pgbench_branches")[0][0] if ready else 0
    if count != SCALE:
        _run(settings, postgres.url(settings), "-i", "-q", "-s", str(SCALE))
    text = resources.files(__package__).joinpath("function.sql").read_text(encoding="utf-8")
    with db.admin(books.database.url) as execute:
        execute(text)


def tpc_b(settings: Settings, seconds: float) -> float:
    """Transactions a second of TPC-B (sort of), scale 50, 32 clients."""
    return _tps(settings, postgres.url(settings), seconds)


def calls(settings: Settings, books: Books, seconds: float) -> float:
    """Transfers a second to the hot account by a call of the function each, 32 clients."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "calls.sql"
        script.write_text(_CALLS % {"book": books.number}, encoding="utf-8")
        return _tps(settings, books.database.url, seconds, "-M", "prepared", "-f", str(script))


def _tps(settings: Settings, url: str, seconds: float, *options: str) -> float:
    clients = ("-n", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds))))
    found = re.search(r"tps = ([\d.]+)", _run(settings, url, *clients, *options))
    return float(found[1]) if found else 0.0


def _run(settings: Settings, url: str, *options: str) -> str:
    program = str(postgres.binaries() / "pgbench")
    done = subprocess.run([program, *options, url], capture_output=True, check=True, text=True)
    return done.stdout
