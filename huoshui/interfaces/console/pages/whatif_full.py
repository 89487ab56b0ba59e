"""What-if run in full: postings beside the estimate; and the postings that a figure is the sum of."""

from __future__ import annotations

import tomllib

import msgspec

from huoshui.catalog.model import Said
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    AnalysisPage,
    ApiCall,
    Cell,
    Chart,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Link,
    ListPage,
    Row,
    Series,
    Span,
    Table,
    Unit,
)
from huoshui.interfaces.console.pages import asked
from huoshui.interfaces.console.pages.replays import running
from huoshui.scenarios.whatif import full
from huoshui.scenarios.whatif.full import Comparison, FullRun
from huoshui.scenarios.whatif.full.figures import NAMES
from huoshui.scenarios.whatif.full.service import FullResult
from huoshui.scenarios.whatif.service import NotPrepared, Result

_HEADS = ("product", "by", "taken", "lent", "income", "funding", "lost", "cost", "net", "peak")


def full_page(tx: Tx, frame: Frame, _: str = "") -> AnalysisPage:
    """The full run of this world: its progress, then its figures beside the estimate's."""
    run = full.setup(tx)
    if run is None:
        return _page(frame, empty=_none(frame))
    going = running(tx, frame)
    if going is not None:
        return _page(frame, progress=going, notes=(frame.say("full.while"),))
    try:
        found = full.compare(tx)
    except NotPrepared:  # the books stand, the estimate is on its way
        return _page(frame, notes=(frame.say("full.while"),), live_s=3)
    names = _names(run, frame.lang)
    return _page(
        frame,
        figures=_figures(frame, found),
        charts=(_chart(frame, found, names),),
        tables=(_compared(frame, found, names), _sooner(frame, found, names),
                _refused(frame, found, names)),
        notes=tuple(frame.say(f"full.note.{n}") for n in ("posted", "alike", "differs")),
    )  # fmt: skip


def _page(frame: Frame, **said: object) -> AnalysisPage:
    page = AnalysisPage(
        title=frame.say("full"),
        lead=frame.say("full.lead"),
        crumbs=(asked.home(frame), Link(frame.say("whatif"), frame.to("whatif"))),
        links=(
            Link("CSV", frame.to("whatif/-/export/csv")),
            Link("JSON", frame.to("whatif/-/export/json")),
        ),
        api_calls=(ApiCall(path="/v1/whatif/full"),),
    )
    return msgspec.structs.replace(page, **said)


def _none(frame: Frame) -> Empty:
    return Empty(
        title=frame.say("full.none"),
        detail=frame.say("full.none.detail"),
        command="huoshui replay --orders DIR --products A,B --full",
    )


def _names(run: FullRun, lang: str) -> dict[str, str]:
    said = {each.key: tomllib.loads(each.source)["name"] for each in run.products}
    return {key: msgspec.convert(name, Said).say(lang) for key, name in said.items()}


def _figures(frame: Frame, found: Comparison) -> tuple[Figure, ...]:
    posted = sum(each.net for each in found.full)
    guessed = sum(each.net for each in found.estimates)
    return (
        Figure(label=frame.say("full.net"), value=Money(posted, found.currency),
               tone="good" if posted > 0 else "bad", hint=frame.say("full.posted")),
        Figure(label=frame.say("full.net.estimate"), value=Money(guessed, found.currency),
               basis="assumed"),
        Figure(label=frame.say("whatif.lent"), hint=frame.say("full.posted"),
               value=Money(sum(each.lent for each in found.full), found.currency)),
    )  # fmt: skip


def _chart(frame: Frame, found: Comparison, names: dict[str, str]) -> Chart:
    rows = (("posted", found.full, 1), ("estimated", found.estimates, 4))
    return Chart(
        key="compared",
        question=frame.say("full.compared"),
        summary=frame.say("full.compared.says"),
        x=tuple(names[each.product] for each in found.full),
        x_title=frame.say("whatif.product"),
        unit=Unit(kind="money", currency=found.currency),
        series=tuple(
            Series(name=frame.say(f"full.{name}"), colour=colour,
                   values=tuple(each.net for each in of))
            for name, of, colour in rows
        ),
        api_call=ApiCall(path="/v1/whatif/full"),
    )  # fmt: skip


