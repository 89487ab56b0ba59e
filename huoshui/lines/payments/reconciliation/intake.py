"""Taking a file in: once by its bytes, whole or not at all; its lines are placed afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError, Problem
from huoshui.core.work import Item as Work
from huoshui.lines.payments.reconciliation import placing, store
from huoshui.lines.payments.reconciliation.model import ARRIVED, File, Line, UnknownFile
from huoshui.lines.payments.statements import Entry, FileRefused, Parsed, Profile, read_file

PLACE_DUE = "reconciliation.place_due"
PLACE_AT_ONCE = 1_000
_OURS = ("ord", "pmt", "pay", "prf", "dsb")


class RailNeeded(Problem):
    """An acquirer's file needs to know whose it is."""

    code = "rail_needed"
    status = 422


class ImportedBefore(Problem):
    """These very bytes were imported before; the problem names the file."""

    code = "imported_before"
    status = 409


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is handed in. `rail` is the acquirer's, `account` the bank account's name.

    An acquirer's lines arrive on the rail's transit account, until the bank's own line comes;
    with `account` they arrive in that bank account at once.
    """

    name: str
    content: bytes
    profile: Profile
    rail: str = ""
    account: str = ""


class Taken(msgspec.Struct, frozen=True):
    """A file that was taken in, now or before (`repeated`)."""

    file: File
    repeated: bool


def digest(content: bytes) -> str:
    """The name of a file: SHA-256 of its bytes."""
    return hashlib.sha256(content).hexdigest()


def parse(tx: Tx, upload: Upload) -> Parsed:
    """The lines of a file, or FileRefused. Touches nothing."""
    book = access.this_book(tx)
    return read_file(upload.content, upload.profile, book.currency, ZoneInfo(book.time_zone))


def take_file(tx: Tx, upload: Upload) -> Taken:
    """Take a file in: its lines are kept and wait to be placed. The same bytes again change nothing.

    Raises RailNeeded, FileRefused, FileTooLarge.
    """
    name = digest(upload.content)
    before = store.files_of_digests(tx, [name]).get(name)
    if before:
        return Taken(before, True)
    file, lines = _take(tx, upload, name)
    store.add_files(tx, [file])
    _wait(tx, file, lines)
    return Taken(file, False)


def take_files(tx: Tx, uploads: Sequence[Upload]) -> list[Taken]:
    """Take files in and place them at once; large ones wait to be placed.

    None of them names balances: of one account they could follow each other only one by one.
    Raises RailNeeded, FileRefused, FileTooLarge.
    """
    names = [digest(upload.content) for upload in uploads]
    stand = store.files_of_digests(tx, names)
    fresh: dict[str, tuple[File, list[Line]]] = {}
    taken = []
    for name, upload in zip(names, uploads, strict=True):
        before = name in stand or name in fresh
        if not before:
            fresh[name] = _take(tx, upload, name)
        taken.append(Taken(stand[name] if name in stand else fresh[name][0], before))
    if fresh:
        store.add_files(tx, [file for file, _ in fresh.values()])
    for file, lines in fresh.values():
        if len(lines) > PLACE_AT_ONCE:
            _wait(tx, file, lines)
    placing.place_new(tx, [each for each in fresh.values() if len(each[1]) <= PLACE_AT_ONCE])
    return taken


def _wait(tx: Tx, file: File, lines: Sequence[Line]) -> None:
    store.add_lines(tx, lines)
    tx.later(PLACE_DUE, ids.show("stf", file.id), tx.now, file=str(file.id))


def _take(tx: Tx, upload: Upload, name: str) -> tuple[File, list[Line]]:
    """The file and its lines, which are not kept yet."""
    if upload.profile.source == "acquirer" and not upload.rail:
        raise RailNeeded()
    parsed = parse(tx, upload)
    _continuous(tx, upload, parsed)
    file = _file(tx, upload, parsed, name)
    subjects = _subjects(tx, upload.rail, parsed.entries)
    tx.emit(
        "file.imported", ids.show("stf", file.id), name=file.name, lines=file.lines,
        gross=file.gross, fee=file.fee, net=file.net, currency=file.currency, digest=name,
    )  # fmt: skip
    return file, [_line(tx, file, entry, subjects) for entry in parsed.entries]


def import_file(tx: Tx, upload: Upload) -> Taken:
    """Take a file in and place its first lines at once; due work places what is left.

    Raises RailNeeded, FileRefused, FileTooLarge.
    """
    taken = take_file(tx, upload)
    if not taken.repeated:
        placing.place_next(tx, taken.file, PLACE_AT_ONCE)
    return taken


def import_new(tx: Tx, upload: Upload) -> File:
    """The same for who means a new file. Raises ImportedBefore, and what import_file does."""
    taken = import_file(tx, upload)
    if taken.repeated:
        raise ImportedBefore(name=taken.file.name, id=ids.show("stf", taken.file.id))
    return taken.file


def _continuous(tx: Tx, upload: Upload, parsed: Parsed) -> None:
    """A bank account's file whose opening balance is not the last closing one leaves a gap."""
    if parsed.opening is None:
        return
    last = store.last_closing(tx, _target(upload), parsed.currency)
    if last is not None and last != parsed.opening:
        facts = {"wanted": last, "found": parsed.opening}
        raise FileRefused(count=1, errors=(FieldError("Bal/OPBD", "balance_gap", facts),))


