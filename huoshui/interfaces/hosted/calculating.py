"""The public calculator: what a loan of a product on offer would cost, for whoever wants to know.

It needs no key and no secret: it tells what the marketplace offers to everybody, and keeps nothing.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from markupsafe import Markup

from huoshui.catalog import Product
from huoshui.catalog import service as catalog
from huoshui.core import money
from huoshui.core.access import Book, this_book
from huoshui.core.db import Database, Tx
from huoshui.core.errors import NotFound, Problem
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.core.worlds import LIVE, SANDBOX, Worlds
from huoshui.interfaces.hosted import answer, pace
from huoshui.interfaces.hosted.answer import draw, frame_of, html
from huoshui.interfaces.hosted.opening import ACTOR, Ask, NoSuchPage, address_of
from huoshui.interfaces.hosted.plot import bars
from huoshui.interfaces.papers.words import Words
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan.contract import Application, told_rates
from huoshui.lines.lending.product import LENDING, ProductQuote, read_tables
from huoshui.lines.lending.schedule import Row

_ADDRESS = re.compile(r"([a-z][a-z0-9-]{0,39})\.([0-9]{1,9})")
_LAWS = ("cn_simple", "cn_irr", "eu_aprc", "us_apr")


class Where(msgspec.Struct, frozen=True):
    """A request to a calculator: of which book, and how to work in it."""

    address: str
    world: str
    database: Database
    book: Book


class Pick(msgspec.Struct, frozen=True):
    """A product that can be chosen."""

    name: str
    title: str


class Line(msgspec.Struct, frozen=True):
    """An instalment, in figures without their currency."""

    due: date
    principal: str
    interest: str
    total: str
    balance: str


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What a loan would cost."""

    sums: tuple[tuple[str, Money], ...]
    rates: tuple[tuple[str, str], ...]
    rate: str
    texts: tuple[str, ...]
    lines: tuple[Line, ...]
    plot: Markup
    csv_href: str


class CalculatorPage(msgspec.Struct, frozen=True, kw_only=True):
    """The calculator with what was asked, and what comes of it."""

    world: str
    href: str
    payee: str
    products: tuple[Pick, ...]
    product: str
    about: str
    least: Money | None
    most: Money | None
    amount: str
    instalments: int
    counts: tuple[int, ...]
    problem: tuple[str, str] | None
    worked: Worked | None


def _enter(request: Ask, address: str) -> Where:
    pace.VISITS.take(address_of(request))
    found = _ADDRESS.fullmatch(address)
    if found is None or found[1] not in (LIVE, SANDBOX):
        raise NoSuchPage()
    worlds: Worlds = request.app.state.worlds
    database = worlds.database(found[1])
    with database.begin(book=int(found[2]), actor=ACTOR) as tx:
        try:
            return Where(address, found[1], database, this_book(tx))
        except NotFound as error:
            raise NoSuchPage() from error


@get("/{address:str}", sync_to_thread=True)
def show(request: Ask, address: FromPath[str]) -> Response[bytes]:
    """The calculator; with an amount, what it comes to."""
    where = _enter(request, address)
    frame = frame_of(request, where.book.time_zone)
    asked = {name: str(value)[:40] for name, value in request.query_params.items()}
    page = where.database.run(
        lambda tx: calculator(tx, where, asked, frame.lang), book=where.book.book, actor=ACTOR
    )
    return html(request, draw("calculator.html", frame, page=page))


def offered(tx: Tx) -> dict[str, Product]:
    """The loans that are on offer, by name."""
    return {
        row.product: catalog.product_of(catalog.version(tx, row.product, row.offered))
        for row in catalog.products(tx, limit=200)
        if row.line == LENDING.name and row.offered is not None
    }


