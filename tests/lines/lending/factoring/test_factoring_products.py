"""Factoring products: each golden file is sound over random claims, and a new one needs no code."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.catalog import BadProduct, CheckedProduct, check, read_product
from huoshui.catalog import service as catalog
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.core.money import Money
from huoshui.lines.lending.factoring import FACTORING, Assignment, service, store
from huoshui.lines.lending.factoring.model import NoStage, NotFactorable
from huoshui.lines.lending.factoring.product import quote
from huoshui.lines.lending.factoring.service import Claim
from huoshui.lines.lending.factoring.terms import Stage, interest, staged
from huoshui.lines.lending.product import RateAboveCap
from huoshui.scenarios import factoring_flow
from tests import ground
from tests.ground import Ground
from tests.lines.lending.factoring.ground import GOLDEN, publish

FILES = sorted(GOLDEN.glob("*.toml"))
FILE = GOLDEN / "factoring-with-recourse.toml"


def checked(file: Path) -> CheckedProduct:
    """The product of a file, ready to quote."""
    product = read_product(file.read_bytes(), {"factoring": FACTORING})
    return check(product, FACTORING, Schema(()), ())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@given(face=st.integers(1, 10**9), days=st.integers(0, 400))
def test_no_quote_costs_more_than_it_may(file: Path, face: int, days: int) -> None:
    product = checked(file)
    cap = Decimal(product.product.tables["law"]["cap_annual"])
    rate = Decimal(product.product.tables["factoring"]["advance_rate"])
    try:
        found = quote(product, face, days)
    except (NotFactorable, RateAboveCap):
        return
    deal = found.deal
    assert deal.advance + deal.reserve == face and deal.advance == int(face * rate)
    assert 0 <= deal.fee_most <= deal.reserve
    assert deal.compound <= cap and deal.simple <= cap
    assert all("{" not in said.en + said.zh for said in found.disclosures)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_product_is_named_as_its_file(file: Path) -> None:
    assert checked(file).product.product == file.stem


def test_a_short_claim_with_a_flat_fee_is_refused_above_the_cap() -> None:
    text = FILE.read_text("utf-8").replace('"0.001 if claim.days >= 15 else 0"', '"0.01"')
    product = check(
        read_product(text.encode(), {"factoring": FACTORING}), FACTORING, Schema(()), ()
    )
    with pytest.raises(RateAboveCap):
        quote(product, 100_000, 10)
    assert quote(product, 100_000, 90).deal.fee_flat == 1_000


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ('advance_rate = "0.8"', 'advance_rate = "1"', "/factoring/advance_rate"),
        ('recourse = "full"', 'recourse = "some"', "/factoring/recourse"),
        ("grace_days = 15", "grace_days = -1", "/factoring/grace_days"),
        (
            "grace_days = 15",
            'grace_days = 15\n[[factoring.stages]]\nname = "one"\nshare = "0.5"\nen = "x"\nzh = "一"',
            "/factoring/stages",
        ),
        ('[law]\ncap_annual = "0.24"', "", "/law"),
    ],
)
def test_a_fault_names_its_field(old: str, new: str, pointer: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    with pytest.raises(BadProduct) as refused:
        check(
            read_product(text.replace(old, new).encode(), {"factoring": FACTORING}),
            FACTORING, Schema(()), (),
        )  # fmt: skip
    assert pointer in [fault.pointer for fault in refused.value.errors]


def test_a_product_from_a_file_of_ones_own_runs_to_its_end(tx: Tx, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = FILE.read_text("utf-8")
    for old, new in (
        ('"factoring-with-recourse"', '"harvest-claims"'),
        ('advance_rate = "0.8"', 'advance_rate = "0.7"'),
        ('recourse = "full"', 'recourse = "none"'),
    ):
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    row = catalog.publish(tx, file.read_bytes(), {"factoring": FACTORING}, Schema(()), ())
    catalog.offer(tx, row.product, row.number)
    on = access.today(tx)
    claim = Claim(
        kind="invoice", document="1", seller_id=tx.id("slr", "s"), debtor="mill",
        face=Money(50_000, "CNY"), issued_on=on, due_on=on + timedelta(days=40),
    )  # fmt: skip
    made = service.offer(tx, service.register(tx, claim).id, "harvest-claims")
    service.assign(tx, made.id)
    assert factoring_flow.advance(tx, made.id).paid == 35_000
    factoring_flow.confirm(tx, made.id)
    done = factoring_flow.collect(tx, made.id, 50_000, "bank")
    assert done.state == "settled" and done.paid == 50_000 - done.fee
    assert ground.nets(tx)["income:harvest-claims:fees"] == done.fee


def test_a_prepayment_is_released_by_stages_and_paid_by_the_core_firm(tx: Tx) -> None:
    """An order of a core firm over 100,000.00: 70 % in three stages, each by a fact of its own."""
    publish(tx)
    made = assigned(tx, 10_000_000, 180)
    first = factoring_flow.advance(tx, made.id)
    assert (first.paid, first.exposure) == (2_100_000, 2_100_000)
    for evidence in ("", "fact/order-signed"):
        with pytest.raises(NoStage):
            factoring_flow.release(tx, made.id, evidence)
    assert factoring_flow.release(tx, made.id, "fact/materials-bought").paid == 4_900_000
    last = factoring_flow.release(tx, made.id, "fact/goods-ready")
    assert last.paid == last.advance == 7_000_000
    with pytest.raises(NoStage):
        factoring_flow.release(tx, made.id, "fact/one-more")
    factoring_flow.confirm(tx, made.id, "delivered")
    done = factoring_flow.collect(tx, made.id, 10_000_000, "core firm paid")
    assert done.state == "settled" and done.paid == 10_000_000 - done.fee
    assert abs(done.fee - done.fee_most) <= 1, "all drawn on the first day and paid on the last"
    notes = [e.note for e in store.entries(tx, made.id) if e.verb in ("advance", "release")]
    assert notes == ["fact/order-signed", "fact/materials-bought", "fact/goods-ready"]
    assert not [p for p in ground.nets(tx) if p.startswith(("factoring:", "clearing:"))]


def assigned(tx: Tx, face: int, days: int) -> Assignment:
    """The order of a core firm, assigned."""
    on = access.today(tx)
    claim = Claim(
        kind="invoice", document="PO-77", seller_id=tx.id("slr", "s"), debtor="core firm",
        face=Money(face, "CNY"), issued_on=on, due_on=on + timedelta(days=days),
        evidence="fact/order-signed",
    )  # fmt: skip
    made = service.offer(tx, service.register(tx, claim).id, "prepayment-on-order")
    return service.assign(tx, made.id)


@given(
    advance=st.integers(1, 10**12), cuts=st.lists(st.integers(1, 10**6), min_size=1, max_size=12)
)
def test_stages_come_to_the_whole(advance: int, cuts: list[int]) -> None:
    shares = [(Decimal(cut) / sum(cuts)).quantize(Decimal("0.0001")) for cut in cuts[:-1]]
    shares.append(1 - sum(shares, Decimal(0)))
    stages = [Stage(f"s{n}", str(share), "x", "一") for n, share in enumerate(shares)]
    assert sum(staged(stages, advance)) == advance


def test_what_is_drawn_late_bears_interest_late(market: Ground) -> None:
    with market.database.begin() as tx:
        publish(tx)
        made = assigned(tx, 1_000_000, 100)
        factoring_flow.advance(tx, made.id)
    with market.database.begin(now=ground.START + timedelta(days=50)) as tx:
        factoring_flow.release(tx, made.id, "fact/2")
        factoring_flow.release(tx, made.id, "fact/3")
        done = factoring_flow.confirm(tx, made.id)
    drawn = ((210_000, 100), (280_000, 50), (210_000, 50))
    expected = sum(interest(paid, made.rate_annual, days) for paid, days in drawn)
    assert done.fee == expected < made.fee_most
