"""Splits: `input` → `amounts`, `postings`, or a refusal.

Cases come from several peers and say the same thing in several words; the words are read here and
nowhere else. What a case leaves open is read as its peers do: "world" has no end (Numscript), and
a source of which nothing is said has what is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import msgspec

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
    read_share,
)
from huoshui.ledger.allocation.draw import Draw
from huoshui.ledger.allocation.model import Odd, SharesExceedRest
from huoshui.ledger.allocation.service import Plan, post_allocation
from huoshui.ledger.store import Opening

Words = dict[str, Any]
Engine = Callable[
    [int | None, Sequence[Part], Sequence[Source], Mapping[str, int], Rule], Allocation
]
CURRENCY = "CNY"
NOWHERE = "\0"  # where the amount comes from in cases that do not say it

TO = ("to", "name", "account", "party", "destination", "id")
FROM = ("from", "account", "name", "source", "id")
FIXED = ("fixed", "exact", "amount")
SHARE = ("share", "portion", "ratio", "fraction")
PERCENT = ("percent", "percentage", "pct")
REMAINING = ("remaining", "rest", "left", "remainder", "residual")
CAP = ("cap", "max", "most", "up_to", "at_most")
FLOOR = ("floor", "min", "least", "at_least")
INNER_PARTS = ("parts", "to", "into", "destinations")
INNER_SOURCES = ("sources", "from", "of")
HAS = ("has", "balance", "available", "funds", "there")
LIMIT = ("overdraft", "overdraft_limit", "overdraft_up_to", "credit")
ALL = ("all", "*", "max", "everything", None)
UNBOUNDED = ("unbounded", "unlimited", "infinite", "any", True, None)
ODD: dict[str, Odd] = {
    "in_order": "in_order", "order": "in_order", "first": "in_order", "formance": "in_order",
    "largest_remainder": "largest_remainder", "hamilton": "largest_remainder",
    "largest": "largest_share", "largest_share": "largest_share", "blnk": "largest_share",
    "largest_part": "largest_share",
    "owner": "owner", "remaining": "owner", "residual": "owner", "rest": "owner", "last": "owner",
}  # fmt: skip
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
    if not _has(given, *INNER_SOURCES):
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
    rule = _rule(given)
    amount = _get(given, ("amount", "total"))
    parts = _parts(_get(given, INNER_PARTS))
    has: dict[str, int] = dict(_get(given, ("balances", "accounts"), {}))
    sources = _sources(_get(given, INNER_SOURCES), has, bool(has))
    wanted = None if amount in ALL else int(amount)
    try:
        return engine(wanted, parts, sources, has, rule("total"))
    except SharesExceedRest:
        if "shares_of" in given:
            raise
        return engine(wanted, parts, sources, has, rule("rest"))


def _rule(given: Words) -> Any:
    stated = _get(given, ("rule", "odd", "rounding"), "in_order")
    stated = stated if isinstance(stated, dict) else {"odd": stated}
    word = str(stated.get("odd", "in_order")).lower().replace(" ", "_").replace("-", "_")
    owner = _get(given | stated, ("owner", "residual_owner", "odd_to", "remainder_to"), "")
    if word == "last":
        owner = _get(_listed(_get(given, INNER_PARTS))[-1], TO, "")
    odd: Odd = ODD[word] if word != "in_order" or not owner else "owner"
    base = given.get("shares_of")

    def rule(default: Literal["total", "rest"]) -> Rule:
        return Rule(odd=odd, owner=owner, shares_of=base or default)

    return rule


def _parts(stated: Any) -> tuple[Part, ...]:
    return tuple(_part(words) for words in _listed(stated))


def _part(words: Any) -> Part:
    words = words if isinstance(words, dict) else {"to": words}
    inner = next((words[w] for w in INNER_PARTS if isinstance(words.get(w), list | dict)), None)
    to = next((words[w] for w in TO if isinstance(words.get(w), str)), "")
    kept = words.get("kept", words.get("keep", to == "kept"))
    stated = words | ({"share": kept} if isinstance(kept, str) else {})
    stated |= {"kept": True} if stated.get("remaining") == "kept" else {}
    share, remaining = _share(stated)
    fixed = _number(words, FIXED)
    cap = _number(words, CAP)
    return Part(
        to=to,
        fixed=fixed,
        share=share,
        remaining=remaining,
        cap=cap,
        floor=_number(words, FLOOR) or 0,
        kept=bool(kept) or bool(stated.get("kept")),
        parts=_parts(inner),
    )


def _share(words: Words) -> tuple[Any, bool]:
    """A share, and whether it is the remaining one."""
    percent = _get(words, PERCENT)
    stated = str(percent).removesuffix("%") + "%" if percent is not None else _get(words, SHARE)
    if any(words.get(word) for word in REMAINING) or stated in (*REMAINING, "*"):
        return None, True
    return (None, False) if stated is None else (read_share(str(stated).strip()), False)


def _sources(stated: Any, has: dict[str, int], known: bool) -> tuple[Source, ...]:
    return tuple(_source(words, has, known) for words in _listed(stated))


def _source(words: Any, has: dict[str, int], known: bool) -> Source:
    words = words if isinstance(words, dict) else {"from": words}
    inner = next((words[w] for w in INNER_SOURCES if isinstance(words.get(w), list | dict)), None)
    share, remaining = _share(words)
    most = _number(words, CAP)
    if inner is not None:
        nested = _sources(inner, has, known)
        return Source(most=most, share=share, remaining=remaining, sources=nested)
    account = next((words[w] for w in FROM if isinstance(words.get(w), str)), "")
    there = _number(words, HAS)
    if there is not None:
        has[account] = there - (_number(words, ("save", "saved", "reserve")) or 0)
    return Source(
        account=account,
        most=most,
        overdraft=_overdraft(words, account, known or there is not None),
        share=share,
        remaining=remaining,
    )


def _overdraft(words: Words, account: str, known: bool) -> int | None:
    stated: Any = next((words[word] for word in LIMIT if word in words), 0)
    if isinstance(stated, dict):
        stated = _get(stated, ("up_to", "limit", "max"))
    if account == "world" or words.get("unbounded") or stated in UNBOUNDED[:-2]:
        return None
    if stated is True or stated is None:
        return None
    if stated is False:
        return 0
    return int(stated) if known or _has(words, *LIMIT) else None


def _listed(stated: Any) -> list[Any]:
    if stated is None:
        return []
    return list(stated) if isinstance(stated, list) else [stated]


def _has(words: Words, *names: str) -> bool:
    return any(name in words for name in names)


def _get(words: Words, names: Iterable[str], default: Any = None) -> Any:
    return next((words[name] for name in names if name in words), default)


def _number(words: Words, names: Iterable[str]) -> int | None:
    stated = next((words[n] for n in names if not isinstance(words.get(n), bool | None)), None)
    return None if stated is None else int(stated)