def calculator(tx: Tx, where: Where, asked: dict[str, str], lang: str) -> CalculatorPage:
    """The page for what was asked; without it, for the least that the first product lends."""
    products = offered(tx)
    name = asked.get("product", "")
    name = name if name in products else next(iter(products), "")
    chosen = products.get(name)
    counts = tuple(read_tables(chosen.tables).terms.instalments) if chosen else ()
    count = _count(asked.get("instalments", ""), counts)
    worked, problem = None, None
    if chosen:
        try:
            worked = _worked(tx, where, chosen, asked.get("amount", ""), count, lang)
        except Problem as wrong:
            problem = (wrong.title(lang), wrong.detail(lang))
    return CalculatorPage(
        world="live" if where.world == LIVE else "sandbox",
        href=f"/calculator/{where.address}",
        payee=where.book.name,
        products=tuple(Pick(key, each.name.say(lang)) for key, each in products.items()),
        product=name,
        about=chosen.about.say(lang) if chosen else "",
        least=Money(chosen.amount.min, chosen.currency) if chosen else None,
        most=Money(chosen.amount.max, chosen.currency) if chosen else None,
        amount=asked.get("amount", ""),
        instalments=count,
        counts=counts,
        problem=problem,
        worked=worked,
    )


def _count(said: str, counts: tuple[int, ...]) -> int:
    number = int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else 0
    return number if number in counts else max(counts, default=0)


def _quoted(tx: Tx, product: Product, said: str, count: int) -> ProductQuote:
    """Raises AmountUnreadable, AmountOutside, RateAboveCap and what the price expression may."""
    amount = money.parse_amount(said.replace(",", ""), product.currency)
    asked = Application(product=product.product, party="", amount=amount, instalments=count)
    return contract.quote(tx, asked)


def _worked(
    tx: Tx, where: Where, product: Product, said: str, count: int, lang: str
) -> Worked | None:
    if not said:
        return None
    found = _quoted(tx, product, said, count)
    unit, quote = product.currency, found.quote
    sums = {
        "received": found.asked.amount - quote.fee, "fee": quote.fee,
        "interest": quote.sums.interest, "repaid": quote.sums.total,
    }  # fmt: skip
    rates = told_rates(quote.rates)
    return Worked(
        sums=tuple((text(f"paper.{name}", lang), Money(n, unit)) for name, n in sums.items()),
        rates=tuple((text(f"paper.law.{law}", lang), f"{rates[f'{law}_pct']}%") for law in _LAWS),
        rate=Words(lang, unit).share(str(found.rate_annual)),
        texts=tuple(each.say(lang) for each in found.disclosures),
        lines=tuple(_line(row, unit) for row in quote.rows),
        plot=bars(
            [(row.principal, row.interest) for row in quote.rows], text("hosted.calc.plot", lang)
        ),
        csv_href=f"/calculator/{where.address}/schedule.csv?product={product.product}"
        f"&amount={found.asked.amount}&instalments={count}",
    )


def _line(row: Row, unit: str) -> Line:
    bare = Words("en", unit).bare
    return Line(
        row.due, bare(row.principal), bare(row.interest), bare(row.total), bare(row.balance)
    )


@get("/{address:str}/schedule.csv", sync_to_thread=True)
def schedule_csv(request: Ask, address: FromPath[str]) -> Response[bytes]:
    """The schedule as a table for a spreadsheet; `amount` in minor units."""
    where = _enter(request, address)
    asked = request.query_params

    def use_case(tx: Tx) -> bytes:
        product = offered(tx).get(str(asked.get("product", "")))
        amount, count = (str(asked.get(name, "")) for name in ("amount", "instalments"))
        if product is None or not re.fullmatch("[0-9]{1,15}", amount):
            raise NoSuchPage()
        counts = tuple(read_tables(product.tables).terms.instalments)
        major = str(money.major(int(amount), product.currency))
        found = _quoted(tx, product, major, _count(count, counts))
        return _table(found, product.currency)

    content = where.database.run(use_case, book=where.book.book, actor=ACTOR)
    told = {"Content-Disposition": 'attachment; filename="schedule.csv"'}
    return Response(content, media_type="text/csv", headers=answer.HEADERS | told)


def _table(found: ProductQuote, unit: str) -> bytes:
    made = io.StringIO()
    rows = csv.writer(made)
    rows.writerow(["n", "due", "principal", "interest", "total", "balance", "currency"])
    for row in found.quote.rows:
        parts = (row.principal, row.interest, row.total, row.balance)
        rows.writerow([row.n, row.due, *(money.major(each, unit) for each in parts), unit])
    return made.getvalue().encode()


HANDLERS: list[Any] = [show, schedule_csv]
