"""`ledger …`: statements and balances in time, periods, parts and archive, import, upkeep."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, get_args

import msgspec

from huoshui.core import access, ids, money
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.proving import BadMoment, moment, opened
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.ledger import accounts, history, intake, parts, periods, reconciliation
from huoshui.ledger import service as ledger
from huoshui.ledger.history import Statement, View, days
from huoshui.lines.payments.chart import CHART

PAGE = 1000
_UNIT_BYTES = 1 << 20


class BadView(Problem):
    """A view is recorded or effective."""

    code = "bad_view"
    status = 422


class FileKindUnknown(Problem):
    """A history is .jsonl or .csv."""

    code = "file_kind_unknown"
    status = 422


class ArchiveUnasked(Problem):
    """`archive` writes (--before and --to) or checks (--verify)."""

    code = "archive_unasked"
    status = 422


class Where(NamedTuple):
    """The book that a command works on."""

    world: str
    book: int


def done(settings: Settings, where: Where, act: Callable[[Tx], Any], actor: str = "cli") -> Any:
    """Do something in a world's book, in a transaction of its own; what it answers."""
    with opened(settings, where.world) as database:
        return database.run(act, book=where.book, actor=actor)


class StatementAsked(msgspec.Struct, frozen=True):
    """The account, the span and the view of a statement, as they were typed."""

    path: str
    currency: str
    since: str
    until: str
    view: str
    csv: Path | None


def run_size(settings: Settings, world: str, *, json: bool) -> None:
    """What the ledger's tables weigh, and what a transfer takes of each."""
    with opened(settings, world) as database, database.begin() as tx:
        found = parts.size(tx)
    if json:
        terminal.print_json(found)
        return
    rows = [
        [row.name, say(f"ledger.kind.{row.kind}"), _mib(row.bytes),
         found.per_transfer.get("heap" if row.kind == "heap" else row.name, "")]
        for row in found.rows
    ]  # fmt: skip
    heads = [say("ledger.table"), say("kind"), "MiB", say("ledger.per_transfer")]
    terminal.table(heads, rows, numbers=(2, 3))
    terminal.out.print(
        say("ledger.sized", transfers=f"{found.transfers:,}", each=found.bytes_per_transfer)
    )


def _mib(size: int) -> str:
    return f"{size / _UNIT_BYTES:,.1f}"


def run_parts(settings: Settings, where: Where, *, json: bool) -> None:
    """Make the parts that are wanted, and list those that stand."""
    with opened(settings, where.world) as database:
        made = database.run(parts.make_all, book=where.book)
        with database.begin(book=where.book) as tx:
            found = parts.parts(tx)
    if json:
        terminal.print_json({"made": made, "parts": found})
        return
    rows = [[p.month, p.name, f"{p.rows:,}", _mib(p.bytes)] for p in found]
    heads = [say("ledger.month"), say("ledger.table"), say("ledger.rows"), "MiB"]
    terminal.table(heads, rows, numbers=(2, 3))
    terminal.out.print(say("ledger.parts_made", months=", ".join(made) or "-"))


def run_archive(
    settings: Settings, where: Where, before: str, directory: Path | None, *, json: bool
) -> None:
    """Archive the parts of the months before one."""
    if not before or directory is None:
        raise ArchiveUnasked()
    with opened(settings, where.world) as database, Bar(quiet=json) as bar:
        done = parts.archive(
            database, before, directory, book=where.book, progress=_shown(bar, "archive")
        )
    if json:
        terminal.print_json(done)
        return
    rows = [[a.month, a.file, f"{a.transfers:,}", f"{a.accounts:,}", a.sha256[:16]] for a in done]
    heads = [say("ledger.month"), say("ledger.file"), say("ledger.transfers"),
             say("ledger.accounts"), "SHA-256"]  # fmt: skip
    terminal.table(heads, rows, numbers=(2, 3))
    terminal.out.print(say("ledger.archived", count=len(done)))


