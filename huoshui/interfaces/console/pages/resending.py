"""Sending several webhook deliveries again: first a preview that keeps nothing, then for good."""

from __future__ import annotations

from uuid import UUID

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.core.webhooks import service
from huoshui.core.webhooks.model import Delivery
from huoshui.interfaces.console.page import Column, Frame, Row, Status, Table
from huoshui.interfaces.console.pages.bulk import KEYS_MAX
from huoshui.interfaces.console.pages.webhook_deliveries import delivery_status
from huoshui.interfaces.console.session import Session


class _Undo(Exception):
    """Ends a preview: what it did is taken back with its transaction."""


def run(
    database: Database,
    session: Session,
    frame: Frame,
    name: str,
    keys: tuple[str, ...],
    *,
    dry_run: bool,
) -> Table:
    """Send the chosen deliveries again. Raises OutOfScope, BadId."""
    if not frame.may_send:
        raise OutOfScope(scope="webhooks:write")
    chosen = sorted({ids.read("whd", key) for key in keys[:KEYS_MAX]})
    rows: list[Row] = []
    try:
        with database.begin(book=session.book, actor=session.actor) as tx:
            rows = [_row(frame, key, _resend(tx, key)) for key in chosen]
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return Table(
        title=frame.say("bulk.preview"),
        columns=tuple(
            Column(title=frame.say(f"deliveries.{name}")) for name in ("event", "key", "becomes")
        ),
        rows=tuple(rows),
    )


def _resend(tx: Tx, key: UUID) -> Delivery | Problem:
    try:
        return service.resend(tx, key)
    except Problem as problem:
        return problem


def _row(frame: Frame, key: UUID, outcome: Delivery | Problem) -> Row:
    shown = ids.show("whd", key)
    if isinstance(outcome, Problem):
        return Row(cells=(None, shown, Status(outcome.title(frame.lang), "bad")))
    return Row(cells=(outcome.type, shown, delivery_status(frame, outcome.state)))
