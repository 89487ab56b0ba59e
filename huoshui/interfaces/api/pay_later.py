"""Paying an order later over the API: the choices, the offer, the consent; and what is switched on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api import loan_views, payment_views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import Ask, Page, Ref, enter
from huoshui.interfaces.api.mandates import PayerConfirmation
from huoshui.interfaces.api.payments import need_own
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.means import SUBSIDY
from huoshui.lines.payments.payment.model import Attach, Confirm, Payment
from huoshui.scenarios import pay_later, payment_flow, switching
from huoshui.scenarios.switching import Settings, Switched

Product = Annotated[str, Meta(min_length=1, max_length=60)]


class ChoiceView(msgspec.Struct, frozen=True):
    """A loan that would pay all of it: all that is told of it before the consent, in minor units, and
    the `mark` of this text; or the reasons why it is not for this payment."""

    product: str
    version: int
    instalments: int
    name: dict[str, str]
    disclosure: dict[str, Any] | None
    mark: str
    reasons: list[dict[str, Any]]


class PayLaterChoices(msgspec.Struct, frozen=True):
    """What a payment may be paid later with; `amount` is what a loan would pay."""

    amount: Money
    choices: list[ChoiceView]


class PayLaterAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which loan is to pay it."""

    product: Product
    instalments: Annotated[int, Meta(ge=1, le=1200)]


class PayLaterOffer(msgspec.Struct, frozen=True):
    """The loan as it was decided: offered with its disclosure and mark, or declined with reasons."""

    loan: loan_views.LoanView
    mark: str


class AgreeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buyer's consent to exactly what the mark names, and how it was confirmed."""

    loan: Annotated[str, Meta(max_length=64)]
    mark: Annotated[str, Meta(max_length=64)]
    confirmation: PayerConfirmation


class SwitchAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product's file (TOML) as text, and the settings with which it is live."""

    file: Annotated[str, Meta(min_length=1, max_length=200_000)]
    settings: Settings = Settings()


class SwitchedView(msgspec.Struct, frozen=True):
    """A product while it is live, with its settings; money in minor units."""

    product: str
    version: int
    line: str
    settings: Settings
    programme: str
    on_at: datetime
    on_by: str
    off_at: datetime | None
    off_by: str


@reads("/payments/{ref:str}/pay-later", "payments:read", PayLaterChoices, bound="rows")
def list_pay_later(request: Ask, ref: Ref) -> PayLaterChoices:
    """What this payment may be paid later with, each with its schedule and yearly rates."""
    visit = enter(request)
    id_ = ids.read("pmt", ref)
    with visit.begin() as tx:
        found = service.payment(tx, id_)
        need_own(visit, found)
        due = _due(found)
        choices = pay_later.choices(tx, found, due)
    return PayLaterChoices(Money(due, found.currency), [_choice(each) for each in choices])


def _due(payment: Payment) -> int:
    """What is to be paid beside the platform's subsidy, minor units."""
    return payment.amount - sum(t.amount for t in payment.tenders if t.rail == SUBSIDY)


def _choice(of: pay_later.Choice) -> ChoiceView:
    return ChoiceView(
        of.product, of.version, of.instalments, of.name, of.disclosure, of.mark, list(of.reasons)
    )


@moves(
    "/payments/{ref:str}/pay-later", "payments:write", PayLaterOffer, asks=PayLaterAsked,
    body_needed=True, bound="book",
)  # fmt: skip
def choose_pay_later(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Apply for a loan that pays all of it: decided at once, and its limit reserved for the payment."""
    visit, asked = enter(request), decoded(body, PayLaterAsked)
    id_ = ids.read("pmt", ref)

    def use_case(tx: Tx) -> PayLaterOffer:
        payment = service.payment(tx, id_)
        due = _due(payment)
        made = pay_later.take_up(tx, payment, asked.product, asked.instalments, due, key=visit.wish)
        if made.loan.state == "offered":
            pay_later.reserve(tx, payment, made.loan, due)
        return PayLaterOffer(loan_views.loan(made.loan, told=True), made.mark)

    return visit.answer(body, use_case)


@moves(
    "/payments/{ref:str}/pay-later/agree", "payments:write", payment_views.PaymentView,
    asks=AgreeAsked, body_needed=True, bound="book",
)  # fmt: skip
def agree_pay_later(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The buyer agrees, and the loan pays: the payment goes on with it as its means."""
    visit, asked = enter(request), decoded(body, AgreeAsked)
    id_, loan_id = ids.read("pmt", ref), ids.read("loan", asked.loan)

    def use_case(tx: Tx) -> payment_views.PaymentView:
        payment = service.payment(tx, id_)
        proof = asked.confirmation.proof
        tenders = pay_later.agree(tx, payment, loan_id, asked.mark, proof)
        done = payment_flow.apply(tx, [Attach(id_, tenders), Confirm(id_)])
        after = [each.demand() for each in done][-1].payment
        assert after is not None
        return payment_views.payment(after)

    return visit.answer(body, use_case)


@reads("/switched", "products:read", Page[SwitchedView], bound="book")
def list_switched(request: Ask) -> Page[SwitchedView]:
    """The products that are live for orders, by name."""
    with enter(request).begin() as tx:
        return Page([_switched(each) for each in switching.live(tx)], None)


@writes(
    "/switched", "products:write", SwitchedView, asks=SwitchAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def switch_product_on(request: Ask, body: RawBody) -> Response[bytes]:
    """Publish a product and let it be live: offered at the checkout, or to sellers, from now on."""
    visit, asked = enter(request), decoded(body, SwitchAsked)

    def use_case(tx: Tx) -> SwitchedView:
        return _switched(switching.switch_on(tx, asked.file.encode(), asked.settings))

    return visit.answer(body, use_case)


@writes(
    "/switched/{ref:str}/off", "products:write", SwitchedView, asks=NothingAsked, bound="book",
    body_needed=False, idempotency="optional",
)  # fmt: skip
def switch_product_off(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Offer a product to new orders no more; what stands lives on as it was signed."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    def use_case(tx: Tx) -> SwitchedView:
        return _switched(switching.switch_off(tx, ref))

    return visit.answer(body, use_case)


def _switched(of: Switched) -> SwitchedView:
    programme = ids.show("fac", of.programme_id) if of.programme_id else ""
    return SwitchedView(
        of.product, of.version, of.line, of.settings, programme, of.on_at, of.on_by, of.off_at,
        of.off_by,
    )  # fmt: skip


HANDLERS: list[Any] = [
    list_pay_later, choose_pay_later, agree_pay_later, list_switched, switch_product_on,
    switch_product_off,
]  # fmt: skip
