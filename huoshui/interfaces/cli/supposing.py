"""`whatif`: what credit products would have come to on a history that was replayed."""

from __future__ import annotations

import time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from huoshui.catalog import read_product
from huoshui.core.access import this_book
from huoshui.core.db import Database
from huoshui.core.errors import Problem
from huoshui.core.money import major
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.scenarios import whatif
from huoshui.scenarios.products import LINES, checked, golden
from huoshui.scenarios.whatif import Assumptions, Estimate, Offered, Result
from huoshui.scenarios.whatif.assumptions import Case


class NoSuchProduct(Problem):
    """A product is neither a file nor one that comes along; the problem lists those that do."""

    code = "whatif_no_such_product"
    status = 422


class Supposed(msgspec.Struct, frozen=True):
    """What to suppose: which products (files, or names of those that come along; none: all that are
    assumed), under which assumptions (none: those that come along); in `full`, of one case."""

    products: tuple[str, ...] = ()
    assumptions: Path | None = None
    seed: int = 1
    full: bool = False
    case: Case = "base"


class Found(msgspec.Struct, frozen=True):
    """What came of it: how many loans of each product, the estimate, and the seconds of both steps."""

    prepared: dict[str, int]
    estimate: Estimate
    prepare_s: float
    estimate_s: float

    def document(self) -> dict[str, Any]:
        """As one object."""
        return {
            "currency": self.estimate.currency,
            "basis": "assumed",
            "prepared": self.prepared,
            "prepare_s": self.prepare_s,
            "estimate_s": self.estimate_s,
            "results": [msgspec.to_builtins(result) for result in self.estimate.results],
        }


def run_whatif(settings: Settings, world: str, supposed: Supposed, *, json: bool) -> None:
    """Prepare and estimate, and print the figures, or one JSON object."""
    found = suppose(settings, world, supposed, quiet=json)
    if json:
        terminal.print_json({"world": world} | found.document())
        return
    show(found.estimate)


def suppose(settings: Settings, world: str, supposed: Supposed, *, quiet: bool) -> Found:
    """Prepare the loans that might have been, with a progress bar, and price them."""
    assumptions = assumed(supposed)
    started = time.monotonic()
    with opened(settings, world) as database:
        with Bar(quiet=quiet) as bar:
            counts = _prepare(database, assumptions, supposed, bar)
        prepared = time.monotonic()
        with database.begin() as tx:
            found = whatif.estimate(tx, assumptions)
    took = round(prepared - started, 2), round(time.monotonic() - prepared, 3)
    return Found(counts, found, *took)


def assumed(supposed: Supposed) -> Assumptions:
    """The assumptions, of the products that are asked for."""
    if supposed.assumptions:
        content = supposed.assumptions.read_bytes()
    else:
        content = (
            resources.files("huoshui.scenarios.whatif").joinpath("assumptions.toml").read_bytes()
        )
    found = whatif.read_assumptions(content)
    if not supposed.products:
        return found
    keys = [Path(name).stem for name in supposed.products]
    absent = [key for key in keys if key not in found.products]
    if absent:
        raise NoSuchProduct(product=absent[0], known=", ".join(found.products))
    return msgspec.structs.replace(found, products={key: found.products[key] for key in keys})


def _prepare(
    database: Database, assumptions: Assumptions, supposed: Supposed, bar: Bar
) -> dict[str, int]:
    with database.begin() as tx:
        files = files_of(assumptions, supposed, this_book(tx).currency)
        return whatif.prepare(
            tx, assumptions, files, seed=supposed.seed,
            tell=bar.show,
        )  # fmt: skip


def files_of(assumptions: Assumptions, supposed: Supposed, currency: str) -> dict[str, Offered]:
    """The files of all products that are assumed, in a currency where they come along."""
    paths = {Path(name).stem: Path(name) for name in supposed.products}
    return {key: _file(key, paths.get(key), currency) for key in assumptions.products}


def _file(key: str, path: Path | None, currency: str) -> Offered:
    """A product's file; one that comes along is read in the book's currency, its numbers as they are."""
    known = dict(golden(currency))
    if path is not None and path.is_file():
        source = path.read_text(encoding="utf-8")
    elif key in known:
        source = known[key]
    else:
        raise NoSuchProduct(product=key, known=", ".join(known))
    return Offered(checked(read_product(source.encode(), LINES)), source)


_HEADS = ("case", "taken", "lent", "income", "funding", "loss", "cost", "net", "peak", "return")


def show(found: Estimate) -> None:
    """The figures of each product as a table, with what they rest on."""
    heads = [say(f"whatif.{head}") for head in _HEADS]
    for product in dict.fromkeys(result.product for result in found.results):
        own = [result for result in found.results if result.product == product]
        terminal.out.print(product, style="bold", highlight=False)
        rows = [_row(result, found.currency) for result in own]
        terminal.table(heads, rows, numbers=tuple(range(1, len(_HEADS))))
        _say_sooner(next(result for result in own if result.case == "base"))
    terminal.out.print(say("whatif.note", currency=found.currency), highlight=False)


def _say_sooner(result: Result) -> None:
    if result.waited_h is not None and result.waits_h is not None:
        waits, waited = _days(result.waits_h), _days(result.waited_h)
        terminal.out.print(say("whatif.sooner", waits=waits, waited=waited), highlight=False)


def _row(result: Result, currency: str) -> list[str]:
    income = result.fee + result.interest
    amounts = (result.lent, income, result.funding, result.loss, result.cost, result.net,
               result.capital_peak)  # fmt: skip
    share = Decimal(result.net) * 100 / result.capital_mean if result.capital_mean else Decimal(0)
    return [
        say(f"whatif.case.{result.case}"), f"{result.taken:,}",
        *(f"{round(major(amount, currency)):,}" for amount in amounts), f"{share:.1f}%",
    ]  # fmt: skip


def _days(hours: int) -> str:
    return f"{Decimal(hours) / 24:.1f}"
