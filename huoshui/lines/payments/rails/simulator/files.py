"""The daily files of a rail: each charge, refund, payout and chargeback with its fee, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec

from huoshui.core.money import major
from huoshui.lines.payments.rails.simulator import rules
from huoshui.lines.payments.rails.simulator.model import CHARGEBACK_FEE, RAILS, Deed, Line, fee
from huoshui.lines.payments.rails.simulator.store import Dispute

__all__ = ["RAILS", "as_csv", "lines", "write"]


def lines(rail: str, day: date, deeds: Iterable[Deed], disputes: Iterable[Dispute]) -> list[Line]:
    """What a rail settles for a day, in the order of time."""
    found = [
        line
        for deed in deeds
        if deed.rail == rail and deed.settled_at and deed.settled_at.date() == day
        for line in _of_deed(deed)
    ]
    for each in disputes:
        won_at = each.closed_at if each.state == "won" else None
        if each.rail == rail and each.at.date() == day:
            found.append(_of_dispute(each, -1))
        if each.rail == rail and won_at and won_at.date() == day:
            found.append(_of_dispute(each, 1))
    return sorted(found, key=lambda line: (line.at, line.reference))


def _of_deed(deed: Deed) -> list[Line]:
    if deed.verdict != "succeeded" or not deed.moved:
        return []
    if rules.is_taken(deed):
        return [_line(deed, "charge", deed.moved, fee(deed.rail, deed.moved))]
    if deed.verb == "refund":
        return [_line(deed, "refund", -deed.moved, 0)]
    if deed.verb == "pay_out":
        return [_line(deed, "payout", -deed.moved, fee(deed.rail, deed.moved))]
    return []


def _line(deed: Deed, kind: str, gross: int, kept: int) -> Line:
    at = deed.settled_at or deed.at
    return Line(
        at.date().isoformat(), kind, deed.reference, deed.about, deed.key, deed.currency,
        gross, kept, gross - kept, at,
    )  # fmt: skip


def _of_dispute(dispute: Dispute, sign: int) -> Line:
    kinds = {"dispute_opened": "chargeback", "returned": "return"}
    kind = "chargeback_won" if sign > 0 else kinds[dispute.kind]
    kept = CHARGEBACK_FEE if kind == "chargeback" else 0
    back = dispute.rail == "bank"  # a payout that came back comes in again
    gross = dispute.amount * (-sign if back else sign)
    at = (dispute.closed_at if sign > 0 else None) or dispute.at
    return Line(
        at.date().isoformat(), kind, dispute.reference, dispute.root, dispute.key,
        dispute.currency, gross, kept, gross - kept, at,
    )  # fmt: skip


def as_csv(found: Iterable[Line]) -> str:
    """The lines as CSV with a heading, amounts in major units."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Line.__struct_fields__)
    for line in found:
        row = msgspec.structs.asdict(line)
        for name in ("gross", "fee", "net"):
            row[name] = major(row[name], line.currency)
        row["at"] = line.at.isoformat()
        writer.writerow(row.values())
    return out.getvalue()


def write(folder: Path, rail: str, day: date, found: Iterable[Line]) -> Path:
    """Write a daily file; the same day again takes its place."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{rail}-{day}.csv"
    fresh = file.with_suffix(".part")
    fresh.write_text(as_csv(found), encoding="utf-8")
    fresh.replace(file)
    return file
