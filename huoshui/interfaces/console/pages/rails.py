"""Rail health: how many calls succeed, how fast rails are, what is open, why calls are declined."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Code,
    Column,
    Empty,
    Figure,
    Frame,
    Link,
    Row,
    Series,
    Share,
    Status,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.rails import watch
from huoshui.lines.payments.rails.tally import success
from huoshui.lines.payments.rails.watch import RailHealth, Watched

_LIVE_S = 5
_CODES_SHOWN = 12


def rails_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """The last 24 hours of every outside rail."""
    watched = watch.watched(tx)
    outside = [each for each in watched.rails if not each.capabilities.internal]
    said = any(each.health.succeeded or each.health.declined for each in outside)
    return AnalysisPage(
        title=frame.say("menu.rails"),
        lead=frame.say("rails.lead"),
        crumbs=(asked.home(frame),),
        period=frame.say("rails.period"),
        live_s=_LIVE_S,
        figures=_figures(frame, outside),
        charts=(_by_hour(frame, watched), _times(frame, outside), _codes(frame, outside))
        if said
        else (),
        tables=(_table(frame, outside), _abilities(frame, watched.rails)),
        links=(
            Link(frame.say("menu.rail_calls"), frame.to("rail-calls"), "receipt-text"),
            Link(frame.say("rails.notices"), frame.to("rail-notices"), "file-text"),
        ),
        notes=(frame.say("rails.note.percentile"), frame.say("rails.note.breaker")),
        api_calls=(ApiCall(path="/v1/rails"),),
    )


def _figures(frame: Frame, outside: list[RailHealth]) -> tuple[Figure, ...]:
    succeeded = sum(each.health.succeeded for each in outside)
    final = succeeded + sum(each.health.declined for each in outside)
    silent = sum(each.health.silent for each in outside)
    waiting = sum(sum(each.open.values()) for each in outside)
    unknown = sum(each.open.get("unknown", 0) for each in outside)
    broken = [each.name for each in outside if each.breaker.opened_at]
    return (
        Figure(
            label=frame.say("rails.success"),
            value=Share(Decimal(succeeded) / final) if final else None,
            hint=frame.say("rails.success.means", n=f"{final:,}"),
        ),
        Figure(
            label=frame.say("rails.silent"),
            value=silent,
            hint=frame.say("rails.silent.means"),
            tone="warn" if silent else "neutral",
        ),
        Figure(
            label=frame.say("rails.open"),
            value=waiting,
            hint=frame.say("rails.open.means", n=f"{unknown:,}"),
            href=frame.to("rail-calls?state=unknown"),
            tone="warn" if unknown else "neutral",
        ),
        Figure(
            label=frame.say("rails.broken"),
            value=len(broken),
            hint=", ".join(rail_name(frame, name) for name in broken)
            or frame.say("rails.broken.none"),
            tone="bad" if broken else "good",
        ),
    )


def rail_name(frame: Frame, name: str) -> str:
    """A rail in the reader's language, or its name."""
    return asked.word(frame, "rail", name)


def _by_hour(frame: Frame, watched: Watched) -> Chart:
    hours = [watched.since + timedelta(hours=n) for n in range(watched.hours)]
    names = [
        each.name
        for each in watched.rails
        if each.health.succeeded or each.health.declined
    ]  # fmt: skip
    zone = ZoneInfo(frame.zone)
    found = {(name, hour): success(watched.counts, name, hour) for name in names for hour in hours}
    return Chart(
        key="by-hour",
        question=frame.say("rails.by_hour"),
        summary=frame.say("rails.by_hour.says", n=len(names)),
        x=tuple(f"{hour.astimezone(zone):%H:00}" for hour in hours),
        x_title=frame.say("rails.hour"),
        unit=Unit(kind="share"),
        wide=True,
        series=tuple(
            Series(
                name=rail_name(frame, name),
                values=tuple(found[name, hour] for hour in hours),
                shape="line",
                colour=number,
            )
            for number, name in enumerate(names, 1)
        ),
        api_call=ApiCall(path="/v1/rails"),
    )


