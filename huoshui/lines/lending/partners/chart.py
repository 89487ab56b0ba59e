"""The accounts of partners and their journal entries.

No bounds: many loans share an account, and what a partner has of each is bounded by its parts.
"""

from __future__ import annotations

from importlib import resources

from huoshui.ledger import AccountKind, Chart, read_templates

CHART = Chart(
    (
        AccountKind("loans.funding", "funding:{book}:{party}", "liability"),
        AccountKind("funders.clearing", "funders:{party}:clearing", "liability"),
        AccountKind("covers", "covers:{book}:{party}", "asset"),
        AccountKind("merchants.owed", "merchants:{book}:owed", "asset"),
        AccountKind("clearing", "clearing:{book}", "liability"),
        AccountKind("income", "income:{book}:{kind}", "income"),
        AccountKind("expense", "expense:{book}:{kind}", "expense"),
    )
)

TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)
