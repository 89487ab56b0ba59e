"""Products over the API: published, quoted, offered, taken back, compared."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.catalog import service
from huoshui.catalog.model import Said
from huoshui.catalog.store import OfferRow, VersionRow
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import FieldError
from huoshui.core.money import Money
from huoshui.interfaces.api.body import BadParameter, decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import Ask, Limit, Page, Ref, Word, enter
from huoshui.interfaces.api.settlement import NothingAsked
from huoshui.lines.lending.product import Asked, ProductQuote, quote_checked, read_tables
from huoshui.lines.lending.schedule import Row
from huoshui.scenarios import products

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Number = Annotated[int, QueryParameter(ge=0, le=10**6, description="0 is the latest")]
Minor = Annotated[int, QueryParameter(ge=0, le=10**15, description="Minor units")]
Count = Annotated[int, QueryParameter(ge=0, le=1200)]


class PublishAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product's file (TOML) as text; with `offer` it is offered at once."""

    file: Annotated[str, Meta(min_length=1, max_length=200_000)]
    offer: bool = False


class OfferAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version is offered from now on."""

    number: Annotated[int, Meta(ge=1)]


class CatalogView(msgspec.Struct, frozen=True):
    """A product: its latest version, and the one that is offered now."""

    product: str
    line: str
    latest: int
    offered: int | None


class VersionView(msgspec.Struct, frozen=True):
    """A version, which never changes: what it says, and the file as it was given."""

    product: str
    number: int
    line: str
    digest: str
    says: dict[str, Any]
    file: str
    published_at: datetime
    published_by: str
    offered: int | None


class InstalmentView(msgspec.Struct, frozen=True):
    """One instalment, and what is left once it is paid."""

    number: int
    due: date
    principal: Money
    interest: Money
    total: Money
    balance: Money


class QuoteView(msgspec.Struct, frozen=True):
    """What a loan would ask and cost a year: parts of one, by the laws of China, the EU and the US.

    `refused_by` names the rules of the product that do not hold; such a loan is not given.
    """

    product: str
    number: int
    amount: Money
    rate_annual: Decimal
    irr_simple: Decimal
    irr_compound: Decimal
    aprc: Decimal
    apr_us: Decimal
    interest: Money
    total: Money
    instalments: list[InstalmentView]
    disclosures: list[Said]
    refused_by: list[str]


class ChangeView(msgspec.Struct, frozen=True):
    """A field that two versions say differently, as text; None where one does not say it."""

    pointer: str
    before: str | None
    after: str | None


class ChangesView(msgspec.Struct, frozen=True):
    """What a version says otherwise than another one."""

    product: str
    before: int
    after: int
    changes: list[ChangeView]


@reads("/catalog", "products:read", Page[CatalogView], bound="book")
def list_products_of_catalog(
    request: Ask, after: Word = "", limit: Limit = 50
) -> Page[CatalogView]:
    """Products by name."""
    with enter(request).begin() as tx:
        rows = service.products(tx, after, limit + 1)
    more = rows[limit - 1].product if len(rows) > limit else None
    return Page([_listed(row) for row in rows[:limit]], more)


@reads("/catalog/{ref:str}", "products:read", VersionView, bound="book")
def show_product_of_catalog(request: Ask, ref: Ref, number: Number = 0) -> VersionView:
    """One version of a product, the latest unless another is asked for."""
    with enter(request).begin() as tx:
        return _version(tx, _row(tx, ref, number))


@reads("/catalog/{ref:str}/quote", "products:read", QuoteView, bound="book")
def quote_product_of_catalog(
    request: Ask, ref: Ref, amount: Minor = 0, instalments: Count = 0, on: Word = "",
    number: Number = 0,
) -> QuoteView:  # fmt: skip
    """What a loan of a product would ask.

    Where it is not said: the most that the product lends, by its first number of instalments, from
    today.
    """
    with enter(request).begin() as tx:
        row = _row(tx, ref, number)
        day = _day(on) or access.today(tx)
    products.need_loan(service.product_of(row))
    own = products.checked(service.product_of(row))
    first = read_tables(own.product.tables).terms.instalments[0]
    asked = Asked(amount or own.product.amount.max, instalments or first, day)
    found = quote_checked(own, asked, {})
    return _quote(row, found, products.refused_by(own, asked))


@reads("/catalog/{ref:str}/changes", "products:read", ChangesView, bound="book")
def compare_versions_of_catalog(
    request: Ask, ref: Ref, before: Number = 0, after: Number = 0
) -> ChangesView:
    """What a version says otherwise than another one; of the last two where it is not said."""
    with enter(request).begin() as tx:
        new = _row(tx, ref, after)
        old = service.version(tx, ref, before or max(new.number - 1, 1))
    found = service.changed(service.product_of(old), service.product_of(new))
    changes = [ChangeView(each.pointer, _told(each.before), _told(each.after)) for each in found]
    return ChangesView(ref, old.number, new.number, changes)


@writes(
    "/catalog", "products:write", VersionView, asks=PublishAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def publish_product_to_catalog(request: Ask, body: RawBody) -> Response[bytes]:
    """Publish a file as the next version of its product; what is published already is that version."""
    visit, asked = enter(request), decoded(body, PublishAsked)

    def use_case(tx: Tx) -> VersionView:
        row = service.publish(
            tx, asked.file.encode(), products.LINES, products.OTHERS, products.SOURCES
        )
        if asked.offer:
            service.offer(tx, row.product, row.number)
        return _version(tx, row)

    return visit.answer(body, use_case)


@writes(
    "/catalog/{ref:str}/offer", "products:write", CatalogView, asks=OfferAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def offer_product_of_catalog(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Offer a version from now on, in place of the one before."""
    visit, asked = enter(request), decoded(body, OfferAsked)

    def use_case(tx: Tx) -> CatalogView:
        service.offer(tx, ref, asked.number)
        return _now(tx, ref)

    return visit.answer(body, use_case)


