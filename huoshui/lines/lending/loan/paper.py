"""What a loan contract says, as facts: the same in every language, with a digest that tells them. No I/O.

A contract in words is drawn from this and from nothing else. It is kept once the borrower consents;
what was disclosed, and the product's version, never change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from huoshui.catalog import Product, Said
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.product import LoanTables

# What a contract tells of the terms; the rest of them is in the instalments that are disclosed.
_TERMS = ("kind", "method", "every", "unit", "month_end", "down_payment", "balloon",
          "grace_principal", "grace_interest", "interest_free")  # fmt: skip


# The way in which contracts are drawn now; each that ever was is kept by its number where papers are made.
DRAWING = 1

_SOME = ("late", "penalty", "statement", "sales", "losses", "premium", "subsidy", "merchant")

NAMELESS: Mapping[str, Said] = MappingProxyType({})


class Parties(msgspec.Struct, frozen=True):
    """Who lends and who borrows, by the names that they had on the day of the consent."""

    lender: str
    borrower: str
    borrower_name: str


class Contract(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A loan contract; amounts in minor units, days in the book's time zone.

    What a product does not say is left out, so that what products learn to say later changes the
    digest of no contract that stands.
    """

    loan: str
    parties: Parties
    product: str
    version: int
    product_digest: str
    name: Said
    about: Said
    currency: str
    amount: int
    instalments: int
    rate_annual: str
    disclosure: dict[str, Any]
    applied_on: str
    offered_until: str
    cooling_off_days: int
    cap_annual: str
    terms: dict[str, Any]
    waterfall: dict[str, Any]
    life: dict[str, Any]
    late: dict[str, Any] | None = None
    penalty: dict[str, Any] | None = None
    statement: dict[str, Any] | None = None
    sales: dict[str, Any] | None = None
    funders: list[dict[str, Any]] = []
    losses: dict[str, Any] | None = None
    premium: dict[str, Any] | None = None
    subsidy: dict[str, Any] | None = None
    merchant: dict[str, Any] | None = None
    names: dict[str, Said] = {}

    def named(self, party: str, lang: str) -> str:
        """What a partner is called, or its word in the product's file."""
        found = self.names.get(party)
        return found.say(lang) if found else party

    @property
    def text(self) -> str:
        """All that it says, as canonical JSON."""
        return msgspec.json.encode(self, order="sorted").decode()

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def _said(waterfall: dict[str, Any]) -> dict[str, Any]:
    """Without what was learnt to be said later, where the product does not say it."""
    return {name: value for name, value in waterfall.items() if name != "chargeback" or value}


def _as_signed(name: str, table: dict[str, Any] | None) -> dict[str, Any] | None:
    if table is None or name != "losses":
        return table
    said = [{k: v for k, v in each.items() if k != "integral" or v} for each in table["covers"]]
    return table | {"covers": said}


class Kept(msgspec.Struct, frozen=True):
    """What was kept of a contract when it was consented to: all that it said, and how it was drawn.

    Of consents before contracts were kept whole `facts` is empty: they are told anew from the loan.
    """

    parties: Parties
    digest: str
    at: datetime
    facts: str = ""
    drawing: int = DRAWING

    @property
    def contract(self) -> Contract | None:
        """The contract as it was consented to, where it was kept whole."""
        return msgspec.json.decode(self.facts, type=Contract) if self.facts else None


def partners_of(tables: LoanTables) -> set[str]:
    """The words of all who fund a loan, bear its losses, or are paid or pay a part of what it costs."""
    told = [each.party for each in tables.funding.funders]
    told += [each.party for each in (tables.losses.covers if tables.losses else ())]
    return {*told, *(each.party for each in (tables.premium, tables.subsidy) if each is not None)}


def written(
    loan: Loan, product: Product, product_digest: str, tables: LoanTables, parties: Parties,
    zone: ZoneInfo, names: Mapping[str, Said] = NAMELESS,
) -> Contract:  # fmt: skip
    """The contract of a loan that was offered; `names` says what partners are called."""
    told = msgspec.to_builtins(tables)
    until = loan.offer_ends_at.astimezone(zone).isoformat() if loan.offer_ends_at else ""
    return Contract(
        loan=loan.shown,
        parties=parties,
        product=loan.product,
        version=loan.version,
        product_digest=product_digest,
        name=product.name,
        about=product.about,
        currency=loan.currency,
        amount=loan.amount,
        instalments=loan.instalments,
        rate_annual=loan.rate_annual or "0",
        disclosure=loan.disclosure or {},
        applied_on=loan.applied_at.astimezone(zone).date().isoformat(),
        offered_until=until,
        cooling_off_days=tables.offer.cooling_off_days,
        cap_annual=tables.law.cap_annual,
        terms={name: told["terms"][name] for name in _TERMS},
        waterfall=_said(told["waterfall"]),
        life=told["life"],
        funders=told["funding"]["funders"],
        names=dict(names),
        **{name: _as_signed(name, told[name]) for name in _SOME},
    )
