"""`loan contract|statement`: the papers of a loan as PDF files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from huoshui.core.settings import Settings
from huoshui.interfaces.cli import loaning, terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.lending import begun
from huoshui.interfaces.cli.terminal import say
from huoshui.interfaces.papers import loans as papers
from huoshui.interfaces.papers.loans import File
from huoshui.lines.lending.loan import contract


class Days(msgspec.Struct, frozen=True):
    """From which day to which, as typed; empty for all there is."""

    since: str
    until: str


def run_contract(settings: Settings, where: Where, ref: str, lang: str, out: Path | None) -> None:
    """Write the contract."""
    with begun(settings, where) as tx:
        made = papers.contract_file(tx, contract.find(tx, ref), lang or terminal.language())
    _write(made, out)


def run_statement(
    settings: Settings, where: Where, ref: str, days: Days, lang: str, out: Path | None
) -> None:
    """Write the statement of some days."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        since, until = _day(days.since), _day(days.until)
        made = papers.statement_file(tx, loan, lang or terminal.language(), since, until)
    _write(made, out)


def _day(text: str) -> date | None:
    return loaning.day(text) if text else None


def _write(made: File, out: Path | None) -> None:
    """To where it was asked for, a folder or a file; else here, by its own name."""
    place = out or Path()
    if place.is_dir():
        place /= made.name
    place.write_bytes(made.content)
    told = say("loan.written", file=place, bytes=f"{len(made.content):,}", digest=made.digest)
    terminal.out.print(told, highlight=False, soft_wrap=True)
