"""Fake orders: the stories of refund loops, empty parcels and a campaign that is none."""

from __future__ import annotations

import pytest

from huoshui.judgement.risk.brushing import Market, Sale, Seller, judged, planted, suspicion
from huoshui.judgement.risk.chance import beta_binomial_bits, binomial_bits, fitted
from huoshui.judgement.risk.recall import line, recall

# Above it one in a hundred honest sellers lies (`huoshui bench rings`).
_LINE_BITS = 18.0


@pytest.fixture(scope="module")
def made():
    """Sellers honest and not."""
    return planted.market(800, 4, 5)


def _story(made: planted.Planted, sales: list[Sale]) -> Seller:
    return judged("story", Market.of([*made.sales, *sales]))


def test_a_refund_loop_of_tied_buyers_is_fake(made):
    sales = [
        Sale(
            f"o{n}", "story", f"b{n % 6}", tied=n % 6 < 5, kept=n < 28, weight_g=5, declared_g=400,
            nth=n // 6 + 1,
        )
        for n in range(30)
    ]  # fmt: skip
    seller = _story(made, sales)
    assert seller.bits > _LINE_BITS
    assert {"tied_buyers", "refunds_kept", "empty_parcels"} <= {s.name for s in seller.signs}
    assert suspicion(sales[0], seller) > 5


def test_empty_parcels_reviewed_at_once_are_fake(made):
    sales = [
        Sale(
            f"o{n}", "story", f"b{n % 180}", weight_g=8, declared_g=900, nth=n // 180 + 1,
            reviewed_min=5 if n < 184 else 5_000,
        )
        for n in range(200)
    ]  # fmt: skip
    seller = _story(made, sales)
    assert seller.bits > _LINE_BITS
    assert {sign.name for sign in seller.signs[:2]} == {"empty_parcels", "hasty_reviews"}


def test_a_flash_sale_is_none(made):
    sales = [
        Sale(f"o{n}", "story", f"b{n}", weight_g=870, declared_g=900, buyer_age_h=48 if n < 300 else 9_000)
        for n in range(2_000)
    ]  # fmt: skip
    assert _story(made, sales).bits < _LINE_BITS


def test_light_goods_that_say_so_are_no_empty_parcels(made):
    sales = [Sale(f"o{n}", "story", f"b{n}", weight_g=9, declared_g=12) for n in range(300)]
    assert _story(made, sales).signs == ()


def test_a_good_order_of_a_bad_seller_is_not_suspicious(made):
    market = Market.of(made.sales)
    faker = next(name for name, kind in made.fakers.items() if kind == (0, 200))
    seller = judged(faker, market)
    good = [sale for sale in market.sales[faker] if sale.order not in made.fake]
    bad = [sale for sale in market.sales[faker] if sale.order in made.fake]
    clean = Sale("o", faker, "b", weight_g=500, declared_g=500, reviewed_min=9_000)
    assert suspicion(clean, seller) == 0.0
    honest, fake = ([suspicion(sale, seller) for sale in each] for each in (good, bad))
    assert sum(honest) / len(honest) < sum(fake) / len(fake) / 3


def test_what_hides_less_is_found_more(made):
    market = Market.of(made.sales)
    bits = {name: judged(name, market).bits for name in market.sales}
    above = line([bits[name] for name in bits if name not in made.fakers], 0.01)
    rates = [
        recall((bits[n] for n, kind in made.fakers.items() if kind[0] == level), above).rate
        for level in range(4)
    ]
    assert rates[0] == 1.0
    assert rates == sorted(rates, reverse=True)


def test_what_is_usual_is_told_without_the_unusual(made):
    a, b = Market.of(made.sales).usual["empty_parcels"]
    assert 0.006 < a / (a + b) < 0.013  # planted among honest sellers: 0.010


def test_chances_are_those_of_the_definitions():
    assert binomial_bits(3, 3, 0.5) == pytest.approx(3)
    assert binomial_bits(1, 2, 0.5) == 0.0
    # Beta(1, 1) makes each count equally likely: P(X >= 9 of 9) = 1/10.
    assert 2 ** -beta_binomial_bits(9, 9, 1, 1) == pytest.approx(0.1)
    a, b = fitted([(1, 10)] * 50)
    assert a / (a + b) == pytest.approx(0.1, rel=0.05)
