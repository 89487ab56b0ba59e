"""The Olist mapping: the real sample's counts, and each rule on one order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from huoshui.core.money import Money
from huoshui.facts.commerce.model import (
    Buyer,
    Cancellation,
    Delivery,
    Item,
    Order,
    Product,
    Review,
    Seller,
    Shipment,
    Tender,
)
from huoshui.facts.commerce.reading.check import check
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.reading.timeline import HistoryFaulty

REAL = {
    "approval_missing": 7,
    "never_approved": 24,
    "delivery_missing": 1,
    "shipped_before_purchase": 46,
    "shipped_before_approval": 305,
    "delivered_before_shipped": 3,
    "delivered_before_approval": 18,
    "cancelled_undated": 202,
    "cancelled_after_shipping": 11,
    "never_finished": 246,
    "no_items": 115,
    "no_payment": 1,
    "tender_over": 90,
    "tender_under": 56,
    "zero_tender": 2,
    "instalments_missing": 1,
    "reviewed_before_purchase": 13,
    "review_shared": 20,
    "review_repeated": 71,
}


def test_the_real_sample_is_read_whole(olist_timeline):
    assert olist_timeline.about.counts == {
        "seller": 2_170,
        "buyer": 23_281,
        "product": 12_765,
        "order": 23_496,
        "item": 26_887,
        "tender": 24_546 - 2 - 24,  # without zero tenders and those never captured
        "shipment": 23_218,
        "delivery": 23_048,
        "cancellation": 202,
        "review": 14_944,
    }
    assert olist_timeline.about.first == datetime(2016, 9, 15, 15, 16, 38, tzinfo=UTC)


def test_the_real_anomalies_are_counted(olist_timeline):
    found = {anomaly.code: anomaly for anomaly in olist_timeline.about.anomalies}
    assert {code: anomaly.count for code, anomaly in found.items()} == REAL
    assert found["tender_over"].amounts == {"BRL": 76_832}
    assert found["tender_under"].amounts == {"BRL": -10_024}
    assert found["never_finished"].parts == {
        "approved": 1, "invoiced": 49, "processing": 37, "shipped": 159
    }  # fmt: skip
    assert found["cancelled_undated"].parts == {"canceled": 113, "unavailable": 89}


def test_real_money_is_whole(olist_timeline):
    """Tenders less dues of complete orders are the differences that were counted."""
    due, paid = Counter[str](), Counter[str]()
    for entry in olist_timeline.entries():
        if isinstance(entry.fact, Item):
            due[entry.fact.order] += entry.fact.price.amount + entry.fact.freight.amount
        elif isinstance(entry.fact, Tender):
            paid[entry.fact.order] += entry.fact.amount.amount
    both = due.keys() & paid.keys()
    differences = [paid[key] - due[key] for key in both if paid[key] != due[key]]
    assert (min(differences), max(differences)) == (-5_162, 18_281)
    assert sum(differences) == 76_832 - 10_024


def test_references_stand_before_and_nothing_precedes_its_order(olist_timeline):
    seen: set[tuple[str, str]] = set()
    before = datetime.min.replace(tzinfo=UTC)
    for entry in olist_timeline.entries():
        fact = entry.fact
        assert entry.known_at == fact.known_at >= before
        before = entry.known_at
        for name in ("buyer", "order", "product", "seller"):
            key = getattr(fact, name, None)
            assert key is None or (name, key) in seen, (fact, name)
        seen.add((type(fact).__name__.lower(), fact.key))


# one order, rule by rule


@pytest.fixture
def one(write, built, small_olist):
    """Builds the timeline of one order: cells of its row, and rows of the other tables."""
    names = small_olist["olist_orders_dataset"].splitlines()[0].split(",")

    def build_one(rows=None, **cells):
        tables = dict(small_olist)
        head, row = tables["olist_orders_dataset"].splitlines()
        values = dict(zip(names, row.split(","), strict=True))
        values |= {f"order_{name}": text for name, text in cells.items()}
        tables["olist_orders_dataset"] = f"{head}\n{','.join(values.values())}\n"
        for table, text in (rows or {}).items():
            name = f"olist_{table}_dataset"
            tables[name] = small_olist[name].splitlines()[0] + "\n" + text
        timeline = built(write(tables))
        facts = [entry.fact for entry in timeline.entries()]
        return facts, {a.code: a.count for a in timeline.about.anomalies}

    return build_one


def utc(text: str) -> datetime:
    """A moment of January 2018 in São Paulo, which was two hours behind UTC (summer time)."""
    return datetime.fromisoformat(f"2018-01-{text}").replace(tzinfo=UTC) + timedelta(hours=2)


def only(facts, kind):
    found = [fact for fact in facts if isinstance(fact, kind)]
    assert len(found) <= 1
    return found[0] if found else None


def test_a_plain_order_under_the_public_file_names(one):
    facts, anomalies = one()
    placed = utc("10 10:00")
    assert anomalies == {}
    assert only(facts, Buyer) == Buyer(
        key="u1", occurred_at=placed, known_at=placed, city="mogi das cruzes", region="SP",
        postcode="08775",
    )  # fmt: skip
    order = only(facts, Order)
    assert (order.key, order.buyer, order.estimated_at) == ("o1", "u1", utc("20 00:00"))
    item = only(facts, Item)
    assert (item.key, item.price, item.freight) == (
        "o1/1",
        Money(10_000, "BRL"),
        Money(1_050, "BRL"),
    )
    tender = only(facts, Tender)
    assert (tender.method, tender.instalments) == ("card", 3)
    assert (tender.amount, tender.occurred_at) == (Money(11_050, "BRL"), utc("10 11:00"))
    assert only(facts, Shipment).occurred_at == utc("11 10:00")
    assert only(facts, Delivery).occurred_at == utc("15 10:00")
    review = only(facts, Review)
    assert (review.key, review.comment) == ("r1/o1", "bom\nchegou, sim")
    product = only(facts, Product)
    assert (product.category, product.weight_g) == ("perfumery", 225)


def test_sellers_and_products_without_a_table_keep_their_key(write, built, small_olist):
    tables = small_olist | {"olist_sellers_dataset": "seller_id,seller_city\ns1,x\n"}  # too reduced
    with built(write(tables)) as timeline:
        assert {a.code: a.count for a in timeline.about.anomalies} == {"seller_unknown": 1}
        assert only([e.fact for e in timeline.entries()], Seller).city == ""


def test_approval_missing(one):
    facts, anomalies = one(approved_at="")
    assert only(facts, Tender).occurred_at == utc("10 10:00")
    assert anomalies == {"approval_missing": 1}


def test_never_approved_moves_no_money(one):
    facts, anomalies = one(
        approved_at="", status="canceled", delivered_carrier_date="", delivered_customer_date=""
    )
    assert only(facts, Tender) is None
    assert only(facts, Cancellation).occurred_at == utc("13 10:00")
    assert anomalies == {"never_approved": 1, "cancelled_undated": 1}


def test_a_cancellation_follows_the_last_known_event(one):
    facts, anomalies = one(status="unavailable", delivered_customer_date="")
    cancellation = only(facts, Cancellation)
    assert (cancellation.occurred_at, cancellation.reason) == (utc("14 10:00"), "unavailable")
    assert anomalies == {"cancelled_undated": 1, "cancelled_after_shipping": 1}


def test_delivery_missing_is_taken_from_the_estimate(one):
    facts, anomalies = one(delivered_customer_date="")
    assert only(facts, Delivery).occurred_at == utc("20 00:00")
    assert anomalies == {"delivery_missing": 1}


def test_shipped_before_purchase_is_known_with_the_purchase(one):
    facts, anomalies = one(delivered_carrier_date="2018-01-09 10:00:00")
    shipment = only(facts, Shipment)
    assert (shipment.occurred_at, shipment.known_at) == (utc("09 10:00"), utc("10 10:00"))
    assert anomalies == {"shipped_before_purchase": 1, "shipped_before_approval": 1}


def test_shipped_before_approval_stays_at_its_time(one):
    facts, anomalies = one(approved_at="2018-01-12 10:00:00")
    shipment = only(facts, Shipment)
    assert shipment.known_at == shipment.occurred_at == utc("11 10:00")
    assert anomalies == {"shipped_before_approval": 1}


def test_tenders_that_are_odd(one):
    facts, anomalies = one(
        rows={"order_payments": "o1,1,not_defined,0,100\no1,2,voucher,1,0.00\no1,3,boleto,1,5\n"}
    )
    tenders = [fact for fact in facts if isinstance(fact, Tender)]
    assert [(t.method, t.instalments, t.amount.amount) for t in tenders] == [
        ("other", 1, 10_000), ("boleto", 1, 500)
    ]  # fmt: skip
    assert anomalies == {
        "tender_under": 1, "zero_tender": 1, "instalments_missing": 1, "method_unknown": 1
    }  # fmt: skip


def test_an_order_of_nothing(one):
    facts, anomalies = one(
        rows={"order_items": "", "order_payments": "", "order_reviews": "", "customers": ""},
        status="shipped", delivered_customer_date="",
    )  # fmt: skip
    assert only(facts, Order).buyer == only(facts, Buyer).key == "c1"
    assert anomalies == {"no_items": 1, "no_payment": 1, "never_finished": 1, "customer_unknown": 1}


def test_rows_of_unknown_orders_are_left_out_and_counted(one):
    items = "a0,1,p1,s1,x,1,1\no1,1,p1,s1,x,100,10.5\nz9,1,p9,s9,x,1,1\n"
    facts, anomalies = one(rows={"order_items": items})
    assert only(facts, Item).key == "o1/1"
    assert anomalies == {"order_unknown": 2}


def test_reviews_that_are_odd(one):
    reviews = (
        "r1,o1,5,,,2018-01-10 00:00:00,\nr1,o9,5,,,2018-01-16 00:00:00,\n"
        "r2,o1,1,,late,2018-01-18 00:00:00,\n"
    )
    facts, anomalies = one(rows={"order_reviews": reviews})
    found = [fact for fact in facts if isinstance(fact, Review)]
    assert [review.key for review in found] == ["r1/o1", "r2/o1"]
    assert found[0].known_at == utc("10 10:00")
    assert anomalies == {
        "reviewed_before_purchase": 1, "review_shared": 1, "review_repeated": 1, "order_unknown": 1
    }  # fmt: skip


def test_bad_rows_are_told_with_place_and_mend(write, built, small_olist):
    tables = small_olist | {
        "olist_orders_dataset": small_olist["olist_orders_dataset"]
        + "o2,c2,lost,2018-13-01,,,,2018-01-20\n",
        "olist_order_payments_dataset": small_olist["olist_order_payments_dataset"]
        + "o1,2,boleto,1,1.999\no1,1,credit_card,3,1\n",
    }
    directory = write(tables)
    faults = check(read_source([directory], {})).faults
    assert [(f.line, f.column, f.code) for f in faults] == [
        (3, "order_status", "status_unknown"),
        (3, "order_purchase_timestamp", "time_unreadable"),
        (3, "payment_value", "amount_too_fine"),
        (4, "order_id", "key_repeated"),
    ]
    with pytest.raises(HistoryFaulty) as caught:
        built(directory)
    assert len(caught.value.document("zh")["errors"]) == 4


def test_a_row_told_twice_counts_once(write, built, small_olist):
    twice = {name: text + text.split("\n", 1)[1] for name, text in small_olist.items()}
    with built(write(small_olist, "once")) as timeline:
        once = timeline.about
    with built(write(twice)) as timeline:
        assert (timeline.about.digest, timeline.about.counts) == (once.digest, once.counts)
        assert [a.code for a in timeline.about.anomalies] == ["row_repeated"]


def test_a_table_comes_from_the_first_directory_that_suffices(write, built, small_olist):
    first = write(
        {"olist_customers": "customer_id,customer_zip_code_prefix\nc1,99999\n"}, "reduced"
    )
    with built(first, write(small_olist)) as timeline:
        assert only([e.fact for e in timeline.entries()], Buyer).postcode == "08775"


def test_missing_tables_are_told(write, small_olist):
    directory = write({"olist_orders": small_olist["olist_orders_dataset"]})
    faults = check(read_source([directory], {})).faults
    assert [(fault.file, fault.code) for fault in faults] == [
        ("olist_order_items_dataset", "table_missing"),
        ("olist_order_payments_dataset", "table_missing"),
    ]


def test_a_required_table_without_its_columns_is_told(write, small_olist):
    items = "order_id,order_item_id,product_id,seller_id\no1,1,p1,s1\n"
    directory = write(small_olist | {"olist_order_items_dataset": items})
    faults = check(read_source([directory], {})).faults
    assert [(f.line, f.column, f.code) for f in faults] == [
        (1, "freight_value", "column_missing"), (1, "price", "column_missing")
    ]  # fmt: skip


def test_a_window_keeps_its_orders(write, built, small_olist):
    from datetime import date

    second = small_olist["olist_orders_dataset"].splitlines()[1]
    second = second.replace("o1,c1", "o2,c2").replace("2018-01-1", "2018-02-1")
    tables = small_olist | {
        "olist_orders_dataset": small_olist["olist_orders_dataset"] + second + "\n"
    }
    with built(write(tables)) as timeline:
        assert timeline.about.counts["order"] == 2
    for window, kept in (({"until": date(2018, 2, 1)}, "o1"), ({"since": date(2018, 2, 1)}, "o2")):
        with built(write(tables), **window) as timeline:
            facts = [entry.fact for entry in timeline.entries()]
            assert only(facts, Order).key == kept
            assert "order_unknown" not in {a.code for a in timeline.about.anomalies}
            assert (only(facts, Item) is None) == (kept == "o2")
