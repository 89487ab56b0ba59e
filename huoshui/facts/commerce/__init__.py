"""Commerce facts: sellers, buyers, products, orders and what became of them.

Invariants: a fact's references stand before it; the same key with the same content is told
once; other content is a new version and the old one stays readable; nothing here moves money.
"""

from huoshui.facts.commerce.model import KINDS, AnyFact, Fact
from huoshui.facts.commerce.service import Ingested, ingest

__all__ = ["KINDS", "AnyFact", "Fact", "Ingested", "ingest"]
