"""A product's file, read strictly: what is wrong is told by field. No I/O."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from huoshui.catalog.line import Line
from huoshui.catalog.model import Product
from huoshui.core import money
from huoshui.core.errors import FieldError, Problem
from huoshui.core.fields import field_error

FILE_MOST = 200_000  # bytes
_OWN = frozenset(Product.__struct_fields__) - {"tables"}


class BadProduct(Problem):
    """The file is no product that could be published; each error names a field and the mend."""

    code = "bad_product"
    status = 422


def bad(*faults: FieldError) -> BadProduct:
    """A refusal for these faults."""
    return BadProduct(count=len(faults), errors=faults)


def read_product(content: bytes, lines: Mapping[str, Line]) -> Product:
    """The product of a file's bytes. Raises BadProduct."""
    product = _product(_parsed(content), lines)
    faults = [*_shape(product), *lines[product.line].faults(product)]
    if faults:
        raise bad(*faults)
    return product


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > FILE_MOST:
        raise bad(FieldError("", "product_too_large", {"limit_kb": FILE_MOST // 1000}))
    try:
        return tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise bad(FieldError("", "product_toml", {"reason": str(error)[:200]})) from error


def _product(parsed: Mapping[str, Any], lines: Mapping[str, Line]) -> Product:
    line = lines.get(str(parsed.get("line", "")))
    if line is None:
        known = ", ".join(sorted(lines))
        raise bad(FieldError("/line", "product_line", {"known": known}))
    own = {name: value for name, value in parsed.items() if name in _OWN}
    rest = {name: value for name, value in parsed.items() if name not in _OWN}
    strange = sorted(rest.keys() - line.tables)
    if strange:
        raise bad(*(FieldError(f"/{name}", "unknown", {"field": name[:60]}) for name in strange))
    try:
        return msgspec.convert(own | {"tables": rest}, Product)
    except msgspec.ValidationError as error:
        raise bad(field_error(str(error))) from error


def _shape(product: Product) -> list[FieldError]:
    """What no type tells: the currency, the order of the amounts, names given twice."""
    faults = []
    if not money.is_currency(product.currency):
        faults.append(FieldError("/currency", "product_currency", {"value": product.currency[:12]}))
    if product.amount.min > product.amount.max:
        faults.append(
            FieldError("/amount/max", "bounds", {"sign": ">=", "limit": product.amount.min})
        )
    names = [rule.name for rule in product.eligibility]
    faults += [
        FieldError(f"/eligibility/{n}/name", "product_twice", {"name": name})
        for n, name in enumerate(names)
        if name in names[:n]
    ]
    return faults
