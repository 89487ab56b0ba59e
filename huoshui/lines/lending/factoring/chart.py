"""The accounts of factoring and its journal entries.

What a debtor or a seller owes cannot fall below nothing, nor can the reserve that is owed to sellers.
"""

from __future__ import annotations

from importlib import resources

from huoshui.ledger import AccountKind, Chart, read_templates

CHART = Chart(
    (
        AccountKind("factoring.receivable", "factoring:{book}:receivable", "asset", ceiling=0),
        AccountKind("factoring.claim", "factoring:{book}:claim", "asset", ceiling=0),
        AccountKind("factoring.reserve", "factoring:{book}:reserve", "liability", floor=0),
        AccountKind("funding", "funding:{book}:{party}", "liability", floor=0),
        AccountKind("funders.clearing", "funders:{party}:clearing", "liability"),
        AccountKind("clearing", "clearing:{book}", "liability"),
        AccountKind("income", "income:{book}:{kind}", "income"),
        AccountKind("expense", "expense:{book}:{kind}", "expense"),
    )
)

TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)


def clearing_path(product: str) -> str:
    """Where money of a product waits between the line and those whom it comes from or goes to."""
    return f"clearing:{product}"
