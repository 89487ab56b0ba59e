"""Rules over stored decisions: the same conditions as SQL, over the facts that each record holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from huoshui.core.db import Tx
from huoshui.core.expr import Column, Fact, Fragment
from huoshui.judgement.risk.rules.checked import CheckedRules

_STOPS = ("decline", "review")
Counts = tuple[int, int, int]


def told(own: CheckedRules) -> list[int]:
    """The rules of which history can tell: those that read no lists."""
    facts = own.schema.by_name
    return [
        n
        for n, test in enumerate(own.tests)
        if not any(facts[name].type.item for name in test.names)
    ]


def counted(
    tx: Tx, own: CheckedRules, rules: Collection[int], since: datetime, until: datetime
) -> tuple[Counts, dict[int, tuple[int, int]]]:
    """How many decisions, approved, stopped; and of each rule how often it fires, and among approved."""
    names = sorted({name for n in rules for name in own.tests[n].names})
    columns = {name: Column(f"c{n}", "d", f"c{n}u") for n, name in enumerate(names)}
    fragments = {n: own.tests[n].sql(columns, _prefix(n)) for n in rules}
    flags = [f"{_fires(own, n, fragments[n])} AS r{n}" for n in rules]
    stops = [f"r{n}" for n in rules if own.said.rule[n].action in _STOPS]
    sums = [f"count(*) FILTER (WHERE r{n}), count(*) FILTER (WHERE r{n} AND ok)" for n in rules]
    query = f"""
        WITH d AS (SELECT outcome IN ('approve', 'approve_less') AS ok, {_columns(own, names)}
            FROM (SELECT outcome, record::jsonb -> 'facts' AS f FROM decision
                  WHERE book = %(book)s AND at >= %(since)s AND at < %(until)s) AS s),
        r AS (SELECT {", ".join(["ok", *flags])} FROM d)
        SELECT {", ".join(["count(*)", "count(*) FILTER (WHERE ok)", f"count(*) FILTER (WHERE ok AND ({' OR '.join(stops) or 'false'}))", *sums])}
        FROM r"""
    params: dict[str, Any] = {k: v for each in fragments.values() for k, v in each.params.items()}
    # The text is made of our own names and of checked expressions, whose constants are parameters.
    row = tx.tuples(query, since=since, until=until, **params)[0]
    pairs = zip(row[3::2], row[4::2], strict=True)
    return (row[0], row[1], row[2]), dict(zip(rules, pairs, strict=True))


def _fires(own: CheckedRules, n: int, fragment: Fragment) -> str:
    missing = "true" if own.said.rule[n].missing == "fire" else "false"
    return f"coalesce({fragment.scalar}, {missing})"


def _prefix(n: int) -> str:
    """A prefix of letters alone, as fragments want it."""
    return "p" + "".join(chr(ord("a") + int(digit)) for digit in str(n))


def _columns(own: CheckedRules, names: list[str]) -> str:
    facts = own.schema.by_name
    parts = [_column(n, facts[name]) for n, name in enumerate(names)]
    return ", ".join(parts) or "1 AS c"


def _column(n: int, fact: Fact) -> str:
    if fact.type.kind == "money":
        amount = f"(f -> '{fact.name}' ->> 'amount')::numeric AS c{n}"
        return f"{amount}, f -> '{fact.name}' ->> 'currency' AS c{n}u"
    kinds = {"boolean": "boolean", "text": "text", "date": "date", "instant": "timestamptz"}
    return f"(f ->> '{fact.name}')::{kinds.get(fact.type.kind, 'numeric')} AS c{n}"
