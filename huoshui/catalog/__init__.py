"""Products as data: a new product is a file.

A product is a TOML file: its name, amounts, the expressions by which it is priced and given, what it
tells a customer, and tables that its line of business reads. A published version never changes and is
sealed by its hash; which version is offered is said apart, and may be taken back. A product that
reads a fact which nothing here provides cannot be published.
"""

from huoshui.catalog.checked import CheckedProduct, Refusal, check
from huoshui.catalog.file import BadProduct, read_product
from huoshui.catalog.line import Line
from huoshui.catalog.model import Product, Range, Rule, Said

__all__ = [
    "BadProduct",
    "CheckedProduct",
    "Line",
    "Product",
    "Range",
    "Refusal",
    "Rule",
    "Said",
    "check",
    "read_product",
]
