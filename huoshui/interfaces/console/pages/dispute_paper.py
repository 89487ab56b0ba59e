"""The evidence file of a dispute as one printable page, in the reader's language."""

from __future__ import annotations

from huoshui.core import i18n, ids
from huoshui.core.db import Tx
from huoshui.interfaces.console.page import (
    Column,
    Figure,
    Frame,
    Moment,
    ObjectPage,
    Row,
    Table,
)
from huoshui.interfaces.console.pages.disputes import dispute_state, order_group
from huoshui.interfaces.console.shown import money
from huoshui.lines.payments.disputes import service
from huoshui.lines.payments.disputes.paper import Ordered, Paper


def paper_page(tx: Tx, frame: Frame, key: str) -> ObjectPage:
    """As it was submitted, or as it would be now. Raises BadId, UnknownDispute."""
    found = service.dispute(tx, ids.read("dpt", key))
    paper = service.paper_of(tx, found)
    order = paper.order
    return ObjectPage(
        title=frame.say("dispute.title", amount=money(paper.amount, frame.lang)),
        lead=paper.reason,
        key=key,
        status=dispute_state(frame, found.state),
        figures=(
            Figure(label=frame.say("payments.amount"), value=paper.amount),
            Figure(label=frame.say("payments.captured"), value=paper.paid),
            Figure(label=frame.say("disputes.opened"), value=paper.opened_at),
            Figure(label=frame.say("disputes.due"), value=paper.due_at),
        ),
        fields=(
            Figure(label=frame.say("payments.payment"), value=paper.payment),
            Figure(label=frame.say("payments.rail"), value=paper.rail),
            Figure(label=frame.say("payment.reference"), value=paper.reference),
            Figure(label=frame.say("payments.buyer"), value=paper.buyer or None),
            Figure(label=frame.say("payments.made"), value=paper.created_at),
            Figure(
                label=frame.say("dispute.paper"), value=found.paper.hex() if found.paper else None
            ),
        ),
        groups=order_group(frame, order) if order else (),
        timeline=_moments(frame, paper),
        tables=_tables(frame, paper),
    )


def _moments(frame: Frame, paper: Paper) -> tuple[Moment, ...]:
    """What happened to the payment and, in its order, to the goods."""
    moments = [
        Moment(at=e.at, title=i18n.text(f"event.{e.type}", frame.lang), detail=e.event)
        for e in paper.timeline
    ]
    moments += [
        Moment(at=fact.at, title=frame.say(f"fact.{fact.kind}"), icon="package", tone="accent")
        for fact in (paper.order.facts if paper.order else ())
    ]
    return tuple(sorted(moments, key=lambda moment: moment.at))


def _tables(frame: Frame, paper: Paper) -> tuple[Table, ...]:
    receipts = Table(
        title=frame.say("payment.clearing"),
        columns=(
            Column(title=frame.say("journal.at")),
            Column(title=frame.say("payment.kind")),
            Column(title=frame.say("payments.amount"), align="end"),
            Column(title=frame.say("journal.transaction"), wide=True),
        ),
        rows=tuple(
            Row(cells=(r.at, frame.say(f"clearing.{r.kind}"), r.amount, r.transaction))
            for r in paper.receipts
        ),
    )
    files = Table(
        title=frame.say("dispute.evidence"),
        columns=(
            Column(title=frame.say("dispute.file")),
            Column(title=frame.say("dispute.note")),
            Column(title="SHA-256", wide=True),
        ),
        rows=tuple(Row(cells=(f.name, f.note, f.sha256)) for f in paper.files),
    )
    goods = (_goods(frame, paper.order),) if paper.order else ()
    return (receipts, *goods, files)


def _goods(frame: Frame, order: Ordered) -> Table:
    return Table(
        title=frame.say("order.items"),
        columns=(
            Column(title=frame.say("order.product"), wide=True),
            Column(title=frame.say("dispute.quantity"), align="end"),
            Column(title=frame.say("payments.amount"), align="end"),
        ),
        rows=tuple(Row(cells=(g.product, g.quantity, g.price)) for g in order.goods),
    )
