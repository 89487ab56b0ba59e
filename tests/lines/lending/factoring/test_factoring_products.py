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
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.core.money import Money
from huoshui.lines.lending.factoring import FACTORING, service
from huoshui.lines.lending.factoring.model import NotFactorable
from huoshui.lines.lending.factoring.product import quote
from huoshui.lines.lending.factoring.service import Claim
from huoshui.lines.lending.product import RateAboveCap
from huoshui.scenarios import factoring_flow
from tests import ground
from tests.lines.lending.factoring.ground import GOLDEN

FILES = sorted(GOLDEN.glob("*.toml"))


def checked(file: Path) -> CheckedProduct:
    """The product of a file, ready to quote."""
    product = read_product(file.read_bytes(), {"factoring": FACTORING})
    return check(product, FACTORING, Schema(()), ())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@given(face=st.integers(1, 10**9), days=st.integers(0, 400))
def test_no_quote_costs_more_than_it_may(file: Path, face: int, days: int) -> None:
    product = checked(file)
    cap = Decimal(product.product.tables["law"]["cap_annual"])
    try:
        found = quote(product, face, days)
    except (NotFactorable, RateAboveCap):
        return
    deal = found.deal
    assert deal.advance + deal.reserve == face and deal.advance == face * 8 // 10
    assert 0 <= deal.fee_most <= deal.reserve
    assert deal.compound <= cap and deal.simple <= cap
    assert all("{" not in said.en + said.zh for said in found.disclosures)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_product_is_named_as_its_file(file: Path) -> None:
    assert checked(file).product.product == file.stem


def test_a_short_claim_with_a_flat_fee_is_refused_above_the_cap() -> None:
    text = FILES[0].read_text("utf-8").replace('"0.001 if claim.days >= 15 else 0"', '"0.01"')
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
        ('[law]\ncap_annual = "0.24"', "", "/law"),
    ],
)
def test_a_fault_names_its_field(old: str, new: str, pointer: str) -> None:
    text = FILES[0].read_text("utf-8")
    assert old in text
    with pytest.raises(BadProduct) as refused:
        check(
            read_product(text.replace(old, new).encode(), {"factoring": FACTORING}),
            FACTORING, Schema(()), (),
        )  # fmt: skip
    assert pointer in [fault.pointer for fault in refused.value.errors]


def test_a_product_from_a_file_of_ones_own_runs_to_its_end(tx: Tx, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = FILES[0].read_text("utf-8")
    for old, new in (
        ('"factoring-with-recourse"', '"harvest-claims"'),
        ('advance_rate = "0.8"', 'advance_rate = "0.7"'),
        ('recourse = "full"', 'recourse = "none"'),
    ):
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    row = catalog.publish(tx, file.read_bytes(), {"factoring": FACTORING}, Schema(()), ())
    catalog.offer(tx, row.product, row.number)
    on = service.today(tx)
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
