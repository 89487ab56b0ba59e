"""What the checkout and the receipt show of a payment, in the reader's language. Pure."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from huoshui.core.i18n import catalogue, text
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.hosted.opening import Visit, shown_id
from huoshui.lines.payments.payment.means import OWN, SUBSIDY
from huoshui.lines.payments.payment.model import Payment, Refund, Tender
from huoshui.lines.payments.payment.store import ClearingRow
from huoshui.lines.payments.rails.simulated.abilities import SIMULATED
from huoshui.scenarios import checkout
from huoshui.scenarios.checkout import Offer
from huoshui.scenarios.pay_later import Choice

Kind = Literal[
    "choose", "confirm", "prove", "act", "scan", "wait", "reserved", "paid", "cancelled",
    "failed", "expired",
]  # fmt: skip
_TOKENS = {
    "card": ("tok_ok", "tok_decline_insufficient_funds", "tok_decline_expired_card", "tok_3ds",
             "tok_late_success"),
    "transfer": ("tok_ok", "tok_decline_do_not_honour"),
    "qr": ("tok_ok", "tok_decline_do_not_honour"),
}  # fmt: skip
LATER = "later:"  # before a loan's name, in the form's field of the rail
_KINDS: dict[str, Kind] = {
    "requires_payment_method": "choose",
    "requires_confirmation": "confirm",
    "processing": "wait",
    "requires_capture": "reserved",
    "partially_captured": "paid",
    "succeeded": "paid",
    "failed": "failed",
}


class Line(msgspec.Struct, frozen=True):
    """A means with what it gives."""

    title: str
    amount: Money


class RailChoice(msgspec.Struct, frozen=True):
    """An outside rail that is offered; `tokens` are a simulated rail's means, with their words."""

    name: str
    title: str
    means: str
    tokens: tuple[tuple[str, str], ...]


class LaterChoice(msgspec.Struct, frozen=True):
    """A loan that may pay all of it: what it is called, each instalment with its day, the yearly rate
    in percent, the sums, what the product tells, and the mark of all of it."""

    name: str
    title: str
    means: str
    rows: tuple[tuple[date, Money], ...]
    rate: str
    simple: str
    interest: Money
    total: Money
    texts: tuple[str, ...]
    mark: str

    @property
    def value(self) -> str:
        """What the form sends where it is chosen."""
        return f"{LATER}{self.name}"


class Given(msgspec.Struct, frozen=True):
    """What stands in the fields of a form: as it was sent, where it was refused."""

    used: tuple[str, ...] = ()
    balance: str = ""
    points: str = ""
    voucher: str = ""
    rail: str = ""
    token: str = ""


