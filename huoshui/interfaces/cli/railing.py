"""`rails list`, `rails health`, `rails calls` and the simulators as a program of their own."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.payments.rails import registry, store, watch
from huoshui.lines.payments.rails.model import Capabilities
from huoshui.lines.payments.rails.simulator.faults import chance
from huoshui.lines.payments.rails.store import CallRow
from huoshui.lines.payments.rails.watch import RailHealth

CAN = ("authorises", "captures_in_parts", "refunds", "refunds_in_parts", "voids", "acts",
       "pays_out", "mandates", "offline")  # fmt: skip


class Simulated(msgspec.Struct, frozen=True):
    """How the simulators are to run; `faults` are `NAME=CHANCE`, times in milliseconds."""

    port: int
    directory: Path
    faults: tuple[str, ...]
    seed: int
    notify: str
    later_ms: int
    late_ms: int
    slow_ms: int


def run_list(settings: Settings, *, json: bool) -> None:
    """The rails and what each can do."""
    registry.load(settings.rails)
    found = {name: registry.capabilities(name) for name in registry.names()}
    if json:
        terminal.print_json(
            [{"name": name, **msgspec.to_builtins(can)} for name, can in found.items()]
        )
        return
    headings = [say("rails.rail"), say("rails.where"), say("rails.can")]
    terminal.table(headings, [[name, _where(can), _can(can)] for name, can in found.items()])


def _where(can: Capabilities) -> str:
    return say("rails.inside" if can.internal else "rails.outside")


def _can(can: Capabilities) -> str:
    return ", ".join(say(f"rails.can.{name}") for name in CAN if getattr(can, name))


def run_health(settings: Settings, where: Where, *, json: bool) -> None:
    """How well each outside rail was in the last 24 hours."""
    worlds = Worlds.start(settings)
    try:
        registry.load(settings.rails)
        database = worlds.database(where.world)
        with database.begin(book=where.book) as tx:
            found = [each for each in watch.watched(tx).rails if not each.capabilities.internal]
    finally:
        worlds.close()
    if json:
        terminal.print_json([_figures(each) for each in found])
        return
    names = ("rail", "success", "succeeded", "declined", "silent", "p50", "p95", "open", "breaker")
    rows = [_health_row(each) for each in found]
    headings = [say(f"rails.{name}") for name in names]
    terminal.table(headings, rows, numbers=(1, 2, 3, 4, 5, 6, 7))


def _figures(each: RailHealth) -> dict[str, Any]:
    figures: dict[str, Any] = msgspec.to_builtins(each.health)
    success = each.health.success
    return figures | {
        "success": None if success is None else f"{success:.4f}",
        "open": each.open,
        "breaker": "open" if each.breaker.opened_at else "closed",
    }


def _health_row(each: RailHealth) -> list[str]:
    health = each.health
    return [
        each.name,
        "–" if health.success is None else f"{health.success:.1%}",
        f"{health.succeeded:,}",
        f"{health.declined:,}",
        f"{health.silent:,}",
        "–" if health.p50_ms is None else f"{health.p50_ms:,} ms",
        "–" if health.p95_ms is None else f"{health.p95_ms:,} ms",
        f"{sum(each.open.values()):,}",
        say("rails.breaker.open" if each.breaker.opened_at else "rails.breaker.closed"),
    ]


def run_calls(
    settings: Settings, where: Where, rail: str, state: str, limit: int, *, json: bool
) -> None:
    """Calls to rails, newest first."""
    worlds = Worlds.start(settings)
    try:
        database = worlds.database(where.world)
        with database.begin(book=where.book) as tx:
            rows = store.page(tx, rail=rail, state=state, limit=limit)
    finally:
        worlds.close()
    if json:
        terminal.print_json([_call(row) for row in rows])
        return
    names = ("call", "rail", "verb", "amount", "state", "code")
    terminal.table(
        [say(f"rails.{name}") for name in names],
        [
            [
                ids.show("rca", row.id),
                row.rail,
                row.verb,
                str(Money(row.amount, row.currency)),
                row.state,
                row.code or row.flag,
            ]
            for row in rows
        ],
        numbers=(3,),
    )


def _call(row: CallRow) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(row)
    return told | {"id": ids.show("rca", row.id)}


def run_simulate(asked: Simulated, *, json: bool) -> None:
    """Serve the simulators until interrupted; what they did stays in the directory."""
    from huoshui.lines.payments.rails.simulator import Simulator, serve
    from huoshui.lines.payments.rails.simulator.rules import Pace

    chances = dict(chance(text) for text in asked.faults)
    pace = Pace(asked.later_ms, asked.late_ms, asked.slow_ms)
    simulator = Simulator(asked.directory, chances=chances, seed=asked.seed, pace=pace)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    served = serve(simulator, port=asked.port, notify=asked.notify)
    try:
        _greet(served.url, simulator.secret, json=json)
        with contextlib.suppress(KeyboardInterrupt):
            served.wait()
    finally:
        served.stop()


def _greet(url: str, secret: str, *, json: bool) -> None:
    if json:
        terminal.print_json({"url": url, "secret": secret})
        sys.stdout.flush()
        return
    terminal.out.print(say("rails.simulating", url=url), highlight=False, soft_wrap=True)
    for name in ("card", "transfer", "qr", "bank"):
        lines = f'[rails.{name}]\nplugin = "simulated"\nurl = "{url}"\nsecret = "{secret}"'
        terminal.out.print(lines, highlight=False, soft_wrap=True)
