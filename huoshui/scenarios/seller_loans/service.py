"""What a seller could borrow by its sales, and borrowing it; see the package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.i18n import text
from huoshui.facts.commerce import service as commerce
from huoshui.lines.lending.facility import store as facilities
from huoshui.lines.lending.facility.way import narrowest, stands
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.product import LENDING, Asked, LoanTables, quote_checked, read_tables
from huoshui.scenarios import credit_lines, disbursing, switching
from huoshui.scenarios.judged_loans import LOANS
from huoshui.scenarios.pay_later import mark_of
from huoshui.scenarios.pay_later.agreeing import facility_of
from huoshui.scenarios.pay_later.offering import available, limit_each
from huoshui.scenarios.products import Use, use_of
from huoshui.scenarios.seller_loans import store
from huoshui.scenarios.seller_loans.model import (
    REASONS,
    SEEN_DAYS,
    NoSellerLoan,
    Offer,
    SellerLoanChanged,
    Sold,
    most,
    season_limit,
)
from huoshui.scenarios.switching import Switched


class Who(msgspec.Struct, frozen=True):
    """A seller that asks, and what it sold in the time that is looked at."""

    id: UUID
    shown: str
    sold: Sold


def who(tx: Tx, seller: str) -> Who:
    """A seller with what it sold lately. Raises BadId, UnknownSeller."""
    return among(tx, [commerce.seller(tx, seller).id])[0]


def among(tx: Tx, sellers: list[UUID]) -> list[Who]:
    """Sellers with what they sold lately, in the order of their ids."""
    zone, today = access.zone_of(tx), access.today(tx)
    since = datetime.combine(today - timedelta(days=SEEN_DAYS), time(), zone)
    found = {
        each.seller: each for each in store.sold(tx, access.this_book(tx).time_zone, sellers, since)
    }
    return [
        Who(id_, shown, found.get(shown) or Sold(shown, "", ()))
        for id_ in sorted(sellers)
        for shown in [ids.show("slr", id_)]
    ]


def offers(tx: Tx, seller: str) -> list[Offer]:
    """What a seller could borrow now, by each product that is live; also what it could not, and why.

    Raises BadId, UnknownSeller.
    """
    of = who(tx, seller)
    return [offer for live in switching.live(tx, LENDING.name) for offer in offered(tx, of, live)]


def offered(tx: Tx, of: Who, live: Switched) -> Iterator[Offer]:
    """The offers of one product that is live, by number of instalments; none where it is for others."""
    checked = contract.checked(tx, live.product, live.version)
    use = use_of(checked)
    if use not in ("sales", "season"):
        return
    tables = read_tables(checked.product.tables)
    for count in tables.terms.instalments:
        yield _offer(tx, of, live, checked, use, tables, count)


def _offer(
    tx: Tx,
    of: Who,
    live: Switched,
    checked: CheckedProduct,
    use: Use,
    tables: LoanTables,
    count: int,
) -> Offer:
    product = checked.product
    asked = Asked(_bound(tx, of, live, checked, use, tables), count, access.today(tx))
    amount = most(checked, tables, of.sold, asked)
    offer = Offer(
        product=live.product, version=live.version, use=use, instalments=count, amount=amount,
        currency=product.currency, name={"en": product.name.en, "zh": product.name.zh},
    )  # fmt: skip
    try:
        _need(tx, of, live, amount)
        found = contract.disclosure(
            quote_checked(checked, msgspec.structs.replace(asked, amount=amount), {})
        )
    except Problem as problem:
        return msgspec.structs.replace(offer, reasons=(_said(problem),))
    mark = mark_of(live.product, live.version, found)
    return msgspec.structs.replace(offer, disclosure=found, mark=mark)


def _need(tx: Tx, of: Who, live: Switched, amount: int) -> None:
    """That a seller has sold long enough and enough, and has none of the product. Raises NoSellerLoan."""
    seen = of.sold.seen_on
    if seen is None or seen > access.today(tx):
        raise NoSellerLoan(product=live.product, reason="history")
    if store.has_open(tx, of.shown, live.product):
        raise NoSellerLoan(product=live.product, reason="has_one")
    if not amount:
        raise NoSellerLoan(product=live.product, reason="sales")


def _said(problem: Problem) -> dict[str, Any]:
    reason = str(problem.facts.get("reason", ""))
    if isinstance(problem, NoSellerLoan) and reason in REASONS:
        said = {lang: text(f"seller_loan.why.{reason}", lang) for lang in ("en", "zh")}
    else:
        said = {"en": problem.detail("en"), "zh": problem.detail("zh")}
    return {"rule": reason or problem.code, **said, "unknown": False}


def _bound(
    tx: Tx, of: Who, live: Switched, checked: CheckedProduct, use: Use, tables: LoanTables
) -> int:
    """What limits let through: of the programme, of each seller, of a seasonal line on this day."""
    if use == "sales":
        return available(tx, live, of.shown, checked)
    assert live.programme_id is not None
    line = credit_lines.line_of(tx, live.product, of.shown)
    left = narrowest(
        stands(tx, facilities.way_up(tx, line.id if line else live.programme_id))
    ).available
    if line is None:
        left = min(left, season_limit(tables, access.today(tx)))
    each = live.settings.limit_each
    return left if each is None else min(left, each)


def take(tx: Tx, seller: str, product: str, instalments: int, mark: str, proof: str) -> Loan:
    """A seller agrees to what it was shown: the loan is given, drawn, and on its settlement account.

    `proof` says how it confirmed. Raises NotSwitchedOn, UnknownSeller, NoSellerLoan, SellerLoanChanged,
    and what a loan's consent and drawdown may.
    """
    live = switching.live_one(tx, product)
    of = who(tx, seller)
    found = next((o for o in offered(tx, of, live) if o.instalments == instalments), None)
    if found is None:
        raise NoSellerLoan(product=product, reason="product")
    return accept(tx, of, live, found, mark, proof)


def accept(tx: Tx, of: Who, live: Switched, offer: Offer, mark: str, proof: str) -> Loan:
    """The same for an offer that was just made. Raises NoSellerLoan, SellerLoanChanged and more."""
    if not offer.open:
        raise NoSellerLoan(product=live.product, reason=offer.reasons[0]["rule"])
    if mark != offer.mark:
        raise SellerLoanChanged()
    asked = Application(
        product=live.product, party=of.shown, amount=offer.amount, instalments=offer.instalments,
        facility_id=_facility(tx, of, live, offer.use),
    )  # fmt: skip
    loan = contract.decide(tx, contract.apply(tx, asked).id, LOANS)
    if loan.state != "offered":
        reasons = ",".join(reason["rule"] for reason in loan.reasons)
        raise NoSellerLoan(product=live.product, reason=reasons)
    contract.consent(tx, loan.id, proof)
    done = disbursing.draw(tx, loan.id, loan.amount, "drawn")
    return done.loan


def _facility(tx: Tx, of: Who, live: Switched, use: Use) -> UUID:
    """The seller's facility of a product under its programme, opened where there is none."""
    assert live.programme_id is not None
    if use == "sales":
        checked = contract.checked(tx, live.product, live.version)
        limit = limit_each(live, checked)
        return facility_of(tx, live.product, live.programme_id, of.shown, limit)
    line = credit_lines.line_of(tx, live.product, of.shown)
    return (line or credit_lines.open_line(tx, live.product, of.shown, live.programme_id)).id
