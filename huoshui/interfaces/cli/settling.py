"""`settle …` and `reconcile`: windows, payout batches, files of banks and acquirers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import access, ids, money
from huoshui.core.db import Database, Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import moment, opened
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.ledger import service as ledger
from huoshui.lines.payments import reconciliation
from huoshui.lines.payments.reconciliation import intake, placing, store
from huoshui.lines.payments.reconciliation.model import File
from huoshui.lines.payments.settlement import (
    Batch,
    SettlementTerms,
    batches,
    payouts,
    read_settlement_terms,
    window_store,
    windows,
)
from huoshui.lines.payments.settlement import store as payout_store
from huoshui.lines.payments.statements import (
    FileRefused,
    Profile,
    write_camt,
    write_csv,
)
from huoshui.lines.payments.statements.profile import profile_named
from huoshui.lines.payments.statements.service import make_statement
from huoshui.scenarios import payout_flow

ACTOR = "cli"
_CHUNK = 1_000
_SHOWN = 20


class FileAsked(msgspec.Struct, frozen=True):
    """A file to reconcile, as it was typed."""

    file: Path
    rail: str
    account: str
    profile: str
    mapping: Path | None


def run_windows(settings: Settings, where: Where, *, json: bool) -> None:
    """The settlement windows, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = window_store.windows(tx, None, _SHOWN)
        reports = {window.number: windows.report(tx, window.number) for window in found}
    if json:
        terminal.print_json([msgspec.to_builtins(w) | {"report": reports[w.number]} for w in found])
        return
    rows = [
        [str(w.number), _at(w.opened_at), _at(w.closed_at), w.closed_by,
         f"{report.clearings:,}" if (report := reports[w.number]) else "-"]
        for w in found
    ]  # fmt: skip
    heads = [say(f"settle.{n}") for n in ("window", "opened", "closed", "by", "clearings")]
    terminal.table(heads, rows, numbers=(0, 4))


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"


def run_close(settings: Settings, where: Where, *, dry_run: bool, json: bool) -> None:
    """Close the open window and count it, or say what it holds."""
    with opened(settings, where.world) as database:
        if dry_run:
            with database.begin(book=where.book) as tx:
                seen = windows.preview(tx)
            _tell_totals(seen.window.number, seen.totals, json=json)
            return
        closed = database.run(windows.close_window, book=where.book, actor=ACTOR)
        report = database.run(lambda tx: windows.count(tx, closed.number), book=where.book)
    _tell_totals(closed.number, report.totals, json=json)


def _tell_totals(number: int, totals: Iterable[window_store.Total], *, json: bool) -> None:
    found = list(totals)
    if json:
        told = [
            {"kind": t.kind, "currency": t.currency, "count": t.count, "amount": t.amount}
            for t in found
        ]
        terminal.print_json({"window": number, "totals": told})
        return
    terminal.out.print(say("settle.window_is", number=number))
    rows = [[t.kind, f"{t.count:,}", _major(t.amount, t.currency), t.currency] for t in found]
    heads = [say(f"settle.{n}") for n in ("kind", "clearings", "amount", "currency")]
    terminal.table(heads, rows, numbers=(1, 2))


def _major(amount: int, currency: str) -> str:
    return f"{money.major(amount, currency):,f}"


def run_batches(settings: Settings, where: Where, *, json: bool) -> None:
    """The payout batches, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        _tell_batches(payout_store.batches(tx, limit=_SHOWN), json=json)


def run_make(settings: Settings, where: Where, currency: str, *, dry_run: bool, json: bool) -> None:
    """Draft a payout batch; with `dry_run` only say what it would be."""
    with opened(settings, where.world) as database:
        made: list[Batch] = []
        try:
            with database.begin(book=where.book, actor=ACTOR) as tx:
                made.append(payout_flow.make_batch(tx, currency or access.this_book(tx).currency))
                if dry_run:
                    raise _Undo
        except _Undo:
            pass
    _tell_batches(made, json=json)


class _Undo(Exception):
    """Ends a rehearsal: what it did is taken back with its transaction."""


def run_move(
    settings: Settings, where: Where, batch: str, verb: str, actor: str, *, json: bool
) -> None:
    """Approve a batch under a name of one's own, or call it off."""
    id_ = ids.read("pob", batch)
    with opened(settings, where.world) as database:
        if verb == "approve":
            moved = database.run(
                lambda tx: batches.approve(tx, id_), book=where.book, actor=f"cli:{actor}"
            )
        else:
            moved = database.run(lambda tx: batches.cancel(tx, id_), book=where.book, actor=ACTOR)
    _tell_batches([moved], json=json)


def _tell_batches(found: list[Batch], *, json: bool) -> None:
    if json:
        terminal.print_json([msgspec.to_builtins(b) | {"id": ids.show("pob", b.id)} for b in found])
        return
    rows = [
        [ids.show("pob", b.id), b.state, f"{b.payouts:,}", _major(b.amount, b.currency),
         b.currency, b.made_by, b.approved_by or "-"]
        for b in found
    ]  # fmt: skip
    names = ("batch", "state", "payouts", "amount", "currency", "made_by", "approved_by")
    terminal.table([say(f"settle.{n}") for n in names], rows, numbers=(2, 3))


