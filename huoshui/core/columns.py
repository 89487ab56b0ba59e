"""Columns of values in PostgreSQL's binary array format, for statements on thousands of rows.

A statement takes one array a column and spreads them with `unnest`. Written value by value
through the driver an array costs more than the rows do in PostgreSQL; here the loops run in C:
a value's length prefix is constant, or a value that comes often is written once and repeated.

    tx.run("UPDATE t SET a = n.a FROM (SELECT unnest(%(ids)s) AS id, unnest(%(as)s) AS a) n …",
           ids=columns.uuids(ids), as=columns.bigints(values))

Format: `array_recv` in PostgreSQL's source; a header, then each value as its length and bytes.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
# The ends of time, which Python's datetime and date do not know.
_FOREVER = {"infinity": 1, "-infinity": -1}
_SWAP = sys.byteorder == "little"


class WrongValue(ValueError):
    """A value that the type of its column cannot hold: a fault of the program, not of a user."""


class Column(msgspec.Struct, frozen=True):
    """An array as a parameter of a statement: its type's oid and its content on the wire."""

    oid: int
    content: bytes


class _Type(msgspec.Struct, frozen=True):
    """How a type travels: `oid` of the type and of its array, `body` writes all the values."""

    name: str
    oid: int
    array_oid: int
    body: Callable[[Sequence[Any]], bytes]


def _length(size: int) -> bytes:
    return size.to_bytes(4)


def _repeated(values: Sequence[Any], one: Callable[[Any], bytes]) -> bytes:
    """Values of which many are equal: each distinct one is written once."""
    if values.count(values[0]) == len(values):
        return _with_length(values[0], one) * len(values)
    table = {value: _with_length(value, one) for value in set(values)}
    return b"".join(map(table.__getitem__, values))


def _each(values: Sequence[Any], one: Callable[[Any], bytes]) -> bytes:
    """Values that equal others without being the same, such as 1 and true in JSON."""
    return b"".join([_with_length(value, one) for value in values])


def _with_length(value: Any, one: Callable[[Any], bytes]) -> bytes:
    if value is None:
        return _NULL
    content = one(value)
    return _length(len(content)) + content


def _numbers(values: Sequence[int | None], code: str) -> bytes:
    """Integers of 2, 4 or 8 bytes, laid between their lengths in halves of words."""
    size = array(code).itemsize
    prefix = _length(size)
    first = values[0]
    if values.count(first) == len(values):
        one = _NULL if first is None else prefix + first.to_bytes(size, signed=True)
        return one * len(values)
    if None in values:
        return b"".join(
            [_NULL if v is None else prefix + v.to_bytes(size, signed=True) for v in values]
        )
    words: array[int] = array(code, values)  # type: ignore[arg-type]  # none is None
    if _SWAP:
        words.byteswap()
    # Halves of the shortest word: a length is 4 bytes and a value 2, 4 or 8.
    half = "h" if size == 2 else "i"
    parts, lengths = array(half, words.tobytes()), array(half, prefix)
    head, tail = len(lengths), size // parts.itemsize
    laid: array[int] = array(half, bytes(parts.itemsize)) * ((head + tail) * len(values))
    for place in range(head):
        laid[place :: head + tail] = lengths[place : place + 1] * len(values)
    for place in range(tail):
        laid[head + place :: head + tail] = parts[place::tail]
    return laid.tobytes()


def _uuids(values: Sequence[UUID | None]) -> bytes:
    prefix = _length(16)
    try:
        return prefix + prefix.join([value.int.to_bytes(16) for value in values])  # type: ignore[union-attr]
    except AttributeError:  # a None among them
        return b"".join(
            [_NULL if value is None else prefix + value.int.to_bytes(16) for value in values]
        )


