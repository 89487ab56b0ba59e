"""Requests for relief over the API: asked by the borrower, decided by the marketplace."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.devices import covers, own_parties
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, Ref, after_id, enter, page_of
from huoshui.interfaces.api.settlement import State
from huoshui.lines.lending.loan import contract, relief_store, relieving
from huoshui.lines.lending.loan.model import UnknownLoan
from huoshui.lines.lending.loan.relief import Kind, Request

Words = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]


class LoanRequestAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which relief: `pause` interest for `count` months, pay the next instalment `count` months `later`,
    `count` instalments `more`, or `spread` what is overdue; and why."""

    kind: Kind
    words: Words
    count: Annotated[int, Meta(ge=0, le=12)] = 0


class LoanRequestDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether it is granted, and what the borrower is told."""

    outcome: Literal["grant", "refuse"]
    answer: Annotated[str, Meta(max_length=1000, pattern=r"^[^\x00]*$")] = ""


class LoanRequestView(msgspec.Struct, frozen=True):
    """A request for relief; `event` is the loan's event by which it was granted."""

    id: str
    loan: str
    kind: str
    count: int
    words: str
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None
    decided_by: str
    answer: str
    event: str | None


@writes(
    "/loans/{ref:str}/request", "loans:apply", LoanRequestView, asks=LoanRequestAsked,
    idempotency="optional", bound="rows",
)  # fmt: skip
def ask_for_relief(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Ask for relief from what a loan asks; somebody decides on it. A loan has one at a time."""
    visit, asked = enter(request), decoded(body, LoanRequestAsked)

    def use_case(tx: Tx) -> LoanRequestView:
        bound = visit.bound
        loan = contract.find(tx, ref)
        if not covers(bound, loan.party):
            raise UnknownLoan(kind="loan", id=ref)
        return _view(relieving.ask(tx, loan.id, asked.kind, asked.count, asked.words))

    return visit.answer(body, use_case)


@reads("/loan-requests", "loans:read", Page[LoanRequestView], bound="rows")
def list_loan_requests(
    request: Ask, state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[LoanRequestView]:
    """Requests for relief, newest first; in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = relief_store.requests(
            tx, state=state_, among=own_parties(visit.bound), after=after_id("lrq", after),
            limit=limit,
        )  # fmt: skip
    return page_of("lrq", rows, limit, _view)


@writes(
    "/loan-requests/{ref:str}/decide", "loans:service", LoanRequestView, asks=LoanRequestDecision,
    idempotency="optional", dry_run=True, bound="book",
)  # fmt: skip
def decide_loan_request(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Grant a request, by which the loan's terms change today, or refuse it with a reason."""
    visit, asked = enter(request), decoded(body, LoanRequestDecision)
    id_ = ids.read("lrq", ref)
    act = relieving.grant if asked.outcome == "grant" else relieving.refuse
    return visit.answer(body, lambda tx: _view(act(tx, id_, asked.answer)))


def _view(row: Request) -> LoanRequestView:
    event = ids.show("lev", row.event_id) if row.event_id else None
    return LoanRequestView(
        row.shown, ids.show("loan", row.loan_id), row.kind, row.count, row.words, row.state,
        row.made_at, row.made_by, row.decided_at, row.decided_by, row.answer, event,
    )  # fmt: skip


HANDLERS: list[Any] = [ask_for_relief, list_loan_requests, decide_loan_request]
