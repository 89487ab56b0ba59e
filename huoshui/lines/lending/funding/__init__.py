"""Who funds a loan, and who bears its losses: shares that always come to the whole. No I/O.

A loan of two banks is split by component; what each has got is its share of all that came so far, so
that no rounding adds up over many payments. A loss goes through covers in their order (an insurer, a
fund), each with its basis named, and what is left is the funders'. A recovery goes back the same way.
"""

from huoshui.lines.lending.funding.cover import BadCovers, Basis, Borne, Cover, Covers
from huoshui.lines.lending.funding.share import BadShares, Funder, Sharing
from huoshui.lines.lending.funding.tables import (
    FundingTable,
    LossesTable,
    MerchantTable,
    PartnerTables,
    PremiumTable,
    SubsidyTable,
)

__all__ = [
    "BadCovers", "BadShares", "Basis", "Borne", "Cover", "Covers", "Funder", "FundingTable",
    "LossesTable", "MerchantTable", "PartnerTables", "PremiumTable", "Sharing", "SubsidyTable",
]  # fmt: skip
