"""The generated marketplace: plausible, the same from run to run, labelled."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from huoshui.facts.commerce.model import Confirmation, Delivery, Item, Order, Return, Tender
from huoshui.facts.commerce.reading import timeline
from huoshui.facts.commerce.reading.check import check
from huoshui.facts.commerce.reading.source import read_source
from huoshui.facts.commerce.sample import DirectoryTaken, generate
from huoshui.facts.commerce.sample.demand import END, FIRST, LAST, ZONE, weight

ORDERS = 4_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sample")
    sampled = generate(directory, ORDERS, 11)
    sections = tomllib.loads((directory / "marketplace.toml").read_text(encoding="utf-8"))
    source = read_source([directory], sections)
    with timeline.build(source, directory / "spool" / "t") as spool:
        yield sampled, source, spool.about, [entry.fact for entry in spool.entries()]


def of(sample, kind):
    return [fact for fact in sample[3] if isinstance(fact, kind)]


def digest(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(tmp_path / name, 200, seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")
    generate(tmp_path / "a", 50, 1)  # its own directory may be written again
    assert digest(tmp_path / "a") != digest(tmp_path / "b")


def test_it_is_labelled_as_generated(sample, tmp_path):
    sampled, source, _, _ = sample
    assert source.generated and source.assumed == ()
    assert set(source.name) == {"en", "zh"}
    origin = (sampled.directory / "ORIGIN").read_text(encoding="utf-8")
    assert f"--orders {ORDERS} --seed 11" in origin
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DirectoryTaken):
        generate(tmp_path, 10, 1)
    with pytest.raises(ValueError, match="orders"):
        generate(tmp_path / "x", 0, 1)


def test_it_is_clean_and_whole(sample):
    sampled, source, about, facts = sample
    report = check(source)
    assert (report.good, report.counts) == (True, about.counts)
    assert about.counts["order"] == ORDERS and sampled.facts == len(facts)
    odd = {anomaly.code for anomaly in about.anomalies}
    assert odd <= {
        "never_approved", "cancelled_after_shipping", "never_finished", "tender_under", "no_payment"
    }  # fmt: skip
    assert max(fact.occurred_at for fact in facts) <= END


def test_seasons_and_festivals_show(sample):
    by_day = Counter(order.occurred_at.astimezone(ZONE).date() for order in of(sample, Order))
    assert min(by_day) >= FIRST and max(by_day) <= LAST
    usual = ORDERS / ((LAST - FIRST).days + 1)
    assert by_day[date(2025, 11, 11)] > 5 * usual
    assert by_day[date(2025, 6, 18)] > 3 * usual
    slump = sum(by_day[date(2025, 1, 25) + timedelta(days=n)] for n in range(10)) / 10
    assert slump < 0.5 * usual
    assert weight(date(2025, 9, 6)) > weight(date(2024, 9, 7))
    hours = Counter(order.occurred_at.astimezone(ZONE).hour for order in of(sample, Order))
    assert hours[21] > 5 * hours[4]


def test_buyers_repeat_and_sellers_differ_with_heavy_tails(sample):
    buyers = Counter(order.buyer for order in of(sample, Order))
    assert 0.3 < sum(1 for n in buyers.values() if n > 1) / len(buyers) < 0.8
    assert max(buyers.values()) > 15
    sellers = Counter(item.seller for item in of(sample, Item))
    largest = sum(n for _, n in sellers.most_common(len(sellers) // 10))
    assert 0.3 < largest / sellers.total() < 0.85


def test_money_of_each_order_is_whole(sample):
    due, paid, back = Counter[str](), Counter[str](), Counter[str]()
    for item in of(sample, Item):
        due[item.order] += item.price.amount + item.freight.amount
    for tender in of(sample, Tender):
        assert tender.amount.amount > 0
        paid[tender.order] += tender.amount.amount
    for returned in of(sample, Return):
        back[returned.order] += returned.amount.amount
    assert all(0 <= due[key] - paid[key] <= 3_000 for key in paid)
    assert all(back[key] <= paid[key] for key in back)
    split = Counter(tender.order for tender in of(sample, Tender))
    assert 0.06 < sum(1 for n in split.values() if n > 1) / len(split) < 0.2
    assert {tender.method for tender in of(sample, Tender)} == {
        "card", "wallet", "voucher", "balance"
    }  # fmt: skip


def test_returns_come_before_and_after_the_payout(sample):
    delivered = {fact.order: fact.occurred_at for fact in of(sample, Delivery)}
    days = [(fact.occurred_at - delivered[fact.order]).days for fact in of(sample, Return)]
    assert min(days) < 3 and max(days) > 14
    prices = {item.key: item.price.amount for item in of(sample, Item)}
    parts = [fact.amount.amount < prices[fact.item] for fact in of(sample, Return)]
    assert any(parts) and not all(parts)


def test_life_goes_forward(sample):
    paths: dict[str, list] = {}
    for kind in (Order, Tender, Delivery, Confirmation):
        for fact in of(sample, kind):
            paths.setdefault(getattr(fact, "order", fact.key), []).append(fact.occurred_at)
    assert all(a <= b for path in paths.values() for a, b in pairwise(path))
    promised = {order.key: order.estimated_at for order in of(sample, Order)}
    late = [fact.occurred_at > promised[fact.order] for fact in of(sample, Delivery)]
    assert 0.03 < sum(late) / len(late) < 0.25
    assert 0.3 < len(of(sample, Confirmation)) / len(of(sample, Delivery)) < 0.55
    open_orders = next(a for a in sample[2].anomalies if a.code == "never_finished")
    assert open_orders.count > 5
