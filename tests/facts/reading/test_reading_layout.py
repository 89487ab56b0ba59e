"""Huoshui's own layout: rows to facts, faults, moments and anomalies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.core.money import Money
from huoshui.facts.commerce.model import KINDS, AnyFact, Item, Order, Product, Seller, Tender
from huoshui.facts.commerce.reading.check import check
from huoshui.facts.commerce.reading.layout import TABLES, RowReader, columns
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.reading.timeline import HistoryEmpty, HistoryFaulty
from huoshui.facts.commerce.reading.writing import Writer, column_names


def facts_of(timeline, kind):
    return [entry.fact for entry in timeline.entries() if isinstance(entry.fact, kind)]


def faults_of(directory, **sections):
    return [
        (fault.file, fault.line, fault.column, fault.code)
        for fault in check(read_source([directory], sections)).faults
    ]


def test_the_tables_are_the_kinds_of_facts():
    assert tuple(TABLES.values()) == tuple(KINDS)
    assert set(KINDS.values()) == set(get_args(AnyFact))
    for table in TABLES:
        known = columns(table)
        assert set(column_names(table)) == known.required | known.optional


def test_cells_become_what_the_facts_hold(write, built):
    with built(write()) as timeline:
        item = facts_of(timeline, Item)[0]
        placed = datetime(2026, 3, 1, 1, tzinfo=UTC)
        assert item == Item(
            key="I1",
            occurred_at=placed,
            known_at=placed,
            order="O1",
            product="P1",
            seller="S1",
            price=Money(12_050, "CNY"),
            freight=Money(800, "CNY"),
            quantity=2,
        )
        assert facts_of(timeline, Product)[0].weight_g == 250
        assert facts_of(timeline, Seller)[0].name == "青禾 Qinghe"
        order = facts_of(timeline, Order)[0]
        assert order.estimated_at == datetime(2026, 3, 4, 16, tzinfo=UTC)
        assert timeline.about.counts == {
            "seller": 2, "buyer": 1, "product": 2, "order": 2, "item": 3, "tender": 2,
            "shipment": 1, "delivery": 1, "return": 1,
        }  # fmt: skip


def test_packed_tables_give_the_same_sequence(write, built, packed):
    with built(write(directory="plain")) as plain:
        first = plain.about
    directory = write()
    packed(directory)
    with built(directory) as timeline:
        assert timeline.about.digest == first.digest
        assert timeline.about.fingerprint != first.fingerprint


BAD_CELLS = [
    ("orders", "O1,yesterday,B1,", "occurred_at", "time_unreadable"),
    ("orders", "O1,2026-02-30,B1,", "occurred_at", "time_unreadable"),
    ("orders", "O1,0001-01-01,B1,", "occurred_at", "time_out_of_range"),
    ("orders", "O1,,B1,", "occurred_at", "value_missing"),
    ("orders", ",2026-03-01,B1,", "key", "value_missing"),
    ("orders", "O 1,2026-03-01,B1,", "key", "key_unreadable"),
    ("orders", "O:1,2026-03-01,B1,", "key", "key_unreadable"),
    ("orders", f"{'O' * 129},2026-03-01,B1,", "key", "key_unreadable"),
    ("orders", "O1,2026-03-01,B9,", "buyer", "reference_unknown"),
    ("items", "I1,O1,P1,S1,1.005,0,1", "price", "amount_too_fine"),
    ("items", 'I1,O1,P1,S1,"1,005",0,1', "price", "amount_unreadable"),
    ("items", "I1,O1,P1,S1,1e3,0,1", "price", "amount_unreadable"),
    ("items", "I1,O1,P1,S1,-1,0,1", "price", "amount_too_small"),
    ("items", "I1,O1,P1,S1,1,0,0", "quantity", "number_out_of_range"),
    ("items", "I1,O1,P1,S1,1,0,100001", "quantity", "number_out_of_range"),
    ("items", "I1,O1,P1,S1,1,0,1.5", "quantity", "number_unreadable"),
    ("items", "I1,O9,P1,S1,1,0,1", "order", "reference_unknown"),
    ("items", "I1,O1,P9,S1,1,0,1", "product", "reference_unknown"),
    ("items", "I1,O1,P1,S9,1,0,1", "seller", "reference_unknown"),
    ("tenders", "T1,2026-03-01,O1,Wallet!,1", "method", "word_unreadable"),
    ("tenders", "T1,2026-03-01,O9,wallet,1", "order", "reference_unknown"),
    ("returns", "R1,2026-03-06,O1,I9,1", "item", "reference_unknown"),
    ("returns", "R1,2026-03-06,O2,I2,1", "item", "item_of_other_order"),
    ("returns", "R1,2026-03-06,O1,I2,0", "amount", "amount_too_small"),
    ("sellers", f"S1,2026-01-01,{'n' * 201}", "name", "text_too_long"),
    ("sellers", "S1,2026-01-01,a\x00b", "name", "text_unreadable"),
]


@pytest.mark.parametrize(("table", "row", "column", "code"), BAD_CELLS)
def test_a_bad_cell_is_named_with_its_place(write, own, table, row, column, code):
    lines = own[table].splitlines()
    directory = write(**{table: "\n".join((lines[0], row, *lines[2:])) + "\n"})
    assert (f"{table}.csv", 2, column, code) in faults_of(directory)


def test_currencies_are_checked_row_by_row(write):
    orders = "key,occurred_at,buyer,currency\nO1,2026-03-01,B1,JPY\nO2,2026-03-01,B1,XXZ\n"
    items = (
        "key,order,product,seller,price,freight,currency\n"
        "I1,O1,P1,S1,120,8,JPY\nI2,O1,P1,S1,120,8,USD\nI3,O1,P1,S1,12.5,8,\n"
    )
    directory = write(orders=orders, items=items)
    found = faults_of(directory)
    assert ("orders.csv", 3, "currency", "currency_unknown") in found
    assert ("items.csv", 3, "currency", "currency_differs") in found
    assert ("items.csv", 4, "price", "amount_too_fine") in found


def test_every_fault_of_a_row_is_told(write):
    directory = write(tenders="key,occurred_at,order,method,amount\nT 1,never,O1,X,1.234\n")
    found = faults_of(directory)
    assert [code for file, _, _, code in found if file == "tenders.csv"] == [
        "key_unreadable", "time_unreadable", "word_unreadable", "amount_too_fine"
    ]  # fmt: skip


def test_missing_tables_are_told(write):
    directory = write()
    for table in ("sellers", "tenders", "returns"):
        (directory / f"{table}.csv").unlink()
    assert faults_of(directory) == [
        ("sellers", 0, "", "table_missing"),
        ("tenders", 0, "", "table_missing"),
    ]


def test_a_row_told_twice_counts_once_and_differing_rows_are_a_fault(write, own, built):
    twice = own["tenders"] + own["tenders"].splitlines()[1] + "\n"
    with built(write(tenders=twice)) as timeline:
        anomaly = timeline.about.anomalies[-1]
        assert (anomaly.code, anomaly.count, anomaly.parts) == ("row_repeated", 1, {"tender": 1})
        assert timeline.about.counts["tender"] == 2
    differing = own["tenders"] + "T1,2026-03-01 09:01:00,O1,wallet,99\n"
    directory = write(tenders=differing)
    assert faults_of(directory) == [("tenders.csv", 4, "key", "key_repeated")]
    with pytest.raises(HistoryFaulty) as caught:
        built(directory)
    detail = caught.value.document("en")["errors"][0]
    assert detail["pointer"] == "tenders.csv line 4, key" and "line 2" in detail["detail"]


def test_anomalies_have_counts_sums_and_examples(write, built):
    tenders = (
        "key,occurred_at,order,method,amount\n"
        "T1,2026-03-03 09:01:00,O1,wallet,160.00\nT0,2026-03-03,O1,voucher,0\n"
    )
    with built(write(tenders=tenders, items="key,order,product,seller,price,freight\n"
               "I1,O1,P1,S1,100,0\nI2,O1,P2,S2,30,0\n")) as timeline:  # fmt: skip
        found = {anomaly.code: anomaly for anomaly in timeline.about.anomalies}
    assert {code: (a.count, a.amounts, a.examples) for code, a in found.items()} == {
        "shipped_before_approval": (1, {}, ("O1",)),
        "never_finished": (1, {}, ("O2",)),
        "no_items": (1, {}, ("O2",)),
        "no_payment": (1, {}, ("O2",)),
        "tender_over": (1, {"CNY": 3_000}, ("O1",)),
        "zero_tender": (1, {}, ("T0",)),
    }


def test_nothing_is_known_before_its_order_nor_a_party_after_it(write, built):
    directory = write(
        sellers="key,occurred_at,name\nS1,2026-06-01,late\nS2,2026-01-01,\n",
        shipments="key,occurred_at,order\nX,2026-02-01,O1\n",
        orders="key,occurred_at,buyer,known_at\nO1,2026-03-01,B1,2026-03-03\nO2,2026-03-02,B1,\n",
    )
    with built(directory) as timeline:
        known = {(type(e.fact).__name__, e.fact.key): e for e in timeline.entries()}
        lifts = {a.code: a.parts for a in timeline.about.anomalies if "known" in a.code}
    day = datetime(2026, 3, 1, 16, tzinfo=UTC)  # 2 March in Shanghai
    seller = known["Seller", "S1"]
    assert seller.known_at == seller.fact.known_at == day
    assert seller.fact.occurred_at == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert known["Shipment", "X"].known_at == known["Order", "O1"].known_at
    assert known["Item", "I1"].known_at == known["Order", "O1"].known_at
    assert known["Shipment", "X"].fact.occurred_at == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert lifts["named_before_known"] == {"seller": 1}
    assert lifts["known_before_order"]["shipment"] == 1


def test_a_window_keeps_its_orders_and_what_they_name(write, built):
    from datetime import date

    with built(write(), since=date(2026, 3, 2)) as timeline:
        assert timeline.about.counts == {
            "seller": 1, "buyer": 1, "product": 1, "order": 1, "item": 1, "tender": 1
        }  # fmt: skip
    with pytest.raises(HistoryEmpty):
        built(write(), until=date(2020, 1, 1))


def test_an_empty_history_is_a_named_problem(write, own, built):
    empty = {table: text.splitlines()[0] + "\n" for table, text in own.items()}
    with pytest.raises(HistoryEmpty):
        built(write(empty))


# facts → tables → facts

keys = st.text(st.characters(codec="utf-8", exclude_characters=": \x00"), min_size=1, max_size=40)
keys = keys.filter(lambda text: not any(c.isspace() for c in text))
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
amounts = st.integers(1, 10**12)


@st.composite
def any_fact(draw, currency):
    """A fact of any kind, by the fields and bounds of its struct."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    info = msgspec.inspect.type_info(KINDS[kind])
    assert isinstance(info, msgspec.inspect.StructType)
    values = {}
    for field in info.fields:
        values[field.name] = draw(_strategy(field, currency))
    return KINDS[kind](**values)


