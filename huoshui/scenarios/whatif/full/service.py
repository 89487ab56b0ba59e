"""A full run: its companion of the replay; its figures beside the estimate; the postings behind a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct, read_product
from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.work import Run
from huoshui.facts.commerce.model import Fact
from huoshui.lines.lending.product import LENDING, read_tables
from huoshui.scenarios import switching
from huoshui.scenarios.order_flow import Taken
from huoshui.scenarios.products import LINES, checked
from huoshui.scenarios.switching import Settings
from huoshui.scenarios.whatif import service as estimates
from huoshui.scenarios.whatif.assumptions import Assumptions, Case
from huoshui.scenarios.whatif.assumptions import checked as read_assumed
from huoshui.scenarios.whatif.full import costs, figures, living, store
from huoshui.scenarios.whatif.full.plan import FullRun, NotRunInFull, Planned, plan, planned
from huoshui.scenarios.whatif.full.sellers import Sellers
from huoshui.scenarios.whatif.full.store import Entry, Sum, Why
from huoshui.scenarios.whatif.full.taking import Taking
from huoshui.scenarios.whatif.service import Offered, Result

FIGURES = ("lent", "fee", "interest", "funding", "loss", "cost", "net")


class FullResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a product came to in a full run, by its postings; minor units, hours whole."""

    product: str
    line: str
    taken: int
    lent: int
    fee: int
    interest: int
    funding: int
    loss: int
    cost: int
    net: int
    capital_peak: int
    capital_mean: int
    waits_h: int | None = None
    waited_h: int | None = None


class Comparison(msgspec.Struct, frozen=True):
    """A full run beside the estimate of the same case: by product, and why they differ."""

    currency: str
    case: Case
    full: tuple[FullResult, ...]
    estimates: tuple[Result, ...]
    refused: tuple[Why, ...]


class Trace(msgspec.Struct, frozen=True):
    """A figure of a product, the sums of postings that it is of, and some of the postings."""

    product: str
    figure: str
    value: int
    currency: str
    sums: tuple[Sum, ...]
    entries: tuple[Entry, ...]
    next: UUID | None


class Going:
    """A full run as what goes along with a replay: see `replay.companion.Companion`."""

    def __init__(self, run: FullRun) -> None:
        self.run = run
        products = {each.key: _product(each) for each in run.products}
        self._taking = Taking(run, products)
        self._living = living.Living(run)
        tables = {
            key: read_tables(each.product.tables)
            for key, each in products.items()
            if each.product.line == LENDING.name
        }
        self._sellers = Sellers(run, tables)

    @property
    def settings(self) -> list[Any]:
        """What makes it another replay than the history alone."""
        return [msgspec.to_builtins(self.run)]

    @property
    def tail(self) -> timedelta:
        """Until the last loan is paid, or lost."""
        return self.run.tail

    @property
    def work(self) -> Mapping[str, Run]:
        """The due work of production, and what its people would do."""
        return {**self._living.work, **self._sellers.work}

    def begin(self, tx: Tx) -> None:
        """The products are switched on before the first fact."""
        for each in self.run.products:
            switching.switch_on(tx, each.source.encode(), Settings(fee=each.fee))
        store.begin(tx, self.run)
        living.begin(tx)
        self._sellers.wait(tx)

    def take(self, tx: Tx, facts: Sequence[Fact]) -> Taken:
        """Facts that became known."""
        return self._taking.take(tx, facts)


def _product(each: Planned) -> CheckedProduct:
    return checked(read_product(each.source.encode(), LINES))


def going(
    assumptions: Assumptions, files: Mapping[str, Offered], case: Case = "base", seed: int = 1
) -> Going:
    """A full run of the products of the assumptions, in their order. Raises NoProductFile."""
    found = []
    for key, assumed in assumptions.products.items():
        if key not in files:
            raise estimates.NoProductFile(product=key)
        file = files[key]
        found.append(planned(file.checked, file.source, assumed, case))
    return Going(plan(assumptions, case, seed, found))


def setup(tx: Tx) -> FullRun | None:
    """What the full run of this world is run under, or None."""
    return store.run(tx)


def need(tx: Tx) -> FullRun:
    """What the full run of this world is run under. Raises NotRunInFull."""
    found = store.run(tx)
    if found is None:
        raise NotRunInFull()
    return found


def prepare(tx: Tx, tell: estimates.Tell = lambda *_: None) -> None:
    """Keep the estimate's loans of the same history beside the full run. Raises NotRunInFull."""
    run = need(tx)
    files = {each.key: Offered(_product(each), each.source) for each in run.products}
    estimates.prepare(tx, read_assumed(run.assumptions), files, seed=run.seed, tell=tell)


def compare(tx: Tx) -> Comparison:
    """The full run beside the estimate of its case. Raises NotRunInFull, NotPrepared."""
    run = need(tx)
    found = estimates.estimate(tx, read_assumed(run.assumptions), (run.case,))
    counts = store.counts(tx)
    waits = {each.product: each for each in store.waits(tx)}
    results = []
    for each in run.products:
        sums = store.sums(tx, figures.all_paths(each.line, each.key))
        said = {name: figures.value(each.line, each.key, name, sums) for name in FIGURES}
        out = _curve(tx, each)
        wait = waits.get(each.key)
        results.append(
            FullResult(
                product=each.key, line=each.line, taken=counts.get(each.key, 0), **said,
                capital_peak=max(out, default=0),
                capital_mean=sum(out) // len(out) if out else 0,
                waits_h=wait.waits if wait else None, waited_h=wait.waited if wait else None,
            )
        )  # fmt: skip
    by_product = {each.product: each for each in found.results}
    estimated = tuple(by_product[each.key] for each in run.products)
    return Comparison(found.currency, run.case, tuple(results), estimated, tuple(store.refused(tx)))


def _curve(tx: Tx, product: Planned) -> list[int]:
    """What is out at the end of each day, from the first loan until nothing is."""
    days = _span(tx, product)
    if days is None:
        return []
    out = costs.day_ends(tx, product, *days)
    while out and out[-1] == 0:
        out.pop()
    return out


def _span(tx: Tx, product: Planned) -> tuple[date, date] | None:
    zone = access.this_book(tx).time_zone
    moved = store.daily(tx, figures.capital_paths(product.line, product.key), zone)
    return (moved[0].on, moved[-1].on) if moved else None


def trace(tx: Tx, product: str, figure: str, after: UUID | None = None, limit: int = 50) -> Trace:
    """The postings that a figure is the sum of. Raises UnknownFigure."""
    run = store.run(tx)
    of = next((each for each in run.products if each.key == product), None) if run else None
    told = figures.sources(of.line, figure) if of else ()
    if of is None or not told:
        known = ", ".join(figures.NAMES)
        products = ", ".join(each.key for each in run.products) if run else "-"
        raise UnknownFigure(
            product=product[:60], figure=figure[:40], known=known, products=products
        )
    paths = sorted({each.path(product) for each in told})
    templates = sorted({name for each in told for name in each.templates})
    every = any(not each.templates for each in told)
    sums = [
        each for each in store.sums(tx, paths) if every or each.template in templates
    ]  # fmt: skip
    value = figures.value(of.line, product, figure, sums)
    rows = store.entries(tx, paths, [] if every else templates, after, limit)
    more = rows[-1].txn_id if len(rows) == limit else None
    currency = access.this_book(tx).currency
    return Trace(product, figure, value, currency, tuple(sums), tuple(rows), more)


class UnknownFigure(estimates.NotPrepared):
    """No such figure of this run, or no such product; the problem lists those that there are."""

    code = "whatif_unknown_figure"
    status = 404