def run_terms(settings: Settings, where: Where, file: Path | None, *, json: bool) -> None:
    """The terms of settlement in force, or other ones from the table `[settlement]` of a file."""
    with opened(settings, where.world) as database:
        if file:
            text = file.read_text(encoding="utf-8")
            new = read_settlement_terms(tomllib.loads(text).get("settlement", {}))
            database.run(lambda tx: payouts.change_terms(tx, new), book=where.book, actor=ACTOR)
        with database.begin(book=where.book) as tx:
            found: SettlementTerms = payout_store.settlement_terms(tx)
    shown = msgspec.to_builtins(found, enc_hook=str)
    if json:
        terminal.print_json(shown)
    else:
        terminal.table(
            [say("setting"), say("value")], [[name, str(value)] for name, value in shown.items()]
        )


def run_statement_file(
    settings: Settings, where: Where, path: str, since: str, until: str, to: Path
) -> None:
    """Write an account's statement as camt.053 (.xml) or CSV (.csv)."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        book = access.this_book(tx)
        zone = ZoneInfo(book.time_zone)
        account = ledger.account_at(tx, path, book.currency)
        start = moment(since, zone) if since else account.opened_at
        made = make_statement(tx, account.id, start, moment(until, zone) if until else tx.now)
    to.write_bytes(write_csv(made) if to.suffix == ".csv" else write_camt(made))
    terminal.out.print(say("settle.written", file=to.name, lines=len(made.entries)))


def run_reconcile(settings: Settings, where: Where, asked: FileAsked, *, json: bool) -> bool:
    """Import a file and place its lines, with a bar; whether all of them found their match."""
    upload = reconciliation.Upload(
        name=asked.file.name,
        content=asked.file.read_bytes(),
        profile=_profile(asked),
        rail=asked.rail,
        account=asked.account,
    )
    with opened(settings, where.world) as database, Bar(quiet=json) as bar:
        taken = database.run(
            lambda tx: reconciliation.take_file(tx, upload), book=where.book, actor=ACTOR
        )
        _place(database, where.book, taken.file, bar)
        with database.begin(book=where.book) as tx:
            states = store.line_states(tx, taken.file.id)
            checked = reconciliation.check(tx)
    return _tell_file(taken, states, checked, json=json)


def _profile(asked: FileAsked) -> Profile:
    if asked.mapping:
        try:
            body = tomllib.loads(asked.mapping.read_text(encoding="utf-8"))
            return msgspec.convert(body, Profile)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            fault = FieldError(asked.mapping.name, "setting", {"reason": str(error)})
            raise FileRefused(count=1, errors=(fault,)) from error
    name = asked.profile or ("acquirer" if asked.rail else "bank")
    return profile_named(name)


def _place(database: Database, book: int, file: File, bar: Bar) -> None:
    label, left = say("reconcile.stage"), file.lines

    def place(tx: Tx) -> int:
        placing.place_next(tx, file, _CHUNK)
        return store.left_new(tx, file.id)

    bar.show(label, 0, file.lines)
    while left:
        left = database.run(place, book=book, actor=ACTOR)
        bar.show(label, file.lines - left, file.lines)


def _tell_file(
    taken: intake.Taken,
    states: dict[str, int],
    checked: reconciliation.Checked,
    *,
    json: bool,
) -> bool:
    file = taken.file
    matched = states.get("matched", 0) + states.get("booked", 0)
    waits = states.get("suspense", 0) + states.get("asked", 0)
    if json:
        terminal.print_json(
            {
                "file": ids.show("stf", file.id), "digest": file.digest, "name": file.name,
                "repeated": taken.repeated, "lines": file.lines, "matched": matched,
                "suspense": waits, "written_off": states.get("written_off", 0),
                "currency": file.currency, "gross": file.gross, "fee": file.fee, "net": file.net,
                "explained": checked.holds, "faults": checked.faults,
            }
        )  # fmt: skip
        return waits == 0 and checked.holds
    key = "reconcile.repeated" if taken.repeated else "reconcile.done"
    terminal.out.print(
        say(key, file=file.name, lines=f"{file.lines:,}", matched=f"{matched:,}",
            suspense=f"{waits:,}", gross=_major(file.gross, file.currency),
            fee=_major(file.fee, file.currency), net=_major(file.net, file.currency),
            currency=file.currency)
    )  # fmt: skip
    _tell_faults(checked)
    return waits == 0 and checked.holds


def _tell_faults(checked: reconciliation.Checked) -> None:
    for fault in checked.faults:
        line = f"  • {fault.check} {fault.place}: {fault.stored} ≠ {fault.counted}"
        terminal.err.print(line, highlight=False)


class NoFile(Problem):
    """`reconcile` takes a file, or --check."""

    code = "no_file"
    status = 422


def run_check(settings: Settings, where: Where, *, json: bool) -> bool:
    """Count everything anew; whether each balance is explained by its open items."""
    with (
        opened(settings, where.world) as database,
        database.begin(book=where.book, snapshot=True) as tx,
    ):
        whole = reconciliation.check_whole(tx)
    found, wrong = whole.checked, whole.windows
    if json:
        terminal.print_json(msgspec.to_builtins(found) | {"windows": wrong, "holds": whole.holds})
        return whole.holds
    rows = [
        [a.path, _major(a.balance, a.currency), f"{a.items:,}", _major(a.open, a.currency),
         "✓" if a.holds else "✗"]
        for a in found.accounts
    ]  # fmt: skip
    heads = [say(f"reconcile.{n}") for n in ("account", "balance", "items", "open")]
    terminal.table([*heads, ""], rows, numbers=(1, 2, 3))
    terminal.out.print(say("reconcile.holds" if whole.holds else "reconcile.broken"))
    _tell_faults(found)
    for each in wrong:
        terminal.err.print(f"  • window {each.number}: {each.stored} ≠ {each.recomputed}")
    return whole.holds
