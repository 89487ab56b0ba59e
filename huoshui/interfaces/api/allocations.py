"""Allocations over the API: an amount cut over parts, taken from sources, posted in one step."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import RawBody
from msgspec import Meta

from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api import ledger_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.books import MANUAL, Path, own_accounts
from huoshui.interfaces.api.contract import moves
from huoshui.interfaces.api.door import Ask, enter
from huoshui.ledger import journal
from huoshui.ledger.allocation import Allocation, Part, Rule, Source, read_share
from huoshui.ledger.allocation.model import Odd, PartUnclear
from huoshui.ledger.allocation.service import Plan, post_allocation
from huoshui.ledger.model import AMOUNT_MAX

PARTS_ASKED_MAX = 250
REMAINING = "remaining"
Minor = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
ShareText = Annotated[
    str, Meta(min_length=1, max_length=40, examples=["12.5%", "1/3", "0.125", REMAINING])
]


class Total(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minor units of a currency, or all that the sources have."""

    amount: Minor | Literal["all"]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class SourceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where money is taken from; amounts are minor units of the currency allocated.

    In their order, or each by its share. An overdraft is for an account without a floor.
    """

    account: Path = msgspec.field(name="from")
    max: Minor | None = None
    share: ShareText | None = None
    overdraft: Minor | Literal["unbounded"] = 0


class PartAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where money goes: fixed, a share, or as much as there is up to the cap.

    Amounts are minor units of the currency allocated. A part without `to` is kept.
    """

    to: Path | None = None
    kept: bool = False
    fixed: Minor | None = None
    share: ShareText | None = None
    cap: Minor | None = None
    floor: Minor = 0


class RuleAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets the odd units, whom caps and floors fall back on, and what shares are a share of."""

    odd: Odd = "in_order"
    owner: Path | None = None
    shares_of: Literal["total", "rest"] = "total"


class AllocationAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount over parts, out of sources, all of one currency."""

    amount: Total
    sources: Annotated[list[SourceAsked], Meta(min_length=1, max_length=PARTS_ASKED_MAX)]
    parts: Annotated[list[PartAsked], Meta(min_length=1, max_length=PARTS_ASKED_MAX)]
    rule: RuleAsked = RuleAsked()
    reference: Annotated[str, Meta(max_length=100)] = ""


@moves(
    "/allocations",
    "ledger:write",
    views.AllocationView,
    asks=AllocationAsked,
    body_needed=True,
    bound="book",
)
def post_allocated(request: Ask, body: RawBody) -> Response[bytes]:
    """Allocate between accounts of your own: exact, in one transaction, with a named odd unit."""
    visit = enter(request)
    plan = _plan(decoded(body, AllocationAsked))

    def use_case(tx: Tx) -> views.AllocationView:
        own_accounts(tx, plan.paths, plan.currency)
        id_ = tx.id("txn", f"allocation/{visit.wish}")
        allocation = post_allocation(tx, id_, plan, template=MANUAL)
        made = journal.transaction(tx, id_) if allocation.postings else None
        return _view(plan, allocation, views.transaction(made) if made else None)

    return visit.answer(body, use_case)


def _plan(asked: AllocationAsked) -> Plan:
    money.digits(asked.amount.currency)
    amount = asked.amount.amount
    return Plan(
        amount=None if isinstance(amount, str) else amount,
        currency=asked.amount.currency,
        parts=tuple(_part(part) for part in asked.parts),
        sources=tuple(_source(source) for source in asked.sources),
        rule=Rule(odd=asked.rule.odd, owner=asked.rule.owner or "", shares_of=asked.rule.shares_of),
        reference=asked.reference,
    )


def _part(asked: PartAsked) -> Part:
    if (asked.to is None) != asked.kept:
        raise PartUnclear(part=asked.to or "-", reason="to, kept")
    return Part(
        to=asked.to or "",
        kept=asked.kept,
        fixed=asked.fixed,
        share=_share(asked.share),
        remaining=asked.share == REMAINING,
        cap=asked.cap,
        floor=asked.floor,
    )


def _source(asked: SourceAsked) -> Source:
    return Source(
        account=asked.account,
        most=asked.max,
        overdraft=None if isinstance(asked.overdraft, str) else asked.overdraft,
        share=_share(asked.share),
        remaining=asked.share == REMAINING,
    )


def _share(text: str | None) -> Fraction | None:
    return None if text is None or text == REMAINING else read_share(text)


def _view(
    plan: Plan, allocation: Allocation, made: views.TransactionView | None
) -> views.AllocationView:
    parts = zip(plan.parts, allocation.amounts, strict=True)
    return views.AllocationView(
        Money(allocation.amount, plan.currency),
        [views.PartView(p.to or None, Money(taken, plan.currency), p.kept) for p, taken in parts],
        made,
    )


HANDLERS = [post_allocated]
