"""The replays: which there are and how far; one of them while it runs, and its report after."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import NotFound
from huoshui.core.worlds import World, Worlds
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Column,
    Empty,
    Frame,
    Link,
    ListPage,
    Mark,
    Progress,
    Row,
    Share,
    Span,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.report import report_page
from huoshui.scenarios.replay import store
from huoshui.scenarios.replay.store import ReplayRow

_SHOWN = 20
_TONES: dict[str, Tone] = {"running": "accent", "verified": "good", "failed": "bad"}


def replays_page(worlds: Worlds, sees: Callable[[str], bool], frame: Frame) -> ListPage:
    """The newest replays that the reader may look into."""
    found = [world for world in worlds.all() if world.kind == "replay" and sees(world.name)]
    newest = sorted(found, key=lambda world: world.created_at, reverse=True)
    rows = [_row(worlds, world, frame) for world in newest[:_SHOWN]]
    names = ("name", "book", "state", "orders", "done", "rate", "data", "created")
    ends = ("orders", "done", "rate")
    return ListPage(
        title=frame.say("replays"),
        lead=frame.say("replays.lead"),
        crumbs=(asked.home(frame),),
        table=Table(
            title=frame.say("replays"),
            columns=tuple(
                Column(title=frame.say(f"replays.{name}"), align="end" if name in ends else "start")
                for name in names
            ),
            rows=tuple(row for row in rows if row),
            empty=Empty(
                title=frame.say("replays.none"),
                detail=frame.say("replays.none.detail"),
                command="huoshui replay --orders DIR",
            ),
        ),
        count=frame.say("count.page", n=len(rows)),
        api_calls=(ApiCall(path="/v1/replay", note=frame.say("replays.api")),),
    )


def _row(worlds: Worlds, world: World, frame: Frame) -> Row | None:
    with worlds.database(world.name).begin() as tx:
        row = store.replay(tx)
        book = access.this_book(tx) if row else None
    href = f"/console/{world.name}/replay"
    if row is None or book is None:
        return None  # killed before its first commit: the next start makes it anew
    mark: Cell = Mark("generated" if book.generated else "observed")
    return Row(
        href=href,
        cells=(
            Link(world.name, href),
            book.name,
            Status(frame.say(f"replay.{row.state}"), _TONES[row.state]),
            row.orders,
            Share(Decimal(row.cursor) / max(row.total, 1)),
            _per_s(row.orders, row),
            mark,
            world.created_at,
        ),
    )


def _per_s(count: int, row: ReplayRow) -> Decimal:
    seconds = Decimal(max((row.touched_at - row.started_at).total_seconds(), 1))
    return (count / seconds).quantize(Decimal(1))


def replay_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """This world's replay: its progress while it runs, its report after. Raises NotFound."""
    row = store.replay(tx)
    if row is None:
        raise NotFound(kind="replay", id=frame.world.name if frame.world else "")
    if row.report:
        return report_page(tx, frame)
    return AnalysisPage(
        title=frame.say("replay.title", name=frame.world.name if frame.world else ""),
        lead=frame.say("replay.lead"),
        crumbs=(asked.home(frame), Link(frame.say("replays"), frame.to("replays"))),
        progress=_progress(row, frame),
        notes=(frame.say("replay.while"), frame.say("replay.resume")),
        api_calls=(ApiCall(path="/v1/replay"),),
    )


def running(tx: Tx, frame: Frame) -> Progress | None:
    """The progress of this world's replay; None once its report stands."""
    row = store.replay(tx)
    return _progress(row, frame) if row and not row.report else None


def _progress(row: ReplayRow, frame: Frame) -> Progress:
    per_s = _per_s(row.cursor, row)
    left = Span(int((row.total - row.cursor) / per_s)) if per_s else None
    done = row.cursor >= row.total
    return Progress(
        label=frame.say("replay.verifying" if done else "replay.running.label"),
        done=row.cursor,
        total=row.total,
        per_s=per_s,
        left=None if done else left,
        detail=frame.say(
            "replay.orders_so_far",
            n=shown.number(row.orders, frame.lang),
            per_s=_per_s(row.orders, row),
        ),
        poll_href=frame.to("replay/progress"),
    )
