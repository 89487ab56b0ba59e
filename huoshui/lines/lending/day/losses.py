"""Parameters of expected losses: said of a product, or of all, from a day on; never changed."""

from __future__ import annotations

from datetime import date

import msgspec

from huoshui.catalog import service as catalog
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.day import store
from huoshui.lines.lending.day.store import RulesRow
from huoshui.lines.lending.impairment import Rules, Segment


class LossRulesLate(Problem):
    """Parameters hold from a day that is not closed yet: what was expected before stands."""

    code = "loss_rules_late"
    status = 409


class LossRulesCause(Problem):
    """It has to be said why parameters are what they are."""

    code = "loss_rules_cause"
    status = 422


def segments(tx: Tx, day: date) -> dict[str, Segment]:
    """What holds on a day of each product; under '' of all others. None where nothing was said."""
    found = {}
    for row in store.rules(tx, day):
        key = ("loss_rules", tx.book, row.product, row.number)
        known: Segment | None = tx.known(key)
        if known is None:
            known = Segment(msgspec.convert(row.rules, Rules))
            tx.learn(key, known)
        found[row.product] = known
    return found


def check(tx: Tx, product: str, rules: Rules, cause: str, day: date) -> None:
    """That parameters may be said of a product from a day on. Raises what `say` does."""
    rules.checked()
    if not cause.strip():
        raise LossRulesCause()
    if product:
        catalog.latest(tx, product)
    last = store.days(tx, None, 1)
    if last and day <= last[0][0]:
        raise LossRulesLate(since=day.isoformat(), last=last[0][0].isoformat())


def say(tx: Tx, product: str, rules: Rules, cause: str, since: date | None = None) -> RulesRow:
    """Let parameters hold of a product, '' for all others, from a day on; today if none is named.

    Raises BadScenarios, BadStaging, LossRulesCause, LossRulesLate, UnknownProduct.
    """
    day = since or access.today(tx)
    check(tx, product, rules, cause, day)
    number = store.next_number(tx, product)
    told = msgspec.to_builtins(rules)
    row = RulesRow(product, number, day, told, cause.strip()[:300], tx.now, tx.actor)
    store.add_rules(tx, row)
    tx.emit(
        "loan.loss_rules_set", f"{product or '*'}/{number}", product=product, since=day.isoformat(),
        cause=row.cause,
    )  # fmt: skip
    return row


__all__ = ["LossRulesCause", "LossRulesLate", "say", "segments"]
