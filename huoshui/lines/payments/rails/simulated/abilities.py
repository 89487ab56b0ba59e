"""What each simulated rail can do. Pure."""

from __future__ import annotations

from huoshui.lines.payments.rails.model import Capabilities

SIMULATED = {
    "card": Capabilities(
        authorises=True,
        captures_in_parts=True,
        refunds=True,
        refunds_in_parts=True,
        voids=True,
        acts=True,
    ),
    # From account to account: asked now, answered later, and it may come back.
    "transfer": Capabilities(refunds=True, refunds_in_parts=True, acts=True),
    # A code to scan, paid at once; given back whole or not at all.
    "qr": Capabilities(refunds=True, acts=True, amount_max=5_000_000, currencies=("CNY",)),
    "bank": Capabilities(pays_out=True),
}