def _compared(frame: Frame, found: Comparison, names: dict[str, str]) -> Table:
    rows = []
    for posted, guess in zip(found.full, found.estimates, strict=True):
        rows.append(_row(frame, posted, found.currency, names))
        rows.append(_row(frame, guess, found.currency, names))
    columns = tuple(
        Column(
            title=frame.say("full.by" if head == "by" else f"whatif.{head}"),
            align="start" if n < 2 else "end",
        )
        for n, head in enumerate(_HEADS)
    )
    return Table(
        title=frame.say("full.table"), columns=columns, rows=tuple(rows),
        note=frame.say("full.table.note"),
    )  # fmt: skip


def _row(frame: Frame, of: FullResult | Result, currency: str, names: dict[str, str]) -> Row:
    posted = isinstance(of, FullResult)
    amounts = (of.lent, of.fee + of.interest, of.funding, of.loss, of.cost, of.net, of.capital_peak)
    cells: list[Cell] = [
        Link(names[of.product], _trace(frame, of.product, "net")) if posted else "",
        frame.say("full.posted" if posted else "full.estimated"),
        of.taken,
    ]
    cells += [Money(amount, currency) for amount in amounts]
    return Row(cells=tuple(cells), href=_trace(frame, of.product, "net") if posted else "")


def _trace(frame: Frame, product: str, figure: str) -> str:
    return f"{frame.to(f'whatif-full/{product}')}?figure={figure}"


def _sooner(frame: Frame, found: Comparison, names: dict[str, str]) -> Table:
    rows = [
        Row(cells=(names[each.product], Span(each.waits_h * 3600), Span(each.waited_h * 3600)))
        for each in found.full
        if each.waits_h is not None and each.waited_h is not None
    ]
    heads = ("whatif.product", "full.waits", "full.waited")
    return Table(
        title=frame.say("full.sooner"), columns=_columns(frame, heads, 1), rows=tuple(rows)
    )


def _refused(frame: Frame, found: Comparison, names: dict[str, str]) -> Table:
    rows = tuple(
        Row(cells=(names[why.product], why.reason, why.count, Money(why.amount, found.currency)))
        for why in found.refused
    )
    heads = ("whatif.product", "full.reason", "full.count", "full.amount")
    return Table(
        title=frame.say("full.refused"), columns=_columns(frame, heads, 2), rows=rows,
        note=frame.say("full.refused.note"),
    )  # fmt: skip


def _columns(frame: Frame, heads: tuple[str, ...], texts: int) -> tuple[Column, ...]:
    return tuple(
        Column(title=frame.say(head), align="start" if n < texts else "end")
        for n, head in enumerate(heads)
    )


def trace_page(tx: Tx, frame: Frame, key: str) -> ListPage:
    """The postings that a figure of a product is the sum of. Raises UnknownFigure."""
    figure, shown = frame.asked("figure") or "net", asked.limit(frame)
    after = frame.asked("after")
    found = full.trace(tx, key, figure, ids.read("txn", after) if after else None, shown)
    more = f"{_trace(frame, key, figure)}&after={ids.show('txn', found.next)}" if found.next else ""
    rows = tuple(
        Row(
            href=frame.to(f"transactions/{ids.show('txn', each.txn_id)}"),
            cells=(each.at, each.template, each.reference, each.path,
                   Money(each.net, found.currency)),
        )
        for each in found.entries
    )  # fmt: skip
    heads = ("full.at", "full.template", "full.reference", "full.account", "full.moved")
    return ListPage(
        title=frame.say("full.trace", product=key),
        lead=frame.say("full.trace.lead"),
        crumbs=(asked.home(frame), Link(frame.say("whatif"), frame.to("whatif")),
                Link(frame.say("full"), frame.to("whatif-full"))),
        filters=(
            Filter(name="figure", label=frame.say("full.figure"), value=figure, kind="choice",
                   choices=tuple(Choice(name, frame.say(f"full.figure.{name}")) for name in NAMES)),
        ),
        totals=(
            Figure(label=frame.say(f"full.figure.{figure}"),
                   value=Money(found.value, found.currency), hint=frame.say("full.posted")),
            *(
                Figure(label=each.template, value=Money(each.net, found.currency), hint=each.path,
                       href=frame.to(f"accounts/{ids.show('acc', each.account_id)}"))
                for each in found.sums
            ),
        ),
        table=Table(title=frame.say("full.postings"), columns=_columns(frame, heads, 4), rows=rows),
        count=frame.say("count.page", n=len(rows)),
        next_href=more,
        api_calls=(ApiCall(path=f"/v1/whatif/full/{key}?figure={figure}"),),
    )  # fmt: skip
