"""What a month cost: the money that was out on each of its days, and the running of what began in it."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources

from huoshui import ledger
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.ledger import AccountKind, Chart, Transaction, read_templates
from huoshui.scenarios.whatif.assumptions import MILLION
from huoshui.scenarios.whatif.full import store
from huoshui.scenarios.whatif.full.figures import capital_paths
from huoshui.scenarios.whatif.full.plan import FullRun, Planned, noon

CHART = Chart(
    (
        AccountKind("expense", "expense:{book}:{kind}", "expense"),
        AccountKind("payable", "payable:{book}:{what}", "liability"),
    )
)
TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)
_DAY = timedelta(days=1)
_YEAR = 365


def charge(tx: Tx, run: FullRun, last: date) -> None:
    """Charge the month that ends on a day for its money and its running; once."""
    first = last.replace(day=1)
    since, until = noon(tx, first), noon(tx, last + _DAY)
    begun = store.begun_between(tx, since - _HALF, until - _HALF)
    made = []
    for product in run.products:
        out = sum(day_ends(tx, product, first, last))
        cost = _part(out, run.funding)
        made.append(_entry(tx, product, last, "funding_cost", cost))
        made.append(
            _entry(tx, product, last, "running_cost", begun.get(product.key, 0) * product.cost_each)
        )
    posted = [each for each in made if each is not None]
    for result in ledger.post(tx, posted, CHART) if posted else ():
        result.demand()


_HALF = timedelta(hours=12)


def day_ends(tx: Tx, product: Planned, first: date, last: date) -> list[int]:
    """What a product has out at the end of each day, minor units, by its postings."""
    moved: dict[date, int] = {}
    before = 0
    zone = access.this_book(tx).time_zone
    for each in store.daily(tx, capital_paths(product.line, product.key), zone):
        if each.on < first:
            before -= each.net
        else:
            moved[each.on] = moved.get(each.on, 0) - each.net
    found = []
    for n in range((last - first).days + 1):
        before += moved.get(first + n * _DAY, 0)
        found.append(before)
    return found


def _part(money_days: int, rate_ppm: int) -> int:
    whole = MILLION * _YEAR
    return (2 * money_days * rate_ppm + whole) // (2 * whole)


def _entry(tx: Tx, product: Planned, last: date, template: str, amount: int) -> Transaction | None:
    if amount <= 0:
        return None
    return TEMPLATES[template].transaction(
        tx.id("txn", f"whatif/{product.key}/{last}/{template}"),
        {"book": product.key},
        {"amount": amount},
        reference=f"whatif/{last:%Y-%m}",
        currency=access.this_book(tx).currency,
        at=tx.now,
    )