def run_check_archive(settings: Settings, where: Where, directory: Path, *, json: bool) -> bool:
    """Hold an archive against its manifests, the book and the tamper log; whether it holds."""
    with (
        opened(settings, where.world) as database,
        Bar(quiet=json) as bar,
        database.begin(book=where.book, snapshot=True) as tx,
    ):
        found = parts.check_archive(tx, directory, _shown(bar, "verify"))
    if json:
        terminal.print_json(msgspec.to_builtins(found) | {"holds": found.holds})
        return found.holds
    key = "ledger.archive_holds" if found.holds else "ledger.archive_broken"
    terminal.out.print(
        say(
            key, files=found.files, transfers=f"{found.transfers:,}", whole=f"{found.batches:,}",
            partial=f"{found.parts_of_batches:,}", unsealed=f"{found.unsealed:,}",
        )
    )  # fmt: skip
    for fault in found.faults:
        terminal.err.print(f"  • {fault.file} {fault.check}: {fault.what}", highlight=False)
    return found.holds


def _shown(bar: Bar, stage: str) -> Callable[[str, int, int], None]:
    return lambda name, done, total: bar.show(f"{say(f'ledger.stage.{stage}')} {name}", done, total)


def run_import(settings: Settings, where: Where, file: Path, *, check: bool, json: bool) -> bool:
    """Import a history of transactions; with `check` only see whether it can be read."""
    with opened(settings, where.world) as database, Bar(quiet=json) as bar:
        with database.begin(book=where.book) as tx:
            accounts.learn_units(tx)
            now = tx.now
        with _rows(file) as rows:
            refused = tuple(itertools.islice(intake.check(rows, now), terminal.ERRORS_SHOWN))
        done = intake.Imported(0, 0, 0, refused)
        if not refused and not check:
            with _rows(file) as rows:
                label = say("ledger.stage.import")
                done = intake.import_history(
                    database, rows, CHART, book=where.book,
                    progress=lambda count: bar.show(label, count, count),
                )  # fmt: skip
            if done.posted:
                _count_days(database, where.book, bar)
    _tell_import(done, json=json)
    return not done.refused


@contextmanager
def _rows(file: Path) -> Iterator[Iterable[intake.ImportRow | intake.RefusedRow]]:
    if file.suffix == ".jsonl":
        with file.open("rb") as lines:
            yield intake.read_json_lines(iter(lambda: lines.readline(intake.LINE_MOST), b""))
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as text:
            yield intake.read_csv(iter(lambda: text.readline(intake.LINE_MOST), ""))
    else:
        raise FileKindUnknown(file=file.name)


def _tell_import(done: intake.Imported, *, json: bool) -> None:
    if json:
        terminal.print_json(msgspec.to_builtins(done) | {"by_code": done.by_code})
        return
    terminal.out.print(
        say("ledger.imported", posted=f"{done.posted:,}", existed=f"{done.existed:,}",
            clamped=f"{done.clamped:,}", refused=f"{len(done.refused):,}")
    )  # fmt: skip
    for code, count in sorted(done.by_code.items()):
        terminal.err.print(f"  {count:>6,}  {code}", highlight=False)
    for row in done.refused[: terminal.ERRORS_SHOWN]:
        said = f"  • {say('ledger.line', line=row.line)} {row.key}: {row.code} {row.reason}"
        terminal.err.print(said, highlight=False)


def run_close(settings: Settings, where: Where, until: str, *, json: bool) -> None:
    """Seal every day before `until`; without it, list the sealed periods."""
    with opened(settings, where.world) as database:
        if until:
            day = _day(until)
            database.run(lambda tx: periods.close_period(tx, day), book=where.book, actor="cli")
        with database.begin(book=where.book) as tx:
            found = periods.periods(tx, limit=1 if until else 100)
            zone = access.zone_of(tx)
    if json:
        terminal.print_json(found[0] if until else found)
        return
    rows = [
        [str(days.day_of(p.since, zone)) if p.since else "-", str(days.day_of(p.until, zone)),
         f"{p.transfers:,}", f"{p.closed_at:%Y-%m-%d %H:%M}", p.hash[:16]]
        for p in found
    ]  # fmt: skip
    heads = [say("ledger.since"), say("ledger.until"), say("ledger.transfers"),
             say("ledger.closed_at"), "SHA-256"]  # fmt: skip
    terminal.table(heads, rows, numbers=(2,))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadMoment(text=text[:40]) from error


