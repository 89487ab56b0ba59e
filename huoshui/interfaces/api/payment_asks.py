"""What a request asks of payments, and how it becomes their commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.money import CurrencyMix, Money
from huoshui.facts.commerce import service as commerce
from huoshui.interfaces.api.body import BadBody
from huoshui.ledger.allocation import Part as Share
from huoshui.ledger.allocation import cut
from huoshui.ledger.allocation.share import read_share
from huoshui.lines.payments.chart import settlement_path, wallet_path
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.payment import secret as secrets
from huoshui.lines.payments.payment.means import OWN, means, subsidised
from huoshui.lines.payments.payment.model import (
    PARTS_MAX,
    TENDERS_MAX,
    Captures,
    Create,
    Part,
    Tender,
)
from huoshui.lines.payments.payment.sale import sale
from huoshui.scenarios.order_back import ORDER_PART

EXPIRES_MAX_S = 90 * 86_400
Rail = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Party = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]
Text = Annotated[str, Meta(max_length=200)]


class TenderAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A means of payment; without an amount it gives all that the others leave.

    `party` is whose balance or points are taken (the buyer's unless it is said), `code` names a
    voucher, `token` is an outside rail's word for the means.
    """

    rail: Rail
    amount: Money | None = None
    party: Party = ""
    code: Party = ""
    token: Text = ""


class SplitPartAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the split: a fixed amount, a share such as `12%` or `1/3`, or all that remains."""

    seller: Party = ""
    account: Literal["", "platform:commission", "tax:payable", "carrier:freight"] = ""
    amount: Money | None = None
    share: Annotated[str, Meta(max_length=40)] = ""
    remaining: bool = False


class PaymentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A payment: its amount, to whom it goes (one of `order`, `seller`, `split`, `wallet`), by what.

    A `surcharge` is paid on top and kept by the platform; of a `subsidy` the platform pays that
    much in the buyer's stead. With `confirm` it goes on at once.
    """

    amount: Money
    order: Text = ""
    seller: Party = ""
    split: Annotated[list[SplitPartAsked], Meta(max_length=PARTS_MAX)] = []
    wallet: Party = ""
    buyer: Party = ""
    tenders: Annotated[list[TenderAsked], Meta(max_length=TENDERS_MAX)] = []
    surcharge: Money | None = None
    subsidy: Money | None = None
    capture: Captures = "automatic"
    confirm: bool = False
    expires_in_s: Annotated[int, Meta(ge=60, le=EXPIRES_MAX_S)] | None = None
    reference: Text = ""
    return_url: Annotated[str, Meta(max_length=500, pattern=r"^(https?://[^\s]+)?$")] = ""


class AttachAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which means the payment is to be paid."""

    tenders: Annotated[list[TenderAsked], Meta(min_length=1, max_length=TENDERS_MAX)]


class PaymentAlone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to say: the call is the wish."""


class CapturePaymentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Capture `amount`, or all that is left; one that is not final leaves the rest reserved."""

    amount: Money | None = None
    final: bool = True


class RefundPaymentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give back `amount`, or all that is left."""

    amount: Money | None = None
    reason: Text = ""


def create(tx: Tx, asked: PaymentAsked, terms: Terms, id_: UUID, secret: str) -> Create:
    """The command behind a request. Raises BadBody, CurrencyMix, UnknownOrder and what splits do."""
    currency = asked.amount.currency
    money.digits(currency)
    if asked.amount.amount <= 0:
        raise _wrong("/amount/amount", "bounds", sign=">=", limit="1")
    parts = _parts(tx, asked, terms)
    total = sum(part.amount for part in parts)
    tenders = tenders_of(asked.tenders, total, currency, asked.buyer, _subsidy(asked))
    return Create(
        id=id_,
        currency=currency,
        tenders=tenders,
        parts=parts,
        capture=asked.capture,
        buyer=asked.buyer,
        order_key=commerce.order(tx, asked.order).key if asked.order else "",
        reference=asked.reference,
        confirm=asked.confirm,
        expires_at=tx.now + timedelta(seconds=asked.expires_in_s) if asked.expires_in_s else None,
        secret=secrets.digest(secret),
        return_url=asked.return_url,
    )


