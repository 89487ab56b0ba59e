"""How the ledger is, over the API: its lane, its signed checkpoint, its reconciliations."""

from __future__ import annotations

import base64
from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.errors import NotFound
from huoshui.core.lane import Spread
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, after_id, enter, page_of
from huoshui.interfaces.lanes import Lanes
from huoshui.ledger import proof, reconciliation
from huoshui.ledger.proof.statement import NotSealedYet
from huoshui.ledger.reconciliation import Reconciliation
from huoshui.ledger.verify import Fault


class LaneView(msgspec.Struct, frozen=True):
    """The lane of this server process in the key's world, since it started; all books together.

    `refused` counts requests that found it full, `bisected` parts of batches that were halved,
    `retried` transactions that were run again. Times are microseconds.
    """

    world: str
    queued: int
    batches: int
    items: int
    refused: int
    bisected: int
    retried: int
    batch_items: Spread
    wait_us: Spread
    flush_us: Spread


class CheckpointView(msgspec.Struct, frozen=True):
    """The newest signed note over the tamper log, its parts (root in base64), the log's keys, and
    how many commits wait for the sealer.
    """

    note: str
    origin: str
    size: int
    root: str
    signed_at: datetime
    keys: list[str]
    waiting: int


class ReconciliationView(msgspec.Struct, frozen=True):
    """A comparison of stored counters with history; `ended_at` is null while it is under way."""

    id: str
    started_at: datetime
    ended_at: datetime | None
    accounts: int
    transfers: int
    holds: bool
    faults: list[Fault]


@reads("/ledger/lane", "ledger:read", LaneView, bound="book")
def show_lane(request: Ask) -> LaneView:
    """How the lane is: what waits, how large its batches are and how long they take."""
    visit = enter(request)
    lanes: Lanes = request.app.state.lanes
    lane = lanes.of(visit.actor.world)
    if lane is None:
        raise NotFound(kind="lane", id=visit.actor.world)
    found = lane.health()
    return LaneView(
        visit.actor.world, found.queued, found.batches, found.items, found.refused,
        found.bisected, found.retried, found.batch_items, found.wait_us, found.flush_us,
    )  # fmt: skip


@reads("/ledger/checkpoint", "ledger:read", CheckpointView, stateful=True, bound="book")
def show_checkpoint(request: Ask) -> CheckpointView:
    """The tamper log's newest checkpoint: keep it elsewhere, and history cannot be rewritten."""
    with enter(request).begin() as tx:
        note = proof.last_checkpoint(tx)
        if note is None:
            raise NotSealedYet()
        found, keys, lag = proof.read_checkpoint(note), proof.log_keys(tx), proof.lag(tx)
    root = base64.b64encode(found.root).decode()
    texts = [key.text for key in keys]
    return CheckpointView(note, found.origin, found.size, root, found.at, texts, lag.waiting)


@reads("/ledger/reconciliations", "ledger:read", Page[ReconciliationView], bound="book")
def list_reconciliations(
    request: Ask, after: Cursor = None, limit: Limit = 50
) -> Page[ReconciliationView]:
    """Comparisons of stored counters with history, newest first."""
    with enter(request).begin() as tx:
        before = after_id("rcl", after)
        rows = reconciliation.reconciliations(tx, before=before, limit=limit)
    return page_of("rcl", rows, limit, _shown)


def _shown(row: Reconciliation) -> ReconciliationView:
    return ReconciliationView(
        ids.show("rcl", row.id), row.started_at, row.ended_at, row.accounts, row.transfers,
        row.holds, list(row.faults),
    )  # fmt: skip


HANDLERS = [show_lane, show_checkpoint, list_reconciliations]
