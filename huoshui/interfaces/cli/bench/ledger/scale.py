"""The ledger as it grows: posting, reading and proving at 1, 2, 5, 10, 20 and 50 million transfers.

`huoshui bench ledger --scale N` fills one book by the production path, in batches, seals it as it
goes, measures at each step, and in the end verifies everything from zero.
"""

from __future__ import annotations

import itertools
import random
import resource
import time
from collections.abc import Callable

from huoshui.core.settings import Settings
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.bench.ledger.books import HOT, SPREAD, Books, hot, open_books, uniform
from huoshui.interfaces.cli.bench.ledger.size import bytes_per_transfer
from huoshui.interfaces.cli.terminal import Bar
from huoshui.ledger import history, proof, service

STEPS = (1, 2, 5, 10, 20, 50)  # million
_MILLION = 1_000_000
_BATCH = 8_000
_READS = 200
_TARGETS = {
    "verify_s": Target(at_most=600),
    "verify_peak_rss_mb": Target(at_most=300),
}


def measure(settings: Settings, transfers: int) -> Measured:
    """Fill up to so many transfers; figures by step, and the verification of the whole."""
    books = open_books(settings, random.SystemRandom().randrange(1_000, 10**9))
    steps = [step * _MILLION for step in STEPS if step * _MILLION < transfers] + [transfers]
    figures: dict[str, float] = {}
    try:
        with Bar(quiet=False) as bar:
            done, sealing_s = 0, 0.0
            for step in steps:
                posted_s, sealed_s = _fill(settings, books, done, step, transfers, bar)
                sealing_s += sealed_s
                figures |= _at(books, step, (step - done) / posted_s)
                done = step
            figures["seal_transfers_per_s"] = transfers / sealing_s
            figures |= _verify(books, transfers, bar)
    finally:
        books.worlds.close()
    note = "half of the transfers go to one hot account, half between two of ten thousand"
    # The target of the verification is that of 10 million transfers.
    targets = _TARGETS if transfers <= 10 * _MILLION else {}
    return Measured(figures, targets=targets, notes=(note,))


def _fill(
    settings: Settings, books: Books, done: int, step: int, transfers: int, bar: Bar
) -> tuple[float, float]:
    """Post from `done` to `step` transfers; the seconds of posting, and of sealing."""
    posting_s = sealing_s = 0.0
    loads = itertools.cycle((hot(), uniform(done)))
    while done < step:
        items = min(_BATCH, step - done)
        units = [[each] for each in itertools.islice(next(loads), items)]
        started = time.perf_counter()
        with books.database.begin(book=books.number) as tx:
            service.post_units(tx, units)
        posted = time.perf_counter()
        proof.seal(books.database, settings.home_path, number=books.number)
        posting_s += posted - started
        sealing_s += time.perf_counter() - posted
        done += items
        bar.show("bench ledger", done, transfers)
    return posting_s, sealing_s


def _at(books: Books, step: int, posted_per_s: float) -> dict[str, float]:
    name = f"at_{step // _MILLION}m" if step >= _MILLION else f"at_{step}"
    with books.database.begin(book=books.number) as tx:
        account = service.account_at(tx, HOT, "CNY").id
        others = [service.account_at(tx, f"bench:{n}", "CNY").id for n in range(0, SPREAD, 997)]
        opened, now = service.account(tx, account).opened_at, tx.now
        moments = [opened + (now - opened) * n / _READS for n in range(_READS)]

        def recorded(n: int) -> None:
            history.balance_at(tx, account if n % 2 else others[n % len(others)], moments[n])

        def page(n: int) -> None:
            history.statement(tx, others[n % len(others)], since=moments[n])

        figures = {
            f"{name}_posted_transfers_per_s": posted_per_s,
            f"{name}_balance_at_p99_ms": _p99_ms(recorded),
            f"{name}_statement_p99_ms": _p99_ms(page),
        }
    return figures | {f"{name}_bytes_per_transfer": bytes_per_transfer(books)}


def _p99_ms(read: Callable[[int], None]) -> float:
    waits = []
    for n in range(_READS):
        started = time.perf_counter()
        read(n)
        waits.append(time.perf_counter() - started)
    return percentile(waits, 99) * 1000


def _verify(books: Books, transfers: int, bar: Bar) -> dict[str, float]:
    started = time.perf_counter()
    found = proof.verify(
        books.database,
        number=books.number,
        progress=bar.show,
    )
    seconds = time.perf_counter() - started
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "verify_s": seconds,
        "verify_us_per_transfer": seconds / transfers * 1e6,
        "verify_peak_rss_mb": peak_kb / 1024,
        "verify_holds": float(found.holds),
        "verify_faults": float(len(found.faults)),
    }
