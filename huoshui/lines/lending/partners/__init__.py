"""The partners of loans: who funds with the platform, who insures, guarantees, subsidises and pays.

Each has its accounts in the ledger. Invariants: a partner's parts are a function of the loan's totals by
now, so that they come to the loan's own movements to the minor unit, whatever came late or was undone;
what one gains another bears; a claim on a cover goes from the loss to the recovery that is shared back.
"""

from huoshui.lines.lending.partners.claim import CLAIM, CoverClaim, UnknownCoverClaim

__all__ = ["CLAIM", "CoverClaim", "UnknownCoverClaim"]
