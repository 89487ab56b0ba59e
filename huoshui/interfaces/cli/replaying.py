"""`replay`, `sample`, `import`: histories in."""

from __future__ import annotations

import gc
import resource
import sys
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.reading import check as reading_check
from huoshui.facts.commerce.reading import timeline
from huoshui.facts.commerce.reading.source import Source, read_source
from huoshui.facts.commerce.sample import generate
from huoshui.interfaces.cli import figures, fulling, terminal
from huoshui.interfaces.cli.supposing import Supposed, show, suppose
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.lines import payments
from huoshui.lines.payments.escrow import store as payments_store
from huoshui.lines.payments.escrow.terms import Terms, read_terms
from huoshui.scenarios import order_flow
from huoshui.scenarios.replay import Asked, Progress, replay
from huoshui.scenarios.replay.assumptions import read_sections
from huoshui.scenarios.replay.driver import Outcome

IMPORT_BATCH = 500


class GeneratedInLive(Problem):
    """Generated facts do not belong among real ones."""

    code = "generated_in_live"
    status = 409


def run_replay(
    settings: Settings, asked: Asked, credit: Supposed | None = None, *, json: bool
) -> Outcome:
    """Replay with a progress bar; print the figures, or one JSON object. With `credit` those of the
    credit products as well that are supposed."""
    # A replay makes millions of short-lived, acyclic objects: looking for cycles among them every
    # 700 costs a tenth of its time and finds none.
    gc.set_threshold(100_000, 20, 20)
    if credit and credit.full:
        return _run_full(settings, asked, credit, json=json)
    worlds = Worlds.start(settings)
    try:
        with Bar(quiet=json) as bar:
            outcome = replay(worlds, asked, lambda p: _show(bar, p))
    finally:
        worlds.close()
    found = suppose(settings, outcome.world, credit, quiet=json) if credit else None
    if json:
        terminal.print_json(document(outcome) | ({"whatif": found.document()} if found else {}))
        return outcome
    figures.show_outcome(outcome)
    if found:
        show(found.estimate)
    return outcome


def _run_full(settings: Settings, asked: Asked, credit: Supposed, *, json: bool) -> Outcome:
    """Replay with the products live, and print the figures of the postings beside the estimate."""
    worlds = Worlds.start(settings)
    try:
        with Bar(quiet=json) as bar:
            outcome = fulling.run_full(worlds, asked, credit, lambda p: _show(bar, p))
        found = fulling.compared(worlds.database(outcome.world))
    finally:
        worlds.close()
    if json:
        terminal.print_json(document(outcome) | {"full": fulling.document(found)})
    else:
        figures.show_outcome(outcome)
        fulling.show(found)
    return outcome


def document(outcome: Outcome) -> dict[str, Any]:
    """What `replay --json` prints."""
    row = outcome.row
    return {
        "world": outcome.world,
        "orders": outcome.orders,
        "seconds": round(outcome.seconds, 2),
        "orders_per_s": None if outcome.resumed else round(outcome.orders / outcome.seconds, 1),
        "resumed": outcome.resumed,
        "verified": row.state == "verified",
        "verification": row.verification,
        "peak_rss_mb": peak_rss_mb(),
        "ledger_hash": row.verification.get("ledger_hash", ""),
        "report": row.report,
    }


def peak_rss_mb() -> int:
    """The most memory this process has held, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def keep_report(settings: Settings, world: str, file: Path) -> None:
    """Write a replay's report as one HTML file, in the reader's language."""
    from huoshui.interfaces.console.export import report_file
    from huoshui.interfaces.console.page import Frame, World

    worlds = Worlds.start(settings)
    try:
        with worlds.database(world).begin() as tx:
            book = access.this_book(tx)
            frame = Frame(
                lang=terminal.language(),
                world=World(name=world, kind="replay", generated=book.generated, clock=tx.now),
                path=f"/console/{world}/replay",
                book=book.name,
                zone=book.time_zone,
                currency=book.currency,
            )
            content = report_file(tx, frame)
    finally:
        worlds.close()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    terminal.err.print(say("report_kept", file=str(file)), soft_wrap=True)


def open_default_book(tx: Tx) -> None:
    """A sandbox is ready to be tried: a book of its own with the terms' defaults."""
    if access.books(tx):
        return
    access.open_book(tx, access.Book(1, "main", "Sandbox", "CNY", "Asia/Shanghai", False))
    payments.start(tx, Terms())


