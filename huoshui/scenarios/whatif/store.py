"""The SQL of what-if: what was seen, the loans that might have been, and their price under assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from huoshui.core import columns
from huoshui.core.db import Tx
from huoshui.scenarios.whatif.model import Line, OrderSeen


class Rates(msgspec.Struct, frozen=True):
    """The assumptions of one product in one case: millionths, and minor units."""

    case: str
    product: str
    take: int
    loss: int
    lgd: int
    fee: int
    cost_each: int


class SegmentLoss(msgspec.Struct, frozen=True):
    """What is assumed of the losses of one segment, in millionths."""

    case: str
    product: str
    segment: str
    loss: int


class Sums(msgspec.Struct, frozen=True):
    """What came of a product in a case; money in minor units. `fee` is what
    sellers pay at the checkout, `candidates` how many loans might have been, `waited` and `waits` sums of hours over
    `paid` loans."""

    case: str
    product: str
    candidates: int
    taken: int
    lent: int
    fee: int
    cost: int
    paid: int
    waited: int
    waits: int


class Day(msgspec.Struct, frozen=True):
    """A day's flows of a product in a case: lent, paid back, interest, and what is given up as lost."""

    case: str
    product: str
    on: date
    lent: int
    repaid: int
    interest: int
    stopped: int


class Setup(msgspec.Struct, frozen=True):
    """What the lines of a world were prepared under."""

    seed: int
    assumptions: dict[str, Any]
    products: dict[str, str]


def set_up(tx: Tx, setup: Setup) -> None:
    """Note what the lines are prepared under."""
    tx.run(
        """
        INSERT INTO whatif (book, seed, assumptions, products, made_at)
        VALUES (%(book)s, %(seed)s, %(assumptions)s::jsonb, %(products)s::jsonb, %(at)s)
        ON CONFLICT (book) DO UPDATE SET seed = EXCLUDED.seed, made_at = EXCLUDED.made_at,
            assumptions = EXCLUDED.assumptions, products = EXCLUDED.products
        """,
        seed=setup.seed,
        assumptions=_json(setup.assumptions),
        products=_json(setup.products),
        at=tx.now,
    )


def setup(tx: Tx) -> Setup | None:
    """What the lines are prepared under, or None."""
    return tx.row(Setup, "SELECT seed, assumptions, products FROM whatif WHERE book = %(book)s")


def orders(tx: Tx, zone: str) -> list[OrderSeen]:
    """Orders that were paid, with the instalments that were chosen and what went back."""
    return tx.rows(
        OrderSeen,
        """
        SELECT e.order_key AS key, (e.taken_at AT TIME ZONE %(zone)s)::date AS paid_on,
               e.taken AS amount, coalesce(w.observed, t.instalments, 1) AS instalments, e.refunded,
               r.refunded_on, coalesce(b.region, '') AS region
        FROM escrow e
        JOIN order_ o ON o.book = e.book AND o.key = e.order_key AND o.superseded_at = 'infinity'
        LEFT JOIN buyer b ON b.book = e.book AND b.key = o.buyer_key AND b.superseded_at = 'infinity'
        LEFT JOIN (SELECT order_key, max(instalments)::int AS instalments FROM tender
                   WHERE book = %(book)s AND superseded_at = 'infinity' GROUP BY 1) t
            ON t.order_key = e.order_key
        LEFT JOIN (SELECT key, max(observed) AS observed FROM whatif_taken
                   WHERE book = %(book)s GROUP BY 1) w ON w.key = e.order_key
        LEFT JOIN (SELECT order_id, (min(at) AT TIME ZONE %(zone)s)::date AS refunded_on
                   FROM refund WHERE book = %(book)s GROUP BY 1) r ON r.order_id = e.order_id
        WHERE e.book = %(book)s AND e.taken > 0 AND e.taken_at IS NOT NULL
        ORDER BY e.taken_at, e.order_key
        """,
        zone=zone,
    )


