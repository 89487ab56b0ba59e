"""Payments and their refunds, newest first."""

from __future__ import annotations

from urllib.parse import quote

from huoshui.core import i18n, ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.interfaces.console.page import (
    ApiCall,
    Choice,
    Column,
    Empty,
    Figure,
    Filter,
    Frame,
    Id,
    Link,
    ListPage,
    Row,
    Several,
    Status,
    Table,
    Tone,
)
from huoshui.interfaces.console.pages import asked
from huoshui.lines.payments.payment import PAYMENT, search_store
from huoshui.lines.payments.payment.model import Payment, Refund
from huoshui.lines.payments.payment.search_store import Sought

_TONES: dict[str, Tone] = {
    "requires_action": "warn", "processing": "accent", "requires_capture": "accent",
    "partially_captured": "accent", "succeeded": "good", "failed": "bad", "pending": "accent",
}  # fmt: skip


def payment_state(frame: Frame, name: str) -> Status:
    """The state of a payment."""
    return Status(i18n.text(f"state.payment.{name}", frame.lang), _TONES.get(name, "neutral"))


def refund_state(frame: Frame, name: str) -> Status:
    """The state of a refund."""
    return Status(i18n.text(f"state.refund.{name}", frame.lang), _TONES.get(name, "neutral"))


def payments_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Payments by state, rail, order, buyer, amount and day."""
    limit = asked.limit(frame)
    found = _found(tx, frame, limit + 1)
    more, first = asked.paged(frame, "pmt", found)
    shown = found[:limit]
    query = _query(frame, _sought(frame), limit)
    return ListPage(
        title=frame.say("payments"),
        lead=frame.say("payments.lead"),
        crumbs=(asked.home(frame),),
        links=(Link(frame.say("refunds"), frame.to("refunds"), "undo-2"),),
        totals=_totals(frame, shown),
        filters=_filters(frame),
        table=Table(
            title=frame.say("payments"),
            columns=(
                Column(title=frame.say("payments.payment")),
                Column(title=frame.say("payments.made")),
                Column(title=frame.say("payments.state")),
                Column(title=frame.say("payments.means")),
                Column(title=frame.say("payments.order")),
                Column(title=frame.say("payments.buyer")),
                Column(title=frame.say("payments.amount"), align="end", money=True),
                Column(title=frame.say("payments.captured"), align="end", money=True),
                Column(title=frame.say("payments.back"), align="end", money=True),
            ),
            rows=tuple(_row(frame, each) for each in shown),
            empty=Empty(title=frame.say("payments.none"), detail=frame.say("payments.none.detail")),
        ),
        count=frame.say("count.page", n=len(shown)),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "payments"),
        api_calls=(ApiCall(path=f"/v1/payments?{query}"),),
    )


def _found(tx: Tx, frame: Frame, limit: int) -> list[Payment]:
    return search_store.page(tx, _sought(frame), after=asked.cursor(frame, "pmt"), limit=limit)


def _sought(frame: Frame) -> Sought:
    """What the filters ask for; amounts are typed in the book's currency."""
    state = frame.asked("state")
    least, most = _amount(frame, "least"), _amount(frame, "most")
    return Sought(
        state=state if state in PAYMENT.states else "",
        order=frame.asked("order"),
        buyer=frame.asked("buyer"),
        seller=frame.asked("seller"),
        rail=frame.asked("rail"),
        currency=frame.currency if least is not None or most is not None else "",
        least=least,
        most=most,
        since=asked.day_start(frame, "from"),
        until=asked.day_start(frame, "to", days=1),
    )


def _amount(frame: Frame, name: str) -> int | None:
    """An amount that is asked for; what cannot be read as one asks for nothing."""
    text = frame.asked(name).replace(",", "")
    try:
        return max(0, money.parse_amount(text, frame.currency)) if text else None
    except Problem:
        return None


def _query(frame: Frame, sought: Sought, limit: int) -> str:
    """The query by which the API answers the same."""
    bounds = ((sought.least, "amount_min"), (sought.most, "amount_max"))
    times = ((sought.since, "since"), (sought.until, "until"))
    return asked.query(
        state=sought.state, order=sought.order, buyer=sought.buyer, seller=sought.seller,
        rail=sought.rail, currency=sought.currency,
        **{name: str(bound) for bound, name in bounds if bound is not None},
        **{name: quote(at.isoformat()) for at, name in times if at},
        after=frame.asked("after"),
        limit=str(min(limit, 100)),
    )  # fmt: skip


