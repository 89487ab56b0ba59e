"""The loans of a book seen together, over the API: days closed, who is late, expected losses, ageing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.door import (
    Ask,
    BadTime,
    Cursor,
    Limit,
    Page,
    Ref,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.settlement import State
from huoshui.lines.lending import portfolio
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import Closed, losses
from huoshui.lines.lending.day import service as days
from huoshui.lines.lending.day import store as day_store
from huoshui.lines.lending.impairment import Rules
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.portfolio import store

_DAY = timedelta(days=1)
Day = Annotated[date | None, QueryParameter(description="A day, the last closed one if left out")]
Since = Annotated[date | None, QueryParameter(description="A day; changes after it are told")]
Bucket = Annotated[
    int | None, QueryParameter(ge=0, le=6, description="0-4 days late, 5 lost, 6 closed")
]
StageAsked = Annotated[int | None, QueryParameter(name="stage", ge=1, le=3)]
What = Annotated[
    Literal["over_30", "over_60", "over_90", "lost"],
    QueryParameter(description="How late, or lost"),
]
Product = Annotated[str, Meta(max_length=60)]
Cause = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]


class LoanDayView(msgspec.Struct, frozen=True):
    """A day as far as it is closed: parts of all, sums in minor units, loans by bucket of days past due."""

    day: date
    parts: int
    of: int
    whole: bool
    loans: int
    folded: int
    interest: int
    charges: int
    late: list[int]
    falls_due: int
    moved: int
    staged: int
    fees: int
    held: int
    digest: str


class LoanDayAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which day; the last that is over where it is left out."""

    day: date | None = None


class LoanLineView(msgspec.Struct, frozen=True):
    """A loan as a line of the book: what is open of its principal, how late it is, what is held."""

    id: str
    party: str
    product: str
    state: str
    amount: Money
    start_on: date | None
    standing: str | None
    principal: Money | None
    days_past_due: int
    next_due: date | None
    through: date | None
    bucket: int | None
    stage: int | None
    held: Money | None


class LoanMoveView(msgspec.Struct, frozen=True):
    """A move of a loan between buckets or stages, as a closed day found it."""

    day: date
    bucket_before: int
    bucket: int
    stage_before: int
    stage: int
    reason: str


class LoanRiskView(msgspec.Struct, frozen=True):
    """Loans of a product in a stage; amounts in minor units of its currency. `uncovered` would be held of
    what is drawn without the covers that are integral to the loans' terms."""

    product: str
    currency: str
    stage: int
    loans: int
    gross: int
    undrawn: int
    held: int
    provided: int
    suspended: int
    uncovered: int


class LoanLossesView(msgspec.Struct, frozen=True):
    """Expected losses of a closed day; `on_ledger` is what the allowance accounts hold now."""

    day: date | None
    data: list[LoanRiskView]
    on_ledger: list[dict[str, Any]]


class LoanLossChangesView(msgspec.Struct, frozen=True):
    """How what is held went from one closed day to another, by stage; `holds` says that it adds up."""

    currency: str
    since: date
    until: date
    opening: dict[str, int]
    flows: dict[str, dict[str, int]]
    closing: dict[str, int]
    moved: list[dict[str, int]]
    holds: bool


class LossRulesView(msgspec.Struct, frozen=True):
    """Parameters of expected losses of a product, '' is every other one, from a day on."""

    product: str
    number: int
    since: date
    rules: dict[str, Any]
    cause: str
    actor: str


class LossRulesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters: scenarios, CCF, stages; for a product or for all others; from a day on, and why."""

    rules: Rules
    cause: Cause
    product: Product = ""
    since: date | None = None


class LoanCohortView(msgspec.Struct, frozen=True):
    """Loans drawn first in a month; how many, and how much, were ever so late by months on book."""

    month: date
    loans: int
    amount: int
    reached_loans: list[int]
    reached_amount: list[int]


class LoanVintagesView(msgspec.Struct, frozen=True):
    """Cohorts, oldest first."""

    what: str
    data: list[LoanCohortView]


class LoanRollRow(msgspec.Struct, frozen=True):
    """Loans of a bucket of the first day, by their bucket of the later one; what was signed of them."""

    bucket: int
    loans: list[int]
    amounts: list[int]


class LoanRollView(msgspec.Struct, frozen=True):
    """How loans went from bucket to bucket."""

    since: date | None
    until: date | None
    data: list[LoanRollRow]


def _day(found: Closed) -> LoanDayView:
    told = {name: getattr(found, name) for name in Closed.__struct_fields__}
    return LoanDayView(of=PARTS, whole=found.parts == PARTS, **told | {"late": list(found.late)})


@reads("/loan-days", "loans:read", Page[LoanDayView], bound="book")
def list_loan_days(
    request: Ask, day: Day = None, after: Cursor = None, limit: Limit = 50
) -> Page[LoanDayView]:
    """Days of which parts are closed, the last first; or one of them."""
    with enter(request).begin() as tx:
        if day is not None:
            return Page([_day(days.closed(tx, day))], None)
        rows = day_store.days(tx, _before(after), limit)
        found = [_day(days.closed(tx, each)) for each, _ in rows]
    return Page(found, rows[-1][0].isoformat() if len(rows) == limit else None)


def _before(cursor: str | None) -> date | None:
    """The day behind which a page begins. Raises BadTime."""
    try:
        return date.fromisoformat(cursor) if cursor else None
    except ValueError as error:
        raise BadTime(text=(cursor or "")[:40]) from error


@moves("/loan-days", "loans:service", LoanDayView, asks=LoanDayAsked, bound="book")
def close_loan_day(request: Ask, body: RawBody) -> Response[bytes]:
    """Close the next open parts of a day, some thousand loans; to be called until it is whole."""
    visit, asked = enter(request), decoded(body or b"{}", LoanDayAsked)

    def use_case(tx: Tx) -> LoanDayView:
        day = asked.day or access.today(tx) - _DAY
        return _day(days.close_some(tx, day))

    return visit.answer(body, use_case)


@reads("/loan-book", "loans:read", Page[LoanLineView], bound="book")
def list_loan_book(
    request: Ask, product: Word = "", state_: State = "", party: Word = "", bucket: Bucket = None,
    stage: StageAsked = None, after: Cursor = None, limit: Limit = 50,
) -> Page[LoanLineView]:  # fmt: skip
    """The loan book, newest first: what is open of each loan, how late it is, its stage."""
    with enter(request).begin() as tx:
        today = access.today(tx)
        rows = store.book(
            tx, product=product, state=state_, party=party, bucket=bucket, stage=stage,
            after=after_id("loan", after), limit=limit,
        )  # fmt: skip
    return page_of("loan", rows, limit, lambda row: _line(row, today))


def _line(row: store.Entry, today: date) -> LoanLineView:
    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    return LoanLineView(
        row.shown, row.party, row.product, row.state, Money(row.amount, row.currency), row.start_on,
        row.standing, amount(row.principal), row.days_past_due(today), row.next_due, row.through,
        row.bucket, row.stage, amount(row.held),
    )  # fmt: skip


@reads("/loans/{ref:str}/moves", "loans:read", Page[LoanMoveView], bound="book")
def list_loan_moves(request: Ask, ref: Ref) -> Page[LoanMoveView]:
    """Moves of a loan between buckets and stages, the last first."""
    with enter(request).begin() as tx:
        rows = store.moves(tx, contract.find(tx, ref).id)
    return Page([LoanMoveView(**msgspec.structs.asdict(row)) for row in rows], None)


@reads("/loan-losses", "loans:read", LoanLossesView, bound="book")
def show_loan_losses(request: Ask, until: Day = None, product: Word = "") -> LoanLossesView:
    """What is expected to be lost, by product and stage, as the last closed day up to one found it."""
    with enter(request).begin() as tx:
        found = portfolio.losses(tx, until, product)
    rows = [LoanRiskView(**msgspec.structs.asdict(row)) for row in found.rows]
    held = [
        {"product": name, "currency": currency, "amount": amount}
        for (name, currency), amount in sorted(found.on_ledger.items())
    ]
    return LoanLossesView(found.day, rows, held)


@reads("/loan-loss-changes", "loans:read", Page[LoanLossChangesView], bound="book")
def list_loan_loss_changes(
    request: Ask, since: Since = None, until: Day = None, product: Word = ""
) -> Page[LoanLossChangesView]:
    """Why what is held is another than on an earlier day: a month before, where none is named."""
    with enter(request).begin() as tx:
        last = until or store.last_day(tx)
        if last is None:
            return Page([], None)
        begin = since or last.replace(day=1) - _DAY
        found = portfolio.roll_forward(tx, begin, last, product)
    told = [
        LoanLossChangesView(
            each.currency, each.since, each.until, _named(each.opening),
            {kind: _named(sums) for kind, sums in each.flows.items()}, _named(each.closing),
            [{"stage_before": a, "stage": b, "loans": n} for (a, b), n in sorted(each.moved.items())],
            each.holds,
        )
        for each in found
    ]  # fmt: skip
    return Page(told, None)


def _named(sums: Any) -> dict[str, int]:
    return {str(stage): amount for stage, amount in sums.items()}


def _rules(row: day_store.RulesRow) -> LossRulesView:
    return LossRulesView(row.product, row.number, row.since, row.rules, row.cause, row.actor)


@reads("/loan-loss-rules", "loans:read", Page[LossRulesView], bound="book")
def list_loss_rules(request: Ask) -> Page[LossRulesView]:
    """Parameters of expected losses that were ever said, the last first."""
    with enter(request).begin() as tx:
        return Page([_rules(row) for row in day_store.all_rules(tx, 100)], None)


@writes(
    "/loan-loss-rules", "loans:service", LossRulesView, asks=LossRulesAsked, bound="book",
    idempotency="optional", dry_run=True,
)  # fmt: skip
def set_loss_rules(request: Ask, body: RawBody) -> Response[bytes]:
    """Let parameters hold from a day on; what was expected on days that are closed stands."""
    visit, asked = enter(request), decoded(body, LossRulesAsked)
    return visit.answer(
        body,
        lambda tx: _rules(losses.say(tx, asked.product, asked.rules, asked.cause, asked.since)),
    )


@reads("/loan-vintages", "loans:read", LoanVintagesView, bound="book")
def show_loan_vintages(
    request: Ask, what: What = "over_30", product: Word = ""
) -> LoanVintagesView:
    """Cohorts by month of drawdown: what part was ever so late, by months on book."""
    with enter(request).begin() as tx:
        found = portfolio.vintages(tx, what, product)
    return LoanVintagesView(
        what,
        [
            LoanCohortView(
                e.month, e.loans, e.amount, list(e.reached_loans), list(e.reached_amount)
            )
            for e in found
        ],
    )


@reads("/loan-rolls", "loans:read", LoanRollView, bound="book")
def show_loan_rolls(
    request: Ask, since: Since = None, until: Day = None, product: Word = ""
) -> LoanRollView:
    """How loans went between buckets of days past due, from a month's end to the last closed day."""
    with enter(request).begin() as tx:
        last = until or store.last_day(tx)
        if last is None:
            return LoanRollView(None, None, [])
        found = portfolio.roll(tx, since or last.replace(day=1) - _DAY, last, product)
    rows = [
        LoanRollRow(bucket, list(loans), list(amounts))
        for bucket, (loans, amounts) in enumerate(zip(found.loans, found.amounts, strict=True))
    ]
    return LoanRollView(found.since, found.until, rows)


HANDLERS = [
    list_loan_days, close_loan_day, list_loan_book, list_loan_moves, show_loan_losses, list_loan_loss_changes,
    list_loss_rules, set_loss_rules, show_loan_vintages, show_loan_rolls,
]  # fmt: skip
