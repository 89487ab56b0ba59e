"""Loans that might have been: their flows come to what was lent, whatever went back and when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.catalog import CheckedProduct, check, read_product
from huoshui.core.errors import Malformed
from huoshui.core.expr import Schema
from huoshui.lines.lending.factoring import FACTORING
from huoshui.lines.lending.product import LENDING
from huoshui.scenarios.seller_loans.model import Sold
from huoshui.scenarios.whatif import read_assumptions
from huoshui.scenarios.whatif.assumptions import BadAssumptions, ppm
from huoshui.scenarios.whatif.chance import draws
from huoshui.scenarios.whatif.claims import Claims
from huoshui.scenarios.whatif.lines import Checkout
from huoshui.scenarios.whatif.model import ONLY_PAYS, ONLY_STOPS, Line, OrderSeen, SaleSeen
from huoshui.scenarios.whatif.sellers import Advances, Seasons
from tests import ground

DAY = date(2024, 3, 31)


def golden(name: str) -> Checkout:
    """A product that comes along, as it is offered."""
    file = resources.files("huoshui.lines.lending.product.golden").joinpath(f"{name}.toml")
    product = read_product(file.read_bytes(), {LENDING.name: LENDING})
    return Checkout.of(check(product, LENDING, Schema(()), ()), 1)


FREE, PAID = golden("pay-in-3-free"), golden("pay-in-instalments")


@st.composite
def orders(draw: st.DrawFn) -> OrderSeen:
    """Orders of the product's amounts; some go back in part or whole, early or late."""
    amount = draw(st.integers(10_000, 500_000))
    refunded = draw(st.sampled_from((0, 0, amount, 1)) | st.integers(0, amount))
    days = draw(st.integers(0, 500))
    return OrderSeen(
        key="o1", paid_on=DAY, amount=amount, instalments=draw(st.integers(1, 14)),
        refunded=refunded, refunded_on=DAY + timedelta(days=days) if refunded else None,
        region="SP",
    )  # fmt: skip


@settings(max_examples=ground.examples(120), deadline=None)
@given(order=orders(), offered=st.sampled_from((FREE, PAID)))
def test_what_is_repaid_is_what_was_lent(order: OrderSeen, offered: Checkout) -> None:
    line = offered.line(order)
    if line is None:  # twelve instalments are for larger amounts
        assert order.instalments == 12 and order.amount < 60_000
        return
    loan, *repaid = line.flows
    assert (loan.step, loan.principal, loan.on) == (0, order.amount, DAY)
    assert sum(flow.principal for flow in repaid) == order.amount
    assert [flow.step for flow in repaid] == list(range(1, len(repaid) + 1))
    assert [flow.on for flow in repaid] == sorted(flow.on for flow in repaid)
    assert all(flow.principal > 0 or flow.interest > 0 for flow in repaid)
    back = sum(flow.principal for flow in repaid if flow.certain)
    assert back <= order.refunded
    assert all(flow.on == order.refunded_on for flow in repaid if flow.certain)
    assert line.fee_base == order.amount - order.refunded


def test_instalments_are_those_really_chosen_where_the_product_has_them() -> None:
    def months(instalments: int) -> int:
        order = OrderSeen("o1", DAY, 100_000, instalments, 0, None, "")
        line = PAID.line(order)
        assert line is not None
        return line.steps

    assert [months(n) for n in (1, 3, 5, 6, 12)] == [3, 3, 3, 6, 12]


def test_a_whole_refund_ends_the_loan_on_its_day_without_interest() -> None:
    back = DAY + timedelta(days=9)
    line = PAID.line(OrderSeen("o1", DAY, 100_000, 6, 100_000, back, ""))
    assert line is not None
    assert {flow.on for flow in line.flows[1:]} == {back}
    assert sum(flow.interest for flow in line.flows) == 0


def test_an_order_outside_the_amounts_is_none_of_the_product() -> None:
    assert FREE.line(OrderSeen("o1", DAY, 9_999, 3, 0, None, "")) is None
    assert FREE.line(OrderSeen("o1", DAY, 500_001, 3, 0, None, "")) is None


ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=ZONE)


def at(day: int) -> datetime:
    """The noon of a day of the history."""
    return NOON + timedelta(days=day)