class OrderMoney(msgspec.Struct, frozen=True):
    """An order's money and its days; `parts` are seller, what it was to get and gave back, once split."""

    key: str
    taken: int
    parts: list[tuple[str, int, int]]
    taken_at: datetime
    shipped_at: datetime | None
    estimated_at: datetime | None
    released_at: datetime | None
    returned_at: datetime | None


def money(tx: Tx) -> list[OrderMoney]:
    """The money of orders that were paid for, in the order of payment."""
    rows = tx.tuples(
        """
        SELECT e.order_key, e.taken,
               coalesce((SELECT jsonb_agg(jsonb_build_array(s.seller, s.amount, s.back))
                   FROM (SELECT share ->> 0 AS seller, sum((share ->> 2)::bigint) AS amount,
                             sum((share ->> 3)::bigint) AS back
                         FROM jsonb_array_elements(e.parts) AS share
                         WHERE share ->> 1 = 'seller' GROUP BY 1) s), '[]') AS parts,
               e.taken_at, h.at, o.estimated_at, e.released_at, r.at
        FROM escrow e
        JOIN order_ o ON o.book = e.book AND o.key = e.order_key AND o.superseded_at = 'infinity'
        LEFT JOIN (SELECT order_key, min(recorded_at) AS at FROM shipment  -- when it was known
                   WHERE book = %(book)s GROUP BY 1) h
            ON h.order_key = e.order_key
        LEFT JOIN (SELECT order_id, min(at) AS at FROM refund WHERE book = %(book)s GROUP BY 1) r
            ON r.order_id = e.order_id
        WHERE e.book = %(book)s AND e.taken_at IS NOT NULL
        ORDER BY e.taken_at, e.order_key
        """
    )
    names = OrderMoney.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), OrderMoney) for row in rows]


def payouts(tx: Tx) -> list[datetime]:
    """The moments at which sellers were paid out."""
    rows = tx.tuples(
        """SELECT DISTINCT at FROM payout
        WHERE book = %(book)s AND state IN ('sent', 'paid') ORDER BY 1"""
    )
    return [at for (at,) in rows]


def regions(tx: Tx) -> dict[str, str]:
    """The region of each seller, by its public id."""
    return dict(
        tx.tuples(
            """SELECT shown_id('slr', id), coalesce(region, '') FROM seller
            WHERE book = %(book)s AND superseded_at = 'infinity'"""
        )
    )


def keep(tx: Tx, product: str, lines: Iterable[Line]) -> int:
    """Keep the lines of a product in place of those that stood; how many there are."""
    for table in ("whatif_line", "whatif_flow"):
        tx.run(
            f"DELETE FROM {table} WHERE book = %(book)s AND product = %(product)s", product=product
        )
    heads, flows = [], []
    for number, line in enumerate(lines):
        place = (tx.book, product, number)
        drawn = line.draws
        heads.append((*place, line.key, line.party, line.segment, line.amount, line.fee_base,
                      line.short, line.steps, drawn.take, drawn.loss, drawn.stop, line.waited,
                      line.waits))  # fmt: skip
        flows += [
            (*place, f.step, f.on, f.principal, f.interest, f.certain, f.only) for f in line.flows
        ]
    tx.append(
        "whatif_line",
        ("book", "product", "number", "key", "party", "segment", "amount", "fee_base", "short",
         "steps", "take_at", "loss_at", "stop_at", "waited", "waits"),
        heads,
    )  # fmt: skip
    columns_ = ("book", "product", "number", "step", "on_", "principal", "interest", "certain",
                "only_")  # fmt: skip
    tx.append("whatif_flow", columns_, flows)
    return len(heads)


def kept(tx: Tx) -> list[str]:
    """The products of which lines are kept."""
    rows = tx.tuples("SELECT DISTINCT product FROM whatif_line WHERE book = %(book)s ORDER BY 1")
    return [product for (product,) in rows]


