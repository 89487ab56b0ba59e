"""The checkout: what a buyer is offered to pay with, how a choice becomes means, and paying by it.

Whoever holds a payment's secret may pay it and nothing else: out of the balance and the points of
the payment's own buyer, by a voucher whose code they know, and over rails for the rest. What they
saw has a version; a payment that has moved on since is left alone, so that a second click, a form
of yesterday and the browser's back button change nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.service import UnknownSeller
from huoshui.ledger import service as ledger
from huoshui.ledger.model import UnknownAccount
from huoshui.lines.payments.chart import seller_of, wallet_path
from huoshui.lines.payments.escrow import store as terms_store
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.payment import store
from huoshui.lines.payments.payment.going import CONFIRM
from huoshui.lines.payments.payment.machine import FINAL
from huoshui.lines.payments.payment.means import (
    SUBSIDY,
    means,
    points_path,
    subsidised,
    voucher_path,
)
from huoshui.lines.payments.payment.model import (
    Attach,
    Cancel,
    Command,
    Confirm,
    Payment,
    Tender,
    UnknownPayment,
)
from huoshui.lines.payments.rails import registry
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED
from huoshui.scenarios import pay_later, payment_flow
from huoshui.scenarios.pay_later import Choice

_VOUCHER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TOKEN = re.compile(r"tok_[a-z0-9_]{1,60}")


class CheckoutShort(Problem):
    """The means that were chosen leave something unpaid; the problem names how much."""

    code = "checkout_short"
    status = 422


class VoucherEmpty(Problem):
    """No voucher of that code has anything left; nobody is told whether there is one."""

    code = "voucher_empty"
    status = 422


class MeansNotOffered(Problem):
    """A means that this payment does not offer."""

    code = "means_not_offered"
    status = 422


class PayLaterDeclined(Problem):
    """The loan that was chosen is not given; the problem names the rules that do not hold."""

    code = "pay_later_declined"
    status = 409


class Offer(msgspec.Struct, frozen=True):
    """What a buyer may pay `due` with, all in minor units: what stands on their balance, how many
    points they have and what these are worth, the outside rails, and the ways to pay all of it later."""

    due: int
    balance: int = 0
    points: int = 0
    points_worth: int = 0
    rails: tuple[str, ...] = ()
    later: tuple[Choice, ...] = ()


class Wish(msgspec.Struct, frozen=True):
    """What a buyer chose. Of balance and points at most so many minor units (None: none of it);
    `rail` gives what the others leave, `token` is a simulated rail's word for a means. With `later`
    all of it is paid by a loan, named as `product/instalments`; `agreed` is the mark of what was told."""

    balance: int | None = None
    points: int | None = None
    voucher: str = ""
    rail: str = ""
    token: str = ""
    later: str = ""
    agreed: str = ""


def offer(tx: Tx, payment: Payment, *, live: bool) -> Offer:
    """What the buyer of a payment may pay it with now."""
    terms = terms_store.terms(tx) or Terms()
    points = _available(tx, points_path(payment.buyer), terms.points_unit) if payment.buyer else 0
    due = payment.amount - _subsidy(payment)
    waits = payment.state == "requires_payment_method"
    return Offer(
        due=due,
        balance=_available(tx, wallet_path(payment.buyer), payment.currency)
        if payment.buyer
        else 0,
        points=points,
        points_worth=points * terms.points_value,
        rails=tuple(name for name in registry.outside() if _fits(payment, name, live)),
        later=tuple(c for c in pay_later.choices(tx, payment, due) if c.open) if waits else (),
    )


def _fits(payment: Payment, name: str, live: bool) -> bool:
    able = registry.capabilities(name)
    if not registry.is_ready(name, live=live) or able.mandates or able.offline:
        return False
    if (able.pays_out and not able.acts) or (payment.capture == "manual" and not able.authorises):
        return False
    return not able.currencies or payment.currency in able.currencies


def _available(tx: Tx, path: str, currency: str) -> int:
    try:
        return max(0, ledger.account_at(tx, path, currency).available)
    except UnknownAccount:
        return 0


def _subsidy(payment: Payment) -> int:
    return sum(tender.amount for tender in payment.tenders if tender.rail == SUBSIDY)


def chosen(payment: Payment, found: Offer, wish: Wish, voucher: int) -> tuple[Tender, ...]:
    """The means of a wish: the voucher first, which is worth `voucher`, then points, balance, and
    the rail for the rest. Raises CheckoutShort, VoucherEmpty, MeansNotOffered. Pure."""
    if wish.rail and wish.rail not in found.rails:
        raise MeansNotOffered(means=wish.rail[:40])
    if wish.voucher and not voucher:
        raise VoucherEmpty()
    left, tenders = found.due, list[Tender]()
    for rail, most in (
        ("voucher", voucher if wish.voucher else 0),
        ("points", min(found.points_worth, wish.points or 0)),
        ("balance", min(found.balance, wish.balance or 0)),
    ):
        amount = min(left, most)
        if amount > 0:
            tenders.append(means(rail, amount, party=payment.buyer, code=wish.voucher))
            left -= amount
    if left and not wish.rail:
        raise CheckoutShort(missing=f"{money.major(left, payment.currency)} {payment.currency}")
    if left:
        tenders.append(means(wish.rail, left, token=wish.token))
    subsidy = _subsidy(payment)
    return (*tenders, subsidised(subsidy)) if subsidy else tuple(tenders)


def pay(tx: Tx, id_: UUID, version: int, wish: Wish, *, live: bool) -> Payment:
    """Pay by what was chosen, or by what is attached already; as it was where it has moved on.

    Raises CheckoutShort, VoucherEmpty, MeansNotOffered, RailCannot, and of a loan PayLaterChanged,
    PayLaterDeclined, FacilityShort.
    """
    found = _lock(tx, id_)
    if found.version != version or found.state in FINAL:
        return found
    if is_over(found, tx.now):
        return _apply(tx, Cancel(id_, expired=True))
    if found.state == "requires_confirmation":
        return _apply(tx, Confirm(id_))
    if found.state != "requires_payment_method":
        return found
    if wish.token and (live or wish.rail not in SIMULATED or not _TOKEN.fullmatch(wish.token)):
        raise MeansNotOffered(means=wish.token[:40])
    if wish.later:
        return _pay_later(tx, found, wish)
    worth = _worth(tx, wish.voucher, found.currency)
    tenders = chosen(found, offer(tx, found, live=live), wish, worth)
    return _apply(tx, Attach(id_, tenders), Confirm(id_))


def _pay_later(tx: Tx, payment: Payment, wish: Wish) -> Payment:
    """All of it by a loan: applied for, decided and agreed to, as it was shown."""
    product, _, count = wish.later.partition("/")
    if wish.balance or wish.points or wish.voucher or not count.isdecimal():
        raise MeansNotOffered(means=wish.later[:40])
    due = payment.amount - _subsidy(payment)
    made = pay_later.take_up(tx, payment, product, int(count[:4]), due)
    if made.loan.state != "offered":
        raise PayLaterDeclined(reason=", ".join(each["rule"] for each in made.loan.reasons))
    tenders = pay_later.agree(tx, payment, made.loan.id, wish.agreed, "checkout")
    return _apply(tx, Attach(payment.id, tenders), Confirm(payment.id))


def prove(tx: Tx, id_: UUID, version: int) -> Payment:
    """The buyer has confirmed strongly: go on; as it was where it has moved on."""
    found = _lock(tx, id_)
    if found.version != version or not awaits_proof(found):
        return found
    if is_over(found, tx.now):
        return _apply(tx, Cancel(id_, expired=True))
    return _apply(tx, Confirm(id_, proved=True))


def call_off(tx: Tx, id_: UUID, version: int) -> Payment:
    """The buyer does not want to pay; as it was where it has moved on."""
    found = _lock(tx, id_)
    if found.version != version or not may_call_off(found):
        return found
    return _apply(tx, Cancel(id_))


def awaits_proof(payment: Payment) -> bool:
    """Whether the next step is the buyer's strong confirmation."""
    return payment.state == "requires_action" and payment.action == CONFIRM


