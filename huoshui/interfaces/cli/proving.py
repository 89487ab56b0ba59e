"""`verify`, `statement`, `seal`, `checkpoint`: the books recomputed, and what proves them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import access
from huoshui.core.db import Database
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.figures import shown
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.ledger import proof
from huoshui.ledger import service as ledger
from huoshui.ledger.proof import Fault, LogKey, Proven, Verified
from huoshui.lines.payments import reconciliation
from huoshui.lines.payments.escrow import service as payments
from huoshui.lines.payments.reconciliation import Whole
from huoshui.scenarios.replay.verification import Verification, verify_replay


class BadMoment(Problem):
    """Not a day or a moment that a period can start or end with."""

    code = "bad_moment"
    status = 422


class NothingSealed(Problem):
    """The book has no checkpoint yet."""

    code = "nothing_sealed"
    status = 404


class Asked(msgspec.Struct, frozen=True):
    """The account and the period of a statement, as they were typed."""

    path: str
    currency: str
    since: str
    until: str


@contextmanager
def opened(settings: Settings, world: str) -> Iterator[Database]:
    """A world's database, and at the end its connections given back."""
    worlds = Worlds.start(settings)
    try:
        yield worlds.database(world)
    finally:
        worlds.close()


def trust(key: str, kept: Path | None) -> proof.Trust:
    """What the caller has from elsewhere: a public key, a checkpoint."""
    notes = (proof.read_checkpoint(kept.read_text(encoding="utf-8")),) if kept else ()
    return proof.Trust(proof.read_key(key) if key else None, notes)


def run_verify(
    settings: Settings, world: str, book: int, trusted: proof.Trust, *, json: bool
) -> bool:
    """Recompute a world's books and its log from zero; whether they hold."""
    quiet = json or not terminal.err.is_terminal
    with opened(settings, world) as database, Bar(quiet=quiet) as bar:
        found = proof.verify(
            database,
            number=book,
            trust=trusted,
            progress=lambda label, done, total: bar.show(say(f"stage.{label}"), done, total),
        )
        with database.begin(book=book) as tx:
            books = verify_replay(tx, payments.terms(tx))
        with database.begin(book=book, snapshot=True) as tx:
            explained = reconciliation.check_whole(tx)
    holds = books.holds and found.holds and explained.holds
    if json:
        told = msgspec.to_builtins(books, enc_hook=str) | {
            "log": found,
            "reconciliation": _told(explained),
            "holds": holds,
        }
        terminal.print_json(told)
    else:
        _tell(books, found, holds)
        _tell_explained(explained)
    return holds


def _told(explained: Whole) -> dict[str, Any]:
    return {
        "accounts": len(explained.checked.accounts), "items": explained.items,
        "lines": explained.lines, "windows": explained.counted, "holds": explained.holds,
        "faults": explained.checked.faults, "windows_differ": explained.windows,
    }  # fmt: skip


def _tell_explained(explained: Whole) -> None:
    """One line of what `reconcile --check` tells at length; what does not agree on lines of its own."""
    terminal.out.print(
        say(
            "verify.explained" if explained.holds else "verify.unexplained",
            accounts=len(explained.checked.accounts),
            items=f"{explained.items:,}",
            lines=f"{explained.lines:,}",
            windows=explained.counted,
        ),
        soft_wrap=True,
    )
    wrong = [f"{f.check} {f.place}: {f.stored} ≠ {f.counted}" for f in explained.checked.faults]
    wrong += [f"window {w.number}: {w.stored} ≠ {w.recomputed}" for w in explained.windows]
    for line in wrong:
        terminal.err.print(f"  • {line}", highlight=False)


def _tell(books: Verification, found: Verified, holds: bool) -> None:
    terminal.out.print(
        say(
            "verified" if holds else "not_verified",
            transfers=books.transfers,
            accounts=books.accounts,
            orders=books.orders,
        ),
        soft_wrap=True,
    )
    terminal.out.print(f"ledger_hash {books.ledger_hash}", highlight=False)
    if not found.leaves:
        terminal.out.print(say("log.none"))
    else:
        for line in ("log.sealed", "log.waiting", "log.compared"):
            terminal.out.print(
                say(
                    line,
                    **{name: getattr(found, name) for name in ("leaves", "checkpoints", "batches")},
                    sealed=found.transfers - found.unsealed.transfers,
                    transfers=found.unsealed.transfers,
                    events=found.unsealed.events,
                    compared=", ".join(found.compared_not_covered),
                    not_compared=", ".join(found.not_compared),
                ),
                highlight=False,
                soft_wrap=True,
            )
    if found.archived:
        terminal.out.print(say("log.archived", transfers=found.archived))
    lines = [_line(fault) for fault in found.faults]
    lines += [f"{f.check} {f.account}: {f.stored} ≠ {f.recomputed}" for f in books.faults]
    for line in lines:
        terminal.err.print(f"  • {line}", highlight=False)