def _target(upload: Upload) -> str:
    if upload.profile.source == "acquirer" and not upload.account:
        return f"rail:{upload.rail}:transit"
    return f"bank:{upload.account or 'main'}"


def _file(tx: Tx, upload: Upload, parsed: Parsed, name: str) -> File:
    entries = parsed.entries
    return File(
        tx.id("stf", name),
        name,
        upload.name[:200],
        parsed.format,
        upload.profile.source,
        upload.rail,
        _target(upload),
        parsed.currency,
        len(entries),
        sum(entry.gross for entry in entries),
        sum(entry.fee for entry in entries),
        sum(entry.net for entry in entries),
        parsed.opening,
        parsed.closing,
        tx.now,
        tx.actor,
    )


def _line(tx: Tx, file: File, entry: Entry, subjects: dict[str, str]) -> Line:
    names = (entry.key, entry.reference, entry.note)
    subject = next((subjects[name] for name in names if name in subjects), "")
    return Line(
        tx.id("stl", f"{file.digest}/{entry.number}"),
        file.id,
        entry.number,
        None,
        entry.kind,
        file.rail,
        entry.gross,
        entry.fee,
        entry.net,
        entry.currency,
        entry.reference,
        subject,
        entry.batch,
        entry.note,
        entry.at,
        "new",
        ARRIVED,
        None,
        None,
        tx.now,
    )


def _subjects(tx: Tx, rail: str, entries: tuple[Entry, ...]) -> dict[str, str]:
    """What of ours the words of lines are about: our own ids, and what the rail calls its calls."""
    words = {name for e in entries for name in (e.reference, e.key, e.note) if name}
    ours = {word: word for word in words if word.partition("_")[0] in _OURS and _is_id(word)}
    calls = {key: id_ for key in words - ours.keys() if (id_ := _call_id(key))}
    found = store.subjects(tx, rail, sorted(words - ours.keys()), list(calls.values()))
    by_key = {key: found[str(id_)] for key, id_ in calls.items() if str(id_) in found}
    return found | by_key | ours


def _is_id(word: str) -> bool:
    prefix = word.partition("_")[0]
    try:
        ids.read(prefix, word)
    except ids.BadId:
        return False
    return True


def _call_id(word: str) -> UUID | None:
    try:
        return ids.read("rca", word) if word.startswith("rca_") else UUID(word)
    except (ids.BadId, ValueError):
        return None


def load(tx: Tx, id_: UUID) -> File:
    """One file. Raises UnknownFile."""
    found = store.file(tx, id_)
    if found is None:
        raise UnknownFile(kind="file", id=ids.show("stf", id_))
    return found


def place_due(tx: Tx, items: list[Work]) -> None:
    """Due work: place the next lines of files; what is left is put off to the next round."""
    known = store.files_of(tx, [UUID(item.payload["file"]) for item in items])
    files = [known[UUID(item.payload["file"])] for item in items]
    placed = placing.place_files(tx, files, PLACE_AT_ONCE)
    for file, causes in zip(files, placed, strict=True):
        if causes.total() >= PLACE_AT_ONCE:  # there may be more
            tx.later(PLACE_DUE, ids.show("stf", file.id), tx.now, file=str(file.id))


def age_due(tx: Tx, items: list[Work]) -> None:
    """Due work: what a file left in suspense for so many days is told."""
    of_file: dict[UUID, list[Line]] = {}
    for line in store.waiting(tx, [UUID(item.payload["file"]) for item in items]):
        of_file.setdefault(line.file_id, []).append(line)
    for item in items:
        waiting = of_file.get(UUID(item.payload["file"]))
        if waiting:
            tx.emit(
                "suspense.aged",
                item.key.partition("/")[0],
                days=int(item.payload["days"]),
                lines=len(waiting),
                gross=sum(line.gross for line in waiting),
                currency=waiting[0].currency,
                first=ids.show("stl", waiting[0].id),
            )
