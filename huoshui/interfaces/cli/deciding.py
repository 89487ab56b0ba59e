"""`decision …` and `policy propose`: asked for, listed, made again, explained, asked what if."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money, major
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.ruling import done, tell
from huoshui.interfaces.cli.terminal import say
from huoshui.judgement.risk import reasons
from huoshui.judgement.risk.decision import Asked, Decision, loading, service, store
from huoshui.judgement.risk.decision.explain import Explained, Words
from huoshui.judgement.risk.decision.record import Difference
from huoshui.judgement.risk.decision.service import Recomputed
from huoshui.judgement.risk.decision.store import Search
from huoshui.scenarios import judging

ACTOR = "cli"
_PAGE = 500


class NotMadeAgain(msgspec.Struct, frozen=True):
    """How many decisions were made again, and those that did not come out the same."""

    count: int
    history: int
    failed: list[Recomputed]


def run_propose(settings: Settings, where: Where, file: Path, actor: str, *, json: bool) -> None:
    """Propose a file as the next version of its policy."""
    content = file.read_bytes()
    tell([done(settings, where, actor, lambda tx: loading.propose(tx, content))], json=json)


class _File(Asked, frozen=True, kw_only=True):
    """A request as a file tells it."""

    policy: str = ""


def run_ask(settings: Settings, where: Where, file: Path, *, json: bool) -> None:
    """Decide on a request in a JSON file."""
    said = msgspec.json.decode(file.read_bytes(), type=_File)
    given = msgspec.structs.asdict(said)
    policy = given.pop("policy")
    made: Decision = done(
        settings, where, ACTOR, lambda tx: judging.decide(tx, Asked(**given), policy=policy)
    )
    _tell([made], json=json)


def run_list(
    settings: Settings, where: Where, outcome: str, reference: str, limit: int, *, json: bool
) -> None:
    """Decisions, newest first."""
    by = Search(outcome=outcome, reference=reference)
    found = done(settings, where, ACTOR, lambda tx: store.decisions(tx, by, None, limit))
    if not found and not json:
        terminal.out.print(say("decision.none"))
        return
    _tell(found, json=json)


def _tell(found: list[Decision], *, json: bool) -> None:
    if json:
        terminal.print_json([told(each) for each in found])
        return
    rows = [
        [d.shown, _outcome(d.outcome), _money(d.amount, d.currency), _money(d.granted, d.currency),
         ", ".join(d.reasons) or "–", f"{d.policy}@{d.policy_number}"]
        for d in found
    ]  # fmt: skip
    names = ("id", "outcome", "asked", "granted", "reasons", "policy")
    terminal.table([say(f"decision.{name}") for name in names], rows, numbers=(2, 3))


def told(row: Decision) -> dict[str, Any]:
    """A decision as one JSON object."""
    found: dict[str, Any] = msgspec.to_builtins(row)
    return found | {"id": row.shown, "record": row.document, "sha256": bytes(row.sha256).hex()}


def _outcome(outcome: str) -> str:
    return i18n.text(f"outcome.{outcome}", terminal.language())


def _money(amount: int | None, currency: str) -> str:
    return "–" if amount is None else f"{major(amount, currency):,} {Money(0, currency).currency}"


def _found(tx: Tx, ref: str) -> Decision:
    return service.find(tx, ids.read("dec", ref))


def run_show(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One decision with its record."""
    row: Decision = done(settings, where, ACTOR, lambda tx: _found(tx, ref))
    if json:
        terminal.print_json(told(row))
        return
    _tell([row], json=False)
    terminal.out.print(f"SHA-256 {bytes(row.sha256).hex()}", highlight=False, soft_wrap=True)
    terminal.out.print(msgspec.json.format(row.record, indent=2), highlight=False, soft_wrap=True)


def run_recompute(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """Make one decision again, or every one; ends with 1 unless all came out to the byte."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        rows = [_found(tx, ref)] if ref else None
        found = made_again(tx, rows)
    if json:
        terminal.print_json(msgspec.to_builtins(found))
    else:
        said = "decision.same" if not found.failed else "decision.differs"
        facts = {"count": found.count, "history": found.history, "failed": len(found.failed)}
        terminal.out.print(say(said, **facts), highlight=False)
        for each in found.failed:
            _differences(each.id, each.differences)
    if found.failed:
        raise SystemExit(1)


def made_again(tx: Tx, rows: list[Decision] | None = None) -> NotMadeAgain:
    """The given decisions made again, or all of the book, page by page."""
    count, history, failed = 0, 0, []
    after: UUID | None = None
    page = rows if rows is not None else store.decisions(tx, Search(), None, _PAGE)
    while page:
        for row in page:
            again = service.recompute(tx, row)
            count, history = count + 1, history + (again.source == "history")
            failed += [] if again.same else [again]
        after = page[-1].id
        page = [] if rows is not None else store.decisions(tx, Search(), after, _PAGE)
    return NotMadeAgain(count, history, failed)


def _differences(name: str, found: tuple[Difference, ...]) -> None:
    for each in found:
        line = f"{name} {each.pointer}: {each.stored} | {each.again}"
        terminal.out.print(line, highlight=False, soft_wrap=True)


def run_explain(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """Why a decision came out so."""
    found: Explained = done(
        settings, where, ACTOR, lambda tx: service.explained(tx, _found(tx, ref))
    )
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    lines = [_outcome(found.outcome)]
    lines += [f"  • {reasons.said(each.code, terminal.language())}" for each in found.reasons]
    for rule in found.rules:
        lines.append(say("decision.rule", name=rule.name, says=_said(rule.says)))
        lines += [f"  • {_said(each)}" for each in rule.because]
    for part in found.parts:
        lines.append(f"  {part.weight:>12}  {_said(part.says)}: {_said(part.value)}")
    if found.changes:
        lines.append(say("decision.approved_if"))
    lines += [f"  • {_said(c.says)}: {c.before} → {c.after} ({_said(c.do)})" for c in found.changes]
    for line in lines:
        terminal.out.print(line, highlight=False, soft_wrap=True)


def _said(words: Words) -> str:
    return words.said(terminal.language())


def run_rerun(settings: Settings, where: Where, ref: str, policy: str, *, json: bool) -> None:
    """What another policy would have made of it."""
    found = done(settings, where, ACTOR, lambda tx: service.rerun(tx, _found(tx, ref), policy))
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    terminal.out.print(f"{found.policy}: {_outcome(found.outcome)}", highlight=False)
    _differences("", found.differences)
