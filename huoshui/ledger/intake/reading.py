"""Reading a history of transactions: JSON lines, or CSV with one leg a row. Pure.

Both tell the same: `key` (or `id`), `template`, `reference`, `currency`, legs of `source`,
`target` and `amount` in minor units, `recorded_at`, and `effective_at` where it differs.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from huoshui.core import ids as id_texts
from huoshui.core import money
from huoshui.core.errors import Problem
from huoshui.ledger.model import AMOUNT_MAX, LEGS_MAX, Leg, Transaction

LINE_MOST = 1 << 20  # a longer line is cut, and then is no line of a history
# PostgreSQL's texts hold no NUL.
Text = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Template = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Path = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_.:-]+$")]
Code = Annotated[str, Meta(max_length=12, pattern=r"^[A-Z0-9]{3,}$")]
COLUMNS = ("key", "template", "reference", "currency", "source", "target", "amount",
           "recorded_at", "effective_at")  # fmt: skip


class ImportRow(msgspec.Struct, frozen=True):
    """A transaction of the history and the line of the file where it begins."""

    line: int
    key: str
    transaction: Transaction


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that does not stand: its line, its key, the code of the refusal, what was wrong."""

    line: int
    key: str
    code: str
    reason: str = ""


class _Leg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: Path
    target: Path
    amount: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    template: Template
    currency: Code
    legs: Annotated[tuple[_Leg, ...], Meta(min_length=1, max_length=LEGS_MAX)]
    recorded_at: Annotated[datetime, Meta(tz=True)]
    effective_at: Annotated[datetime, Meta(tz=True)] | None = None
    key: Text = ""
    id: str = ""
    reference: Text = ""


def read_json_lines(lines: Iterable[bytes | str]) -> Iterator[ImportRow | RefusedRow]:
    """A transaction a line; empty lines are passed over. Units must have been learnt."""
    decoder = msgspec.json.Decoder(_Line)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _row(number, decoder.decode(line))
        except (msgspec.MsgspecError, Problem, UnicodeDecodeError, ValueError) as error:
            yield RefusedRow(number, "", "unreadable", str(error)[:200])


def read_csv(lines: Iterable[str]) -> Iterator[ImportRow | RefusedRow]:
    """A leg a row under the headings of COLUMNS; rows of one key that follow each other are one
    transaction."""
    for key, group in itertools.groupby(_numbered(lines), key=lambda pair: pair[1].get("key")):
        legs = list(group)
        number, first = legs[0]
        if "fault" in first:
            yield RefusedRow(number, "", "unreadable", first["fault"][:200])
            return
        try:
            yield _row(number, _line([row for _, row in legs]))
        except (msgspec.MsgspecError, Problem, ValueError, TypeError) as error:
            yield RefusedRow(number, str(key or "")[:200], "unreadable", str(error)[:200])


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the line they end on; what is no CSV ends them with its fault."""
    rows = csv.DictReader(lines)
    try:
        headings = set(rows.fieldnames or ())
        if headings | {"effective_at", "reference"} != set(COLUMNS):
            yield 1, {"fault": f"headings: {', '.join(COLUMNS)}"}
            return
        for row in rows:
            yield rows.line_num, row
    except (csv.Error, UnicodeDecodeError) as error:
        yield rows.line_num, {"fault": str(error)}


def _line(rows: list[dict[str, str]]) -> _Line:
    said = ("key", "template", "reference", "currency", "recorded_at", "effective_at")
    first = {name: rows[0].get(name) or "" for name in said}
    for row in rows:
        if any((row.get(name) or "") != first[name] for name in said) or None in row:
            raise ValueError("rows of one key differ in more than their leg")
    legs = [{n: row[n] for n in ("source", "target", "amount")} for row in rows]
    asked = {**first, "effective_at": first["effective_at"] or None, "legs": legs}
    # Texts become numbers and times, nothing else.
    return msgspec.convert(asked, _Line, strict=False)


def _row(number: int, said: _Line) -> ImportRow:
    if bool(said.key) == bool(said.id):
        raise ValueError("give either key or id")
    money.digits(said.currency)
    transaction = Transaction(
        id=id_texts.read("txn", said.id) if said.id else id_of(said.key, said.recorded_at),
        template=said.template,
        reference=said.reference,
        currency=said.currency,
        legs=tuple(Leg(leg.source, leg.target, leg.amount) for leg in said.legs),
        effective_at=said.effective_at or said.recorded_at,
        recorded_at=said.recorded_at,
    )
    return ImportRow(number, said.key or said.id, transaction)


def id_of(key: str, recorded_at: datetime) -> UUID:
    """The id of what a history calls `key`: the same each time, in the part of its month."""
    return id_texts.uuid7(recorded_at, hashlib.sha256(b"import\0" + key.encode()).digest())