def _line(fault: Fault) -> str:
    return f"{fault.check} {fault.table} {fault.row}: {fault.stored} ≠ {fault.recomputed}"


def run_verify_statement(settings: Settings, file: Path, key: str, *, json: bool) -> bool:
    """Check a statement's file, with a key given or one of this home; no database is asked."""
    content = file.read_bytes()
    trusted = proof.read_key(key) if key else proof.key_of(settings.home_path, content)
    found = proof.verify_statement(content, trusted)
    if json:
        terminal.print_json(found)
    else:
        _tell_proven(found, trusted)
    return True


def _tell_proven(found: Proven, key: LogKey) -> None:
    def money(amount: int) -> str:
        return shown(amount, "money", found.currency)

    terminal.out.print(say("statement.holds", path=found.path, transfers=found.transfers))
    rows = [
        ("statement.period", f"{found.since} … {found.until}"),
        ("statement.opening", money(found.opening)),
        ("statement.came", money(found.came)),
        ("statement.went", money(found.went)),
        ("statement.closing", money(found.closing)),
        ("statement.signed", f"{found.signed_at} ({found.size:,})"),
        ("statement.key", key.text),
    ]
    for name, value in rows:
        terminal.out.print(f"{say(name)}: {value}", highlight=False, soft_wrap=True)
    terminal.out.print(say("statement.unchecked"))
    for code in found.unchecked:
        terminal.out.print(f"  • {say(f'statement.unchecked.{code}')}", soft_wrap=True)


def run_statement(settings: Settings, world: str, book: int, asked: Asked, out: Path) -> None:
    """Write an account's statement with its proof; what waits is sealed first."""
    with opened(settings, world) as database:
        proof.seal(database, settings.home_path, number=book)
        with database.begin(book=book) as tx:
            here = access.this_book(tx)
            zone = ZoneInfo(here.time_zone)
            account = ledger.account_at(tx, asked.path, asked.currency or here.currency)
            since = moment(asked.since, zone) if asked.since else account.opened_at
            until = moment(asked.until, zone) if asked.until else tx.now
            made = proof.prove(tx, account.id, since, until)
            key = proof.log_keys(tx)[-1]
    out.write_bytes(made.file)
    terminal.out.print(
        say("statement.made", transfers=len(made.transfers), file=str(out)), soft_wrap=True
    )
    terminal.out.print(f"{say('statement.key')}: {key.text}", highlight=False, soft_wrap=True)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """The start of a day in the marketplace's zone, or a moment."""
    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), time(), zone)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMoment(text=text[:40]) from error
    return at if at.tzinfo else at.replace(tzinfo=zone)


def run_seal(settings: Settings, world: str, book: int, *, new_key: bool, json: bool) -> None:
    """Seal what waits now; with `new_key` go on under another key."""
    with opened(settings, world) as database:
        if new_key:
            with database.begin(book=book) as tx:
                proof.rotate(tx, settings.home_path)
        done = proof.seal(database, settings.home_path, number=book)
        with database.begin(book=book) as tx:
            keys = proof.log_keys(tx)
    if json:
        terminal.print_json(msgspec.to_builtins(done) | {"key": keys[-1].text if keys else ""})
        return
    terminal.out.print(say("sealed", commits=done.commits, leaves=done.leaves, size=done.size))
    if new_key:
        terminal.out.print(f"{say('statement.key')}: {keys[-1].text}", soft_wrap=True)


def run_checkpoint(settings: Settings, world: str, book: int, *, json: bool) -> None:
    """Print the newest signed checkpoint, to be kept where this machine's owner cannot reach."""
    with opened(settings, world) as database, database.begin(book=book) as tx:
        text = proof.last_checkpoint(tx)
        keys = proof.log_keys(tx)
        behind = proof.lag(tx)
    if text is None:
        raise NothingSealed(world=world, book=book)
    if not json:
        sys.stdout.write(text)
        sys.stdout.flush()  # both streams may lead to one place
        terminal.err.print(f"{say('statement.key')}: {keys[-1].text}", soft_wrap=True)
        return
    note = proof.read_checkpoint(text)
    told: dict[str, Any] = {
        "origin": note.origin,
        "size": note.size,
        "root": note.root.hex(),
        "at": note.at,
        "note": text,
        "keys": [key.text for key in keys],
        "waiting": behind,
    }
    terminal.print_json(told)
