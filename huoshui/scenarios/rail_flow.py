"""What happens when a rail speaks: each change of a call, and what began at the rail by itself.

Here the ports of the rails are wired. Everything runs in the commit that records what was said.
"""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.payments.rails import Call, Notice, Ports
from huoshui.scenarios import payment_flow


def noticed(tx: Tx, call: Call, notice: Notice) -> None:
    """A dispute, or money that came back, is told as an event."""
    tx.emit(
        "rail.noticed",
        ids.show("rca", call.id),
        rail=call.rail,
        subject=call.subject,
        what=notice.kind,
        amount=notice.amount,
        reason=notice.reason,
    )


PORTS = Ports(payment_flow.told, noticed)
