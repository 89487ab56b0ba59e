"""`rules …`: rule sets checked, proposed, published, compared; policies go the same ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core.db import Tx
from huoshui.core.i18n import text
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import ledgering, terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.terminal import say
from huoshui.judgement.risk import reasons as catalogue
from huoshui.judgement.risk.rules.service import BackTest
from huoshui.judgement.risk.versions import Kind, Version, digest_of, split
from huoshui.judgement.risk.versions import service as versions
from huoshui.judgement.risk.versions import store as version_store
from huoshui.scenarios import judging

_SHOWN = 200
_DIGEST_SHOWN = 16


def done(settings: Settings, where: Where, actor: str, act: Callable[[Tx], Any]) -> Any:
    """Do something in a world's book in the name of somebody who sits at the command line."""
    return ledgering.done(settings, where, act, f"cli:{actor}")


def run_check(file: Path, *, json: bool) -> None:
    """Check a file as it stands."""
    own = judging.read_rules(file.read_bytes())
    tests = sum(len(rule.tests) for rule in own.said.rule)
    facts = {"name": own.said.rules, "count": len(own.said.rule), "tests": tests}
    if json:
        terminal.print_json(facts | {"digest": digest_of(own.said)})
        return
    digest = digest_of(own.said)[:_DIGEST_SHOWN]
    terminal.out.print(say("rules.good", **facts, digest=digest), highlight=False, soft_wrap=True)


def run_propose(settings: Settings, where: Where, file: Path, actor: str, *, json: bool) -> None:
    """Propose a file as the next version of its set."""
    content = file.read_bytes()
    tell([done(settings, where, actor, lambda tx: judging.propose_rules(tx, content))], json=json)


def run_move(
    settings: Settings, where: Where, kind: Kind, verb: str, ref: str, reason: str, actor: str, *,
    json: bool,
) -> None:  # fmt: skip
    """Publish, refuse or retire a version."""

    def act(tx: Tx) -> Version:
        return judging.move(tx, versions.find(tx, kind, *split(ref)), verb, reason)

    tell([done(settings, where, actor, act)], json=json)


def run_list(settings: Settings, where: Where, kind: Kind, name: str, *, json: bool) -> None:
    """Versions by name, the newest first."""
    found = done(
        settings, where, "", lambda tx: version_store.versions(tx, kind, name=name, limit=_SHOWN)
    )
    tell(found, json=json)


def run_show(settings: Settings, where: Where, kind: Kind, ref: str, *, json: bool) -> None:
    """The file of a version as it was given."""
    found: Version = done(settings, where, "", lambda tx: versions.find(tx, kind, *split(ref)))
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    terminal.out.print(found.source, highlight=False, soft_wrap=True)


def run_diff(
    settings: Settings, where: Where, kind: Kind, before: str, after: str, *, json: bool
) -> None:
    """What a version says otherwise than another one."""

    def act(tx: Tx) -> list[versions.Changed]:
        old, new = (versions.find(tx, kind, *split(ref)) for ref in (before, after))
        return versions.changed(old.body, new.body)

    found = done(settings, where, "", act)
    if json:
        terminal.print_json([msgspec.to_builtins(each) for each in found])
        return
    if not found:
        terminal.out.print(say("rules.same"))
        return
    rows = [[each.pointer, _told(each.before), _told(each.after)] for each in found]
    terminal.table([say(f"rules.{name}") for name in ("place", "before", "after")], rows)


def _told(value: Any) -> str:
    return "–" if value is None else str(value)


def run_backtest(settings: Settings, where: Where, ref: str, days: int, *, json: bool) -> None:
    """What a version would have done on the decisions of the last days."""

    def act(tx: Tx) -> BackTest:
        until = tx.now + timedelta(seconds=1)
        row = versions.find(tx, "rules", *split(ref))
        return judging.back_test(tx, row, until - timedelta(days=days), until)

    found: BackTest = done(settings, where, "", act)
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    facts = {"count": found.decisions, "approved": found.approved, "stopped": found.stopped}
    terminal.out.print(say("rules.back_test", **facts), highlight=False)
    rows = [[r.name, r.action, _told(r.fired), str(r.approved)] for r in found.rules]
    heads = [say(f"rules.{name}") for name in ("rule", "action", "fired", "of_approved")]
    terminal.table(heads, rows, numbers=(2, 3))


def run_reasons(*, json: bool) -> None:
    """The catalogue of reasons in both languages."""
    found = [[c, catalogue.said(c, "en"), catalogue.said(c, "zh")] for c in catalogue.codes()]
    if json:
        terminal.print_json([dict(zip(("code", "en", "zh"), row, strict=True)) for row in found])
        return
    terminal.table([say(f"rules.{name}") for name in ("code", "english", "chinese")], found)


def tell(found: list[Version], *, json: bool) -> None:
    """Versions, a line each."""
    if json:
        terminal.print_json([told(each) for each in found])
        return
    if not found:
        terminal.out.print(say("rules.none"))
        return
    rows = [
        [v.shown, text(f"state.version.{v.state}", terminal.language()), v.digest[:_DIGEST_SHOWN],
         v.proposed_by, v.decided_by or "–"]
        for v in found
    ]  # fmt: skip
    heads = [say(f"rules.{name}") for name in ("version", "state")]
    heads += ["SHA-256", say("rules.proposed_by"), say("rules.decided_by")]
    terminal.table(heads, rows)


def told(row: Version) -> dict[str, Any]:
    """A version without its file."""
    found: dict[str, Any] = msgspec.to_builtins(row)
    return {name: found[name] for name in found if name not in ("body", "source")}
