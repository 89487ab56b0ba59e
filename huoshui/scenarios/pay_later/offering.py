"""What a buyer is offered to pay a payment later with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce import store as facts_store
from huoshui.lines.lending.facility.way import narrowest, stands
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.ports import reason_of
from huoshui.lines.lending.product import LENDING, Asked, asked_facts, quote_checked, read_tables
from huoshui.lines.payments.payment.model import Payment
from huoshui.scenarios import loan_pay, switching
from huoshui.scenarios.pay_later import store
from huoshui.scenarios.pay_later.model import Choice, mark_of
from huoshui.scenarios.products import use_of
from huoshui.scenarios.switching import Switched

_LIMIT: dict[str, Any] = {
    "rule": "limit",
    "en": "It is more than your limit leaves.",
    "zh": "超出您的可用额度。",
    "unknown": False,
}


def borrower(tx: Tx, payment: Payment) -> str:
    """Who would pay it later: its buyer, or that of its order; empty where nobody is known."""
    if payment.buyer:
        try:
            commerce.demand_party(tx, payment.buyer)
        except Problem:
            return ""
        return payment.buyer
    if payment.order_key:
        order = commerce.order(tx, payment.order_key)
        found = facts_store.party_of(tx, "buyer", order.buyer_key)
        return store.buyer_id(found) if found else ""
    return ""


def choices(tx: Tx, payment: Payment, amount: int) -> list[Choice]:
    """All ways of paying `amount` minor units of a payment later; also those that are refused, and why."""
    if loan_pay.repays(payment):  # no debt is paid by another one
        return []
    products = switching.live(tx, LENDING.name)
    party = borrower(tx, payment) if products else ""
    if not party:
        return []
    return [choice for each in products for choice in _of(tx, each, payment, party, amount)]


def _of(tx: Tx, of: Switched, payment: Payment, party: str, amount: int) -> Iterator[Choice]:
    checked = contract.checked(tx, of.product, of.version)
    if checked.product.currency != payment.currency or use_of(checked) != "checkout":
        return
    within = checked.product.amount.min <= amount <= checked.product.amount.max
    if not within:
        return
    short = amount > available(tx, of, party, checked)
    for count in read_tables(checked.product.tables).terms.instalments:
        yield _choice(tx, of, checked, Asked(amount, count, access.today(tx)), short=short)


def _choice(tx: Tx, of: Switched, checked: CheckedProduct, asked: Asked, *, short: bool) -> Choice:
    product = checked.product
    choice = Choice(
        product=of.product, version=of.version, instalments=asked.instalments,
        name={"en": product.name.en, "zh": product.name.zh},
    )  # fmt: skip
    refusals = checked.refusals(checked.schema.read(asked_facts(product, asked)))
    reasons = (*(reason_of(each) for each in refusals), *([_LIMIT] if short else []))
    if reasons:
        return msgspec.structs.replace(choice, reasons=reasons)
    try:
        found = contract.disclosure(quote_checked(checked, asked, {}))
    except Problem as problem:
        said = {"rule": problem.code, "en": problem.detail("en"), "zh": problem.detail("zh")}
        return msgspec.structs.replace(choice, reasons=(said | {"unknown": False},))
    mark = mark_of(of.product, of.version, found)
    return msgspec.structs.replace(choice, disclosure=found, mark=mark)


def room(tx: Tx, payment: Payment, product: str, amount: int) -> bool:
    """Whether the buyer's limit of a live product lets so much through today. Raises NotSwitchedOn."""
    of = switching.live_one(tx, product)
    checked = contract.checked(tx, of.product, of.version)
    return amount <= available(tx, of, borrower(tx, payment), checked)


def available(tx: Tx, of: Switched, party: str, checked: CheckedProduct) -> int:
    """What a buyer's limit of a product leaves today, minor units; of a new buyer, what it would be."""
    assert of.programme_id is not None
    way = store.way(tx, of.programme_id, party)
    left = narrowest(stands(tx, way)).available
    if len(way) == 1:  # no facility of its own yet
        return min(left, limit_each(of, checked))
    return left


def limit_each(of: Switched, checked: CheckedProduct) -> int:
    """The limit of each buyer of a product, minor units."""
    each = of.settings.limit_each
    return checked.product.amount.max if each is None else each
