"""Statement files: what is written is read back, and what is wrong is told by line and column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from huoshui.core.db import Tx
from huoshui.ledger import service as ledger
from huoshui.lines.payments.statements import (
    PROFILES,
    Entry,
    FileRefused,
    Parsed,
    Profile,
    Statement,
    read_camt,
    read_csv,
    read_file,
    write_camt,
    write_csv,
)
from huoshui.lines.payments.statements.profile import Columns
from huoshui.lines.payments.statements.service import make_statement
from tests.ground import START
from tests.lines.test_settlement import approved, drafted, earn, seller

SHANGHAI = ZoneInfo("Asia/Shanghai")
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30)


def statement(entries: list[Entry], opening: int = 0, currency: str = "CNY") -> Statement:
    """A statement of these entries."""
    return Statement(
        id="st-1", account="slr_1", owner="Test market", currency=currency, since=START,
        until=START + timedelta(days=1), made_at=START, opening=opening,
        closing=opening + sum(entry.net for entry in entries), entries=tuple(entries),
    )  # fmt: skip


def entry(number: int, net: int, fee: int = 0, **more: str) -> Entry:
    """An entry."""
    return Entry(
        number=number, kind=more.pop("kind", "capture"), gross=net + fee, fee=fee, net=net,
        currency=more.pop("currency", "CNY"), at=START + timedelta(seconds=number), **more,
    )  # fmt: skip


def camt_of(opening: int, nets: list[int]) -> bytes:
    """A camt.053 file of lines with these amounts."""
    made = [entry(n, net, reference=f"R{opening}-{n}") for n, net in enumerate(nets, 1)]
    return write_camt(statement(made, opening))


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Any statement."""
    currency = draw(st.sampled_from(["CNY", "JPY", "KWD"]))
    entries = [
        entry(
            n, draw(st.integers(-(10**12), 10**12)), draw(st.integers(0, 10**6)), currency=currency,
            reference=draw(words), batch=draw(words), note=draw(words), key=draw(words),
        )
        for n in range(1, draw(st.integers(1, 5)) + 1)
    ]  # fmt: skip
    return statement(entries, draw(st.integers(-(10**12), 10**12)), currency)


@given(statements())
@example(statement([entry(1, 0, 0, key="'=1", note="=1", batch="''@", reference="'a")]))
def test_what_is_written_is_read_back(made: Statement) -> None:
    read = read_camt(write_camt(made), SHANGHAI)
    assert (read.opening, read.closing, read.account) == (made.opening, made.closing, "slr_1")
    assert read.entries == made.entries and read.currency == made.currency
    table = read_csv(write_csv(made), PROFILES["huoshui"], made.currency, SHANGHAI)
    assert table.entries == made.entries


def test_the_xml_is_in_the_order_of_the_schema() -> None:
    made = write_camt(statement([entry(1, 970, 30, reference="pmt_1", batch="B1", note="hello")]))
    root = etree.fromstring(made)
    body = root[0][1]
    names = [etree.QName(each).localname for each in body]
    assert names == ["Id", "CreDtTm", "FrToDt", "Acct", "Bal", "Bal", "TxsSummry", "Ntry"]
    line = [etree.QName(each).localname for each in body[-1]]
    assert line == ["NtryRef", "Amt", "CdtDbtInd", "Sts", "BookgDt", "ValDt", "BkTxCd", "Chrgs",
                    "NtryDtls"]  # fmt: skip


BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&x;</Document>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "xml_doctype"),
        (OUTSIDE, "xml_doctype"),
        (b"<Document>", "xml"),
        (b"<Document xmlns='urn:other'/>", "not_camt"),
        (camt_of(0, [5]).replace(b">0.05</Amt>\n        <CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>", b">0.06</Amt>\n        <CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>"), "balance_differs"),
        (camt_of(0, [5]).replace(b"<CdtDbtInd>CRDT", b"<CdtDbtInd>CR"), "choice"),
        (camt_of(0, [5]).replace(b'Ccy="CNY"', b'Ccy="XXQ"'), "currency"),
        (camt_of(0, [5]).replace(b"CLBD", b"ITBD"), "element_missing"),
        (camt_of(0, []), "no_lines"),
        (b"date,amount\n2026-01-01,1.00\n2026-01-02,1,0\n", "line_width"),
        (b"when,how much\n", "column_absent"),
        (b"date,amount\n2026-01-01,\n", "amount_missing"),
        (b"date,amount\n2026-01-01,1e3\n", "amount"),
        (b"date,amount,currency\n2026-01-01,1,CNY\n2026-01-01,1,USD\n", "currency_mix"),
        (b"date,amount\n01/02/2026,1\n", "line_time"),
        ("日期,金额\n".encode("gb18030"), "encoding"),
        (b"date,amount,reference\n2026-01-01,1," + b"x" * 201 + b"\n", "too_long"),
        (b'date,amount\n"2026-01-01,1\n', "csv"),
        (b"date,amount\n", "no_lines"),
        (b"date,amount\n2026-01-01,1\x00\n", "null_character"),
    ],
    ids=range(20),
)  # fmt: skip
def test_a_file_that_cannot_be_taken_says_where_and_why(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read_file(content, PROFILES["bank"], "CNY", SHANGHAI)
    assert code in {error.code for error in caught.value.errors}
    for error in caught.value.errors:
        assert error.pointer and error.detail("en") and error.detail("zh")


def test_a_chinese_banks_columns_and_a_mapping_of_ones_own() -> None:
    text = (
        "交易日期,摘要,收入,支出,流水号\n2026-03-01,收单款,100.50,,A1\n2026-03-02,手续费,,2.00,A2\n"
    )
    found = read_file(text.encode(), PROFILES["bank"], "CNY", SHANGHAI)
    assert [(e.net, e.reference, e.note) for e in found.entries] == [
        (10_050, "A1", "收单款"), (-200, "A2", "手续费"),
    ]  # fmt: skip
    own = Profile(
        name="own", source="bank", delimiter=";", decimal=",", thousands=".", encoding="latin-1",
        at_format="%d.%m.%Y", columns=Columns(at=("Datum",), net=("Betrag",)),
    )  # fmt: skip
    found = read_file("Datum;Betrag\n31.12.2025;1.234,50\n".encode("latin-1"), own, "EUR", SHANGHAI)
    assert found.entries[0].net == 123_450
    assert found.entries[0].at == datetime(2025, 12, 30, 16, tzinfo=UTC)


def test_a_sellers_statement_ties_to_the_ledger_in_both_forms(tx: Tx) -> None:
    one = seller(tx, "one")
    earn(tx, one, 5_000)
    approved(tx, drafted(tx))
    earn(tx, one, 70)
    account = ledger.account_at(tx, f"merchant:{one}:settlement", "CNY")
    until = tx.now + timedelta(minutes=1)
    made = make_statement(tx, account.id, account.opened_at, until)
    assert (made.opening, made.closing) == (0, 70) and made.account == one
    assert [e.net for e in made.entries] == [5_000, -5_000, 70]
    read: Parsed = read_camt(write_camt(made), SHANGHAI)
    assert read.closing == 70 and [e.kind for e in read.entries][1] == "seller_paid_out"
    assert len(write_csv(made).splitlines()) == 4
