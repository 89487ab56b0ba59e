"""Commerce facts: what a marketplace knows of its sellers, buyers, products and orders.

A fact has the marketplace's own `key`, the time when it happened (`occurred_at`) and, in a
simulated world only, the time when it became known (`known_at`). References name the other
fact's key. The same key with other content is a correction: a new version, never an overwrite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from huoshui.core.money import Money

Key = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\s:]+$")]
Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=1, le=100_000)]


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """What every fact has: the source's key and its times (aware UTC)."""

    key: Key
    occurred_at: datetime
    known_at: datetime | None = None


class Seller(Fact, frozen=True, kw_only=True, tag="seller"):
    """A seller opens a shop: `occurred_at` is the day it joined or was first seen."""

    name: Name = ""
    city: Name = ""
    region: Name = ""
    postcode: Name = ""


class Buyer(Fact, frozen=True, kw_only=True, tag="buyer"):
    """A buyer is first seen."""

    city: Name = ""
    region: Name = ""
    postcode: Name = ""


class Product(Fact, frozen=True, kw_only=True, tag="product"):
    """A product is listed. `weight_g` is grams, 0 where unknown."""

    name: Name = ""
    category: Name = ""
    weight_g: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


class Order(Fact, frozen=True, kw_only=True, tag="order"):
    """An order is placed. `estimated_at` is the delivery date promised to the buyer."""

    buyer: Key
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    estimated_at: datetime | None = None


class Item(Fact, frozen=True, kw_only=True, tag="item"):
    """A line of an order, known with it. `price` is for the whole quantity, before freight."""

    order: Key
    product: Key
    seller: Key
    price: Money
    freight: Money
    quantity: Count = 1


class Tender(Fact, frozen=True, kw_only=True, tag="tender"):
    """A means of payment used for an order, captured at `occurred_at`."""

    order: Key
    method: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
    amount: Money
    instalments: Annotated[int, Meta(ge=1, le=60)] = 1


class Shipment(Fact, frozen=True, kw_only=True, tag="shipment"):
    """The carrier scans the parcel."""

    order: Key
    carrier: Name = ""


class Delivery(Fact, frozen=True, kw_only=True, tag="delivery"):
    """The parcel reaches the buyer."""

    order: Key


class Confirmation(Fact, frozen=True, kw_only=True, tag="confirmation"):
    """The buyer confirms receipt."""

    order: Key


class Cancellation(Fact, frozen=True, kw_only=True, tag="cancellation"):
    """The order is called off before it is complete; what was paid goes back."""

    order: Key
    reason: Name = ""


class Return(Fact, frozen=True, kw_only=True, tag="return"):
    """Goods come back and `amount` is refunded to the buyer, in part or in full."""

    order: Key
    item: Key
    amount: Money
    reason: Name = ""


class Review(Fact, frozen=True, kw_only=True, tag="review"):
    """The buyer's review, 1 (worst) to 5 (best)."""

    order: Key
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Text = ""


AnyFact = (
    Seller
    | Buyer
    | Product
    | Order
    | Item
    | Tender
    | Shipment
    | Delivery
    | Confirmation
    | Cancellation
    | Return
    | Review
)

# In the order in which facts refer to each other: a fact's references stand before it.
KINDS: dict[str, type[Fact]] = {
    "seller": Seller,
    "buyer": Buyer,
    "product": Product,
    "order": Order,
    "item": Item,
    "tender": Tender,
    "shipment": Shipment,
    "delivery": Delivery,
    "confirmation": Confirmation,
    "cancellation": Cancellation,
    "return": Return,
    "review": Review,
}
REFERENCES = ("buyer", "order", "product", "seller", "item")
