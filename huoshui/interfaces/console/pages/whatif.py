"""What credit products would have come to on this world's history, priced anew at every move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console import shown
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Choice,
    Column,
    Deed,
    Empty,
    Figure,
    Filter,
    Frame,
    Input,
    Link,
    Row,
    Series,
    Share,
    Span,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.scenarios import whatif
from huoshui.scenarios.whatif import Assumptions, Estimate, Result, full
from huoshui.scenarios.whatif.assumptions import CASES, FUNDING, MILLION, checked, moved, ppm
from huoshui.scenarios.whatif.capital import Capital

_MOST = {"take_up": "100", "loss": "20", "lgd": "100", "fee": "15", FUNDING: "30"}
_STEPS = {"take_up": "1", "loss": "0.1", "lgd": "5", "fee": "0.1", FUNDING: "0.25"}
_FIELDS = ("take_up", "loss", "lgd", "fee")
_WEEK = 7
SCOPE = "products:write"


def whatif_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """The estimate of the assumptions that stand, with those that were moved by hand."""
    setup = whatif.setup(tx)
    if setup is None:
        return _nothing(frame)
    stood = checked(setup.assumptions)
    chosen = moved(stood, dict(_moves(frame, stood)))
    names = whatif.names(setup, frame.lang)
    found = _named(whatif.estimate(tx, chosen), names)
    base = [result for result in found.results if result.case == "base"]
    return AnalysisPage(
        title=frame.say("whatif"),
        lead=frame.say("whatif.lead"),
        crumbs=(asked.home(frame), Link(frame.say("replays"), frame.to("replays"))),
        filters=tuple(_sliders(frame, chosen, names)),
        figures=_figures(frame, base, found),
        charts=(
            _earned(frame, base, found),
            _out(frame, list(names.values()), found),
            _cases(frame, found),
        ),
        tables=(_products(frame, base, found), _partners(frame, base, found), _all(frame, found)),
        notes=tuple(
            frame.say(f"whatif.note.{n}") for n in ("observed", "assumed", "draws", "estimate")
        ),
        links=_links(tx, frame),
        deeds=_deeds(frame, names),
        api_calls=(ApiCall(path="/v1/whatif"),),
    )


def _links(tx: Tx, frame: Frame) -> tuple[Link, ...]:
    own = [Link(frame.say("full.look"), frame.to("whatif-full"))] if full.setup(tx) else []
    exports = [Link(kind.upper(), frame.to(f"whatif/-/export/{kind}")) for kind in ("csv", "json")]
    return (*own, *exports)


def _deeds(frame: Frame, names: dict[str, str]) -> tuple[Deed, ...]:
    """Run it in full; let it be live in the sandbox."""
    if SCOPE not in frame.may or frame.world is None or frame.world.kind != "replay":
        return ()
    in_full = Deed(
        title=frame.say("full.run"),
        label=frame.say("full.run.do"),
        says=frame.say("full.run.says"),
        href=frame.to("whatif/-/full"),
    )
    on = Deed(
        title=frame.say("switched.do_on"),
        label=frame.say("switched.do_on"),
        says=frame.say("switched.on.says"),
        href=frame.to("whatif/-/switch"),
        inputs=(
            Input(name="product", label=frame.say("whatif.products"), kind="choices",
                  value=",".join(names),
                  choices=tuple(Choice(key, name) for key, name in names.items())),
        ),
    )  # fmt: skip
    return (in_full, on)


def _named(found: Estimate, names: dict[str, str]) -> Estimate:
    """The estimate with what people call each product in place of its key."""
    results = tuple(msgspec.structs.replace(r, product=names[r.product]) for r in found.results)
    curves = {}
    for key, curve in found.curves.items():
        product, _, case = key.rpartition("/")
        curves[f"{names[product]}/{case}"] = curve
    return Estimate(found.currency, results, curves)


def _nothing(frame: Frame) -> AnalysisPage:
    world = frame.world.name if frame.world else ""
    return AnalysisPage(
        title=frame.say("whatif"),
        lead=frame.say("whatif.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("full.look"), frame.to("whatif-full")),),
        empty=Empty(
            title=frame.say("whatif.none"),
            detail=frame.say("whatif.none.detail"),
            command=f"huoshui whatif {world}",
        ),
        api_calls=(ApiCall(path="/v1/whatif"),),
    )


def _moves(frame: Frame, stood: Assumptions) -> Iterator[tuple[tuple[str, str], Decimal]]:
    """Percentages of the query, as parts of one; what is no number is as it stood."""
    names = [("", FUNDING)]
    names += [(key, f) for key in stood.products for f in _FIELDS]
    for product, field in names:
        said = frame.asked(f"{product}.{field}")
        try:
            if said:
                yield (product, field), Decimal(said) / 100
        except InvalidOperation:
            continue


def _sliders(frame: Frame, chosen: Assumptions, names: dict[str, str]) -> Iterator[Filter]:
    yield _slider(
        frame, "", FUNDING, ppm(chosen.money.funding_annual, "base"), frame.say("whatif.money")
    )
    for key, each in chosen.products.items():
        for field in _FIELDS:
            yield _slider(frame, key, field, ppm(getattr(each, field), "base"), names[key])


def _slider(frame: Frame, product: str, field: str, value: int, group: str) -> Filter:
    percent = Decimal(value) * 100 / MILLION
    return Filter(
        name=f"{product}.{field}",
        label=frame.say(f"whatif.{field}"),
        value=f"{percent:f}".rstrip("0").rstrip(".") if "." in f"{percent:f}" else f"{percent:f}",
        kind="slider",
        group=group,
        most=_MOST[field],
        step=_STEPS[field],
    )


def _figures(frame: Frame, base: list[Result], found: Estimate) -> tuple[Figure, ...]:
    net, mean = sum(r.net for r in base), sum(r.capital_mean for r in base)
    sooner = [r for r in base if r.waited_h is not None and r.waits_h is not None]
    return (
        Figure(label=frame.say("whatif.net"), value=Money(net, found.currency), basis="assumed",
               tone="good" if net > 0 else "bad"),
        Figure(label=frame.say("whatif.lent"), basis="assumed",
               value=Money(sum(r.lent for r in base), found.currency)),
        Figure(label=frame.say("whatif.peak"), basis="assumed",
               value=Money(_together(found, "base").peak, found.currency)),
        Figure(label=frame.say("whatif.return"), basis="assumed", value=_share(net, mean),
               hint=frame.say("whatif.return.hint")),
        *(Figure(label=frame.say("whatif.sooner"), basis="observed",
                 value=Span(((r.waited_h or 0) - (r.waits_h or 0)) * 3600), hint=r.product)
          for r in sooner),
    )  # fmt: skip


def _share(part: int, whole: int) -> Share | None:
    return Share(Decimal(part) / whole, 1) if whole else None


def _income(result: Result) -> int:
    return result.fee + result.interest


def _earned(frame: Frame, base: list[Result], found: Estimate) -> Chart:
    parts = (("income", 3, _income, 1), ("funding", 2, lambda r: r.funding, -1),
             ("lost", 4, lambda r: r.loss, -1), ("cost", 7, lambda r: r.cost, -1))  # fmt: skip
    net = sum(r.net for r in base)
    return Chart(
        key="earned",
        question=frame.say("whatif.earned"),
        summary=frame.say("whatif.earned.says", net=_money(frame, net, found)),
        x=tuple(r.product for r in base),
        x_title=frame.say("whatif.product"),
        unit=Unit(kind="money", currency=found.currency),
        basis="assumed",
        series=tuple(
            Series(name=frame.say(f"whatif.{name}"), stack="all", colour=colour,
                   values=tuple(sign * of(r) for r in base))
            for name, colour, of, sign in parts
        ),
        api_call=ApiCall(path="/v1/whatif"),
    )  # fmt: skip


def _cases(frame: Frame, found: Estimate) -> Chart:
    products = list(dict.fromkeys(r.product for r in found.results))
    net = {(r.product, r.case): r.net for r in found.results}
    return Chart(
        key="cases",
        question=frame.say("whatif.cases"),
        summary=frame.say(
            "whatif.cases.says",
            **{case: _money(frame, sum(net[p, case] for p in products), found) for case in CASES},
        ),
        x=tuple(products),
        x_title=frame.say("whatif.product"),
        unit=Unit(kind="money", currency=found.currency),
        basis="assumed",
        series=tuple(
            Series(name=frame.say(f"whatif.case.{case}"), colour=colour,
                   values=tuple(net[p, case] for p in products))
            for case, colour in zip(CASES, (4, 1, 3), strict=True)
        ),
        api_call=ApiCall(path="/v1/whatif"),
    )  # fmt: skip


def _together(found: Estimate, case: str) -> Capital:
    """The money that all products have out, day by day."""
    curves = [c for key, c in found.curves.items() if key.endswith(f"/{case}") and c.first]
    firsts = [c.first for c in curves if c.first]
    if not firsts:
        return Capital(None, ())
    first = min(firsts)
    ends = [((c.first or first) - first).days + len(c.out) for c in curves]
    out = [0] * max(ends)
    for curve in curves:
        start = ((curve.first or first) - first).days
        for n, amount in enumerate(curve.out, start):
            out[n] += amount
    return Capital(first, tuple(out))


def _out(frame: Frame, products: list[str], found: Estimate) -> Chart:
    """Weekly, so that two years can be drawn."""
    whole = _together(found, "base")
    first = whole.first or date(2000, 1, 1)
    weeks = range(0, len(whole.out), _WEEK)
    return Chart(
        key="out",
        question=frame.say("whatif.out"),
        summary=frame.say("whatif.out.says", peak=_money(frame, whole.peak, found)),
        x=tuple(first + timedelta(days=n) for n in weeks),
        x_title=frame.say("whatif.week"),
        unit=Unit(kind="money", currency=found.currency),
        basis="assumed",
        wide=True,
        series=tuple(
            Series(name=key, shape="area", stack="all", colour=n,
                   values=tuple(_at(found.curves[f"{key}/base"], first, day) for day in weeks))
            for n, key in enumerate(products, start=1)
        ),
        api_call=ApiCall(path="/v1/whatif"),
    )  # fmt: skip


def _at(curve: Capital, first: date, day: int) -> int:
    place = day - (curve.first - first).days if curve.first else -1
    return curve.out[place] if 0 <= place < len(curve.out) else 0


def _money(frame: Frame, amount: int, found: Estimate) -> str:
    return shown.money(Money(amount, found.currency), frame.lang)


_HEADS = ("product", "candidates", "taken", "lent", "income", "funding", "lost", "cost", "net", "peak", "return")  # fmt: skip


def _heads(frame: Frame, heads: tuple[str, ...], texts: int = 1) -> tuple[Column, ...]:
    return tuple(
        Column(title=frame.say(f"whatif.{head}"), align="start" if n < texts else "end")
        for n, head in enumerate(heads)
    )


def _cells(result: Result, found: Estimate) -> tuple[Cell, ...]:
    amounts = (result.lent, _income(result), result.funding, result.loss, result.cost, result.net,
               result.capital_peak)  # fmt: skip
    money = (Money(amount, found.currency) for amount in amounts)
    return (result.candidates, result.taken, *money, _share(result.net, result.capital_mean))


def _products(frame: Frame, base: list[Result], found: Estimate) -> Table:
    rows = tuple(Row(cells=(r.product, *_cells(r, found))) for r in base)
    return Table(title=frame.say("whatif.products"), columns=_heads(frame, _HEADS), rows=rows)


def _all(frame: Frame, found: Estimate) -> Table:
    rows = tuple(
        Row(cells=(r.product, frame.say(f"whatif.case.{r.case}"), *_cells(r, found)))
        for r in sorted(found.results, key=lambda r: (r.product, CASES.index(r.case)))
    )
    return Table(
        title=frame.say("whatif.all"),
        columns=_heads(frame, ("product", "case", *_HEADS[1:]), texts=2),
        rows=rows,
    )


def _partners(frame: Frame, base: list[Result], found: Estimate) -> Table:
    """Who gains what: each amount stands once with each sign, so that the table comes to the losses
    and costs that nobody has."""
    rows = []
    for result in base:
        buyers = 0 if result.seller_pays else -result.interest
        sellers = -result.fee - (result.interest if result.seller_pays else 0)
        money = (result.net, result.funding, sellers, buyers)
        waits = result.waited_h is not None and result.waits_h is not None
        sooner = Span(((result.waited_h or 0) - (result.waits_h or 0)) * 3600) if waits else None
        cells = (result.product, *(Money(m, found.currency) for m in money), sooner)
        rows.append(Row(cells=cells))
    heads = ("product", "platform", "funder", "sellers", "buyers", "sooner")
    return Table(title=frame.say("whatif.partners"), columns=_heads(frame, heads), rows=tuple(rows),
                 note=frame.say("whatif.partners.note"))  # fmt: skip
