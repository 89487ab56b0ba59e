"""Disbursements over the API: where the money of drawdowns went, and what became of it at a bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import RawBody

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.devices import covers, own_parties
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    on_one,
    page_of,
)
from huoshui.interfaces.api.settlement import NothingAsked, State, WhyAsked
from huoshui.scenarios import disbursing
from huoshui.scenarios.disbursing import Disbursement, UnknownDisbursement, store


class DisbursementView(msgspec.Struct, frozen=True):
    """Money of a loan on its way to its borrower. `way`: to its balance in this book, or to its bank.

    `event` is what it pays: a drawdown, or credit that is refunded; `undone` the event that undid it
    when the money came back, and `reason` why it did.
    """

    id: str
    loan: str
    party: str
    amount: Money
    way: str
    state: str
    event: str
    undone: str | None
    reason: str
    call: str | None
    made_at: datetime
    ended_at: datetime | None


def view(of: Disbursement) -> DisbursementView:
    """A disbursement as it is told."""
    return DisbursementView(
        id=of.shown,
        loan=ids.show("loan", of.loan_id),
        party=of.party,
        amount=Money(of.amount, of.currency),
        way=of.way,
        state=of.state,
        event=ids.show("lev", of.event_id),
        undone=ids.show("lev", of.undone_id) if of.undone_id else None,
        reason=of.reason,
        call=ids.show("rca", of.call_id) if of.call_id else None,
        made_at=of.made_at,
        ended_at=of.ended_at,
    )


@reads("/disbursements", "loans:read", Page[DisbursementView], bound="rows")
def list_disbursements(
    request: Ask, loan: Word = "", state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[DisbursementView]:
    """Disbursements, newest first; of a loan, in a state."""
    visit = enter(request)
    loan_id = ids.read("loan", loan) if loan else None
    with visit.begin() as tx:
        rows = store.page(
            tx, loan_id=loan_id, state=state_, among=own_parties(visit.bound),
            after=after_id("dsb", after), limit=limit,
        )  # fmt: skip
    return page_of("dsb", rows, limit, view)


@reads("/disbursements/{ref:str}", "loans:read", DisbursementView, bound="rows")
def show_disbursement(request: Ask, ref: Ref) -> DisbursementView:
    """One disbursement."""
    visit = enter(request)
    bound = visit.bound
    with visit.begin() as tx:
        found = disbursing.find(tx, ref)
    if not covers(bound, found.party):
        raise UnknownDisbursement(kind="disbursement", id=ref[:64])
    return view(found)


@writes(
    "/disbursements/{ref:str}/arrived", "loans:service", DisbursementView, asks=NothingAsked,
    body_needed=False, idempotency="optional", bound="book",
)  # fmt: skip
def confirm_disbursement(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Money that was sent by hand is on the borrower's account; the same again changes nothing."""
    return _on(request, ref, body, NothingAsked, lambda tx, id_, _: disbursing.arrived(tx, id_))


@moves(
    "/disbursements/{ref:str}/fail", "loans:service", DisbursementView, asks=WhyAsked, bound="book",
)  # fmt: skip
def fail_disbursement(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """It never left: the drawdown is undone, as if it had not been."""
    return _on(
        request, ref, body, WhyAsked, lambda tx, id_, a: disbursing.failed(tx, id_, a.reason)
    )


@moves(
    "/disbursements/{ref:str}/return", "loans:service", DisbursementView, asks=WhyAsked,
    bound="book",
)  # fmt: skip
def return_disbursement(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The bank sent it back, or it is taken back from the balance: the drawdown is undone."""
    return _on(request, ref, body, WhyAsked, lambda tx, id_, a: disbursing.back(tx, id_, a.reason))


def _on(
    request: Ask, ref: str, body: bytes, kind: Any, act: Callable[[Tx, UUID, Any], Disbursement]
) -> Response[bytes]:
    return on_one(request, ref, body, "dsb", kind, lambda tx, id_, asked: view(act(tx, id_, asked)))


HANDLERS = [
    list_disbursements, show_disbursement, confirm_disbursement, fail_disbursement,
    return_disbursement,
]  # fmt: skip
