"""The products that are live for orders, with the settings that hold beside their files."""

from __future__ import annotations

from decimal import Decimal

from huoshui.catalog import service as catalog
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Cell,
    Column,
    Deed,
    Empty,
    Frame,
    Link,
    ListPage,
    Row,
    Share,
    Status,
    Table,
)
from huoshui.interfaces.console.pages import asked
from huoshui.scenarios.switching import Switched, store

SCOPE = "products:write"
_HEADS = ("product", "line", "state", "fee", "limit_each", "limit_all", "on", "off")


def switched_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """What is live, and what was."""
    rows = store.past(tx)
    live = [each for each in rows if each.off_at is None]
    return ListPage(
        title=frame.say("switched"),
        lead=frame.say("switched.lead"),
        crumbs=(asked.home(frame), Link(frame.say("products"), frame.to("products"))),
        table=Table(
            title=frame.say("switched"),
            columns=tuple(
                Column(title=frame.say(f"switched.{head}"),
                       align="end" if head in ("fee", "limit_each", "limit_all") else "start")
                for head in _HEADS
            ),
            rows=tuple(_row(tx, frame, each) for each in rows),
            empty=Empty(title=frame.say("switched.none"), detail=frame.say("switched.none.detail"),
                        command="huoshui switch on PRODUCT"),
        ),
        deeds=tuple(_off(tx, frame, each) for each in live) if frame.writes(SCOPE) else (),
        count=frame.say("count.page", n=len(rows)),
        api_calls=(ApiCall(path="/v1/switched"), ApiCall(path="/v1/switched", method="POST")),
    )  # fmt: skip


def _name(tx: Tx, frame: Frame, of: Switched) -> tuple[str, str]:
    product = catalog.product_of(catalog.version(tx, of.product, of.version))
    return product.name.say(frame.lang), product.currency


def _row(tx: Tx, frame: Frame, of: Switched) -> Row:
    name, currency = _name(tx, frame, of)
    href = frame.to(f"products/{of.product}")
    settings = of.settings
    limit: Cell = (
        Link(str(settings.limit_all), frame.to(f"facilities/{ids.show('fac', of.programme_id)}"))
        if settings.limit_all is not None and of.programme_id
        else None
    )
    each: Cell = None if settings.limit_each is None else Money(settings.limit_each, currency)
    on = of.off_at is None
    return Row(
        cells=(Link(name, href), of.line,
               Status(frame.say("switched.is_on" if on else "switched.is_off"),
                      "good" if on else "neutral"),
               Share(Decimal(settings.fee)) if settings.fee else frame.say("switched.fee.own"), each, limit, of.on_at, of.off_at),
    )  # fmt: skip


def _off(tx: Tx, frame: Frame, of: Switched) -> Deed:
    name, _ = _name(tx, frame, of)
    return Deed(
        title=name,
        label=frame.say("switched.do_off"),
        says=frame.say("switched.off.says"),
        href=frame.to(f"switched/{of.product}/off"),
    )
