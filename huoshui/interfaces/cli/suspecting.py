"""`suspects …`: rings and sellers of fake orders, searched, listed, shown, judged."""

from __future__ import annotations

from typing import Any

import msgspec

from huoshui.core import i18n, ids
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where, done
from huoshui.interfaces.cli.terminal import say
from huoshui.judgement.risk.suspects import Suspect, service, store

_VERDICTS = {"confirm": service.confirm, "clear": service.clear, "reopen": service.reopen}


def run_search(settings: Settings, where: Where, *, json: bool) -> None:
    """Search now, and from then on each day."""

    found = done(settings, where, service.search)
    told = msgspec.to_builtins(found) | {"id": found.shown}
    if json:
        terminal.print_json(told)
        return
    terminal.out.print(say("suspects.searched", **told), highlight=False)


def run_list(
    settings: Settings, where: Where, kind: str, state: str, member: str, limit: int, *, json: bool
) -> None:
    """Suspects, newest first."""
    found = done(
        settings, where,
        lambda tx: store.page(tx, kind=kind, state=state, member=member, limit=limit),
    )  # fmt: skip
    if json:
        terminal.print_json([_told(each) for each in found])
        return
    if not found:
        terminal.out.print(say("suspects.none"), highlight=False)
        return
    lang = terminal.language()
    heads = [say(f"suspects.{name}") for name in ("id", "kind", "members", "bits", "state")]
    rows = [
        [
            each.shown, i18n.text(f"state.suspect_kind.{each.kind}", lang), f"{len(each.members)}",
            f"{each.centibits / 100:.1f}", i18n.text(f"state.suspect.{each.state}", lang),
        ]
        for each in found
    ]  # fmt: skip
    terminal.table(heads, rows, numbers=(2, 3))


def run_show(settings: Settings, where: Where, suspect: str, *, json: bool) -> None:
    """One suspect with its signs."""
    _tell(done(settings, where, lambda tx: service.find(tx, suspect)), json=json)


def run_verdict(
    settings: Settings, where: Where, verb: str, suspect: str, reason: str, actor: str, *, json: bool
) -> None:  # fmt: skip
    """Confirm, clear or take back."""
    id_ = ids.read("sus", suspect)
    _tell(done(settings, where, lambda tx: _VERDICTS[verb](tx, id_, reason), actor), json=json)


def _tell(found: Suspect, *, json: bool) -> None:
    if json:
        terminal.print_json(_told(found))
        return
    lang = terminal.language()
    state = i18n.text(f"state.suspect.{found.state}", lang)
    told = say("suspects.one", id=found.shown, state=state, members=len(found.members),
               bits=f"{found.centibits / 100:.1f}")  # fmt: skip
    terminal.out.print(told, highlight=False)
    heads = [say(f"suspects.{name}") for name in ("sign", "count", "of", "bits")]
    rows = [
        [i18n.text(f"sign.{s.name}", lang), f"{s.count}", f"{s.of}", f"{s.centibits / 100:.1f}"]
        for s in found.signs
    ]
    terminal.table(heads, rows, numbers=(1, 2, 3))


def _told(found: Suspect) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {"id": found.shown}