def _totals(frame: Frame, shown: list[Payment]) -> tuple[Figure, ...]:
    """The sums of the page."""
    sums: dict[str, list[int]] = {}
    for each in shown:
        known = sums.setdefault(each.currency, [0, 0, 0])
        known[0] += each.amount
        known[1] += each.captured
        known[2] += each.refunded + each.charged
    names = ("payments.amount", "payments.captured", "payments.back")
    return tuple(
        Figure(
            label=frame.say(name),
            value=Several(tuple(Money(each[place], unit) for unit, each in sums.items())),
            hint=frame.say("count.page", n=len(shown)),
        )
        for place, name in enumerate(names)
        if sums
    )


def _filters(frame: Frame) -> tuple[Filter, ...]:
    states = tuple(
        Choice(name, i18n.text(f"state.payment.{name}", frame.lang)) for name in PAYMENT.states
    )
    words = (("rail", "payments.rail"), ("order", "payments.order"), ("buyer", "payments.buyer"),
             ("seller", "payments.seller"), ("least", "payments.least"),
             ("most", "payments.most"))  # fmt: skip
    return (
        Filter(name="state", label=frame.say("payments.state"), kind="choice",
               value=frame.asked("state"), choices=states, placeholder=frame.say("payments.any")),
        *asked.days(frame),
        *(Filter(name=name, label=frame.say(label), value=frame.asked(name))
          for name, label in words),
    )  # fmt: skip


def _row(frame: Frame, each: Payment) -> Row:
    href = frame.to(f"payments/{ids.show('pmt', each.id)}")
    back = each.refunded + each.charged
    return Row(
        key=ids.show("pmt", each.id),
        href=href,
        cells=(
            Id(ids.show("pmt", each.id), href),
            each.created_at,
            payment_state(frame, each.state),
            ", ".join(dict.fromkeys(t.rail for t in each.tenders)),
            Link(asked.short(each.order_key), frame.to(f"orders/{each.order_key}"))
            if each.order_key
            else None,
            each.buyer,
            Money(each.amount, each.currency),
            Money(each.captured, each.currency),
            Money(-back, each.currency) if back else None,
        ),
    )


def refunds_page(tx: Tx, frame: Frame, _: str = "") -> ListPage:
    """Refunds of payments."""
    limit = asked.limit(frame)
    found = search_store.refunds(tx, after=asked.cursor(frame, "prf"), limit=limit + 1)
    more, first = asked.paged(frame, "prf", found)
    return ListPage(
        title=frame.say("refunds"),
        lead=frame.say("refunds.lead"),
        crumbs=(asked.home(frame), Link(frame.say("payments"), frame.to("payments"))),
        table=refund_table(frame, found[:limit]),
        count=frame.say("count.page", n=len(found[:limit])),
        first_href=first,
        next_href=more,
        exports=asked.exported(frame, "refunds"),
        api_calls=(ApiCall(path=f"/v1/refunds?limit={min(limit, 100)}"),),
    )


def refund_table(frame: Frame, found: list[Refund]) -> Table:
    """Refunds as a table."""
    rows = []
    for each in found:
        href = frame.to(f"payments/{ids.show('pmt', each.payment_id)}")
        cells = (
            Id(ids.show("prf", each.id)), Link(frame.say("payments.payment"), href), each.at,
            refund_state(frame, each.state), Money(each.amount, each.currency), each.reason,
            each.done_at,
        )  # fmt: skip
        rows.append(Row(key=ids.show("prf", each.id), href=href, cells=cells))
    return Table(
        title=frame.say("refunds"),
        columns=(
            Column(title=frame.say("refunds.refund")),
            Column(title=frame.say("payments.payment")),
            Column(title=frame.say("payments.made")),
            Column(title=frame.say("payments.state")),
            Column(title=frame.say("payments.amount"), align="end", money=True),
            Column(title=frame.say("refunds.reason"), wide=True),
            Column(title=frame.say("refunds.done")),
        ),
        rows=tuple(rows),
        empty=Empty(title=frame.say("refunds.none"), detail=frame.say("refunds.lead")),
    )
