"""The catalog: which products there are; one with what a loan of it asks, simulated by hand."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from huoshui.catalog import service
from huoshui.catalog.model import Product
from huoshui.catalog.store import VersionRow
from huoshui.core import access, money
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Chart,
    Choice,
    Code,
    Column,
    Deed,
    Empty,
    Figure,
    FigureGroup,
    Filter,
    Frame,
    Input,
    Link,
    ListPage,
    ObjectPage,
    Row,
    Series,
    Share,
    Status,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.lending.product import LENDING, Asked, ProductQuote, quote_checked
from huoshui.lines.lending.product.model import read_tables
from huoshui.scenarios import products

SCOPE = "products:write"
_STEPS = 200  # of an amount's slider


def products_page(tx: Tx, frame: Frame, _: str = "", problem: str = "") -> ListPage:
    """Products by name, each with what is offered of it."""
    shown = asked.limit(frame)
    found = service.products(tx, frame.asked("after"), shown + 1)
    rows = tuple(_row(tx, frame, each.product, each.latest, each.offered) for each in found[:shown])
    more = f"{frame.path}?after={found[shown - 1].product}" if len(found) > shown else ""
    return ListPage(
        title=frame.say("products"),
        lead=frame.say("products.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("switched"), frame.to("switched")),),
        table=Table(
            title=frame.say("products"),
            columns=(
                Column(title=frame.say("products.name"), wide=True),
                Column(title=frame.say("products.line")),
                Column(title=frame.say("products.amount"), align="end"),
                Column(title=frame.say("products.latest"), align="end"),
                Column(title=frame.say("products.state")),
            ),
            rows=rows,
            empty=Empty(
                title=frame.say("products.none"),
                detail=frame.say("products.none.detail"),
                command="huoshui product publish FILE --offer",
            ),
        ),
        deeds=_publishing(tx, frame, problem) if frame.writes(SCOPE) else (),
        count=frame.say("count.page", n=len(rows)),
        next_href=more,
        api_calls=(
            ApiCall(path=f"/v1/catalog?limit={shown}"),
            ApiCall(path="/v1/catalog", method="POST"),
        ),
    )


def _row(tx: Tx, frame: Frame, product: str, latest: int, offered: int | None) -> Row:
    href = frame.to(f"products/{product}")
    said = service.product_of(service.version(tx, product, latest))
    bounds = f"{_shown(said.amount.min, said)} – {_shown(said.amount.max, said)}"
    return Row(
        key=product,
        href=href,
        cells=(Link(said.name.say(frame.lang), href), said.line, bounds, latest,
               _state(frame, offered)),
    )  # fmt: skip


def _state(frame: Frame, offered: int | None) -> Status:
    if offered is None:
        return Status(frame.say("products.not_offered"), "neutral")
    return Status(frame.say("products.offered", number=offered), "good")


def _shown(amount: int, product: Product) -> str:
    return f"{money.major(amount, product.currency):,} {product.currency}"


def _publishing(tx: Tx, frame: Frame, problem: str) -> tuple[Deed, ...]:
    """A file of one's own; or a product that comes along, as it is, in the book's currency."""
    known = {each.product for each in service.products(tx, limit=1_000)}
    left = [name for name, _ in products.golden(frame.currency) if name not in known]
    by_file = Deed(
        title=frame.say("products.publish"),
        label=frame.say("products.publish.do"),
        says=frame.say("products.publish.says"),
        href=frame.to("products/-/file"),
        inputs=(Input(name="file", label=frame.say("products.file"), kind="file"),),
        problem=problem,
    )
    if not left:
        return (by_file,)
    golden = Deed(
        title=frame.say("products.golden"),
        label=frame.say("products.publish.do"),
        says=frame.say("products.golden.says", currency=frame.currency),
        href=frame.to("products/-/golden"),
        inputs=(
            Input(name="golden", label=frame.say("products.name"), kind="choice",
                  choices=tuple(Choice(name, name) for name in left)),
        ),
    )  # fmt: skip
    return (golden, by_file)


def product_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """One product as it was published last, and a loan of it. Raises UnknownProduct."""
    row = service.latest(tx, key)
    product, offered = service.product_of(row), service.offered_number(tx, key)
    if product.line != LENDING.name:
        return _plain_page(tx, frame, row, product, offered)
    wish = _wish(tx, frame, product)
    found = _quoted(product, wish)
    return ObjectPage(
        title=product.name.say(frame.lang),
        lead=product.about.say(frame.lang),
        crumbs=(asked.home(frame), Link(frame.say("products"), frame.to("products"))),
        key=row.product,
        status=_state(frame, offered),
        filters=_simulator(frame, product, wish),
        figures=_figures(frame, product, found) if isinstance(found, ProductQuote) else (),
        charts=(_chart(frame, product, found),) if isinstance(found, ProductQuote) else (),
        fields=_fields(frame, row, product),
        groups=tuple(_groups(frame, product, found)),
        tables=(*_schedule(frame, product, found), _versions(tx, frame, row)),
        deeds=_deeds(frame, row, offered) if frame.writes(SCOPE) else (),
        notes=_notes(frame, product, wish, found),
        api_calls=(
            ApiCall(path=f"/v1/catalog/{row.product}/quote?amount={wish.amount}"
                         f"&instalments={wish.instalments}"),
            ApiCall(path=f"/v1/catalog/{row.product}"),
        ),
    )  # fmt: skip


def _plain_page(
    tx: Tx, frame: Frame, row: VersionRow, product: Product, offered: int | None
) -> ObjectPage:
    """A product of another line than loans: what its file says, without a simulator."""
    return ObjectPage(
        title=product.name.say(frame.lang),
        lead=product.about.say(frame.lang),
        crumbs=(asked.home(frame), Link(frame.say("products"), frame.to("products"))),
        key=row.product,
        status=_state(frame, offered),
        fields=_fields(frame, row, product),
        groups=tuple(_groups(frame, product, None)),
        tables=(_versions(tx, frame, row),),
        deeds=_deeds(frame, row, offered) if frame.writes(SCOPE) else (),
        api_calls=(ApiCall(path=f"/v1/catalog/{row.product}"),),
    )


def _wish(tx: Tx, frame: Frame, product: Product) -> Asked:
    """The loan that is asked for: within the product, whatever the query says."""
    given = read_tables(product.tables).terms.instalments
    said = frame.asked("instalments")
    instalments = int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else 0
    amount = (product.amount.min + product.amount.max) // 2
    try:
        wanted = Decimal(frame.asked("amount") or "NaN")
        if wanted.is_finite() and abs(wanted) < 10**15:
            amount = int(wanted * 10 ** money.digits(product.currency))
    except InvalidOperation:
        pass
    return Asked(
        min(max(amount, product.amount.min), product.amount.max),
        instalments if instalments in given else given[0],
        access.today(tx),
    )


def _quoted(product: Product, wish: Asked) -> ProductQuote | Problem:
    try:
        return quote_checked(products.checked(product), wish, {})
    except Problem as problem:
        return problem


def _simulator(frame: Frame, product: Product, wish: Asked) -> tuple[Filter, ...]:
    low, high = (
        money.major(each, product.currency) for each in (product.amount.min, product.amount.max)
    )
    step = max(round((high - low) / _STEPS), 1)
    given = read_tables(product.tables).terms.instalments
    return (
        Filter(
            name="amount", label=frame.say("products.amount"), kind="slider", least=f"{low:f}",
            value=f"{money.major(wish.amount, product.currency):f}", most=f"{high:f}",
            step=str(step), unit=f" {product.currency}", group=frame.say("products.simulator"),
        ),
        Filter(
            name="instalments", label=frame.say("products.instalments"), kind="choice",
            value=str(wish.instalments), placeholder=str(given[0]),
            choices=tuple(Choice(str(n), str(n)) for n in given),
        ),
    )  # fmt: skip


def _figures(frame: Frame, product: Product, found: ProductQuote) -> tuple[Figure, ...]:
    rates, sums = found.quote.rates, found.quote.sums

    def share(value: Decimal) -> Share:
        return Share(value, 2)

    return (
        Figure(
            label=frame.say("products.instalment"), value=Money(sums.instalment, product.currency)
        ),
        Figure(label=frame.say("products.interest"), value=Money(sums.interest, product.currency)),
        Figure(label=frame.say("products.total"), value=Money(sums.total, product.currency)),
        Figure(label=frame.say("products.rate"), value=share(found.rate_annual)),
        Figure(label=frame.say("products.irr_simple"), value=share(rates.china.simple)),
        Figure(label=frame.say("products.irr_compound"), value=share(rates.china.compound)),
        Figure(label=frame.say("products.aprc"), value=share(rates.eu)),
        Figure(label=frame.say("products.apr_us"), value=share(rates.us)),
    )


def _chart(frame: Frame, product: Product, found: ProductQuote) -> Chart:
    rows = found.quote.rows
    return Chart(
        key="schedule",
        question=frame.say("products.chart"),
        summary=frame.say("products.chart.says", n=len(rows), amount=_shown(found.asked.amount, product),
                          total=_shown(found.quote.sums.total, product)),
        x=tuple(row.due for row in rows),
        x_title=frame.say("products.due"),
        unit=Unit(kind="money", currency=product.currency),
        wide=True,
        series=(
            Series(name=frame.say("products.principal"), stack="all", colour=1,
                   values=tuple(row.principal for row in rows)),
            Series(name=frame.say("products.interest"), stack="all", colour=2,
                   values=tuple(row.interest for row in rows)),
        ),
    )  # fmt: skip


def _fields(frame: Frame, row: VersionRow, product: Product) -> tuple[Figure, ...]:
    return (
        Figure(label=frame.say("products.line"), value=row.line),
        Figure(label=frame.say("products.latest"), value=row.number),
        Figure(label=frame.say("products.amount"),
               value=f"{_shown(product.amount.min, product)} – {_shown(product.amount.max, product)}"),
        Figure(label=frame.say("products.published_at"), value=row.published_at),
        Figure(label=frame.say("products.published_by"), value=row.actor),
        Figure(label=frame.say("products.digest"), value=Code(row.digest[:16])),
    )  # fmt: skip


def _groups(
    frame: Frame, product: Product, found: ProductQuote | Problem | None
) -> list[FigureGroup]:
    prices = tuple(Figure(label=name, value=Code(source)) for name, source in product.price.items())
    groups = [FigureGroup(frame.say("products.price"), prices)]
    if product.eligibility:
        rules = tuple(
            Figure(label=rule.say(frame.lang), value=Code(rule.test))
            for rule in product.eligibility
        )
        groups.append(FigureGroup(frame.say("products.eligibility"), rules))
    if isinstance(found, ProductQuote):
        told = tuple(
            Figure(label=f"{n}", value=said.say(frame.lang))
            for n, said in enumerate(found.disclosures, start=1)
        )
        groups.append(FigureGroup(frame.say("products.disclosures"), told))
    return groups


def _schedule(frame: Frame, product: Product, found: ProductQuote | Problem) -> tuple[Table, ...]:
    if not isinstance(found, ProductQuote):
        return ()
    heads = ("number", "due", "principal", "interest", "instalment", "balance")
    rows = tuple(
        Row(cells=(row.n, row.due, *(Money(amount, product.currency) for amount in (
            row.principal, row.interest, row.total, row.balance))))
        for row in found.quote.rows
    )  # fmt: skip
    columns = tuple(
        Column(title=frame.say(f"products.{head}"), align="start" if n < 2 else "end")
        for n, head in enumerate(heads)
    )
    return (Table(title=frame.say("products.schedule"), columns=columns, rows=rows),)


def _versions(tx: Tx, frame: Frame, row: VersionRow) -> Table:
    """Each version with what it says otherwise than the one before."""
    listed = [service.version(tx, row.product, n) for n in range(row.number, 0, -1)][:20]
    rows = []
    for now, before in zip(listed, [*listed[1:], None], strict=True):
        changed = (
            service.changed(service.product_of(before), service.product_of(now)) if before else []
        )
        says = ", ".join(each.pointer for each in changed[:6]) or frame.say("products.first")
        rows.append(Row(cells=(now.number, now.published_at, now.actor, says)))
    heads = ("latest", "published_at", "published_by", "changes")
    return Table(
        title=frame.say("products.versions"),
        columns=tuple(Column(title=frame.say(f"products.{head}")) for head in heads),
        rows=tuple(rows),
    )


def _deeds(frame: Frame, row: VersionRow, offered: int | None) -> tuple[Deed, ...]:
    deeds = []
    if offered != row.number:
        deeds.append(
            Deed(label=frame.say("products.offer.do", number=row.number),
                 says=frame.say("products.offer.says"),
                 href=frame.to(f"products/{row.product}/offer"),
                 fields=(("number", str(row.number)),))
        )  # fmt: skip
    if offered is not None:
        deeds.append(
            Deed(label=frame.say("products.withdraw.do"), says=frame.say("products.withdraw.says"),
                 href=frame.to(f"products/{row.product}/withdraw"), icon="x", grave=True)
        )  # fmt: skip
    return tuple(deeds)


def _notes(
    frame: Frame, product: Product, wish: Asked, found: ProductQuote | Problem
) -> tuple[str, ...]:
    """Why the loan that was asked for would not be given."""
    if isinstance(found, Problem):
        return (f"{found.title(frame.lang)}. {found.detail(frame.lang)}",)
    refused = set(products.refused_by(products.checked(product), wish))
    return tuple(rule.say(frame.lang) for rule in product.eligibility if rule.name in refused)
