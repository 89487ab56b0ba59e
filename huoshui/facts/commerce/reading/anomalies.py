"""Anomalies: what is odd in a real history, each with a code, a rule, a count and a sum.

An anomaly is not a fault: the history is taken as it is and the rule says how. The rules stand
in words under `anomaly.<code>.rule` in both languages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

# In the order in which reports list them.
CODES = (
    "approval_missing",
    "never_approved",
    "delivery_missing",
    "shipment_missing",
    "paid_before_purchase",
    "shipped_before_purchase",
    "shipped_before_approval",
    "delivered_before_purchase",
    "delivered_before_shipped",
    "delivered_before_approval",
    "cancelled_undated",
    "cancelled_after_shipping",
    "cancelled_after_delivery",
    "never_finished",
    "no_items",
    "no_payment",
    "tender_over",
    "tender_under",
    "zero_tender",
    "instalments_missing",
    "method_unknown",
    "returned_over",
    "reviewed_before_purchase",
    "review_shared",
    "review_repeated",
    "known_before_order",
    "named_before_known",
    "customer_unknown",
    "seller_unknown",
    "product_unknown",
    "order_unknown",
    "row_repeated",
)
EXAMPLES_MOST = 5


class Anomaly(msgspec.Struct, frozen=True):
    """One kind of oddity: how often, the money concerned by currency, its parts, some keys."""

    code: str
    count: int
    amounts: dict[str, int] = {}
    parts: dict[str, int] = {}
    examples: tuple[str, ...] = ()


class Anomalies:
    """Counts anomalies as a history is read."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._amounts: dict[str, Counter[str]] = {}
        self._parts: dict[str, Counter[str]] = {}
        self._examples: dict[str, list[str]] = {}

    def add(
        self, code: str, key: str = "", *, amount: int = 0, currency: str = "", part: str = ""
    ) -> None:
        """Record one case: the key concerned, the money in minor units, the part it belongs to."""
        self._counts[code] += 1
        if amount:
            self._amounts.setdefault(code, Counter())[currency] += amount
        if part:
            self._parts.setdefault(code, Counter())[part] += 1
        examples = self._examples.setdefault(code, [])
        if key and len(examples) < EXAMPLES_MOST:
            examples.append(key)

    def result(self) -> tuple[Anomaly, ...]:
        """The anomalies seen, in the order of CODES."""
        return tuple(
            Anomaly(
                code,
                self._counts[code],
                dict(self._amounts.get(code, {})),
                dict(sorted(self._parts.get(code, {}).items())),
                tuple(self._examples[code]),
            )
            for code in CODES
            if self._counts[code]
        )


class OrderShape(msgspec.Struct, kw_only=True):
    """An order's history in figures: moments in microseconds, sums in minor units.

    `approved` is when the first tender was captured; `paid` sums all tenders, captured or not.
    `scans_kept` is false where the history has no carrier scans at all.
    """

    key: str
    currency: str
    purchased: int
    status: str = ""
    approved: int | None = None
    shipped: int | None = None
    delivered: int | None = None
    cancelled: bool = False
    items: int = 0
    due: int = 0
    tenders: int = 0
    paid: int = 0
    returned: int = 0
    reviewed: list[int] = []
    scans_kept: bool = True


def count_order(anomalies: Anomalies, shape: OrderShape) -> None:
    """Count what is odd in one order's history."""
    for code in _odd_times(shape):
        anomalies.add(code, shape.key)
    for code, amount in _odd_sums(shape):
        anomalies.add(code, shape.key, amount=amount, currency=shape.currency)
    if not shape.cancelled and shape.delivered is None:
        anomalies.add(
            "never_finished",
            shape.key,
            amount=0 if shape.approved is None else shape.paid,
            currency=shape.currency,
            part=shape.status,
        )
    for reviewed in shape.reviewed:
        if reviewed < shape.purchased:
            anomalies.add("reviewed_before_purchase", shape.key)
    if len(shape.reviewed) > 1:
        anomalies.add("review_repeated", shape.key)


def _odd_times(shape: OrderShape) -> Iterator[str]:
    pairs = (
        ("paid_before_purchase", shape.approved, shape.purchased),
        ("shipped_before_purchase", shape.shipped, shape.purchased),
        ("shipped_before_approval", shape.shipped, shape.approved),
        ("delivered_before_purchase", shape.delivered, shape.purchased),
        ("delivered_before_shipped", shape.delivered, shape.shipped),
        ("delivered_before_approval", shape.delivered, shape.approved),
    )
    for code, earlier, later in pairs:
        if earlier is not None and later is not None and earlier < later:
            yield code
    if shape.delivered is not None and shape.shipped is None and shape.scans_kept:
        yield "shipment_missing"
    if shape.cancelled and shape.shipped is not None:
        yield "cancelled_after_shipping"
    if shape.cancelled and shape.delivered is not None:
        yield "cancelled_after_delivery"


def _odd_sums(shape: OrderShape) -> Iterator[tuple[str, int]]:
    if shape.cancelled and shape.approved is None:
        yield "never_approved", shape.paid
    elif not shape.tenders:
        yield "no_payment", shape.due
    if not shape.items:
        yield "no_items", shape.paid
    elif shape.tenders and shape.paid != shape.due:
        difference = shape.paid - shape.due
        yield "tender_over" if difference > 0 else "tender_under", difference
    if shape.returned > shape.paid:
        yield "returned_over", shape.returned - shape.paid
