"""A contract in words tells what its product says, whatever that is, in both languages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from huoshui.catalog import read_product
from huoshui.interfaces.papers.agreement import agreement
from huoshui.interfaces.papers.draw import pdf
from huoshui.interfaces.papers.model import Text
from huoshui.lines.lending.loan.contract import disclosure
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.paper import Contract, Parties, written
from huoshui.lines.lending.product import LENDING, Asked, read_tables
from huoshui.lines.lending.product.quote import quote_product
from tests.lines.lending.loan.ground import PRODUCT

PARTNERS = """
[life]
charge_off = "zero_interest"
[late]
grace_days = 3
fee = 1_000
share = "0.01"
most = "0.05"
[funding]
funders = [{ party = "bank", principal = "0.7", interest = "0.6", charges = "0", servicing = "0.1" }]
[losses]
rest = "platform"
[[losses.covers]]
party = "picc"
role = "insurer"
order = 2
basis = "net"
share = "0.8"
components = ["principal", "interest"]
[[losses.covers]]
party = "city_fund"
role = "government"
order = 1
basis = "gross"
share = "0.1"
components = ["principal"]
most = 100_000
[premium]
party = "picc"
rate = "0.02"
borrower = "0.5"
merchant = "0.25"
[subsidy]
party = "city"
share = "0.3"
"""
ID = UUID("01900000-0000-7000-8000-000000000001")


def contract(more: str = "", terms: str = "") -> Contract:
    text = PRODUCT.format(name="term", rate="0.12", more="", terms=terms) + more
    product = read_product(text.encode(), {"lending": LENDING})
    asked = Asked(1_200_000, 12, date(2026, 3, 1))
    at = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("UTC"))
    loan = Loan(
        id=ID, party="slr_x", product="term", version=1, currency="CNY", state="offered",
        amount=1_200_000, instalments=12, rate_annual="0.12", applied_at=at, offer_ends_at=at,
        disclosure=disclosure(quote_product(product, asked, Decimal("0.12"))),
    )  # fmt: skip
    parties = Parties("Market", "slr_x", "Shop")
    tables = read_tables(product.tables)
    return written(loan, product, "0" * 64, tables, parties, ZoneInfo("UTC"))


def said(of: Contract, lang: str) -> str:
    return "\n".join(each.text for each in agreement(of, lang).blocks if isinstance(each, Text))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_partners_and_late_fees_are_told(lang: str) -> None:
    plain, full = said(contract(), lang), said(contract(PARTNERS), lang)
    for word in ("picc", "city_fund", "bank", "80%", "10%", "70%", "10.00 CNY"):
        assert word in full and word not in plain, word
    assert full.index("city_fund") < full.index("picc")
    assert pdf(agreement(contract(PARTNERS), lang)).startswith(b"%PDF")


def test_what_a_product_does_not_say_changes_no_digest() -> None:
    plain = contract()
    assert b"premium" not in msgspec.json.encode(plain)
    assert plain.digest == contract().digest != contract(PARTNERS).digest
    assert plain.digest != contract(terms='month_days = "30"\ngrace_principal = 2').digest


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_kind_of_loan_has_its_words(lang: str) -> None:
    accounts = {
        "revolving": '[statement]\nminimum_share = "0.1"\nminimum_floor = 10_000',
        "sales_share": '[sales]\nshare = "0.1"\nlongest = 24\nleast = "0.02"',
    }
    kinds = ("equal_principal", "interest_only", "single_payment", *accounts)
    for kind in kinds:
        of = contract(accounts.get(kind, ""), f'kind = "{kind}"')
        assert pdf(agreement(of, lang)) == pdf(agreement(of, lang))
        assert (kind in accounts) == ("10%" in said(of, lang)), kind