def _strategy(field, currency):
    match field.type:
        case msgspec.inspect.StrType(pattern=r"^[A-Z]{3}$"):
            return st.just(currency)
        case msgspec.inspect.StrType(pattern=None):
            return texts
        case msgspec.inspect.StrType(max_length=None):
            return st.from_regex(r"[a-z][a-z0-9_]{1,31}", fullmatch=True)
        case msgspec.inspect.StrType():
            return keys
        case msgspec.inspect.IntType(ge=least, le=most):
            return st.integers(least, most)
        case msgspec.inspect.DateTimeType():
            return moments
        case msgspec.inspect.UnionType():
            return moments if field.name == "known_at" else st.none() | moments
        case _:
            return amounts.map(lambda minor: Money(minor, currency))


@pytest.mark.parametrize("compress", [True, False])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_written_reads_the_same(tmp_path_factory, compress, data):
    from huoshui.facts.commerce.reading.faults import Faults
    from huoshui.facts.commerce.reading.files import rows

    currency = data.draw(st.sampled_from(("CNY", "JPY", "KWD")))
    facts = data.draw(st.lists(any_fact(currency), min_size=1, max_size=6))
    directory = tmp_path_factory.mktemp("facts")
    with Writer(directory, compress=compress) as writer:
        for fact in facts:
            writer.add(fact)
    source = read_source([directory], {"marketplace": {"currency": currency}})
    suffix = ".csv.gz" if compress else ".csv"
    for table, kind in TABLES.items():
        reader, faults = RowReader(source, table, lambda _: None), Faults()
        path = directory / f"{table}{suffix}"
        found = [reader.fact(row) for _, row in rows(path, columns(table), faults)]
        assert faults.listed == []
        assert [bad for _, bad in found if bad] == []
        assert [fact for fact, _ in found] == [f for f in facts if type(f) is KINDS[kind]]


@given(st.text(max_size=45))
def test_an_accepted_cell_is_accepted_by_the_struct(text):
    from huoshui.facts.commerce.reading import cells
    from huoshui.facts.commerce.reading.faults import Unreadable

    values = {"key": "T", "occurred_at": "2026-01-01T00:00:00Z", "order": "O",
              "amount": {"amount": 1, "currency": "CNY"}}  # fmt: skip
    for name, cell in (
        ("key", cells.key), ("method", cells.word(r"[a-z][a-z0-9_]{1,31}")),
    ):  # fmt: skip
        try:
            cell(text)
        except Unreadable:
            continue
        msgspec.convert({"method": "card"} | values | {name: text, "kind": "tender"}, Tender)
