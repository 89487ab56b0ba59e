"""Loans to sellers by what they sold, over the API: what each could have now, and giving it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api import loan_views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads
from huoshui.interfaces.api.door import Ask, Page, enter
from huoshui.interfaces.api.mandates import PayerConfirmation
from huoshui.scenarios import seller_loans

Seller = Annotated[str, Meta(min_length=1, max_length=128)]
Product = Annotated[str, Meta(min_length=1, max_length=60)]
Of = Annotated[
    str,
    QueryParameter(
        description="The seller, by its id or the marketplace's own key", max_length=128
    ),
]


class SellerOfferView(msgspec.Struct, frozen=True):
    """What a seller could have now of a product that is live: all that is told of it before the consent,
    and the `mark` of this text; or the reasons why not. `use`: `sales` repay it by a share, or it is
    drawn of a line for the `season`."""

    product: str
    version: int
    use: str
    instalments: int
    amount: Money
    name: dict[str, str]
    disclosure: dict[str, Any] | None
    mark: str
    reasons: list[dict[str, Any]]


class SellerLoanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The seller's consent to exactly what the mark names, and how it was confirmed."""

    seller: Seller
    product: Product
    instalments: Annotated[int, Meta(ge=1, le=1200)]
    mark: Annotated[str, Meta(max_length=64)]
    confirmation: PayerConfirmation


@reads("/seller-loans", "loans:read", Page[SellerOfferView], bound="book")
def list_seller_offers(request: Ask, seller: Of = "") -> Page[SellerOfferView]:
    """What a seller could borrow now by what it sold, by each product that is live; of nobody, nothing."""
    with enter(request).begin() as tx:
        found = seller_loans.offers(tx, seller) if seller else []
    return Page([_view(each) for each in found], None)


def _view(of: seller_loans.Offer) -> SellerOfferView:
    return SellerOfferView(
        of.product, of.version, of.use, of.instalments, Money(of.amount, of.currency), of.name,
        of.disclosure, of.mark, list(of.reasons),
    )  # fmt: skip


@moves(
    "/seller-loans", "loans:service", loan_views.LoanView, asks=SellerLoanAsked, body_needed=True,
    bound="book",
)  # fmt: skip
def lend_to_seller(request: Ask, body: RawBody) -> Response[bytes]:
    """Give a seller what it was shown: decided, signed, drawn, and on its settlement account."""
    visit, asked = enter(request), decoded(body, SellerLoanAsked)

    def use_case(tx: Tx) -> loan_views.LoanView:
        loan = seller_loans.take(
            tx, asked.seller, asked.product, asked.instalments, asked.mark, asked.confirmation.proof
        )
        return loan_views.loan(loan, told=True)

    return visit.answer(body, use_case)


HANDLERS: list[Any] = [list_seller_offers, lend_to_seller]
