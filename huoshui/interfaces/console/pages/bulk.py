"""Acting on several orders at once: first a preview that keeps nothing, then the same for good."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from huoshui.core import ids
from huoshui.core.access import OutOfScope
from huoshui.core.db import Database, Tx
from huoshui.core.errors import NotFound
from huoshui.core.money import Money
from huoshui.interfaces.console.page import Cell, Column, Frame, Row, Status, Table
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.keys import revoke_keys
from huoshui.interfaces.console.pages.orders import order_ids
from huoshui.interfaces.console.session import Session
from huoshui.lines.payments import Confirm
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.scenarios import order_money

KEYS_MAX = 200
_ROLES = ("seller", "commission", "tax", "freight", "surcharge")


class Bulk(msgspec.Struct, frozen=True):
    """An action on several things: what it needs, and what it does."""

    scope: str
    allowed: Callable[[Frame], bool]
    act: Callable[[Tx, Frame, tuple[str, ...]], Table]


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
    """Do an action to what was chosen, or only say what it would do.

    Raises NotFound, OutOfScope and BadId.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise NotFound(kind="action", id=name[:40])
    if not action.allowed(frame):
        raise OutOfScope(scope=action.scope)
    table = None
    try:
        with database.begin(book=session.book, actor=session.actor) as tx:
            table = action.act(tx, frame, keys[:KEYS_MAX])
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    assert table is not None, "either way the outcomes were told"
    return table


def _confirm(tx: Tx, frame: Frame, keys: tuple[str, ...]) -> Table:
    """Confirm receipt of orders."""
    chosen = order_ids(keys)
    outcomes = order_money.apply(tx, [Confirm(order_id, "buyer", tx.now) for order_id in chosen])
    return _table(frame, outcomes)


def _table(frame: Frame, outcomes: list[Outcome]) -> Table:
    return Table(
        title=frame.say("bulk.preview"),
        columns=(
            Column(title=frame.say("orders.order")),
            Column(title=frame.say("bulk.becomes")),
            *(Column(title=frame.say(f"part.{role}"), align="end") for role in _ROLES),
        ),
        rows=tuple(_row(frame, outcome) for outcome in outcomes),
    )


def _row(frame: Frame, outcome: Outcome) -> Row:
    escrow = outcome.escrow
    key = escrow.order_key if escrow else ids.show("ord", outcome.command.order_id)
    if outcome.problem or escrow is None:
        said = outcome.problem.title(frame.lang) if outcome.problem else ""
        return Row(cells=(asked.short(key), Status(said, "bad"), *(None for _ in _ROLES)))
    amounts: list[Cell] = []
    for role in _ROLES:
        amount = sum(share.left for share in escrow.parts if share.role == role)
        amounts.append(Money(amount, escrow.currency) if amount and outcome.txn_id else None)
    unmoved = Status(frame.say("bulk.unchanged"), "neutral")
    after = asked.state(frame, escrow.state) if outcome.txn_id else unmoved
    return Row(cells=(asked.short(key), after, *amounts))


ACTIONS = {
    "confirm": Bulk("payments:write", lambda frame: frame.may_write, _confirm),
    "revoke": Bulk("keys:write", lambda frame: "keys:write" in frame.may, revoke_keys),
}
