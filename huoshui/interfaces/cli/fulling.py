"""What-if run in full: the figures of its postings beside the estimate, and the postings behind one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.db import Database
from huoshui.core.money import major
from huoshui.core.settings import Settings
from huoshui.core.worlds import Worlds
from huoshui.facts.commerce.reading.source import read_source
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.supposing import Supposed, assumed, files_of
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.scenarios.replay import Asked, Progress
from huoshui.scenarios.replay.assumptions import read_sections
from huoshui.scenarios.replay.driver import Outcome, Tell
from huoshui.scenarios.whatif.full import Comparison, compare, trace
from huoshui.scenarios.whatif.full.run import again, run

_HEADS = ("whose", "taken", "lent", "income", "funding", "loss", "cost", "net", "peak")
_PAGE = 50


def run_full(worlds: Worlds, asked: Asked, supposed: Supposed, tell: Tell) -> Outcome:
    """Replay with the products live, in a world named after them."""
    assumptions = assumed(supposed)
    source = read_source(asked.directories, read_sections(asked.directories, asked.assumptions))
    files = files_of(assumptions, supposed, source.currency)
    return run(worlds, asked, assumptions, files, supposed.case, tell)


def compared(database: Database) -> Comparison:
    """The full run of a world beside its estimate."""
    with database.begin() as tx:
        return compare(tx)


def document(found: Comparison) -> dict[str, Any]:
    """A comparison as one object."""
    return {
        "currency": found.currency,
        "case": found.case,
        "basis": {"full": "posted", "estimate": "assumed"},
        "full": [msgspec.to_builtins(each) for each in found.full],
        "estimate": [msgspec.to_builtins(each) for each in found.estimates],
        "refused": [msgspec.to_builtins(each) for each in found.refused],
    }


def show(found: Comparison) -> None:
    """Each product as a table of two rows, and why they differ."""
    heads = [say(f"full.{head}") for head in _HEADS]
    for full, estimate in zip(found.full, found.estimates, strict=True):
        terminal.out.print(full.product, style="bold", highlight=False)
        rows = [
            _row(say("full.posted"), full, found.currency),
            _row(say("full.estimated"), estimate, found.currency),
        ]
        terminal.table(heads, rows, numbers=tuple(range(1, len(_HEADS))))
    for why in found.refused:
        amount = f"{round(major(why.amount, found.currency)):,}"
        terminal.out.print(
            say("full.refused", product=why.product, count=why.count, amount=amount,
                reason=why.reason),
            highlight=False,
        )  # fmt: skip
    terminal.out.print(say("full.note", currency=found.currency), highlight=False)


def _row(whose: str, of: Any, currency: str) -> list[str]:
    income = of.fee + of.interest
    amounts = (of.lent, income, of.funding, of.loss, of.cost, of.net, of.capital_peak)
    return [whose, f"{of.taken:,}", *(f"{round(major(a, currency)):,}" for a in amounts)]


def run_again(settings: Settings, world: str, *, json: bool) -> None:
    """Run in full what was estimated in a world, in one of its own, and print it."""
    worlds = Worlds.start(settings)
    try:
        with Bar(quiet=json) as bar:
            done = again(worlds, world, settings.home_path / "spools", tell=progress(bar))
        found = compared(worlds.database(done.world))
    finally:
        worlds.close()
    if json:
        terminal.print_json({"world": done.world} | document(found))
    else:
        show(found)


def progress(bar: Bar) -> Tell:
    """Tells how far a replay is on a bar."""

    def told(at: Progress) -> None:
        bar.show(say(f"stage.{at.stage}"), at.done, at.total)

    return told


def run_compare(settings: Settings, world: str, *, json: bool) -> None:
    """Print a full run that stands, beside its estimate."""
    with opened(settings, world) as database:
        found = compared(database)
    if json:
        terminal.print_json({"world": world} | document(found))
    else:
        show(found)


def run_trace(
    settings: Settings, world: str, product: str, figure: str, after: str, *, json: bool
) -> None:
    """Print the sums of postings that a figure is of, and a page of the postings."""
    cursor: UUID | None = ids.read("txn", after) if after else None
    with opened(settings, world) as database, database.begin() as tx:
        found = trace(tx, product, figure, cursor, _PAGE)
    if json:
        terminal.print_json(msgspec.to_builtins(found))
        return
    value = f"{major(found.value, found.currency):,} {found.currency}"
    terminal.out.print(say("full.traced", product=product, figure=figure, value=value), style="bold", highlight=False)  # fmt: skip
    terminal.table(
        [say(f"full.{head}") for head in ("account", "template", "postings", "sum")],
        [[s.path, s.template, f"{s.count:,}", f"{major(s.net, found.currency):,}"]
         for s in found.sums],
        numbers=(2, 3),
    )  # fmt: skip
    terminal.table(
        [say(f"full.{head}") for head in ("posting", "at", "template", "reference", "sum")],
        [[ids.show("txn", e.txn_id), f"{e.at:%Y-%m-%d}", e.template, e.reference,
          f"{major(e.net, found.currency):,}"] for e in found.entries],
        numbers=(4,),
    )  # fmt: skip
    if found.next:
        terminal.out.print(say("full.more", after=ids.show("txn", found.next)), highlight=False)
