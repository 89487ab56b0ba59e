"""What a statement file holds, whatever its form."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core.errors import Problem

FILE_MAX = 64 * 1024 * 1024  # bytes
LINES_MAX = 500_000
ERRORS_MAX = 50
TEXT_MAX = 200


class FileRefused(Problem):
    """A file that cannot be taken; the errors name line and column, nothing of it was kept."""

    code = "statement_refused"
    status = 422


class FileTooLarge(Problem):
    """A file above the limit of bytes or lines; it can be cut into several."""

    code = "statement_too_large"
    status = 413


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line: `gross` less `fee` is `net`, signed minor units, positive where money came in.

    `number` counts the lines of the file from 1. `reference` is what both sides call it, `key` our
    own id where the other side repeats it, `batch` the payment to us that it was part of.
    """

    number: int
    kind: str
    gross: int
    fee: int
    net: int
    currency: str
    at: datetime
    reference: str = ""
    key: str = ""
    batch: str = ""
    note: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read; balances in minor units where it names them."""

    format: str
    currency: str
    entries: tuple[Entry, ...]
    account: str = ""
    opening: int | None = None
    closing: int | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: an account over [since, until), minor units on the account's own side.

    `code` of an entry is its kind; `counterparty` the other account's path in its note.
    """

    id: str
    account: str
    owner: str
    currency: str
    since: datetime
    until: datetime
    made_at: datetime
    opening: int
    closing: int
    entries: tuple[Entry, ...]
