"""What reconciliation posts: a line's arrival in suspense, its match from there, a write-off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import TEMPLATES
from huoshui.lines.payments.reconciliation.model import File, Line, Proposal

_BACK = "_back"
_NO_RAIL = "bank"  # whose fees a bank's own charges are, where its file names no rail


def arrival(tx: Tx, file: File, line: Line, cause: str) -> Transaction | None:
    """The money of a line as it came: to the file's account and to fees, out of suspense.

    None for a line that moves nothing.
    """
    accounts = {"target": file.target, "rail": file.rail or _NO_RAIL, "cause": cause}
    legs = _signed("line_arrived", accounts, {"net": line.net, "fee": line.fee})
    day = f"{line.at:%Y-%m-%d}"
    batch = line.batch or (f"{file.rail}-{day}" if file.source == "acquirer" else "")
    return _transaction(
        tx, f"line/{file.digest}/{line.number}", "line_arrived",
        batch or line.subject or ids.show("stl", line.id), line.currency, legs,
    )  # fmt: skip


def matched(tx: Tx, proposal: Proposal, match_id: UUID) -> Transaction | None:
    """Lines out of suspense, upon what was expected; a difference on its named account."""
    of = proposal.items[0].path
    kind = "fees" if proposal.rule == "day_batch_net" else "differences"
    missing = f"rail:{proposal.items[0].rail}:{kind}"
    gross = Counter[str]()
    for line in proposal.lines:
        gross[line.cause] += line.gross
    legs: list[Leg] = []
    for number, (cause, amount) in enumerate(sorted(gross.items())):
        accounts = {"cause": cause, "of": of, "missing": missing}
        short = 0 if number else proposal.difference
        legs += _signed("line_matched", accounts, {"gross": amount, "short": short})
    reference = ids.show("mat", match_id)
    return _transaction(tx, reference, "line_matched", reference, proposal.lines[0].currency, legs)


def written_off(tx: Tx, line: Line) -> Transaction | None:
    """A line out of suspense, upon nobody."""
    legs = _signed("line_written_off", {"cause": line.cause}, {"gross": line.gross})
    reference = ids.show("stl", line.id)
    key = f"write_off/{reference}"
    return _transaction(tx, key, "line_written_off", reference, line.currency, legs)


def _signed(template: str, accounts: Mapping[str, str], amounts: Mapping[str, int]) -> list[Leg]:
    """The legs of amounts that may be negative: those take the template's way back."""
    there = {name: max(amount, 0) for name, amount in amounts.items()}
    back = {name: max(-amount, 0) for name, amount in amounts.items()}
    legs = TEMPLATES[template].legs(accounts, there)
    return [*legs, *TEMPLATES[template + _BACK].legs(accounts, back)]


def _transaction(
    tx: Tx, key: str, template: str, reference: str, currency: str, legs: Sequence[Leg]
) -> Transaction | None:
    if not legs:
        return None
    return Transaction(
        id=tx.id("txn", f"reconcile/{key}"),
        template=template,
        reference=reference,
        currency=currency,
        legs=tuple(legs),
        effective_at=tx.now,
    )