def may_call_off(payment: Payment) -> bool:
    """Whether a buyer may say that they will not pay: before any rail is asked."""
    return payment.state in ("requires_payment_method", "requires_confirmation") or awaits_proof(
        payment
    )


def is_over(payment: Payment, now: datetime) -> bool:
    """Whether it may not be paid any more, though due work has not called it off yet."""
    waits = payment.state.startswith("requires_") and payment.state != "requires_capture"
    return waits and payment.expires_at is not None and payment.expires_at <= now


def payees(tx: Tx, payment: Payment) -> list[str]:
    """The names of the sellers who get a part; those that have none are left out."""
    names = []
    for part in payment.parts:
        seller = seller_of(part.account)
        if seller:
            try:
                names.append(commerce.seller(tx, seller).name)
            except UnknownSeller:
                continue
    return [name for name in dict.fromkeys(names) if name]


def _worth(tx: Tx, code: str, currency: str) -> int:
    if not _VOUCHER.fullmatch(code):
        return 0
    return _available(tx, voucher_path(code), currency)


def _lock(tx: Tx, id_: UUID) -> Payment:
    found = store.lock(tx, [id_]).get(id_)
    if found is None:
        raise UnknownPayment(kind="payment", id=ids.show("pmt", id_))
    return found


def _apply(tx: Tx, *commands: Command) -> Payment:
    payment = None
    for outcome in payment_flow.apply(tx, commands):
        payment = outcome.demand().payment
    assert payment is not None
    return payment