def run_reconcile(settings: Settings, where: Where, *, json: bool) -> bool:
    """Compare stored counters with history now; whether they agree."""
    with opened(settings, where.world) as database, Bar(quiet=json) as bar:
        label = say("ledger.stage.reconcile")
        found = reconciliation.reconcile(
            database, book=where.book, progress=lambda done, total: bar.show(label, done, total)
        )
    if json:
        terminal.print_json(msgspec.to_builtins(found, enc_hook=str) | {"holds": found.holds})
        return found.holds
    key = "ledger.reconciled" if found.holds else "ledger.not_reconciled"
    terminal.out.print(
        say(key, accounts=f"{found.accounts:,}", transfers=f"{found.transfers:,}",
            faults=len(found.faults))
    )  # fmt: skip
    for fault in found.faults:
        line = f"  • {fault.check} {fault.account}: {fault.stored} ≠ {fault.recomputed}"
        terminal.err.print(line, highlight=False)
    return found.holds


def run_snapshot(settings: Settings, where: Where, *, json: bool) -> None:
    """Count every day of every account anew."""
    with opened(settings, where.world) as database, Bar(quiet=json) as bar:
        count = _count_days(database, where.book, bar)
    if json:
        terminal.print_json({"accounts": count})
    else:
        terminal.out.print(say("ledger.counted", accounts=f"{count:,}"))


def _count_days(database: Database, book: int, bar: Bar) -> int:
    label = say("ledger.stage.count")
    return history.rebuild(
        database, book=book, progress=lambda done, total: bar.show(label, done, total)
    )


def run_statement(settings: Settings, where: Where, asked: StatementAsked, *, json: bool) -> None:
    """An account's statement by recorded or effective time: a table, JSON, or a CSV file."""
    view: View = "effective" if asked.view == "effective" else "recorded"
    if asked.view not in get_args(View):
        raise BadView(view=asked.view[:20])
    with (
        opened(settings, where.world) as database,
        database.begin(book=where.book, snapshot=True) as tx,
    ):
        accounts.learn_units(tx)
        whole = _statement(tx, asked, view)
    if asked.csv:
        with asked.csv.open("w", encoding="utf-8", newline="") as file:
            _write_csv(file, whole)
    elif json:
        terminal.print_json(whole)
    else:
        _show_statement(whole)


def _statement(tx: Tx, asked: StatementAsked, view: View) -> Statement:
    """A statement with all its pages in one."""
    zone = access.zone_of(tx)
    account = ledger.account_at(tx, asked.path, asked.currency or access.this_book(tx).currency).id
    since = moment(asked.since, zone) if asked.since else None
    until = moment(asked.until, zone) if asked.until else None
    pages: list[Statement] = []
    while not pages or pages[-1].next:
        place = pages[-1].next if pages else None
        pages.append(
            history.statement(
                tx, account, since=since, until=until, view=view, after=place, limit=PAGE
            )
        )
    lines = tuple(line for page in pages for line in page.lines)
    return msgspec.structs.replace(pages[0], lines=lines, next=None)


def _write_csv(file: IO[str], statement: Statement) -> None:
    writer = csv.writer(file)
    writer.writerow(history.CSV_HEADINGS)
    writer.writerows(history.csv_rows(statement))


def _show_statement(found: Statement) -> None:
    currency = found.account.currency
    if found.archived_until:
        terminal.out.print(say("ledger.from_archive", at=_at(found.archived_until)))
    terminal.out.print(say("ledger.opening", amount=_major(found.opening, currency)))
    rows = [
        [_at(x.effective_at), _at(x.recorded_at), say("ledger.late") if x.late else "", x.template,
         x.reference, x.other, _major(x.amount, currency), _major(x.balance, currency),
         ids.show("txn", x.reverses) if x.reverses else ""]
        for x in found.lines
    ]  # fmt: skip
    heads = [say(f"ledger.{name}") for name in (
        "effective", "recorded", "mark", "template", "reference", "other", "amount", "balance",
        "reverses")]  # fmt: skip
    terminal.table(heads, rows, numbers=(6, 7))
    terminal.out.print(
        say("ledger.closing", amount=_major(found.closing, currency),
            total_in=_major(found.total_in, currency), total_out=_major(found.total_out, currency))
    )  # fmt: skip


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _major(amount: int, currency: str) -> str:
    return f"{money.major(amount, currency):,f}"
