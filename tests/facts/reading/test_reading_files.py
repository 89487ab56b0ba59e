"""Tables in files: CSV, gzip and Parquet, good and bad."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from huoshui.facts.commerce.reading.faults import LISTED_MOST, Faults
from huoshui.facts.commerce.reading.files import (
    LINE_MOST,
    Columns,
    ParquetMissing,
    find,
    header,
    rows,
)

COLUMNS = Columns(frozenset({"key", "price"}), frozenset({"name"}))


def read(path: Path, content: bytes, columns: Columns = COLUMNS):
    path.write_bytes(content)
    faults = Faults()
    return list(rows(path, columns, faults)), faults


def codes(faults: Faults) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.code) for fault in faults.listed]


def test_rows_come_with_their_first_line(tmp_path):
    found, faults = read(
        tmp_path / "a.csv", b'key,price,name\r\nA,1,"two\r\nlines"\r\n\r\nB,2,\xe8\x8c\xb6\r\n'
    )
    assert found == [
        (2, {"key": "A", "price": "1", "name": "two\r\nlines"}),
        (5, {"key": "B", "price": "2", "name": "茶"}),
    ]
    assert faults.total == 0


def test_a_byte_order_mark_is_accepted(tmp_path):
    found, faults = read(tmp_path / "a.csv", b"\xef\xbb\xbfkey,price\nA,1\n")
    assert (found, faults.total) == ([(2, {"key": "A", "price": "1"})], 0)


def test_gzip_and_plain_read_alike(tmp_path):
    content = "key,price\n" + "".join(f"k{n},{n}\n" for n in range(9_000))
    plain, _ = read(tmp_path / "a.csv", content.encode())
    ticks: list[int] = []
    path = tmp_path / "b.csv.gz"
    path.write_bytes(gzip.compress(content.encode()))
    packed = list(rows(path, COLUMNS, Faults(), ticks.append))
    assert packed == plain
    assert ticks and ticks == sorted(ticks) and ticks[-1] <= path.stat().st_size


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(0, "", "file_empty")]),
        (b"key,price,price\n", [(1, "price", "column_repeated")]),
        (b"key,name\nA,1\n", [(1, "price", "column_missing")]),
        (b"key,price,Name\nA,1,x\n", [(1, "Name", "column_unknown")]),
        (b"key,price\nA\nB,1\nC,1,2\n", [(2, "", "row_ragged"), (4, "", "row_ragged")]),
        (b"key,price\nA,\xe9\nB,1\n", [(2, "", "encoding_wrong")]),
        (b'key,price\nA,1\nB,"open\nC,1\n', [(3, "", "row_unreadable")]),
        (b'key,price\nA,"x"y\n', [(2, "", "row_unreadable")]),
        (b"key,price\nA," + b"9" * LINE_MOST, [(2, "", "line_too_long"), ]),
        ("key,price\nA,1\n".encode("utf-16"), [(1, "", "encoding_wrong")]),
    ],
)  # fmt: skip
def test_bad_files_are_faults_with_their_line(tmp_path, content, expected):
    _, faults = read(tmp_path / "a.csv", content)
    assert [code for code in codes(faults) if code in expected] == expected
    assert faults.by_file["a.csv"] >= len(expected)


def test_a_fault_leaves_the_good_rows_readable(tmp_path):
    found, faults = read(tmp_path / "a.csv", b"key,price\nA\nB,1\n\xff,2\nC,3\n")
    assert [row["price"] for _, row in found] == ["1", "2", "3"]
    assert faults.total == 2


@pytest.mark.parametrize("cut", [8, 40, -9])
def test_a_broken_gzip_file_is_a_fault(tmp_path, cut):
    whole = gzip.compress(b"key,price\n" + b"".join(b"k%d,%d\n" % (n, n) for n in range(500)))
    _, faults = read(tmp_path / "a.csv.gz", whole[:cut])
    assert {code for _, _, code in codes(faults)} == {"file_unreadable"}


def test_what_is_no_gzip_file_is_a_fault(tmp_path):
    _, faults = read(tmp_path / "a.csv.gz", b"key,price\nA,1\n")
    assert codes(faults) == [(1, "", "file_unreadable")]


def test_faults_are_all_counted_and_the_first_listed(tmp_path):
    _, faults = read(tmp_path / "a.csv", b"key,price\n" + b"x\n" * (LISTED_MOST + 5))
    assert (len(faults.listed), faults.total) == (LISTED_MOST, LISTED_MOST + 5)


@given(st.binary(max_size=400))
def test_no_bytes_end_in_a_traceback(tmp_path_factory, content):
    directory = tmp_path_factory.mktemp("any")
    for name in ("a.csv", "a.csv.gz", "a.parquet"):
        read(directory / name, content)


def test_parquet_reads_as_csv_does(tmp_path):
    table = pyarrow.table(
        {
            "key": ["A", "B"],
            "price": pyarrow.array([58.9, None], pyarrow.float64()),
            "name": pyarrow.array([3, None], pyarrow.int64()),
        }
    )
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path)
    assert header(path) == ["key", "price", "name"]
    assert list(rows(path, COLUMNS, Faults())) == [
        (1, {"key": "A", "price": "58.9", "name": "3"}),
        (2, {"key": "B", "price": "", "name": ""}),
    ]


def test_parquet_without_its_extra_is_a_named_problem(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ParquetMissing) as caught:
        list(rows(path, COLUMNS, Faults()))
    assert "huoshui[parquet]" in caught.value.detail("en")
    assert "huoshui[parquet]" in caught.value.detail("zh")


def test_a_table_is_found_directory_by_directory(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    for directory in (first, second):
        directory.mkdir()
        (directory / "orders.csv.gz").touch()
    (second / "orders.csv").touch()
    found = list(find((first, second), ("orders",)))
    assert found == [first / "orders.csv.gz", second / "orders.csv", second / "orders.csv.gz"]
