"""Parameters of expected losses by two persons over the API: proposed, measured, put in force by another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import ids
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import reads, writes
from huoshui.interfaces.api.door import Ask, Cursor, Limit, Page, Ref, after_id, enter, page_of
from huoshui.interfaces.api.loan_portfolio import LossRulesAsked
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.lines.lending.day import proposal_store, proposing
from huoshui.lines.lending.day.effect import effect
from huoshui.lines.lending.day.proposal import Proposal


class LossProposalRefused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is refused."""

    note: Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f]*$")] = ""


class LossProposalView(msgspec.Struct, frozen=True):
    """Parameters that somebody proposed."""

    id: str
    product: str
    since: date
    rules: dict[str, Any]
    cause: str
    state: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    note: str


class LossEffectRow(msgspec.Struct, frozen=True):
    """Loans of a product in a stage and what is held of them, as it would be now and with the others."""

    product: str
    currency: str
    stage: int
    loans: int
    loans_then: int
    held: int
    held_then: int


class LossEffectView(msgspec.Struct, frozen=True):
    """What closing today would hold; worked out on `measured` of the loans that run."""

    data: list[LossEffectRow]
    measured: int
    running: int


def _view(row: Proposal) -> LossProposalView:
    told = msgspec.structs.asdict(row) | {"id": row.shown}
    return LossProposalView(**told)


@reads("/loan-loss-proposals", "loans:read", Page[LossProposalView], bound="book")
def list_loss_proposals(
    request: Ask, state_: State = "", after: Cursor = None, limit: Limit = 50
) -> Page[LossProposalView]:
    """Proposals, newest first; in a state."""
    with enter(request).begin() as tx:
        rows = proposal_store.proposals(tx, state=state_, after=after_id("lrp", after), limit=limit)
    return page_of("lrp", rows, limit, _view)


@reads("/loan-loss-proposals/{ref:str}/effect", "loans:read", LossEffectView, bound="book")
def show_loss_effect(request: Ask, ref: Ref) -> LossEffectView:
    """What a proposal would make of the book, if today were closed with it; nothing is written."""
    with enter(request).begin() as tx:
        row = proposing.find(tx, ids.read("lrp", ref))
        found = effect(tx, row.product, row.read())
    rows = [LossEffectRow(**msgspec.structs.asdict(each)) for each in found.rows]
    return LossEffectView(rows, found.measured, found.running)


@writes(
    "/loan-loss-proposals", "loans:service", LossProposalView, asks=LossRulesAsked, bound="book",
    idempotency="optional",
)  # fmt: skip
def propose_loss_rules(request: Ask, body: RawBody) -> Response[bytes]:
    """Propose parameters: another person puts them in force."""
    visit, asked = enter(request), decoded(body, LossRulesAsked)
    return visit.answer(
        body,
        lambda tx: _view(
            proposing.propose(tx, asked.product, asked.rules, asked.cause, asked.since)
        ),
    )


@writes(
    "/loan-loss-proposals/{ref:str}/confirm", "loans:service", LossProposalView, asks=NothingAsked,
    bound="book", idempotency="optional",
)  # fmt: skip
def confirm_loss_rules(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Put parameters in force that another person proposed."""
    visit, id_ = enter(request), ids.read("lrp", ref)
    decoded(body or b"{}", NothingAsked)
    return visit.answer(body, lambda tx: _view(proposing.confirm(tx, id_)))


@writes(
    "/loan-loss-proposals/{ref:str}/refuse", "loans:service", LossProposalView,
    asks=LossProposalRefused, bound="book", idempotency="optional",
)  # fmt: skip
def refuse_loss_rules(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Refuse a proposal; what holds stays."""
    visit, asked, id_ = enter(request), decoded(body, LossProposalRefused), ids.read("lrp", ref)
    return visit.answer(body, lambda tx: _view(proposing.refuse(tx, id_, asked.note)))


HANDLERS: list[Any] = [
    list_loss_proposals, show_loss_effect, propose_loss_rules, confirm_loss_rules, refuse_loss_rules,
]  # fmt: skip
