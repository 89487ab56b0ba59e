"""Histories for the tests: a small one in each layout, and the real Olist sample where it is."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from huoshui.facts.commerce.reading.source import Source, read_source
from huoshui.facts.commerce.reading.timeline import Timeline, build

SHARED = Path(os.environ.get("HUOSHUI_SHARED", Path(__file__).resolve().parents[4] / "shared"))

OWN = {
    "sellers": "key,occurred_at,name\nS1,2026-01-01,青禾 Qinghe\nS2,2026-01-02,\n",
    "buyers": "key,occurred_at,city\nB1,2026-03-01 08:00,上海\n",
    "products": "key,occurred_at,name,weight_g\nP1,2026-01-01,Tea,250.0\nP2,2026-01-01,Rice,\n",
    "orders": (
        "key,occurred_at,buyer,estimated_at\n"
        "O1,2026-03-01 09:00:00,B1,2026-03-05\n"
        "O2,2026-03-02T10:00:00+08:00,B1,\n"
    ),
    "items": (
        "key,order,product,seller,price,freight,quantity\n"
        "I1,O1,P1,S1,120.50,8.00,2\n"
        "I2,O1,P2,S2,30,0,\n"
        "I3,O2,P1,S1,60.25,0,1\n"
    ),
    "tenders": (
        "key,occurred_at,order,method,amount\n"
        "T1,2026-03-01 09:01:00,O1,wallet,158.50\n"
        "T2,2026-03-02 10:00:30,O2,card,60.25\n"
    ),
    "shipments": "key,occurred_at,order\nO1,2026-03-02 12:00,O1\n",
    "deliveries": "key,occurred_at,order\nO1,2026-03-04 12:00,O1\n",
    "returns": "key,occurred_at,order,item,amount\nR1,2026-03-06 12:00,O1,I2,30.00\n",
}

ORDER_COLUMNS = (
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\n"
)
OLIST = {
    "olist_orders_dataset": ORDER_COLUMNS
    + "o1,c1,delivered,2018-01-10 10:00:00,2018-01-10 11:00:00,2018-01-11 10:00:00,"
    "2018-01-15 10:00:00,2018-01-20 00:00:00\n",
    "olist_customers_dataset": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"
        "c1,u1,08775,mogi das cruzes,SP\nc2,u1,08776,mogi das cruzes,SP\n"
    ),
    "olist_order_items_dataset": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
        "o1,1,p1,s1,2018-01-12 00:00:00,100.00,10.5\n"
    ),
    "olist_order_payments_dataset": (
        "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"
        "o1,1,credit_card,3,110.5\n"
    ),
    "olist_sellers_dataset": (
        "seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,13023,campinas,SP\n"
    ),
    "olist_products_dataset": (
        "product_id,product_category_name,product_weight_g\np1,perfumaria,225.0\np2,,\n"
    ),
    "product_category_name_translation": (
        "product_category_name,product_category_name_english\nperfumaria,perfumery\n"
    ),
    "olist_order_reviews_dataset": (
        "review_id,order_id,review_score,review_comment_title,review_comment_message,"
        "review_creation_date,review_answer_timestamp\n"
        'r1,o1,5,bom,"chegou, sim",2018-01-16 00:00:00,2018-01-17 00:00:00\n'
    ),
}

Tables = dict[str, str]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes tables to a directory, over a small history in one of the layouts."""

    def written(base: Tables | None = None, directory: str = "history", **changed: str) -> Path:
        target = tmp_path / directory
        target.mkdir(exist_ok=True)
        for table, content in ((OWN if base is None else base) | changed).items():
            (target / f"{table}.csv").write_text(content, encoding="utf-8")
        return target

    return written


@pytest.fixture
def own() -> Tables:
    """A small history in Huoshui's own layout."""
    return dict(OWN)


@pytest.fixture
def small_olist() -> Tables:
    """One delivered order in Olist's tables, under their public names."""
    return dict(OLIST)


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Timeline]:
    """Builds the timeline of a directory."""

    def build_it(*directories: Path, **history: object) -> Timeline:
        source = read_source(directories, {"history": history})
        return build(source, tmp_path / "spool" / "history.timeline")

    return build_it


@pytest.fixture(scope="session")
def olist_source() -> Source:
    """The real sample of Olist's orders."""
    directories = (SHARED / "data" / "olist_sample", SHARED / "data" / "olist")
    if not all(directory.is_dir() for directory in directories):
        pytest.skip(f"the Olist sample is not at {SHARED}; set HUOSHUI_SHARED")
    return read_source(directories, {})


@pytest.fixture(scope="session")
def olist_timeline(olist_source: Source, tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """The timeline of the real sample, built once."""
    return build(olist_source, tmp_path_factory.mktemp("olist") / "olist.timeline")


@pytest.fixture
def packed() -> Callable[[Path], None]:
    """Packs the CSV files of a directory with gzip, in their place."""

    def pack(directory: Path) -> None:
        for path in directory.glob("*.csv"):
            (directory / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()

    return pack
