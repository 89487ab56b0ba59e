"""What the catalog does: publish a version, offer it, take it back, say what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from huoshui.catalog import store
from huoshui.catalog.checked import CheckedProduct, check
from huoshui.catalog.file import bad, read_product
from huoshui.catalog.line import Line
from huoshui.catalog.model import Product
from huoshui.catalog.store import OfferRow, VersionRow
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.core.expr import Schema


class UnknownProduct(NotFound):
    """No product of that name, or no such version of it."""

    code = "unknown_catalog_product"


class NotOffered(Problem):
    """The product is not offered now."""

    code = "product_not_offered"
    status = 409


def publish(
    tx: Tx,
    content: bytes,
    lines: Mapping[str, Line],
    others: Schema,
    sources: Collection[str],
) -> VersionRow:
    """Publish what a file says as the next version; what is published already is that version.

    Raises BadProduct.
    """
    product = read_product(content, lines)
    checked = check(product, lines[product.line], others, sources)
    digest = digest_of(product)
    store.lock(tx, product.product)
    same = store.same(tx, product.product, digest)
    if same is not None:
        return same
    _demand_sound(lines[product.line], checked, digest)
    before = store.latest(tx, product.product)
    number = before.number + 1 if before else 1
    row = VersionRow(
        product.product, number, product.line, digest, msgspec.to_builtins(product),
        content.decode(), tx.now, tx.actor,
    )  # fmt: skip
    store.add(tx, row)
    tx.emit("product.published", product.product, version=number, digest=digest)
    return row


_SOUND: set[str] = set()  # what this process has tried and found sound
_SOUND_MOST = 1_000


def _demand_sound(line: Line, product: CheckedProduct, digest: str) -> None:
    """That lives of a product are sound. Raises BadProduct."""
    if digest in _SOUND:
        return
    faults = line.tried(product)
    if faults:
        raise bad(*faults)
    if len(_SOUND) >= _SOUND_MOST:
        _SOUND.clear()
    _SOUND.add(digest)


def digest_of(product: Product) -> str:
    """SHA-256 of what a product says, in hex: neither comments nor layout of its file count."""
    return hashlib.sha256(msgspec.json.encode(product, order="sorted")).hexdigest()


def version(tx: Tx, product: str, number: int) -> VersionRow:
    """One version. Raises UnknownProduct."""
    found = store.version(tx, product, number)
    if found is None:
        raise UnknownProduct(kind="product", id=f"{product}@{number}"[:80])
    return found


def latest(tx: Tx, product: str) -> VersionRow:
    """The version that was published last. Raises UnknownProduct."""
    found = store.latest(tx, product)
    if found is None:
        raise UnknownProduct(kind="product", id=product[:80])
    return found


def product_of(row: VersionRow) -> Product:
    """The product that a version keeps."""
    return msgspec.convert(row.body, Product)


def offer(tx: Tx, product: str, number: int) -> None:
    """Offer a version from now on, in place of the one before. Raises UnknownProduct."""
    store.lock(tx, product)
    version(tx, product, number)
    if store.offered(tx, product) != number:
        store.say_offered(tx, product, number)
        tx.emit("product.offered", product, version=number)


def withdraw(tx: Tx, product: str) -> None:
    """Offer a product no longer; contracts that stand are not touched.

    Raises UnknownProduct, NotOffered.
    """
    latest(tx, product)
    store.lock(tx, product)
    number = store.offered(tx, product)
    if number is None:
        raise NotOffered(product=product[:60])
    store.say_offered(tx, product, None)
    tx.emit("product.withdrawn", product, version=number)


def offered(tx: Tx, product: str) -> VersionRow:
    """The version that is offered now. Raises NotOffered."""
    number = store.offered(tx, product)
    if number is None:
        raise NotOffered(product=product[:60])
    return version(tx, product, number)


def offered_number(tx: Tx, product: str) -> int | None:
    """The number of the version that is offered now, or None."""
    return store.offered(tx, product)


def products(tx: Tx, after: str = "", limit: int = 50) -> list[OfferRow]:
    """Products by name."""
    return store.products(tx, after, limit)


class Changed(msgspec.Struct, frozen=True):
    """A field that two versions say differently; None where one does not say it."""

    pointer: str
    before: Any
    after: Any


def changed(before: Product, after: Product) -> list[Changed]:
    """What a version says otherwise than another one, by field."""
    old, new = (dict(_leaves("", msgspec.to_builtins(p))) for p in (before, after))
    return [
        Changed(pointer, old.get(pointer), new.get(pointer))
        for pointer in sorted(old.keys() | new.keys())
        if old.get(pointer) != new.get(pointer)
    ]


def _leaves(pointer: str, value: Any) -> list[tuple[str, Any]]:
    match value:
        case dict():
            inner = [(f"{pointer}/{key}", each) for key, each in value.items()]
        case list():
            inner = [(f"{pointer}/{n}", each) for n, each in enumerate(value)]
        case _:
            return [(pointer, value)]
    return [leaf for place, each in inner for leaf in _leaves(place, each)]
