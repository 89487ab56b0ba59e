"""The queue of what no rule matched: matched, split and written off by people, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.ledger import service as ledger_service
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.reconciliation import placing, posting, store
from huoshui.lines.payments.reconciliation.model import (
    MATCHED_AT_MOST,
    Item,
    ItemGone,
    Line,
    LineBusy,
    Match,
    MatchDiffers,
    Proposal,
    SplitDiffers,
    UndoneAlready,
    UnknownLine,
    UnknownMatch,
    WriteOffLimit,
)
from huoshui.lines.payments.settlement import store as settlement_store
from huoshui.lines.payments.settlement.model import OwnBatch

ItemKey = tuple[UUID, int, UUID]
_SUSPENSE = "suspense"


def match(tx: Tx, line_ids: Sequence[UUID], keys: Sequence[ItemKey]) -> Match:
    """Match lines in suspense with open items of one account; a small difference by the terms.

    Raises UnknownLine, LineBusy, ItemGone, MatchDiffers.
    """
    lines = _lines(tx, line_ids)
    items = [_item(tx, key) for key in sorted(set(keys))[:MATCHED_AT_MOST]]
    if not items or len({item.account_id for item in items}) != 1:
        raise ItemGone(item=", ".join(ids.show("txn", key[0]) for key in keys[:3]) or "-")
    came, expected = sum(x.gross for x in lines), sum(i.amount for i in items)
    terms = settlement_store.settlement_terms(tx)
    if abs(expected - came) > terms.tolerance:
        raise MatchDiffers(lines=came, items=expected, tolerance=terms.tolerance)
    proposal = Proposal("by_hand", tuple(lines), tuple(items), expected - came)
    (made,) = placing.settle(tx, [proposal], _SUSPENSE)
    tx.emit("line.matched", ids.show("mat", made.id), gross=came, difference=expected - came)
    return made


def undo(tx: Tx, match_id: UUID) -> Match:
    """Undo a match: its transaction is reversed, its lines are in suspense and its items open again.

    Raises UnknownMatch, UndoneAlready.
    """
    found = load_match(tx, match_id, lock=True)
    if found.undone_at is not None:
        raise UndoneAlready(id=ids.show("mat", match_id))
    items, lines = store.items_of_match(tx, match_id), store.lines_of_match(tx, match_id)
    reversal = tx.id("txn", f"undo/{ids.show('mat', match_id)}")
    ledger_service.reverse(tx, found.txn_id, reversal_id=reversal)
    store.undo(tx, match_id, reversal)
    back = [
        msgspec.structs.replace(line, state=_SUSPENSE, match_id=None, since=tx.now)
        for line in lines
    ]
    _move(tx, "matched", back)
    terms = settlement_store.settlement_terms(tx)
    for file_id in sorted({line.file_id for line in lines}):
        placing.tell_age(tx, file_id, terms, of=ids.show("mat", match_id))
    placing.arrived(tx, items, there=False)
    tx.emit("line.unmatched", ids.show("mat", match_id), gross=found.gross, rule=found.rule)
    return load_match(tx, match_id)


def split(tx: Tx, line_id: UUID, amounts: Sequence[int]) -> list[Line]:
    """Cut a line in suspense into parts of its gross, each to be matched by itself.

    Its money stays where it lies. Raises UnknownLine, LineBusy, SplitDiffers.
    """
    (line,) = _lines(tx, [line_id])
    good = len(amounts) > 1 and 0 not in amounts and len(amounts) <= MATCHED_AT_MOST
    if not good or sum(amounts) != line.gross:
        raise SplitDiffers(parts=sum(amounts), line=line.gross, most=MATCHED_AT_MOST)
    parts = [
        msgspec.structs.replace(
            line,
            id=tx.id("stl", f"{ids.show('stl', line.id)}/{number}/{tx.now.isoformat()}"),
            parent_id=line.id,
            gross=amount,
            fee=0 if number else line.fee,
            net=amount - (0 if number else line.fee),
        )
        for number, amount in enumerate(amounts)
    ]
    store.add_lines(tx, parts)
    _move(tx, _SUSPENSE, [msgspec.structs.replace(line, state="split")])
    tx.emit("line.split", ids.show("stl", line.id), parts=len(parts))
    return parts


def ask_write_off(tx: Tx, line_id: UUID, reason: str) -> Line:
    """Ask to write a line off: another has to approve it. Raises UnknownLine, LineBusy, WriteOffLimit."""
    (line,) = _lines(tx, [line_id])
    most = settlement_store.settlement_terms(tx).write_off_max
    if abs(line.gross) > most:
        raise WriteOffLimit(amount=line.gross, limit=most)
    after = msgspec.structs.replace(line, state="asked", asked_by=tx.actor, reason=reason[:200])
    _move(tx, _SUSPENSE, [after])
    tx.emit("line.write_off_asked", ids.show("stl", line.id), gross=line.gross, reason=after.reason)
    return after


def approve_write_off(tx: Tx, line_id: UUID) -> Line:
    """Write off what another asked to. Raises UnknownLine, LineBusy, OwnBatch."""
    (line,) = _lines(tx, [line_id], state="asked")
    if line.asked_by == tx.actor:
        raise OwnBatch(maker=line.asked_by)
    transaction = posting.written_off(tx, line)
    if transaction:
        ledger.post(tx, [transaction], CHART)[0].demand()
    after = msgspec.structs.replace(line, state="written_off")
    _move(tx, "asked", [after])
    tx.emit("line.written_off", ids.show("stl", line.id), gross=line.gross, asked_by=line.asked_by)
    return after


def refuse_write_off(tx: Tx, line_id: UUID) -> Line:
    """Put a line that somebody asked to write off back into the queue. Raises UnknownLine, LineBusy."""
    (line,) = _lines(tx, [line_id], state="asked")
    after = msgspec.structs.replace(line, state=_SUSPENSE, asked_by="", reason="")
    _move(tx, "asked", [after])
    return after


def load_match(tx: Tx, id_: UUID, *, lock: bool = False) -> Match:
    """One match. Raises UnknownMatch."""
    found = store.match(tx, id_, lock=lock)
    if found is None:
        raise UnknownMatch(kind="match", id=ids.show("mat", id_))
    return found


def load_line(tx: Tx, id_: UUID) -> Line:
    """One line. Raises UnknownLine."""
    found = store.line(tx, id_)
    if found is None:
        raise UnknownLine(kind="line", id=ids.show("stl", id_))
    return found


def _lines(tx: Tx, line_ids: Sequence[UUID], *, state: str = _SUSPENSE) -> list[Line]:
    wanted = sorted(set(line_ids))[:MATCHED_AT_MOST]
    found = store.lock_lines(tx, wanted)
    missing = set(wanted) - {line.id for line in found}
    if missing or not found:
        raise UnknownLine(kind="line", id=ids.show("stl", min(missing)) if missing else "-")
    for line in found:
        if line.state != state:
            raise LineBusy(id=ids.show("stl", line.id), state=line.state)
    return found


def _item(tx: Tx, key: ItemKey) -> Item:
    found = store.item(tx, *key)
    if found is None:
        raise ItemGone(item=ids.show("txn", key[0]))
    return found


def _move(tx: Tx, before: str, lines: Sequence[Line]) -> None:
    if lines and store.move_lines(tx, [(before, line) for line in lines]) != len(lines):
        raise Conflict()