class CheckoutPage(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout: `kind` says what is to happen next."""

    kind: Kind
    world: str
    href: str
    version: int
    token: str
    payee: str
    sellers: str
    what: str
    amount: Money
    due: Money
    captured: Money
    subsidy: Money | None
    until: datetime | None
    left_s: int
    problem: tuple[str, str] | None
    balance: Money | None
    points: int
    points_worth: Money
    rails: tuple[RailChoice, ...]
    later: tuple[LaterChoice, ...]
    given: Given
    tenders: tuple[Line, ...]
    action: str
    action_href: str
    acts_at: str
    return_href: str
    has_passkey: bool
    may_call_off: bool

    @property
    def own(self) -> bool:
        """Whether the buyer has something here that may pay a part."""
        return bool(self.balance or self.points)

    @property
    def polls(self) -> bool:
        """Whether it moves on by itself."""
        return self.kind in ("wait", "act", "scan")

    @property
    def poll_href(self) -> str:
        """Where to ask whether it has."""
        return f"{self.href}/moved?version={self.version}"

    @property
    def receipt_href(self) -> str:
        """The receipt, of the same secret."""
        return self.href.replace("/pay/", "/receipt/", 1)


class RefundLine(msgspec.Struct, frozen=True):
    """What went back."""

    at: datetime
    amount: Money
    state: str


class ReceiptPage(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt."""

    world: str
    id: str
    payee: str
    sellers: str
    what: str
    order: str
    state: str
    at: datetime
    paid: Money
    left: Money
    tenders: tuple[Line, ...]
    refunds: tuple[RefundLine, ...]
    windows: str
    json_href: str
    pay_href: str


def kind_of(payment: Payment, now: datetime) -> Kind:
    """What is to happen next."""
    if checkout.is_over(payment, now):
        return "expired"
    if payment.state == "requires_action":
        return _action(payment)
    if payment.state == "cancelled":
        ran_out = payment.expires_at is not None and payment.updated_at >= payment.expires_at
        return "expired" if ran_out else "cancelled"
    return _KINDS[payment.state]


def _action(payment: Payment) -> Kind:
    if checkout.awaits_proof(payment):
        return "prove"
    # An address is gone to; that of a QR wallet is scanned from another device as well.
    return "act" if _link(payment.action) and _acting(payment) != "qr" else "scan"


def checkout_page(
    visit: Visit,
    lang: str,
    payment: Payment,
    now: datetime,
    found: Offer,
    *,
    sellers: list[str],
    what: str = "",
    problem: tuple[str, str] | None = None,
    given: Given | None = None,
    has_passkey: bool = False,
) -> CheckoutPage:
    """The checkout of a payment as it stands."""
    kind, currency = kind_of(payment, now), payment.currency
    subsidy = sum(t.amount for t in payment.tenders if t.rail == SUBSIDY)
    acting = _acting(payment)
    until = payment.expires_at if kind in ("choose", "confirm", "prove", "act", "scan") else None
    return CheckoutPage(
        kind=kind,
        world="live" if visit.live else "sandbox",
        href=f"/pay/{visit.secret}",
        version=payment.version,
        token=visit.form_token(payment.version),
        payee=visit.book_name,
        sellers=", ".join(sellers),
        what=what or what_for(payment, lang),
        amount=Money(payment.amount, currency),
        due=Money(found.due, currency),
        captured=Money(payment.captured, currency),
        subsidy=Money(subsidy, currency) if subsidy else None,
        until=until,
        left_s=math.ceil((until - now).total_seconds()) if until else 0,
        problem=problem or _declined(payment, kind, lang),
        balance=Money(found.balance, currency) if found.balance else None,
        points=found.points,
        points_worth=Money(found.points_worth, currency),
        rails=tuple(_choice(name, lang, live=visit.live) for name in found.rails),
        later=tuple(_later(each, lang, currency) for each in found.later),
        given=given or _suggested(found),
        tenders=lines(payment, lang),
        action=payment.action,
        action_href=payment.action if _link(payment.action) else "",
        acts_at=means_title(acting, lang) if acting else "",
        return_href=return_href(payment),
        has_passkey=has_passkey,
        may_call_off=checkout.may_call_off(payment) and kind != "expired",
    )


def receipt_page(
    visit: Visit,
    lang: str,
    refunds: list[Refund],
    cleared: list[ClearingRow],
    sellers: list[str],
    what: str = "",
) -> ReceiptPage:
    """The receipt of a payment of which something was captured."""
    payment, currency = visit.payment, visit.payment.currency
    windows = sorted({row.window_number for row in cleared})
    return ReceiptPage(
        world="live" if visit.live else "sandbox",
        id=shown_id(payment),
        payee=visit.book_name,
        sellers=", ".join(sellers),
        what=what or what_for(payment, lang),
        order=payment.order_key,
        state=text(f"state.payment.{payment.state}", lang),
        at=min((row.at for row in cleared), default=payment.updated_at),
        paid=Money(payment.captured, currency),
        left=Money(payment.left, currency),
        tenders=lines(payment, lang, taken=True),
        refunds=tuple(
            RefundLine(r.at, Money(r.amount, r.currency), text(f"state.refund.{r.state}", lang))
            for r in refunds
        ),
        windows=", ".join(str(number) for number in windows),
        json_href=f"/receipt/{visit.secret}/json",
        pay_href=f"/pay/{visit.secret}",
    )


def lines(payment: Payment, lang: str, *, taken: bool = False) -> tuple[Line, ...]:
    """The means of a payment with what each gives, or of what was captured, each gave."""
    return tuple(
        Line(means_title(t.rail, lang), Money(t.taken if taken else t.amount, payment.currency))
        for t in payment.tenders
        if t.taken or not taken
    )


def means_title(rail: str, lang: str) -> str:
    """What people call a means; a plug-in's own name where the catalogue has none."""
    key = f"hosted.means.{rail}"
    return text(key, lang) if key in catalogue() else rail


def what_for(payment: Payment, lang: str) -> str:
    """What is paid for, as far as the payment says it."""
    if payment.order_key:
        return text("hosted.pay.order", lang, order=payment.order_key)
    return payment.reference or text("hosted.pay.plain", lang)


def return_href(payment: Payment) -> str:
    """Where the buyer goes back to, the payment's id in the query; empty where nothing is said."""
    if not _link(payment.return_url):
        return ""
    parts = urlsplit(payment.return_url)
    query = "&".join(q for q in (parts.query, urlencode({"payment": shown_id(payment)})) if q)
    return urlunsplit(parts._replace(query=query))


def _choice(name: str, lang: str, *, live: bool) -> RailChoice:
    tokens = () if live or name not in SIMULATED else _TOKENS.get(name, ())
    key = f"hosted.means.{name}.means"
    return RailChoice(
        name,
        means_title(name, lang),
        text(key, lang) if key in catalogue() else "",
        tuple((token, text(f"hosted.token.{token}", lang)) for token in tokens),
    )


def _later(choice: Choice, lang: str, currency: str) -> LaterChoice:
    told = choice.disclosure or {}
    rows = tuple(
        (date.fromisoformat(row["due"]), Money(row["total"], currency))
        for row in told["instalments"]
    )
    said = {"name": choice.name[lang], "count": str(choice.instalments)}
    return LaterChoice(
        name=f"{choice.product}/{choice.instalments}",
        title=text("hosted.pay.later.title", lang, **said),
        means=text(
            "hosted.pay.later.means", lang, each=shown.money(rows[0][1], lang), count=len(rows),
            rate=told["rates"]["cn_irr_pct"],
        ),
        rows=rows,
        rate=told["rates"]["cn_irr_pct"],
        simple=told["rates"]["cn_simple_pct"],
        interest=Money(told["sums"]["interest"], currency),
        total=Money(told["sums"]["total"], currency),
        texts=tuple(said[lang] for said in told["texts"]),
        mark=choice.mark,
    )  # fmt: skip


def _suggested(found: Offer) -> Given:
    """The balance where it is enough, else the first rail."""
    if found.balance >= found.due:
        return Given(used=("balance",))
    return Given(rail=found.rails[0] if found.rails else "")


def _declined(payment: Payment, kind: Kind, lang: str) -> tuple[str, str] | None:
    if kind != "choose" or not payment.error:
        return None
    key = f"hosted.declined.{payment.error}"
    detail = text(key if key in catalogue() else "hosted.declined.other", lang)
    return text("hosted.declined", lang), detail


def _acting(payment: Payment) -> str:
    """The rail at which the buyer has something to do, or an empty text."""

    def asked(tender: Tender) -> bool:
        return tender.call is not None and tender.rail not in (*OWN, SUBSIDY)

    return next((t.rail for t in payment.tenders if asked(t)), "")


def _link(address: str) -> bool:
    return address.startswith(("https://", "http://"))
