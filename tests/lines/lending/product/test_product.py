"""Loan products: every golden one has sound loans, and a new one needs no code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.catalog import BadProduct, CheckedProduct, check, read_product
from huoshui.core.expr import Schema
from huoshui.lines.lending import product as products
from huoshui.lines.lending.product import LENDING, Asked, RateAboveCap, quote_checked, quote_product
from huoshui.lines.lending.product.quote import AmountOutside, NoPrice

GOLDEN = sorted((Path(products.__file__).parent / "golden").glob("*.toml"))


def checked(file: Path) -> CheckedProduct:
    """The product of a file."""
    found = read_product(file.read_bytes(), {"lending": LENDING})
    return check(found, LENDING, Schema(()), ())


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_golden_product_is_named_as_its_file(file: Path) -> None:
    assert checked(file).product.product == file.stem


@settings(max_examples=40)
@given(data=st.data())
def test_each_loan_of_each_product_repays_just_its_amount(data: st.DataObject) -> None:
    found = checked(data.draw(st.sampled_from(GOLDEN)))
    product = found.product
    amount = data.draw(st.integers(product.amount.min, product.amount.max))
    count = data.draw(st.sampled_from(product.tables["terms"]["instalments"]))
    start = data.draw(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
    told = quote_checked(found, Asked(amount, count, start), {})
    rows = told.quote.rows
    assert sum(row.principal for row in rows) == amount
    # What an account asks for may be over sooner than the statements that are projected.
    assert len(rows) == count or (len(rows) < count and "statement" in product.tables)
    assert all(row.principal >= 0 and row.interest >= 0 for row in rows)
    assert rows[-1].balance == 0
    if not told.rate_annual and "sales" not in product.tables:
        assert told.quote.sums.total == amount
    else:
        assert told.quote.rates.china.simple >= 0
    for said in told.disclosures:
        assert "{" not in said.en + said.zh


def test_the_price_is_the_expressions() -> None:
    found = checked(GOLDEN[[f.stem for f in GOLDEN].index("pay-in-instalments")])
    rates = [
        quote_checked(found, Asked(100_000, n, date(2026, 12, 1)), {}).rate_annual for n in (3, 6)
    ]
    assert rates == [Decimal("0.09"), Decimal("0.12")]


def test_what_a_product_does_not_give_is_refused() -> None:
    found = checked(GOLDEN[[f.stem for f in GOLDEN].index("pay-in-instalments")])
    for amount, count in ((9_999, 3), (2_000_001, 3), (10_000, 4)):
        with pytest.raises(AmountOutside):
            quote_checked(found, Asked(amount, count, date(2026, 12, 1)), {})
    with pytest.raises(RateAboveCap) as refused:
        quote_product(found.product, Asked(100_000, 12, date(2026, 12, 1)), Decimal("0.23"))
    assert (refused.value.facts["rate"], refused.value.facts["cap"]) == ("25.59", "24.00")


def test_a_product_of_a_temporary_folder_is_quoted_without_code(tmp_path: Path) -> None:
    file = tmp_path / "harvest-loan.toml"
    file.write_text(HARVEST)
    told = quote_checked(checked(file), Asked(1_000_000, 8, date(2026, 3, 31)), {})
    assert [row.due for row in told.quote.rows][:2] == [date(2026, 4, 30), date(2026, 5, 31)]
    assert [row.principal for row in told.quote.rows] == [0] * 7 + [1_000_000]
    assert told.disclosures[0].zh.startswith("借款 10,000.00 CNY")


def test_a_brace_alone_is_told_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "harvest-loan.toml"
    file.write_text(HARVEST.replace("You borrow {amount}.", "You borrow {amount} {at once."))
    told = quote_checked(checked(file), Asked(1_000_000, 8, date(2026, 3, 31)), {})
    assert told.disclosures[0].en == "You borrow 10,000.00 CNY {at once."


def test_a_negative_price_is_none(tmp_path: Path) -> None:
    file = tmp_path / "harvest-loan.toml"
    file.write_text(HARVEST.replace('"0.06"', '"0.06 - 0.07"'))
    with pytest.raises(NoPrice):
        quote_checked(checked(file), Asked(1_000_000, 8, date(2026, 3, 31)), {})


@pytest.mark.parametrize(
    ("without", "pointer"),
    [
        ("order = 1\n", "/losses/covers/0/order"),
        ('basis = "net"\n', "/losses/covers/0/basis"),
        ('rest = "funders"\n', "/losses/rest"),
        ('charge_off = "accelerate"\n', "/life/charge_off"),
        ('components = ["principal"]\n', "/losses/covers/0/components"),
    ],
)
def test_what_changes_who_pays_has_no_default(without: str, pointer: str) -> None:
    whole = HARVEST + COVERED
    read_product(whole.encode(), {"lending": LENDING})
    with pytest.raises(BadProduct) as refused:
        read_product(whole.replace(without, "").encode(), {"lending": LENDING})
    (fault,) = refused.value.errors
    field = pointer.rpartition("/")[2]
    assert pointer in fault.pointer or field in fault.detail("en")


def test_shares_that_do_not_come_to_the_whole_are_refused() -> None:
    twice = COVERED.replace("[losses]", COVERED.partition("[losses]")[0] + "[losses]")
    for bad in (twice, COVERED.replace('share = "0.8"', 'share = "0"')):
        with pytest.raises(BadProduct):
            read_product((HARVEST + bad).encode(), {"lending": LENDING})
    alone = COVERED.partition("[losses]")[0]
    with pytest.raises(BadProduct) as refused:
        read_product((HARVEST + alone).encode(), {"lending": LENDING})
    assert refused.value.errors[0].pointer == "/losses/rest"


COVERED = """
[life]
charge_off = "accelerate"

[[funding.funders]]
party = "bank"
principal = "0.7"
interest = "0.65"
charges = "0"
servicing = "0.1"

[losses]
rest = "funders"

[[losses.covers]]
party = "insurer"
role = "insurer"
order = 1
basis = "net"
share = "0.8"
components = ["principal"]
"""
HARVEST = """
product = "harvest-loan"
line = "lending"
currency = "CNY"
name = { en = "Harvest loan", zh = "丰收贷" }
about = { en = "Interest by month, the amount after the harvest.", zh = "按月付息，收获后还本。" }
amount = { min = 100_000, max = 50_000_000 }
price = { rate_annual = "0.06" }
terms = { instalments = [8], kind = "interest_only", convention = "act/365" }
law = { cap_annual = "0.24" }
disclosures = [{ en = "You borrow {amount}.", zh = "借款 {amount}。" }]
"""
