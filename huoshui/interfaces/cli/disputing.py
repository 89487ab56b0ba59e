"""`disputes …`: what banks took back, its evidence, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.payments.disputes import allowed, service, store
from huoshui.lines.payments.disputes.model import Dispute, Evidence

ACTOR = "cli"


def run_list(
    settings: Settings, where: Where, state: str, rail: str, limit: int, *, json: bool
) -> None:
    """Disputes, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = store.page(tx, state=state, rail=rail, limit=limit)
    if json:
        terminal.print_json([_told(each) for each in found])
        return
    _table(found)


def run_show(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One dispute with its files."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = service.dispute(tx, ids.read("dpt", ref))
        given = store.evidence(tx, found.id)
    if json:
        terminal.print_json(_told(found) | {"evidence": [_file(each) for each in given]})
        return
    _tell(found)
    files = [
        (f"#{e.number}", f"{e.name}, {e.media_type}, {e.size:,}, {e.hash.hex()}, {e.note}")
        for e in given
    ]
    terminal.fields(files)


def run_give(
    settings: Settings, where: Where, ref: str, file: Path, note: str, *, json: bool
) -> None:
    """Give a file for a dispute; the same content again changes nothing."""
    id_, content = ids.read("dpt", ref), file.read_bytes()
    with opened(settings, where.world) as database:
        made = database.run(
            lambda tx: service.add_evidence(tx, id_, file.name[:120], content, note[:200]),
            book=where.book,
            actor=ACTOR,
        )
    if json:
        terminal.print_json(_file(made))
    else:
        terminal.out.print(
            say("disputes.given", file=made.name, number=made.number, sha256=made.hash.hex()),
            soft_wrap=True,
        )


def run_take(settings: Settings, where: Where, ref: str, number: int, to: Path) -> None:
    """Write a file of a dispute as it was given."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        given, content = service.content(tx, ids.read("dpt", ref), number)
    to.write_bytes(content)
    terminal.out.print(
        say("disputes.taken", file=given.name, to=str(to), size=f"{given.size:,}"), soft_wrap=True
    )


def run_submit(settings: Settings, where: Where, ref: str, sent_as: str, *, json: bool) -> None:
    """Make the evidence file and hold it as submitted."""
    _act(settings, where, ref, lambda tx, id_: service.submit(tx, id_, sent_as[:200]), json=json)


def run_accept(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """Let the buyer have the money."""
    _act(settings, where, ref, service.accept, json=json)


def _act(
    settings: Settings, where: Where, ref: str, verb: Callable[[Tx, Any], Dispute], *, json: bool
) -> None:
    id_ = ids.read("dpt", ref)
    with opened(settings, where.world) as database:
        moved = database.run(lambda tx: verb(tx, id_), book=where.book, actor=ACTOR)
    if json:
        terminal.print_json(_told(moved))
    else:
        _tell(moved)


def _table(found: list[Dispute]) -> None:
    rows = [
        [ids.show("dpt", d.id), d.rail, say(f"disputes.state.{d.state}"),
         str(Money(d.amount, d.currency)), f"{d.due_at:%Y-%m-%d}"]
        for d in found
    ]  # fmt: skip
    names = ("dispute", "rail", "state", "amount", "due")
    terminal.table([say(f"disputes.{name}") for name in names], rows, numbers=(3,))


def _tell(d: Dispute) -> None:
    rows = (
        ("dispute", ids.show("dpt", d.id)), ("payment", ids.show("pmt", d.payment_id)),
        ("rail", d.rail), ("state", say(f"disputes.state.{d.state}")),
        ("amount", str(Money(d.amount, d.currency))), ("own", str(Money(d.own, d.currency))),
        ("due", f"{d.due_at:%Y-%m-%d %H:%M} UTC"), ("reason", d.reason),
        ("allowed", ", ".join(allowed(d.state))),
    )  # fmt: skip
    terminal.fields((say(f"disputes.{name}"), value) for name, value in rows)


def _told(found: Dispute) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    return told | {
        "id": ids.show("dpt", found.id), "payment_id": ids.show("pmt", found.payment_id),
        "call_id": ids.show("rca", found.call_id),
        "paper": found.paper.hex() if found.paper else None, "allowed": list(allowed(found.state)),
    }  # fmt: skip


def _file(given: Evidence) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(given)
    return told | {"dispute_id": ids.show("dpt", given.dispute_id), "hash": given.hash.hex()}