def sale(**seen: object) -> SaleSeen:
    """A seller's part of an order, shipped on the second day and released on the eighteenth."""
    usual: dict[str, object] = {
        "key": "o1", "seller": "slr_1", "region": "SP", "amount": 100_000, "given_back": 0,
        "taken_at": at(0), "shipped_at": at(2), "due_on": DAY + timedelta(days=32),
        "released_at": at(18), "returned_at": None,
    }  # fmt: skip
    return SaleSeen(**(usual | seen))  # type: ignore[arg-type]


def claims() -> Claims:
    """Factoring with recourse, as it comes along: 80 % at once, 0.1 % and 9 % a year; paid out weekly."""
    file = resources.files("huoshui.lines.lending.factoring.golden")
    product = read_product(
        file.joinpath("factoring-with-recourse.toml").read_bytes(), {FACTORING.name: FACTORING}
    )
    found = check(product, FACTORING, Schema(()), ())
    weekly = [at(7 * n + 6) for n in range(60)]
    return Claims(found, 1, weekly, ZONE, 90)


def told(*sales: SaleSeen) -> list[Line]:
    """The claims of a seller."""
    return list(claims().lines(sales))


def test_an_advance_and_its_cost_come_back_out_of_the_payout() -> None:
    [line] = told(sale())
    # 0.1 % of 1,000.00, and 9 % a year of 800.00 for the 16 days until the order was released. Then all
    # of the claim is out until the payout that it is taken from.
    cost = 100 + round(80_000 * 0.09 * 16 / 365)
    assert [(f.on - DAY, f.principal, f.interest) for f in line.flows] == [
        (timedelta(2), 80_000, 0), (timedelta(18), -20_000, cost), (timedelta(20), 100_000, 0)
    ]  # fmt: skip
    assert all(f.certain for f in line.flows[1:])
    # It leaves with the first payout after the shipment; the order's own would have been the second after.
    assert (line.short, line.waits, line.waited) == (0, 6 * 24, 20 * 24)


def test_a_claim_that_is_late_is_bought_back_and_repaid_out_of_other_sales() -> None:
    never = sale(released_at=None)
    [line] = told(never)
    assert line.short == line.amount == 80_000 and line.waits is None
    # Due on the 32nd day, 15 of grace: the seller owes it from the 48th on.
    assert line.flows[-1].on == DAY + timedelta(days=48) and not line.flows[-1].certain
    small = sale(key="o2", amount=60_000, shipped_at=None, taken_at=at(60), released_at=at(70))
    [line] = told(never, small)
    assert line.short == 80_000 - 30_000, "half of what it takes repays it"
    more = [
        msgspec.structs.replace(small, key=f"o{n}", released_at=at(70 + 7 * n)) for n in range(3)
    ]
    [line] = told(never, *more)
    assert line.short == 0 and sum(f.principal for f in line.flows[1:]) == line.amount


def test_what_goes_back_dilutes_the_claim() -> None:
    [line] = told(sale(given_back=40_000, returned_at=at(10)))
    # The reserve bears 200.00; of 800.00 and its cost the order brings 600.00, no other sale the rest.
    assert line.short == 20_000 + 100 + round(80_000 * 0.09 * 16 / 365)
    [line] = told(sale(given_back=100_000, returned_at=at(10), released_at=None))
    assert line.short == 80_000 and line.waits is None


def test_nothing_is_advanced_on_what_is_not_for_the_product() -> None:
    assert told(sale(shipped_at=None)) == []
    assert told(sale(released_at=at(1))) == [], "its money has moved"
    assert told(sale(amount=9_999)) == [], "below the product's least"
    assert told(sale(due_on=DAY + timedelta(days=3))) == [], "its own rule"