def _times(frame: Frame, outside: list[RailHealth]) -> Chart:
    timed = [each for each in outside if each.health.p95_ms is not None]
    slowest = max(timed, key=lambda each: each.health.p95_ms or 0, default=None)
    return Chart(
        key="times",
        question=frame.say("rails.times"),
        summary=frame.say(
            "rails.times.says",
            rail=rail_name(frame, slowest.name) if slowest else "–",
            n=f"{slowest.health.p95_ms or 0:,}" if slowest else "–",
        ),
        x=tuple(rail_name(frame, each.name) for each in timed),
        x_title=frame.say("rails.rail"),
        unit=Unit(kind="ms"),
        series=(
            Series(name="p50", values=tuple(each.health.p50_ms for each in timed), colour=2),
            Series(name="p95", values=tuple(each.health.p95_ms for each in timed), colour=1),
        ),
        api_call=ApiCall(path="/v1/rails"),
    )


def _codes(frame: Frame, outside: list[RailHealth]) -> Chart:
    codes: dict[str, int] = {}
    for each in outside:
        for code, count in each.health.codes.items():
            codes[code] = codes.get(code, 0) + count
    most = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))[:_CODES_SHOWN]
    told = [(asked.word(frame, "decline", code or "none"), count) for code, count in most]
    return Chart(
        key="codes",
        question=frame.say("rails.codes"),
        summary=frame.say("rails.codes.says", code=told[0][0], n=f"{told[0][1]:,}")
        if told
        else frame.say("rails.codes.none"),
        x=tuple(name for name, _ in told),
        x_title=frame.say("rails.code"),
        unit=Unit(kind="count"),
        shape="ranked",
        series=(
            Series(name=frame.say("rails.declined"), values=tuple(n for _, n in told), colour=4),
        ),
        api_call=ApiCall(path="/v1/rails/calls?state=declined"),
    )


def breaker_state(frame: Frame, each: RailHealth) -> Status:
    """Whether a rail is left in peace."""
    if each.breaker.opened_at:
        return Status(frame.say("rails.breaker.open"), "bad")
    if each.breaker.silences:
        return Status(frame.say("rails.breaker.stirred", n=each.breaker.silences), "warn")
    return Status(frame.say("rails.breaker.closed"), "good")


def _table(frame: Frame, outside: list[RailHealth]) -> Table:
    names = ("succeeded", "declined", "silent", "p50", "p95")
    return Table(
        title=frame.say("rails.table"),
        columns=(
            Column(title=frame.say("rails.rail")),
            Column(title=frame.say("rails.breaker")),
            Column(title=frame.say("rails.success"), align="end"),
            *(Column(title=frame.say(f"rails.{name}"), align="end") for name in names),
            Column(title=frame.say("rails.open"), align="end"),
        ),
        rows=tuple(_row(frame, each) for each in outside),
        empty=Empty(title=frame.say("rails.none"), detail=frame.say("rails.none.detail")),
    )


def _row(frame: Frame, each: RailHealth) -> Row:
    health = each.health
    href = frame.to(f"rail-calls?rail={each.name}")
    cells: tuple[Cell, ...] = (
        Link(rail_name(frame, each.name), href),
        breaker_state(frame, each),
        None if health.success is None else Share(health.success),
        health.succeeded,
        health.declined,
        health.silent,
        _ms(frame, health.p50_ms),
        _ms(frame, health.p95_ms),
        sum(each.open.values()),
    )
    return Row(key=each.name, href=href, cells=cells)


def _ms(frame: Frame, took: int | None) -> Cell:
    return None if took is None else frame.say("lane.ms", n=f"{took:,}")


_CAN = ("authorises", "captures_in_parts", "refunds", "refunds_in_parts", "voids", "acts",
        "pays_out", "mandates", "offline")  # fmt: skip


def _abilities(frame: Frame, rails: list[RailHealth]) -> Table:
    def row(each: RailHealth) -> Row:
        can = each.capabilities
        told = ", ".join(frame.say(f"rails.can.{name}") for name in _CAN if getattr(can, name))
        where = "inside" if can.internal else "outside"
        return Row(
            cells=(
                rail_name(frame, each.name),
                Code(each.name),
                frame.say(f"rails.{where}"),
                told,
            )
        )

    return Table(
        title=frame.say("rails.abilities"),
        columns=(
            Column(title=frame.say("rails.rail")),
            Column(title=frame.say("rails.name")),
            Column(title=frame.say("rails.where")),
            Column(title=frame.say("rails.can"), wide=True),
        ),
        rows=tuple(row(each) for each in rails),
    )
