"""The words of a split case. Cases come from several peers and say the same thing in several words;
they are read here and nowhere else.

What a case leaves open is read as its peers do: "world" has no end (Numscript), and a source of
which nothing is said has what is asked of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from huoshui.ledger.allocation import Part, Rule, Source, read_share
from huoshui.ledger.allocation.model import Odd

Words = dict[str, Any]

TO = ("to", "name", "account", "party", "destination", "id")
FROM = ("from", "account", "name", "source", "id")
FIXED = ("fixed", "exact", "precise", "amount")
SHARE = ("share", "portion", "ratio", "fraction")
PERCENT = ("percent", "percentage", "pct")
REMAINING = ("remaining", "rest", "left", "remainder", "residual")
CAP = ("cap", "max", "maximum", "most", "up_to", "at_most", "ceiling")
FLOOR = ("floor", "min", "minimum", "least", "at_least")
INNER_PARTS = ("parts", "to", "into", "destinations", "in_order")
INNER_SOURCES = ("sources", "from", "of", "in_order")
HAS = ("has", "balance", "available", "funds", "funded", "there", "amount")
LIMIT = ("overdraft", "overdraft_limit", "overdraft_up_to", "overdraft_max", "limit", "credit")
ALL = ("all", "*", "max", "everything", None)
UNBOUNDED = ("unbounded", "unlimited", "infinite", "any")
ODD: dict[str, Odd] = {
    "in_order": "in_order", "order": "in_order", "first": "in_order", "formance": "in_order",
    "largest_remainder": "largest_remainder", "hamilton": "largest_remainder",
    "largest": "largest_share", "largest_share": "largest_share", "blnk": "largest_share",
    "largest_part": "largest_share",
    "owner": "owner", "remaining": "owner", "residual": "owner", "rest": "owner", "last": "owner",
    "left": "owner",
}  # fmt: skip
KNOWN = {*TO, *FROM, *SHARE, *PERCENT, *REMAINING, *CAP, *INNER_PARTS, *INNER_SOURCES, "kept"}
OWNER = ("owner", "residual_owner", "odd_to", "remainder_to", "residual_to")


class Asked(msgspec.Struct, frozen=True):
    """A case in the product's words; `amount` None is all that the sources have."""

    amount: int | None
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]
    has: dict[str, int]
    rule: Rule


def read(given: Words) -> Asked:
    """What a case asks for."""
    amount = _get(given, ("amount", "total"))
    parts = _parts(_get(given, INNER_PARTS))
    has = _balances(_get(given, ("balances", "accounts"), {}))
    sources = _sources(_get(given, INNER_SOURCES), has, bool(has))
    wanted = None if amount in ALL else int(amount)
    return Asked(wanted, parts, sources, has, _rule(given, parts))


def has_sources(given: Words) -> bool:
    """Whether a case says where the money comes from."""
    return any(name in given for name in INNER_SOURCES)


def _balances(stated: Any) -> dict[str, int]:
    if isinstance(stated, dict):
        return {name: int(has) for name, has in stated.items()}
    return {_get(words, FROM): _number(words, HAS) or 0 for words in stated}


def _rule(given: Words, parts: tuple[Part, ...]) -> Rule:
    """The stated rule: a word, a word with an owner, or an owner alone, who may be “last”."""
    stated = _get(given, ("rule", "odd", "rounding"), "in_order")
    stated = stated if isinstance(stated, dict) else {"odd": stated}
    word = _plain(stated.get("odd", "in_order"))
    owner = str(_get(given | stated, OWNER, ""))
    if owner and owner not in {part.to for part in parts} and _plain(owner) in ODD:
        word, owner = _plain(owner), ""
    elif owner and word == "in_order":
        word = "owner"
    if word == "last":
        owner = parts[-1].to
    return Rule(odd=ODD[word], owner=owner, shares_of=_get(given | stated, ("shares_of",), "total"))


def _plain(word: Any) -> str:
    return str(word).lower().replace(" ", "_").replace("-", "_")


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
    return (None, False) if stated is None else (read_share(str(stated).replace(" ", "")), False)


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
    there = None if _get(words, HAS) in UNBOUNDED else _number(words, HAS)
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
    """How far below zero an account may go; None is without end."""
    if account == "world" or words.get("unbounded") or _get(words, HAS) in UNBOUNDED:
        return None
    stated = _get(words, LIMIT, 0 if known else None)
    if isinstance(stated, dict):
        stated = _get(stated, ("up_to", "limit", "max", "amount"))
    if stated is True or stated in UNBOUNDED:
        return None
    return None if stated is None else int(stated)


def _listed(stated: Any) -> list[Any]:
    """A list; of one thing a list of it, of a mapping from names to what they have one of both."""
    if stated is None:
        return []
    if isinstance(stated, dict) and stated and not stated.keys() & KNOWN:
        return [{"from": name, "has": has} for name, has in stated.items()]
    return list(stated) if isinstance(stated, list) else [stated]


def _get(words: Words, names: Iterable[str], default: Any = None) -> Any:
    return next((words[name] for name in names if name in words), default)


def _number(words: Words, names: Iterable[str]) -> int | None:
    stated = next((words[n] for n in names if not isinstance(words.get(n), bool | None)), None)
    return None if stated is None else int(stated)
