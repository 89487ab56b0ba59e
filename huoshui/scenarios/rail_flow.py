"""What happens when a rail speaks: each change of a call, and what began at the rail by itself.

Here the ports of the rails are wired. Everything runs in the commit that records what was said.
"""

from __future__ import annotations

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.payments.rails import Answer, Call, Notice, Ports
from huoshui.lines.payments.settlement import payouts
from huoshui.scenarios import disbursing, dispute_flow, payment_flow


def answered(tx: Tx, said: list[tuple[Call, Answer]]) -> None:
    """What rails answered, to those who asked: payments, payouts and disbursements."""
    payment_flow.told(tx, said)
    paid = [(call, answer) for call, answer in said if call.verb == "pay_out"]
    payouts.hear(tx, [each for each in paid if not each[0].subject.startswith("dsb_")])
    disbursing.hear(tx, paid)


def noticed(tx: Tx, call: Call, notice: Notice) -> None:
    """A dispute moves its money, a payout that came back is the seller's again; an event tells it."""
    if notice.kind in ("dispute_opened", "dispute_closed"):
        dispute_flow.noticed(tx, call, notice)
    tx.emit(
        "rail.noticed",
        ids.show("rca", call.id),
        rail=call.rail,
        subject=call.subject,
        what=notice.kind,
        amount=notice.amount,
        reason=notice.reason,
    )
    if call.verb == "pay_out" and call.subject.startswith("dsb_"):
        disbursing.notice(tx, call, notice)
    elif call.verb == "pay_out":
        payouts.notice(tx, call, notice)


PORTS = Ports(answered, noticed)
