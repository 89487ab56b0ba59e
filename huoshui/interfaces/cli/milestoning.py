"""`milestone …`: sources registered, signed facts presented, credit lines opened."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import major
from huoshui.core.settings import Settings
from huoshui.facts.milestones import service, store
from huoshui.facts.milestones.model import Source, Verified
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where, done
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.facility.way import Stand, stands
from huoshui.scenarios import credit_lines
from huoshui.scenarios.credit_lines import Presented


def run_register(
    settings: Settings, where: Where, name: str, key: str, kinds: list[str], *, json: bool
) -> None:
    """Believe a source from now on."""
    _tell_source(
        done(settings, where, lambda tx: service.register(tx, name, key, kinds)), json=json
    )


def run_suspend(settings: Settings, where: Where, source: str, reason: str, *, json: bool) -> None:
    """Believe a source in nothing new for now."""
    id_ = ids.read("msr", source)
    _tell_source(done(settings, where, lambda tx: service.suspend(tx, id_, reason)), json=json)


def run_resume(settings: Settings, where: Where, source: str, *, json: bool) -> None:
    """Believe a suspended source again."""
    id_ = ids.read("msr", source)
    _tell_source(done(settings, where, lambda tx: service.resume(tx, id_)), json=json)


def run_rotate(settings: Settings, where: Where, source: str, key: str, *, json: bool) -> None:
    """Believe another key of a source from now on."""
    id_ = ids.read("msr", source)
    _tell_source(done(settings, where, lambda tx: service.rotate(tx, id_, key)), json=json)


def run_sources(settings: Settings, where: Where, state: str, limit: int, *, json: bool) -> None:
    """Sources of milestones, newest first."""
    found = done(settings, where, lambda tx: store.sources(tx, None, limit, state))
    if json:
        terminal.print_json([msgspec.to_builtins(each) | {"id": each.shown} for each in found])
        return
    if not found:
        terminal.out.print(say("milestone.no_sources"), highlight=False)
        return
    heads = [say(f"milestone.{name}") for name in ("source", "name", "state", "kinds")]
    lang = terminal.language()
    rows = [
        [f.shown, f.name, i18n.text(f"state.milestone_source.{f.state}", lang), ", ".join(f.kinds)]
        for f in found
    ]
    terminal.table(heads, rows)


def run_revoke(settings: Settings, where: Where, source: str, reason: str, *, json: bool) -> None:
    """Believe a source no more."""
    id_ = ids.read("msr", source)
    _tell_source(done(settings, where, lambda tx: service.revoke(tx, id_, reason)), json=json)


def _tell_source(found: Source, *, json: bool) -> None:
    if json:
        terminal.print_json(msgspec.to_builtins(found) | {"id": found.shown})
        return
    told = say(
        f"milestone.{found.state}", id=found.shown, name=found.name, kinds=", ".join(found.kinds)
    )
    terminal.out.print(told, highlight=False)


def run_present(settings: Settings, where: Where, fact: str, *, json: bool) -> None:
    """Present a signed milestone; `-` reads it from standard input."""
    text = sys.stdin.read() if fact == "-" else fact
    found: Presented = done(settings, where, lambda tx: credit_lines.present(tx, text))
    if json:
        lifted = [_line(each.stand) | {"change": each.change.shown} for each in found.turned]
        terminal.print_json(_told(found.milestone) | {"again": found.again, "lifted": lifted})
        return
    said = "milestone.again" if found.again else "milestone.verified"
    one = found.milestone
    facts = {"id": one.shown, "kind": one.kind, "subject": one.subject}
    terminal.out.print(say(said, **facts), highlight=False)
    for each in found.turned:
        terminal.out.print(say("milestone.lifted", **_line(each.stand)), highlight=False)


def run_list(settings: Settings, where: Where, subject: str, limit: int, *, json: bool) -> None:
    """Milestones that were believed, newest first."""
    found = done(settings, where, lambda tx: store.milestones(tx, subject=subject, limit=limit))
    if json:
        terminal.print_json([_told(each) for each in found])
        return
    if not found:
        terminal.out.print(say("milestone.none"), highlight=False)
        return
    heads = [say(f"milestone.{name}") for name in ("kind", "subject", "reference", "reached")]
    rows = [[f.kind, f.subject, f.reference, f"{f.reached_at:%Y-%m-%d}"] for f in found]
    terminal.table(heads, rows)


def run_line(settings: Settings, where: Where, product: str, party: str, *, json: bool) -> None:
    """Open a party's credit line of a product."""

    def use_case(tx: Tx) -> Stand:
        return stands(tx, [credit_lines.open_line(tx, product, party)])[0]

    found = done(settings, where, use_case)
    if json:
        terminal.print_json(_line(found))
        return
    terminal.out.print(say("milestone.opened", **_line(found)), highlight=False)


def _line(stand: Stand) -> dict[str, str]:
    currency = stand.facility.currency
    return {
        "facility": stand.facility.shown,
        "limit": f"{major(stand.limit, currency):,} {currency}",
    }


def _told(found: Verified) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {"id": found.shown, "source_id": ids.show("msr", found.source_id)}
