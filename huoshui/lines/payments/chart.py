"""The accounts of the payment line and its journal entries."""

from __future__ import annotations

from importlib import resources

from huoshui.core import ids
from huoshui.core.access import Bound
from huoshui.ledger import AccountKind, Chart, read_templates

# No floor on a merchant's settlement account: a refund after the payout is owed by the seller
# and recovered from its next sales. Escrow has one: nobody's money pays for another's order.
CHART = Chart(
    (
        AccountKind("rail.clearing", "rail:{rail}:clearing", "asset"),
        AccountKind("rail.payout", "rail:bank:payout", "asset"),
        AccountKind("rail.fees", "rail:{rail}:fees", "expense"),
        AccountKind("rail.transit", "rail:{rail}:transit", "asset"),
        AccountKind("rail.differences", "rail:{rail}:differences", "expense"),
        AccountKind("bank", "bank:{account}", "asset"),
        AccountKind("reconciliation.written_off", "reconciliation:written_off", "expense"),
        AccountKind("escrow", "escrow", "liability", floor=0),
        AccountKind("wallet", "wallet:{party}", "liability", floor=0),
        AccountKind("voucher", "voucher:{code}", "liability", floor=0),
        AccountKind("points.redeemed", "points:redeemed", "income"),
        AccountKind("points", "points:{party}", "liability", floor=0),
        AccountKind("payment.transit", "payment:transit", "liability", floor=0),
        AccountKind("receivable", "receivable:{seller}", "asset"),
        AccountKind("merchant.settlement", "merchant:{seller}:settlement", "liability"),
        AccountKind("carrier.freight", "carrier:freight", "liability"),
        AccountKind("tax.payable", "tax:payable", "liability"),
        AccountKind("suspense", "suspense:{cause}", "liability"),
        AccountKind("offline.float", "offline:{party}", "liability", floor=0),
        AccountKind("issuer.offline", "issuer:offline", "asset"),
        AccountKind("platform.offline_loss", "platform:offline_loss", "expense"),
        AccountKind("platform.commission", "platform:commission", "income"),
        AccountKind("platform.surcharge", "platform:surcharge", "income"),
        AccountKind("platform.subsidy", "platform:subsidy", "expense"),
        AccountKind("platform.points", "platform:points", "expense"),
        AccountKind("platform.chargebacks", "platform:chargebacks", "expense"),
    )
)

TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)

ESCROW_PATH = "escrow"
LATE_PATH = "suspense:late_tender"
SETTLEMENT_KIND = "merchant.settlement"
PLATFORM_PATHS = (
    "platform:commission",
    "tax:payable",
    "carrier:freight",
    "platform:surcharge",
    "platform:subsidy",
)


def rail_path(method: str) -> str:
    """The clearing account of a means of payment."""
    return f"rail:{method}:clearing"


def seller_of_path(path: str) -> str:
    """The seller of a settlement account, by its public id."""
    return path.split(":")[1]


def own_paths(bound: Bound) -> list[str] | None:
    """The accounts that a caller sees: those of its sellers; None where it sees all."""
    if bound.whole:
        return None
    return sorted(settlement_path(ids.show("slr", seller)) for seller in bound.sellers)


def settlement_path(seller: str) -> str:
    """The account on which a seller's earnings wait for the payout."""
    return f"merchant:{seller}:settlement"


def wallet_path(party: str) -> str:
    """The stored balance of a buyer or of another party."""
    return f"wallet:{party}"


def receivable_path(seller: str) -> str:
    """What the platform advanced for a seller that had no more, to be recovered from its sales."""
    return f"receivable:{seller}"


def seller_of(path: str) -> str:
    """The seller whose settlement account this is, or an empty text."""
    words = path.split(":")
    return words[1] if len(words) == 3 and words[::2] == ["merchant", "settlement"] else ""


def offline_path(party: str) -> str:
    """Where money of a party stands between a voucher's deposit and its merchant."""
    return f"offline:{party}"