@settings(max_examples=ground.examples(40), deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.integers(10_000, 900_000), st.integers(0, 80), st.integers(0, 90),
                  st.integers(0, 90), st.integers(0, 100)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_what_is_advanced_comes_back_or_is_lost(parts: list[tuple[int, ...]]) -> None:
    sales = [
        sale(
            key=f"o{n}", amount=amount, taken_at=at(start), shipped_at=at(start + 1),
            due_on=DAY + timedelta(days=start + 20), released_at=at(start + 1 + wait) if wait else None,
            returned_at=at(start + 1 + back) if back else None, given_back=amount * share // 100 if back else 0,
        )
        for n, (amount, start, wait, back, share) in enumerate(parts)
    ]  # fmt: skip
    for line in told(*sales):
        loan, *back = line.flows
        assert sum(flow.principal for flow in back) + 0 == loan.principal == line.amount
        assert line.short == sum(flow.principal for flow in back if not flow.certain)
        assert [flow.step for flow in line.flows] == list(range(len(line.flows)))


def test_draws_stay_and_are_even() -> None:
    assert draws(1, "p", "o1") == draws(1, "p", "o1") != draws(2, "p", "o1")
    first = [draws(1, "p", f"o{n}").take for n in range(4_000)]
    below = sum(take < 250_000 for take in first)
    assert 900 < below < 1_100, "a quarter, within three and a half standard deviations"
    own = {draws(1, "p", f"o{n}", taker="slr_1").take for n in range(20)}
    assert len(own) == 1, "a seller decides once"


def test_assumptions_say_what_is_wrong_with_them() -> None:
    good = b'[products.p]\ntake_up = { low = "0.1", base = "0.2", high = "1" }'
    take = read_assumptions(good).products["p"].take_up
    assert [ppm(take, "low"), ppm(take, "base"), ppm(take, "high")] == [100_000, 200_000, 1_000_000]
    for content, pointer in (
        (b'[products.p]\ntake_up = "1.2"', "/products/…/take_up"),
        (b'[products.p]\nlgd = "0.5"', "/products/…/take_up"),
        (good + b"\nsomething = 1", "/products/…/something"),
        (b"", "/products"),
    ):
        with pytest.raises(BadAssumptions) as refused:
            read_assumptions(content)
        [fault] = refused.value.errors
        assert fault.pointer.replace("[...]", "…").endswith(pointer.rsplit("/", 1)[-1]), fault
    with pytest.raises(Malformed):
        read_assumptions(b"[")


def test_a_rate_above_the_cap_is_no_loan() -> None:
    file = resources.files("huoshui.lines.lending.product.golden").joinpath(
        "pay-in-instalments.toml"
    )
    text = file.read_text(encoding="utf-8").replace('cap_annual = "0.24"', 'cap_annual = "0.10"')
    product = read_product(text.encode(), {LENDING.name: LENDING})
    capped = Checkout.of(check(product, LENDING, Schema(()), ()), 1)
    order = OrderSeen("o1", DAY, 100_000, 3, 0, None, "SP")
    assert capped.line(order) is not None  # 9 % in three instalments
    dear = OrderSeen("o2", DAY, 100_000, 6, 0, None, "SP")
    assert capped.line(dear) is None and PAID.line(dear) is not None  # 12 % in six


def offered(name: str) -> CheckedProduct:
    """A product that comes along."""
    file = resources.files("huoshui.lines.lending.product.golden").joinpath(f"{name}.toml")
    return check(read_product(file.read_bytes(), {LENDING.name: LENDING}), LENDING, Schema(()), ())


@settings(max_examples=ground.examples(60), deadline=None)
@given(payouts=st.lists(st.integers(0, 40_000_000), min_size=1, max_size=60))
def test_what_is_lent_to_a_seller_comes_back_or_is_given_up(payouts: list[int]) -> None:
    weeks = tuple((DAY + timedelta(days=7 * n), amount) for n, amount in enumerate(payouts))
    seller = Sold("slr_one", "SP", weeks)
    advances = list(Advances.of(offered("sales-advance"), 1, 60).lines(seller))
    seasons = list(Seasons.of(offered("seasonal-line"), 1).lines(seller))
    assert len(advances) <= 1
    for line in (*advances, *seasons):
        loan, *back = line.flows
        for other in (ONLY_PAYS, ONLY_STOPS):
            came = [flow for flow in back if flow.only != other]
            assert sum(flow.principal for flow in came) == loan.principal == line.amount
        assert all(flow.on > loan.on and flow.interest >= 0 for flow in back)
        steps = [flow.step for flow in line.flows]
        assert steps == sorted(set(steps))
    for line in advances:
        for flow in line.flows:
            if flow.step and not flow.certain:  # what is lost comes only of one that stops
                assert flow.only == ONLY_STOPS and flow.step >= line.steps