def _show(bar: Bar, progress: Progress) -> None:
    label = say(f"stage.{progress.stage}")
    bar.show(label, progress.done, progress.total)
    if progress.at:
        bar.title(f"{label} {progress.at:%Y-%m-%d}")


def run_sample(directory: Path, orders: int, seed: int, *, json: bool) -> None:
    """Generate a marketplace."""
    with Bar(quiet=json) as bar:
        made = generate(directory, orders, seed, lambda s, d, t: bar.show(say("sampling"), d, t))
    if json:
        terminal.print_json(made)
    else:
        terminal.out.print(say("sampled", directory=str(made.directory), orders=orders))


def run_import(
    settings: Settings, directories: tuple[Path, ...], world: str, *, money: bool, json: bool
) -> bool:
    """Check everything, then load it; whether all was well. A faulty history loads nothing."""
    sections = read_sections(directories)
    source = read_source(directories, sections)
    with Bar(quiet=json) as bar:
        report = reading_check.check(source, lambda s, d, t: bar.show(say("checking"), d, t))
    if not report.good:
        _show_faults(report, json=json)
        return False
    loaded = _load(settings, source, sections, world, money=money, quiet=json)
    if json:
        terminal.print_json({"good": True, "world": world, "facts": loaded})
    else:
        rows = [[kind, f"{count:,}"] for kind, count in loaded.items()]
        terminal.table([say("outcome"), say("facts")], rows, numbers=(1,))
    return True


def _show_faults(report: reading_check.Report, *, json: bool) -> None:
    if json:
        terminal.print_json({"good": False, "faults": report.faults_total, "rows": report.faults})
        return
    lang = terminal.language()
    terminal.err.print(say("faults", count=report.faults_total))
    for fault in report.faults:
        error = fault.error()
        terminal.err.print(f"  • {error.pointer}: {error.detail(lang)}", highlight=False)


def _load(
    settings: Settings,
    source: Source,
    sections: dict[str, Any],
    world: str,
    *,
    money: bool,
    quiet: bool,
) -> dict[str, int]:
    worlds = Worlds.start(settings)
    if source.generated and worlds.get(world).kind == "live":
        raise GeneratedInLive(world=world)
    spool_path = settings.home_path / "spools" / f"import-{timeline.fingerprint(source)[:16]}"
    counts = {"created": 0, "exists": 0, "corrected": 0, "refused": 0}
    try:
        database = worlds.database(world)
        with database.begin() as tx:
            name = source.name.get("en", "Marketplace")
            access.open_book(
                tx,
                access.Book(1, "main", name, source.currency, source.time_zone, source.generated),
            )
            if payments_store.terms(tx) is None:
                payments.start(tx, read_terms(sections.get("payments", {})))
        with timeline.build(source, spool_path) as spool, Bar(quiet=quiet) as bar:
            cursor = 0
            while entries := spool.read(cursor, limit=IMPORT_BATCH):
                facts = [msgspec.structs.replace(e.fact, known_at=None) for e in entries]
                take = partial(order_flow.take, facts=facts, with_money=money)
                taken = database.run(take)
                for result in taken.facts:
                    counts[result.outcome] += 1
                cursor = entries[-1].seq
                bar.show(say("loading"), cursor, spool.total)
    finally:
        worlds.close()
        spool_path.unlink(missing_ok=True)
    return counts