def _parts(tx: Tx, asked: PaymentAsked, terms: Terms) -> tuple[Part, ...]:
    ways = [n for n in ("order", "seller", "split", "wallet") if getattr(asked, n)]
    if len(ways) != 1:
        raise _wrong("", "one_of", names="order, seller, split, wallet")
    amount = asked.amount.amount
    match ways[0]:
        case "order":
            found: tuple[Part, ...] = (Part(ORDER_PART, "order", amount),)
        case "seller":
            found = sale(asked.seller, amount, terms)
        case "wallet":
            found = (Part(wallet_path(asked.wallet), "wallet", amount),)
        case _:
            found = _of_split(asked)
    if asked.surcharge:
        extra = same(asked.surcharge, asked.amount.currency, "/surcharge")
        found = (*found, Part("platform:surcharge", "surcharge", extra))
    return tuple(part for part in found if part.amount)


def _of_split(asked: PaymentAsked) -> tuple[Part, ...]:
    currency = asked.amount.currency
    shares = []
    for n, part in enumerate(asked.split):
        if bool(part.seller) == bool(part.account):
            raise _wrong(f"/split/{n}", "one_of", names="seller, account")
        fixed = same(part.amount, currency, f"/split/{n}/amount") if part.amount else None
        share = read_share(part.share) if part.share else None
        shares.append(Share(to=str(n), fixed=fixed, share=share, remaining=part.remaining))
    amounts = cut(asked.amount.amount, shares)
    return tuple(
        Part(
            settlement_path(part.seller) if part.seller else part.account,
            "seller" if part.seller else part.account.partition(":")[2] or "part",
            amount,
        )
        for part, amount in zip(asked.split, amounts, strict=True)
    )


def _subsidy(asked: PaymentAsked) -> int:
    return same(asked.subsidy, asked.amount.currency, "/subsidy") if asked.subsidy else 0


def tenders_of(
    asked: list[TenderAsked], total: int, currency: str, buyer: str, subsidy: int = 0
) -> tuple[Tender, ...]:
    """The means, the platform's subsidy behind them; one without an amount gives the rest."""
    if not asked:
        return ()
    given = [
        None if t.amount is None else same(t.amount, currency, f"/tenders/{n}/amount")
        for n, t in enumerate(asked)
    ]
    if given.count(None) > 1:
        raise _wrong("/tenders", "one_rest")
    rest = total - subsidy - sum(amount for amount in given if amount)
    found = [
        _tender(t, rest if amount is None else amount, buyer, n)
        for n, (t, amount) in enumerate(zip(asked, given, strict=True))
    ]
    if any(t.amount <= 0 for t in found):
        raise _wrong("/tenders", "tender_amount")
    return (*found, subsidised(subsidy)) if subsidy else tuple(found)


def _tender(asked: TenderAsked, amount: int, buyer: str, n: int) -> Tender:
    party = asked.party or buyer
    if asked.rail in ("balance", "points") and not party:
        raise _wrong(f"/tenders/{n}/party", "missing", field="party")
    if asked.rail == "voucher" and not asked.code:
        raise _wrong(f"/tenders/{n}/code", "missing", field="code")
    if asked.rail not in OWN and asked.rail in ("mandate", "offline", "pay_later", "subsidy"):
        raise _wrong(f"/tenders/{n}/rail", "choice", value=asked.rail)
    return means(asked.rail, amount, party=party, code=asked.code, token=asked.token)


def same(amount: Money, currency: str, pointer: str) -> int:
    """An amount of the payment's currency, not below zero. Raises CurrencyMix and BadBody."""
    if amount.currency != currency:
        raise CurrencyMix(first=currency, second=amount.currency[:12])
    if amount.amount < 0:
        raise _wrong(f"{pointer}/amount", "bounds", sign=">=", limit="0")
    return amount.amount


def _wrong(pointer: str, code: str, **facts: str) -> BadBody:
    return BadBody(field=pointer or "/", errors=(FieldError(pointer, code, facts),))