@writes(
    "/catalog/{ref:str}/withdraw", "products:write", CatalogView, asks=NothingAsked,
    body_needed=False, bound="book", idempotency="optional", dry_run=True,
)  # fmt: skip
def withdraw_product_of_catalog(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Offer a product no longer; contracts that stand are not touched."""
    visit = enter(request)
    decoded(body or b"{}", NothingAsked)

    def use_case(tx: Tx) -> CatalogView:
        service.withdraw(tx, ref)
        return _now(tx, ref)

    return visit.answer(body, use_case)


def _row(tx: Tx, product: str, number: int) -> VersionRow:
    return service.version(tx, product, number) if number else service.latest(tx, product)


def _told(value: Any) -> str | None:
    return None if value is None else str(value)


def _day(text: str) -> date | None:
    """A query's day, or None where it names none. Raises BadParameter."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        fault = FieldError("on", "date", {"value": text[:40]})
        raise BadParameter(name="on", errors=(fault,)) from error


def _listed(row: OfferRow) -> CatalogView:
    return CatalogView(row.product, row.line, row.latest, row.offered)


def _now(tx: Tx, product: str) -> CatalogView:
    row = service.latest(tx, product)
    return CatalogView(product, row.line, row.number, service.offered_number(tx, product))


def _version(tx: Tx, row: VersionRow) -> VersionView:
    return VersionView(
        row.product, row.number, row.line, row.digest, row.body, row.source, row.published_at,
        row.actor, service.offered_number(tx, row.product),
    )  # fmt: skip


def _quote(row: VersionRow, found: ProductQuote, refused: list[str]) -> QuoteView:
    currency = service.product_of(row).currency
    rates, sums = found.quote.rates, found.quote.sums

    def money(amount: int) -> Money:
        return Money(amount, currency)

    def instalment(each: Row) -> InstalmentView:
        return InstalmentView(each.n, each.due, money(each.principal), money(each.interest),
                              money(each.total), money(each.balance))  # fmt: skip

    return QuoteView(
        product=row.product,
        number=row.number,
        amount=money(found.asked.amount),
        rate_annual=found.rate_annual,
        irr_simple=rates.china.simple,
        irr_compound=rates.china.compound,
        aprc=rates.eu,
        apr_us=rates.us,
        interest=money(sums.interest),
        total=money(sums.total),
        instalments=[instalment(each) for each in found.quote.rows],
        disclosures=list(found.disclosures),
        refused_by=refused,
    )


HANDLERS = [
    list_products_of_catalog, show_product_of_catalog, quote_product_of_catalog,
    compare_versions_of_catalog, publish_product_to_catalog, offer_product_of_catalog,
    withdraw_product_of_catalog,
]  # fmt: skip
