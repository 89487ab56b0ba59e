"""Statements as CSV: written with fixed headings, read by a profile, each row checked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core.errors import FieldError, Problem
from huoshui.core.money import is_currency, major, parse_amount
from huoshui.lines.payments.statements.model import (
    ERRORS_MAX,
    LINES_MAX,
    TEXT_MAX,
    Entry,
    FileRefused,
    FileTooLarge,
    Parsed,
    Statement,
)
from huoshui.lines.payments.statements.profile import Columns, Profile

HEADINGS = ("number", "at", "kind", "gross", "fee", "net", "currency", "reference", "key", "batch",
            "note")  # fmt: skip
_AMOUNTS = ("gross", "fee", "net", "paid_in", "paid_out")
_RUN = re.compile(r"'*[=+@\t\r]")  # what a spreadsheet runs, marked or not


def write_csv(statement: Statement) -> bytes:
    """A statement as CSV in UTF-8: amounts in major units, times in UTC."""
    text = io.StringIO()
    sink = csv.writer(text, lineterminator="\n")
    sink.writerow(HEADINGS)
    for entry in statement.entries:
        row = msgspec.structs.asdict(entry)
        row |= {name: str(major(row[name], entry.currency)) for name in ("gross", "fee", "net")}
        row["at"] = entry.at.astimezone(UTC).isoformat()
        sink.writerow([_plain(row[name]) for name in HEADINGS])
    return text.getvalue().encode()


def _plain(value: object) -> object:
    """A text that a spreadsheet would run is marked as text; amounts keep their sign."""
    # What looks as if it were marked is marked too: taking the mark off then gives what there was.
    if not isinstance(value, str) or not _RUN.match(value):
        return value
    return f"'{value}"


def read_csv(content: bytes, profile: Profile, currency: str, zone: ZoneInfo) -> Parsed:
    """The lines of a CSV; all of them, or FileRefused with up to fifty errors.

    `currency` is that of files that name none, `zone` that of times that name none.
    """
    rows = _rows(content, profile)
    heading = next(rows, None)
    places = _places(heading or [], profile.columns)
    reader = _Reader(profile, places, currency, zone)
    entries, errors, width = [], list[FieldError](), len(heading or [])
    for number, row in enumerate(rows, 1):
        if number > LINES_MAX:
            raise FileTooLarge(limit=f"{LINES_MAX:,}")
        if not any(row):
            continue
        if len(row) != width:
            facts = {"found": len(row), "wanted": width}
            errors.append(FieldError(f"line {number}", "line_width", facts))
        else:
            entry = reader.entry(number, row)
            errors += reader.errors
            entries += [entry] if entry else []
        if len(errors) >= ERRORS_MAX:
            break
    return _taken(entries, errors, f"csv/{profile.name}")


def _taken(entries: list[Entry], errors: list[FieldError], form: str) -> Parsed:
    currencies = sorted({entry.currency for entry in entries})
    if len(currencies) > 1:
        errors.append(FieldError("currency", "currency_mix", {"found": ", ".join(currencies)}))
    if not entries and not errors:
        errors.append(FieldError("line 1", "no_lines"))
    if errors:
        raise FileRefused(count=len(errors), errors=tuple(errors[:ERRORS_MAX]))
    return Parsed(format=form, currency=currencies[0], entries=tuple(entries))


def _rows(content: bytes, profile: Profile) -> Iterator[list[str]]:
    encoding = "utf-8-sig" if profile.encoding == "utf-8" else profile.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        fault = FieldError(f"byte {error.start}", "encoding", {"encoding": profile.encoding})
        raise FileRefused(count=1, errors=(fault,)) from error
    if "\0" in text:
        raise FileRefused(count=1, errors=(FieldError("line 1", "null_character"),))
    rows = csv.reader(io.StringIO(text), delimiter=profile.delimiter, strict=True)
    try:
        yield from rows
    except csv.Error as error:
        fault = FieldError(f"line {max(rows.line_num - 1, 0)}", "csv", {"reason": str(error)})
        raise FileRefused(count=1, errors=(fault,)) from error


def _places(heading: list[str], columns: Columns) -> dict[str, int]:
    """The place of each value in a row. Raises FileRefused where one that is needed is missing."""
    named = {name.strip().lower(): place for place, name in enumerate(heading)}
    places = {}
    for name, candidates in msgspec.structs.asdict(columns).items():
        found = next((named[c.lower()] for c in candidates if c.lower() in named), None)
        if found is not None:
            places[name] = found
    errors = []
    if "at" not in places:
        errors.append(_missing("at", columns.at, heading))
    if not places.keys() & {"gross", "net", "paid_in", "paid_out"}:
        wanted = (*columns.gross, *columns.net, *columns.paid_in, *columns.paid_out)
        errors.append(_missing("net", wanted, heading))
    if errors:
        raise FileRefused(count=len(errors), errors=tuple(errors))
    return places


def _missing(name: str, wanted: tuple[str, ...], heading: list[str]) -> FieldError:
    facts = {"wanted": ", ".join(wanted) or "-", "found": ", ".join(heading)[:200] or "-"}
    return FieldError(f"line 0, {name}", "column_absent", facts)


class _Reader:
    """Reads one row after the other; what is wrong with the last one stands in `errors`."""

    def __init__(
        self, profile: Profile, places: Mapping[str, int], currency: str, zone: ZoneInfo
    ) -> None:
        self.profile, self.places, self.currency, self.zone = profile, places, currency, zone
        self.errors: list[FieldError] = []

    def entry(self, number: int, row: list[str]) -> Entry | None:
        """The row as an entry, or None where `errors` says why not."""
        self.errors = []
        cells = {name: row[place].strip() for name, place in self.places.items()}
        currency = cells.get("currency", "").upper() or self.currency
        if not is_currency(currency):
            self._wrong(number, "currency", "currency", currency=currency[:12])
            return None
        amounts = self._amounts(number, cells, currency)
        at = self._at(number, cells["at"])
        for name in ("reference", "key", "batch", "note", "kind"):
            if len(cells.get(name, "")) > TEXT_MAX:
                self._wrong(number, name, "too_long", most=TEXT_MAX)
        if self.errors or amounts is None or at is None:
            return None
        gross, fee, net = amounts
        return Entry(
            number=number, kind=cells.get("kind", ""), gross=gross, fee=fee, net=net,
            currency=currency, at=at, reference=_unmarked(cells.get("reference", "")),
            key=_unmarked(cells.get("key", "")), batch=_unmarked(cells.get("batch", "")),
            note=_unmarked(cells.get("note", "")),
        )  # fmt: skip

    def _amounts(
        self, number: int, cells: dict[str, str], currency: str
    ) -> tuple[int, int, int] | None:
        found: dict[str, int] = {}
        for name in _AMOUNTS:
            if cells.get(name):
                amount = self._amount(number, name, cells[name], currency)
                if amount is None:
                    return None
                found[name] = amount
        if not found.keys() & {"gross", "net", "paid_in", "paid_out"}:
            self._wrong(number, "net", "amount_missing")
            return None
        if found.keys() & {"paid_in", "paid_out"}:
            found.setdefault("net", found.get("paid_in", 0) - abs(found.get("paid_out", 0)))
        fee = found.get(
            "fee", found.get("gross", 0) - found["net"] if found.keys() >= {"gross", "net"} else 0
        )
        gross = found.get("gross", found.get("net", 0) + fee)
        net = found.get("net", gross - fee)
        if gross - fee != net:
            self._wrong(
                number, "net", "net_differs", gross=major(gross, currency), fee=major(fee, currency),
                wanted=major(gross - fee, currency), found=major(net, currency),
            )  # fmt: skip
            return None
        return gross, fee, net

    def _amount(self, number: int, name: str, text: str, currency: str) -> int | None:
        plain = text.replace(self.profile.thousands, "") if self.profile.thousands else text
        if self.profile.decimal == ",":
            plain = plain.replace(",", ".")
        try:
            return parse_amount(plain, currency)
        except Problem:
            self._wrong(number, name, "amount", value=text[:40], currency=currency)
            return None

    def _at(self, number: int, text: str) -> datetime | None:
        parse: Callable[[str], datetime] = datetime.fromisoformat
        try:
            if self.profile.at_format:
                at = datetime.strptime(text, self.profile.at_format)  # noqa: DTZ007  # see below
            else:
                at = parse(text)
        except ValueError:
            self._wrong(number, "at", "line_time", value=text[:40])
            return None
        return at if at.tzinfo else at.replace(tzinfo=self.zone)

    def _wrong(self, number: int, column: str, code: str, **facts: object) -> None:
        self.errors.append(FieldError(f"line {number}, {column}", code, dict(facts)))


def _unmarked(text: str) -> str:
    """A text without the mark that `write_csv` put before it."""
    return text[1:] if text[:1] == "'" and _RUN.match(text) else text
