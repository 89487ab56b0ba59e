"""The lane of this server process: how large its batches are, how long they wait and take."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from huoshui.core.lane import LaneHealth, Spread
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Column,
    Empty,
    Figure,
    FigureGroup,
    Frame,
    Row,
    Series,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked

_LIVE_S = 3
_PARTS = ("p50", "p95", "p99", "max")


def lane_page(frame: Frame, health: LaneHealth | None) -> AnalysisPage:
    """A lane's figures, or why this world has none."""
    page = AnalysisPage(
        title=frame.say("lane"),
        lead=frame.say("lane.lead"),
        crumbs=(asked.home(frame),),
        notes=(frame.say("lane.note.process"), frame.say("lane.note.recent")),
        live_s=_LIVE_S,
        empty=Empty(title=frame.say("lane.none"), detail=_why(frame)) if health is None else None,
        api_calls=(ApiCall(path="/v1/ledger/lane"),),
    )
    if health is None:
        return page
    return msgspec.structs.replace(
        page,
        figures=_now(frame, health),
        groups=(FigureGroup(frame.say("lane.odd"), _odd(frame, health)),),
        charts=(_times(frame, health), _sizes(frame, health)) if health.batches else (),
        tables=(_spreads(frame, health),),
    )


def _why(frame: Frame) -> str:
    if frame.world and frame.world.kind == "replay":
        return frame.say("lane.none.replay")
    return frame.say("lane.none.detail")


def _now(frame: Frame, health: LaneHealth) -> tuple[Figure, ...]:
    mean = (
        (Decimal(health.items) / health.batches).quantize(Decimal("0.1"))
        if health.batches
        else None
    )
    return (
        Figure(
            label=frame.say("lane.queued"),
            value=health.queued,
            hint=frame.say("lane.queued.means"),
            tone="warn" if health.queued > 10_000 else "neutral",
        ),
        Figure(label=frame.say("lane.batches"), value=health.batches),
        Figure(label=frame.say("lane.items"), value=health.items),
        Figure(label=frame.say("lane.mean"), value=mean, hint=frame.say("lane.mean.means")),
        Figure(label=frame.say("lane.wait"), value=_ms(frame, health.wait_us.p99)),
        Figure(label=frame.say("lane.flush"), value=_ms(frame, health.flush_us.p99)),
    )


def _odd(frame: Frame, health: LaneHealth) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            label=frame.say(f"lane.{name}"),
            value=count,
            hint=frame.say(f"lane.{name}.means"),
            tone="warn" if count else "neutral",
        )
        for name, count in (
            ("refused", health.refused),
            ("bisected", health.bisected),
            ("retried", health.retried),
        )
    )


def _of(spread: Spread) -> tuple[int, ...]:
    return tuple(getattr(spread, part) for part in _PARTS)


def _milli(us: int) -> Decimal:
    return (Decimal(us) / 1000).quantize(Decimal("0.01"))


def _ms(frame: Frame, us: int) -> str:
    return frame.say("lane.ms", n=_milli(us))


def _times(frame: Frame, health: LaneHealth) -> Chart:
    return Chart(
        key="times",
        question=frame.say("lane.times"),
        summary=frame.say(
            "lane.times.says",
            wait=_ms(frame, health.wait_us.p50),
            flush=_ms(frame, health.flush_us.p50),
        ),
        x=tuple(frame.say(f"lane.{part}") for part in _PARTS),
        x_title=frame.say("lane.part"),
        unit=Unit(kind="ms"),
        series=(
            Series(
                name=frame.say("lane.waited"),
                values=tuple(_milli(us) for us in _of(health.wait_us)),
                colour=2,
            ),
            Series(
                name=frame.say("lane.flushed"),
                values=tuple(_milli(us) for us in _of(health.flush_us)),
                colour=1,
            ),
        ),
    )


def _sizes(frame: Frame, health: LaneHealth) -> Chart:
    return Chart(
        key="sizes",
        question=frame.say("lane.sizes"),
        summary=frame.say("lane.sizes.says", n=health.batch_items.p50, most=health.batch_items.max),
        x=tuple(frame.say(f"lane.{part}") for part in _PARTS),
        x_title=frame.say("lane.part"),
        unit=Unit(kind="count"),
        series=(Series(name=frame.say("lane.size"), values=_of(health.batch_items), colour=3),),
    )


def _spreads(frame: Frame, health: LaneHealth) -> Table:
    def row(name: str, cells: tuple[Cell, ...]) -> Row:
        return Row(cells=(frame.say(f"lane.{name}"), *cells))

    return Table(
        title=frame.say("lane.recent"),
        columns=(
            Column(title=frame.say("lane.measure")),
            *(Column(title=frame.say(f"lane.{part}"), align="end") for part in _PARTS),
        ),
        rows=(
            row("size", _of(health.batch_items)),
            row("waited", tuple(_ms(frame, us) for us in _of(health.wait_us))),
            row("flushed", tuple(_ms(frame, us) for us in _of(health.flush_us))),
        ),
    )