_RATED = """
    WITH rates AS (
        SELECT * FROM unnest(%(cases)s, %(products)s, %(takes)s, %(losses)s, %(fees)s, %(costs)s)
            AS r (case_, product, take, loss, fee, cost)),
    segments AS (
        SELECT * FROM unnest(%(s_cases)s, %(s_products)s, %(s_names)s, %(s_losses)s)
            AS s (case_, product, segment, loss)),
    taken AS (
        SELECT r.case_, r.fee, r.cost, l.*,
               CASE WHEN l.loss_at < coalesce(s.loss, r.loss)
                    THEN 1 + (l.stop_at::bigint * l.steps / 1000000)::int END AS stops
        FROM rates r JOIN whatif_line l ON l.book = %(book)s AND l.product = r.product
            AND l.take_at < r.take
        LEFT JOIN segments s ON s.case_ = r.case_ AND s.product = r.product
            AND s.segment = l.segment)
"""


def sums(tx: Tx, rates: Sequence[Rates], segments: Sequence[SegmentLoss]) -> list[Sums]:
    """How much was lent, to how many, for which fee."""
    return tx.rows(
        Sums,
        _RATED
        + """
        SELECT r.case_ AS case, r.product,
               (SELECT count(*) FROM whatif_line l WHERE l.book = %(book)s AND l.product = r.product)
                   AS candidates,
               count(t.number) AS taken, coalesce(sum(t.amount), 0)::bigint AS lent,
               coalesce(sum((t.fee_base * t.fee + 500000) / 1000000), 0)::bigint AS fee,
               coalesce(sum(t.cost), 0)::bigint AS cost,
               count(t.waited) AS paid, coalesce(sum(t.waited), 0)::bigint AS waited,
               coalesce(sum(t.waits), 0)::bigint AS waits
        FROM rates r LEFT JOIN taken t ON t.case_ = r.case_ AND t.product = r.product
        GROUP BY r.case_, r.product
        """,
        **_given(rates, segments),
    )


def days(tx: Tx, rates: Sequence[Rates], segments: Sequence[SegmentLoss]) -> list[Day]:
    """The flows of every day. A borrower who stops pays nothing from that step on but what is certain;
    what was short of a settlement is given up as well. It counts on the day it was due."""
    return tx.rows(
        Day,
        _RATED
        + """
        SELECT t.case_ AS case, t.product, f.on_ AS on,
               coalesce(sum(f.principal) FILTER (WHERE f.step = 0), 0)::bigint AS lent,
               coalesce(sum(f.principal) FILTER (WHERE f.step > 0 AND NOT gone.so), 0)::bigint AS repaid,
               coalesce(sum(f.interest) FILTER (WHERE f.step > 0 AND NOT gone.so), 0)::bigint
                   AS interest,
               coalesce(sum(f.principal) FILTER (WHERE f.step > 0 AND gone.so), 0)::bigint AS stopped
        FROM taken t JOIN whatif_flow f ON f.book = %(book)s AND f.product = t.product
            AND f.number = t.number
            AND (f.only_ = 0 OR (f.only_ = 2) = (t.stops IS NOT NULL))
        CROSS JOIN LATERAL (SELECT NOT f.certain AND (
            t.short > 0 OR coalesce(f.step >= t.stops, false)) AS so) AS gone
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        **_given(rates, segments),
    )


def _given(rates: Sequence[Rates], segments: Sequence[SegmentLoss]) -> dict[str, columns.Column]:
    return {
        "cases": columns.texts([r.case for r in rates]),
        "products": columns.texts([r.product for r in rates]),
        "takes": columns.bigints([r.take for r in rates]),
        "losses": columns.bigints([r.loss for r in rates]),
        "fees": columns.bigints([r.fee for r in rates]),
        "costs": columns.bigints([r.cost_each for r in rates]),
        "s_cases": columns.texts([s.case for s in segments]),
        "s_products": columns.texts([s.product for s in segments]),
        "s_names": columns.texts([s.segment for s in segments]),
        "s_losses": columns.bigints([s.loss for s in segments]),
    }


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