def _time(value: datetime | str) -> bytes:
    """Microseconds since 2000; the ends of time as the largest and smallest number."""
    if isinstance(value, str):
        return _end(value, 8)
    return ((value - _EPOCH) // _MICROSECOND).to_bytes(8, signed=True)


def _day(value: date | str) -> bytes:
    if isinstance(value, str):
        return _end(value, 4)
    return (value.toordinal() - _EPOCH_DAY).to_bytes(4, signed=True)


def _end(word: str, size: int) -> bytes:
    limit = 1 << 8 * size - 1
    return (limit - 1 if _FOREVER[word] > 0 else -limit).to_bytes(size, signed=True)


def _flag(value: bool) -> bytes:
    return (b"\0", b"\1")[value]


def _jsonb(value: Any) -> bytes:
    return b"\1" + msgspec.json.encode(value)  # the version of the format, then the text


def _written(value: Any) -> bytes:
    """A value in PostgreSQL's text form, for types that have no binary form here."""
    return _text_form(value).encode()


def _text_form(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(_quoted, value)) + "}"
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(value)


def _quoted(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return _text_form(value)
    escaped = _text_form(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_BOOLEAN = _Type("boolean", 16, 1000, lambda values: _repeated(values, _flag))
_BYTEA = _Type("bytea", 17, 1001, lambda values: _each(values, bytes))
_BIGINT = _Type("bigint", 20, 1016, lambda values: _numbers(values, "q"))
_SMALLINT = _Type("smallint", 21, 1005, lambda values: _numbers(values, "h"))
_INTEGER = _Type("integer", 23, 1007, lambda values: _numbers(values, "i"))
_TEXT = _Type("text", 25, 1009, lambda values: _repeated(values, str.encode))
_JSON = _Type("json", 114, 199, lambda values: _each(values, msgspec.json.encode))
_DATE = _Type("date", 1082, 1182, lambda values: _repeated(values, _day))
_TIMESTAMPTZ = _Type("timestamptz", 1184, 1185, lambda values: _repeated(values, _time))
_UUID = _Type("uuid", 2950, 2951, _uuids)
_JSONB = _Type("jsonb", 3802, 3807, lambda values: _each(values, _jsonb))
_WRITTEN = _Type("text", 25, 1009, lambda values: _each(values, _written))

_BY_OID = {
    t.oid: t
    for t in (_BOOLEAN, _BYTEA, _BIGINT, _SMALLINT, _INTEGER, _TEXT, _JSON, _DATE, _TIMESTAMPTZ,
              _UUID, _JSONB)
} | {1042: _TEXT, 1043: _TEXT}  # char(n) and varchar are texts; the table sees to their length  # fmt: skip


def _column(kind: _Type, values: Iterable[Any]) -> Column:
    listed = values if isinstance(values, list | tuple) else list(values)
    if not listed:
        return Column(kind.array_oid, struct.pack(">iii", 0, 0, kind.oid))
    try:
        body = kind.body(listed)
    except (TypeError, ValueError, AttributeError, OverflowError, KeyError) as error:
        raise WrongValue(f"no {kind.name}: {_culprit(kind, listed)}") from error
    # One dimension from 1; PostgreSQL takes the flag of NULLs as a hint that may be set in vain.
    return Column(kind.array_oid, struct.pack(">iiiii", 1, 1, kind.oid, len(listed), 1) + body)


def _culprit(kind: _Type, values: Sequence[Any]) -> str:
    """The first value that cannot be written, and its place, shortened for a message."""
    for place, value in enumerate(values):
        try:
            kind.body((value,))
        except (TypeError, ValueError, AttributeError, OverflowError, KeyError):
            return f"{value!r:.80} ({type(value).__name__}) in row {place}"
    return "values that cannot be told apart"


def of(oid: int, values: Iterable[Any]) -> tuple[Column, bool]:
    """Values for a column of the type `oid`; whether the statement must cast them to that type.

    A type without a binary form here travels as text. Raises WrongValue.
    """
    kind = _BY_OID.get(oid)
    return _column(kind or _WRITTEN, values), kind is None


def uuids(values: Iterable[UUID | None]) -> Column:
    """uuid[]. Raises WrongValue."""
    return _column(_UUID, values)


def smallints(values: Iterable[int | None]) -> Column:
    """smallint[]. Raises WrongValue."""
    return _column(_SMALLINT, values)


def integers(values: Iterable[int | None]) -> Column:
    """integer[]. Raises WrongValue."""
    return _column(_INTEGER, values)


def bigints(values: Iterable[int | None]) -> Column:
    """bigint[]. Raises WrongValue."""
    return _column(_BIGINT, values)


def texts(values: Iterable[str | None]) -> Column:
    """text[]. Raises WrongValue."""
    return _column(_TEXT, values)


def times(values: Iterable[datetime | str | None]) -> Column:
    """timestamptz[] of aware datetimes, `infinity` and `-infinity`. Raises WrongValue."""
    return _column(_TIMESTAMPTZ, values)


def dates(values: Iterable[date | str | None]) -> Column:
    """date[] of dates, `infinity` and `-infinity`. Raises WrongValue."""
    return _column(_DATE, values)


def booleans(values: Iterable[bool | None]) -> Column:
    """boolean[]. Raises WrongValue."""
    return _column(_BOOLEAN, values)


def byteas(values: Iterable[bytes | None]) -> Column:
    """bytea[]. Raises WrongValue."""
    return _column(_BYTEA, values)


def jsonbs(values: Iterable[Any]) -> Column:
    """jsonb[], each value encoded; None is NULL, not null. Raises WrongValue."""
    return _column(_JSONB, values)
