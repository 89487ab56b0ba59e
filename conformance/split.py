"""Splits: `input` → `amounts`, `postings`, or a refusal.

A case may send several times (each on what the one before left), or cut several totals. Where it
does not say what shares are a share of, and shares of the total do not fit beside the fixed parts,
they are of what the fixed parts leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from conformance import split_words as words
from conformance import world
from conformance.given import equal
from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.ledger import AccountKind, Leg, Transaction, journal
from huoshui.ledger import service as ledger
from huoshui.ledger.allocation import (
    Allocation,
    Part,
    Posting,
    Rule,
    Source,
    allocate,
)
from huoshui.ledger.allocation.draw import Draw
from huoshui.ledger.allocation.model import SharesExceedRest
from huoshui.ledger.allocation.service import Plan, post_allocation
from huoshui.ledger.store import Opening

Words = dict[str, Any]
Engine = Callable[
    [int | None, Sequence[Part], Sequence[Source], Mapping[str, int], Rule], Allocation
]
CURRENCY = "CNY"
NOWHERE = "\0"  # where the amount comes from in cases that do not say it

_MIX = re.compile(r"(\d+) by ([\d./]+) ?%")


def answer(case: Words) -> Words:
    """The amounts of the parts, or the postings where sources are given."""
    return _answer(case, allocate)


class Stored:
    """The same out of stored accounts, each allocation in a book of its own; legs read back."""

    def __init__(self, database: Database, *, books: int = 0) -> None:
        self._database = database
        self._books = books  # those with lower numbers are somebody else's

    @staticmethod
    @contextmanager
    def open() -> Iterator[Stored]:
        """A world for cases, dropped at the end."""
        with world.fresh() as database:
            yield Stored(database)

    def answer(self, case: Words) -> Words:
        """A case through PostgreSQL."""
        return _answer(case, self._allocate)

    def _allocate(
        self,
        amount: int | None,
        parts: Sequence[Part],
        sources: Sequence[Source],
        has: Mapping[str, int],
        rule: Rule,
    ) -> Allocation:
        names = _Names()
        whence = sources or (Source(account=NOWHERE, overdraft=None),)
        plan = Plan(
            amount=amount,
            currency=CURRENCY,
            parts=tuple(names.part(part) for part in parts or (Part(to="none"),)),
            sources=tuple(names.source(source) for source in whence),
            rule=msgspec.structs.replace(rule, owner=names.path(rule.owner) if rule.owner else ""),
        )
        self._books += 1
        book = self._books
        with self._database.begin(book=book) as tx:
            access.open_book(tx, access.Book(book, f"b{book}", "Case", CURRENCY, "UTC", True))
            fund(tx, {path: has.get(name, 0) for name, path in names.paths.items()})
            id_ = tx.id("txn", "case")
            found = post_allocation(tx, id_, plan, template="case")
            stored = journal.transaction(tx, id_).legs if found.postings else ()
        return Allocation(
            amount=found.amount,
            amounts=found.amounts if parts else (),
            draws=tuple(Draw(names.name(d.account), d.amount) for d in found.draws),
            postings=tuple(
                Posting(names.name(leg.source), names.name(leg.target), leg.amount)
                for leg in stored
            ),
        )


class _Names:
    """Paths for the names of a case, which may be any text."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def path(self, name: str) -> str:
        return self.paths.setdefault(name, f"case:{len(self.paths)}")

    def name(self, path: str) -> str:
        return next(name for name, known in self.paths.items() if known == path)

    def part(self, part: Part) -> Part:
        inner = tuple(self.part(each) for each in part.parts)
        return msgspec.structs.replace(part, to=self.path(part.to), parts=inner)

    def source(self, source: Source) -> Source:
        inner = tuple(self.source(each) for each in source.sources)
        account = "" if inner else self.path(source.account)
        return msgspec.structs.replace(source, account=account, sources=inner)


def fund(tx: Tx, has: Mapping[str, int]) -> None:
    """Open accounts without bounds and give each what it has, which may be below zero."""
    kind = AccountKind("case", "", "liability")
    paths = ("bank", *has)
    ledger.open_accounts(tx, [Opening(path, CURRENCY, kind) for path in paths])
    legs = [
        Leg("bank", path, amount) if amount > 0 else Leg(path, "bank", -amount)
        for path, amount in has.items()
        if amount
    ]
    if legs:
        funding = Transaction(
            id=tx.id("txn", "fund"),
            template="case",
            reference="",
            currency=CURRENCY,
            legs=tuple(legs),
            effective_at=tx.now,
        )
        ledger.post(tx, [funding])[0].demand()


def _answer(case: Words, engine: Engine) -> Words:
    given: Words = case.get("input", case)
    if "totals" in given:
        return {"amounts": [list(a.amounts) for a in _several(case, given, engine)]}
    if "sends" in given:
        return {"postings": _in_turn(given, engine)}
    found = _allocated(given, engine)
    if not words.has_sources(given):
        return {"amounts": list(found.amounts)}
    if not found.amounts:
        return {"postings": [list(taken) for taken in found.draws]}
    return {"postings": [list(posting) for posting in found.postings]}


def agrees(case: Words, found: Words) -> bool:
    """Equal to what is expected; where only the sum is portable, exact and never negative."""
    wanted = case["expect"]
    if "property" not in wanted:
        return equal(wanted, found)
    cuts = zip(case["input"]["totals"], found.get("amounts", []), strict=True)
    return all(sum(parts) == total and min(parts) >= 0 for total, parts in cuts)


def _several(case: Words, given: Words, engine: Engine) -> Iterable[Allocation]:
    """One mix over many totals, or a mix for each, which such a case states in its title."""
    mixes = {int(total): shares.split("/") for total, shares in _MIX.findall(case.get("title", ""))}
    for total in given["totals"]:
        parts = given.get("parts") or [{"share": f"{share}%"} for share in mixes[int(total)]]
        yield _allocated(given | {"amount": total, "parts": parts}, engine)


def _in_turn(given: Words, engine: Engine) -> list[list[Any]]:
    """Several allocations, each on what those before it left."""
    has: dict[str, int] = dict(given.get("balances", {}))
    made: list[list[Any]] = []
    for send in given["sends"]:
        for source, target, amount in _allocated({**send, "balances": has}, engine).postings:
            has[source] = has.get(source, 0) - amount
            has[target] = has.get(target, 0) + amount
            made.append([source, target, amount])
    return made


def _allocated(given: Words, engine: Engine) -> Allocation:
    asked = words.read(given)
    try:
        return engine(asked.amount, asked.parts, asked.sources, asked.has, asked.rule)
    except SharesExceedRest:
        if "shares_of" in given:
            raise
        of_rest = msgspec.structs.replace(asked.rule, shares_of="rest")
        return engine(asked.amount, asked.parts, asked.sources, asked.has, of_rest)
