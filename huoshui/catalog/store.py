"""The SQL of the catalog: published versions, and what is offered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from huoshui.core.db import Tx

_VERSION = "product, number, line, digest, body, source, published_at, actor"


class VersionRow(msgspec.Struct, frozen=True):
    """A published version; `body` is the product as it was read, `source` the file as it was given."""

    product: str
    number: int
    line: str
    digest: str
    body: dict[str, object]
    source: str
    published_at: datetime
    actor: str


class OfferRow(msgspec.Struct, frozen=True):
    """A product and the version that is offered now; None where it was taken back or never was."""

    product: str
    line: str
    latest: int
    offered: int | None


def lock(tx: Tx, product: str) -> None:
    """One writer of a product at a time, so that its numbers have no gaps."""
    tx.run("SELECT pg_advisory_xact_lock(%(book)s, hashtext(%(name)s))", name=f"catalog/{product}")


def version(tx: Tx, product: str, number: int) -> VersionRow | None:
    """One version of a product."""
    return tx.row(
        VersionRow,
        f"""SELECT {_VERSION} FROM catalog_version
        WHERE book = %(book)s AND product = %(product)s AND number = %(number)s""",
        product=product,
        number=number,
    )


def latest(tx: Tx, product: str) -> VersionRow | None:
    """The version of a product that was published last."""
    return tx.row(
        VersionRow,
        f"""SELECT {_VERSION} FROM catalog_version
        WHERE book = %(book)s AND product = %(product)s ORDER BY number DESC LIMIT 1""",
        product=product,
    )


def same(tx: Tx, product: str, digest: str) -> VersionRow | None:
    """The version of a product that says just this."""
    return tx.row(
        VersionRow,
        f"""SELECT {_VERSION} FROM catalog_version
        WHERE book = %(book)s AND product = %(product)s AND digest = %(digest)s""",
        product=product,
        digest=digest,
    )


def add(tx: Tx, row: VersionRow) -> None:
    """Keep a version for good."""
    names = ("book", *VersionRow.__struct_fields__)
    tx.append("catalog_version", names, [(tx.book, *msgspec.structs.astuple(row))])


def say_offered(tx: Tx, product: str, number: int | None) -> None:
    """Offer this version from now on; None takes the product back. The caller holds the product.

    What is said last has the greatest id, also of two things that are said in one moment.
    """
    said = tx.id("ofr", f"{product}/{tx.now}")
    last: UUID | None = tx.value(
        """SELECT id FROM catalog_offer WHERE book = %(book)s AND product = %(product)s
        ORDER BY id DESC LIMIT 1""",
        product=product,
    )
    if last is not None and said <= last:
        said = UUID(int=last.int + 1)
    tx.append(
        "catalog_offer",
        ("book", "product", "id", "number", "at", "actor"),
        [(tx.book, product, said, number, tx.now, tx.actor)],
    )


def offered(tx: Tx, product: str) -> int | None:
    """The version that is offered now."""
    number: int | None = tx.value(
        """SELECT number FROM catalog_offer WHERE book = %(book)s AND product = %(product)s
        ORDER BY id DESC LIMIT 1""",
        product=product,
    )
    return number


def products(tx: Tx, after: str, limit: int) -> list[OfferRow]:
    """Products by name, each with its latest version and the one that is offered."""
    return tx.rows(
        OfferRow,
        """
        SELECT v.product, v.line, v.number AS latest,
               (SELECT o.number FROM catalog_offer o
                WHERE o.book = v.book AND o.product = v.product ORDER BY o.id DESC LIMIT 1) AS offered
        FROM (SELECT DISTINCT ON (product) book, product, line, number FROM catalog_version
              WHERE book = %(book)s AND product > %(after)s
              ORDER BY product, number DESC LIMIT %(limit)s) AS v
        ORDER BY v.product
        """,
        after=after,
        limit=limit,
    )
