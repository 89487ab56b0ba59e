"""What a line of business tells the catalog of itself: a port, filled by each line. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from huoshui.catalog.model import Product
from huoshui.core.errors import FieldError
from huoshui.core.expr import Schema, Type

if TYPE_CHECKING:
    from huoshui.catalog.checked import CheckedProduct


class Line(Protocol):
    """A line of business as the catalog knows it."""

    @property
    def name(self) -> str:
        """How files name it."""

    @property
    def tables(self) -> frozenset[str]:
        """The tables of a file that it reads."""

    @property
    def prices(self) -> Mapping[str, Type]:
        """The price expressions that a product of it needs, with their types."""

    @property
    def facts(self) -> Schema:
        """The facts that it gives itself to the expressions of its products, of each application."""

    @property
    def figures(self) -> frozenset[str]:
        """The figures that its disclosures may name in braces."""

    def tried(self, product: CheckedProduct, lives: int | None = None) -> list[FieldError]:
        """What lives of it show to be wrong, tried at publication: many, or so many."""

    def faults(self, product: Product) -> list[FieldError]:
        """What is wrong with its tables in a product; pointers are of the file: /terms/instalments."""
