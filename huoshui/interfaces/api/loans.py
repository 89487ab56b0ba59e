"""Loans over the API: quoted, applied for, consented to, drawn, repaid, undone, reshaped, settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import QueryParameter, RawBody
from msgspec import Meta

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.interfaces.api import loan_views as views
from huoshui.interfaces.api.body import decoded
from huoshui.interfaces.api.contract import moves, reads, writes
from huoshui.interfaces.api.devices import covers, own_parties
from huoshui.interfaces.api.door import (
    Ask,
    Cursor,
    Limit,
    Page,
    Ref,
    Visit,
    Word,
    after_id,
    enter,
    page_of,
)
from huoshui.interfaces.api.mandates import ConsentAsked
from huoshui.interfaces.api.settlement import NothingAsked, State
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import dues
from huoshui.lines.lending.loan import contract, service, store
from huoshui.lines.lending.loan.checks import MEANS
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import BadBorrower, Loan, LoanCurrency, UnknownLoan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.scenarios import credit_lines, disbursing
from huoshui.scenarios.disbursing import Way
from huoshui.scenarios.judged_loans import LOANS

Product = Annotated[str, Meta(min_length=1, max_length=60)]
Party = Annotated[str, Meta(max_length=64)]
Event = Annotated[str, Meta(max_length=64)]
Count = Annotated[int, Meta(ge=0, le=1200)]
Minor = Annotated[int, Meta(ge=1, le=10**15)]
Rate = Annotated[str, Meta(pattern=r"^(0|0\.[0-9]{1,8}|1)$")]
On = Annotated[date | None, QueryParameter(description="A day, today where it is left out")]
Means = Literal[
    "repayment", "merchant_issued_refund", "payout_refund", "goodwill_credit",
    "interest_payment_waiver", "charge_adjustment", "sales_share",
]  # fmt: skip
assert set(Means.__args__) == set(MEANS)  # type: ignore[attr-defined]


class LoanOfferAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which loan: a product on offer, an amount in minor units, how many instalments."""

    product: Product
    amount: Minor
    instalments: Annotated[int, Meta(ge=1, le=1200)]
    facts: dict[str, Any] = {}


class LoanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An application. `party` is the borrower, by its id; who applies for itself may leave it out."""

    product: Product
    amount: Minor
    instalments: Annotated[int, Meta(ge=1, le=1200)]
    party: Party = ""
    facts: dict[str, Any] = {}


class LoanDrawAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is drawn, from which day it counts, and whether it goes to the borrower's balance in this
    book or to its bank account."""

    amount: Money
    on: date | None = None
    way: Way = "balance"


class LoanRepayAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came in, of which kind, and from which day it counts."""

    amount: Money
    kind: Means = "repayment"
    on: date | None = None


class LoanReversalAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event to be undone, by its id."""

    event: Event


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """A change of a loan; it counts from `on`, today where that is left out."""


class ChargeChange(Change, frozen=True, tag="charge"):
    """A fee or a penalty in minor units, due on a day."""

    amount: Minor
    due: date
    charge: Literal["fee", "penalty"] = "fee"
    on: date | None = None


class WaiverChange(Change, frozen=True, tag="waiver"):
    """What is open of a charge is waived."""

    of: Event
    on: date | None = None


class PenaltyWaiverChange(Change, frozen=True, tag="penalty_waiver"):
    """Penalty interest that is open is waived, the oldest first; all of it where no amount is named."""

    amount: Minor | None = None
    on: date | None = None


class RateChange(Change, frozen=True, tag="rate_change"):
    """Another yearly rate, as a part of one."""

    rate_annual: Rate
    on: date | None = None


class PauseChange(Change, frozen=True, tag="interest_pause"):
    """No interest up to a last day: relief in hardship."""

    until: date
    on: date | None = None


class ChargebackChange(Change, frozen=True, tag="chargeback"):
    """A payment was called back by who paid."""

    of: Event
    amount: Minor
    on: date | None = None


class CreditChange(Change, frozen=True, tag="credit_refund"):
    """Credit of the borrower is paid out, from today."""

    amount: Minor
    way: Way = "balance"


class LossChange(Change, frozen=True, tag="charge_off"):
    """The loan is held to be lost."""

    on: date | None = None


class GivenUpChange(Change, frozen=True, tag="write_off"):
    """What is open is given up."""

    on: date | None = None


class RescheduleChange(Change, frozen=True, tag="reschedule"):
    """From the instalment due on `due`: another date, more instalments, grace, or another rate."""

    due: date
    moved_to: date | None = None
    more: Count = 0
    grace_principal: Count = 0
    grace_interest: Count = 0
    rate_annual: Rate | None = None
    on: date | None = None


class ReAgeChange(Change, frozen=True, tag="re_age"):
    """All that is open is spread over new monthly instalments."""

    first_due: date
    instalments: Annotated[int, Meta(ge=1, le=1200)]
    interest: Literal["carried", "equal_parts"] = "carried"
    on: date | None = None


class ReAmortiseChange(Change, frozen=True, tag="re_amortise"):
    """What is overdue is spread over the instalments that are left."""

    interest: Literal["carried", "equal_parts"] = "carried"
    on: date | None = None


AnyChange = (
    ChargeChange | WaiverChange | PenaltyWaiverChange | RateChange | PauseChange
    | ChargebackChange | CreditChange | LossChange | GivenUpChange | RescheduleChange | ReAgeChange | ReAmortiseChange
)  # fmt: skip


class LoanChangeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes."""

    change: AnyChange


_EVENTS: dict[type[Change], type[e.Event]] = {
    ChargeChange: e.Charged, WaiverChange: e.Waived,
    PenaltyWaiverChange: e.PenaltyWaived, RateChange: e.RateChanged,
    PauseChange: e.InterestPaused, ChargebackChange: e.ChargedBack,
    LossChange: e.ChargedOff, GivenUpChange: e.WrittenOff, RescheduleChange: e.Rescheduled,
    ReAgeChange: e.ReAged, ReAmortiseChange: e.ReAmortised,
}  # fmt: skip


@writes(
    "/loan-offers", "loans:read", views.LoanOfferView, asks=LoanOfferAsked, bound="caller",
)  # fmt: skip
def quote_loan(request: Ask, body: RawBody) -> Response[bytes]:
    """What a loan of a product on offer would cost if it began today; nothing is kept."""
    visit, asked = enter(request), decoded(body, LoanOfferAsked)

    wanted = Application(party="", **msgspec.structs.asdict(asked))
    with visit.begin() as tx:
        told = contract.disclosure(contract.quote(tx, wanted))
        amount = Money(asked.amount, contract.currency(tx, asked.product))
    found = views.LoanOfferView(asked.product, amount, told)
    return visit.reply(msgspec.json.encode(found), hit=False)


@writes(
    "/loans", "loans:apply", views.LoanView, asks=LoanAsked, idempotency="optional",
    dry_run=True, bound="rows",
)  # fmt: skip
def apply_for_loan(request: Ask, body: RawBody) -> Response[bytes]:
    """Apply for a loan: it is decided at once, offered with its disclosure or declined with reasons."""
    visit, asked = enter(request), decoded(body, LoanAsked)

    def use_case(tx: Tx) -> views.LoanView:
        party = _borrower(visit, asked.party)
        line = credit_lines.line_of(tx, asked.product, party)  # drawn under it where there is one
        fields = msgspec.structs.asdict(asked) | {"party": party}
        fields["facility_id"] = line.id if line else None
        made = contract.apply(tx, Application(**fields), key=visit.wish)
        return views.loan(contract.decide(tx, made.id, LOANS), told=True)

    return visit.answer(body, use_case)


def _borrower(visit: Visit, party: str) -> str:
    """For whom a caller applies: itself, or whom it names and may. Raises BadBorrower."""
    bound = visit.bound
    own = own_parties(bound)
    if not party and own is not None and len(own) == 1:
        return own[0]
    try:
        if party.startswith(("slr_", "byr_")) and covers(bound, party):
            return party
    except ids.BadId as error:
        raise BadBorrower() from error
    raise BadBorrower()


@reads("/loans", "loans:read", Page[views.LoanView], bound="rows")
def list_loans(
    request: Ask, party: Word = "", product: Word = "", state_: State = "",
    after: Cursor = None, limit: Limit = 50,
) -> Page[views.LoanView]:  # fmt: skip
    """Loans, newest first; of a borrower, of a product, in a state."""
    visit = enter(request)
    with visit.begin() as tx:
        rows = store.loans(
            tx, party=party, product=product, state=state_, among=own_parties(visit.bound),
            after=after_id("loan", after), limit=limit,
        )  # fmt: skip
        found = store.positions(tx, [row.id for row in rows])
    return page_of("loan", rows, limit, lambda row: views.loan(row, found.get(row.id)))


def _own(tx: Tx, visit: Visit, ref: str) -> Loan:
    """A loan that is the caller's to see. Raises BadId, UnknownLoan."""
    bound = visit.bound
    found = contract.find(tx, ref)
    if not covers(bound, found.party):
        raise UnknownLoan(kind="loan", id=ref)
    return found


@reads("/loans/{ref:str}", "loans:read", views.LoanView, bound="rows")
def show_loan(request: Ask, ref: Ref) -> views.LoanView:
    """One loan with its disclosure, and where it stands today."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref)
        at = service.position_of(tx, found.id) if found.start_on else None
        return views.loan(found, at, told=True)


@reads("/loans/{ref:str}/schedule", "loans:read", views.LoanScheduleView, bound="rows")
def show_loan_schedule(request: Ask, ref: Ref) -> views.LoanScheduleView:
    """The instalments as the events make them; none before the first drawdown."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref)
        running = service.read(tx, found.id)
        today = access.today(tx)
        rows = dues(seen_on(running.state, today)) if running.by else ()
        return views.LoanScheduleView(found.shown, found.currency, list(rows))


@reads("/loans/{ref:str}/events", "loans:read", Page[views.LoanEventView], bound="rows")
def list_loan_events(
    request: Ask, ref: Ref, after: Cursor = None, limit: Limit = 50
) -> Page[views.LoanEventView]:
    """All events of a loan in the order in which they were learnt."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref)
        behind = int(after) if after and after.isascii() and after.isdigit() else 0
        rows = store.events_page(tx, found.id, min(behind, 2**31 - 1), limit)
    end = str(rows[-1].number) if len(rows) == limit else None
    return Page([views.event(row) for row in rows], end)


@reads("/loans/{ref:str}/entries", "loans:read", views.LoanEntriesView, bound="rows")
def list_loan_entries(request: Ask, ref: Ref) -> views.LoanEntriesView:
    """What was posted for a loan, each entry with its day and the event that caused it."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref)
        rows = store.postings(tx, found.id)
        return views.LoanEntriesView(found.shown, found.currency, [views.entry(r) for r in rows])


@reads(
    "/loans/{ref:str}/settlement", "loans:read", views.LoanSettlementView, bound="rows",
    stateful=True,
)  # fmt: skip
def quote_loan_settlement(request: Ask, ref: Ref, on: On = None) -> views.LoanSettlementView:
    """What would settle the loan early, on a day."""
    visit = enter(request)
    with visit.begin() as tx:
        found = _own(tx, visit, ref)
        return views.settlement(found, service.settlement(tx, found.id, on))


@writes(
    "/loans/{ref:str}/consent", "loans:apply", views.LoanView, asks=ConsentAsked, bound="rows",
    idempotency="optional",
)  # fmt: skip
def consent_to_loan(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The borrower agrees to the offer as it was disclosed."""
    asked = decoded(body, ConsentAsked)
    proof = asked.confirmation.proof
    return _on_own(request, ref, body, lambda tx, loan: contract.consent(tx, loan.id, proof))


@writes(
    "/loans/{ref:str}/withdraw", "loans:apply", views.LoanView, asks=NothingAsked, bound="rows",
    body_needed=False, idempotency="optional",
)  # fmt: skip
def withdraw_from_loan(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """The borrower wants it no more; free before the first drawdown."""
    decoded(body or b"{}", NothingAsked)
    return _on_own(request, ref, body, lambda tx, loan: contract.withdraw(tx, loan.id))


def _on_own(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, Loan], Loan]
) -> Response[bytes]:
    visit = enter(request)
    return visit.answer(body, lambda tx: views.loan(act(tx, _own(tx, visit, ref)), told=True))


Done = views.LoanOutcomeView


def _served(
    request: Ask, ref: str, body: bytes, act: Callable[[Tx, Loan, str], service.Outcome]
) -> Response[bytes]:
    visit = enter(request)
    return visit.answer(body, lambda tx: views.outcome(act(tx, contract.find(tx, ref), visit.wish)))


def _minor(loan: Loan, amount: Money) -> int:
    if amount.currency != loan.currency:
        raise LoanCurrency(currency=loan.currency)
    return amount.amount


@moves(
    "/loans/{ref:str}/draw",
    "loans:service",
    Done,
    asks=LoanDrawAsked,
    body_needed=True,
    bound="book",
)
def draw_loan(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Pay out to the borrower; the terms begin with the first drawdown."""
    asked = decoded(body, LoanDrawAsked)

    def act(tx: Tx, loan: Loan, key: str) -> service.Outcome:
        return disbursing.draw(
            tx, loan.id, _minor(loan, asked.amount), key, on=asked.on, way=asked.way
        )

    return _served(request, ref, body, act)


@moves(
    "/loans/{ref:str}/repay", "loans:service", Done, asks=LoanRepayAsked, body_needed=True,
    bound="book",
)  # fmt: skip
def repay_loan(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Take a payment by the waterfall; one that counts from an earlier day has all after it told again."""
    asked = decoded(body, LoanRepayAsked)

    def act(tx: Tx, loan: Loan, key: str) -> service.Outcome:
        amount = _minor(loan, asked.amount)
        one = Repayment(loan_id=loan.id, amount=amount, key=key, kind=asked.kind, on=asked.on)
        return service.repay(tx, [one])[0]

    return _served(request, ref, body, act)


@moves(
    "/loans/{ref:str}/reverse", "loans:service", Done, asks=LoanReversalAsked, body_needed=True,
    bound="book",
)  # fmt: skip
def reverse_loan_event(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Undo an event, as if it had not been: the dated difference is posted."""
    asked = decoded(body, LoanReversalAsked)
    return _served(
        request, ref, body, lambda tx, loan, key: disbursing.reverse(tx, loan.id, asked.event, key)
    )


@moves(
    "/loans/{ref:str}/change", "loans:service", Done, asks=LoanChangeAsked, body_needed=True,
    bound="book",
)  # fmt: skip
def change_loan(request: Ask, ref: Ref, body: RawBody) -> Response[bytes]:
    """Charge, waive, relieve, reschedule, re-age, charge off: what else happens to a loan."""
    change = decoded(body, LoanChangeAsked).change

    def act(tx: Tx, loan: Loan, key: str) -> service.Outcome:
        if isinstance(change, CreditChange):
            return disbursing.refund_credit(tx, loan.id, change.amount, key, way=change.way)
        return service.record(tx, loan.id, _event(tx, change), key)

    return _served(request, ref, body, act)


def _event(tx: Tx, change: Change) -> e.AnyEvent:
    today = access.today(tx)
    said = msgspec.structs.asdict(change)
    said["on"] = said["on"] or today
    if "charge" in said:
        said["kind"] = said.pop("charge")
    if said.get("rate_annual"):
        said["rate_annual"] = Fraction(said["rate_annual"])
    return _EVENTS[type(change)](id="", recorded=today, **said)  # type: ignore[return-value]


HANDLERS = [
    quote_loan, apply_for_loan, list_loans, show_loan, show_loan_schedule, list_loan_events,
    list_loan_entries, quote_loan_settlement, consent_to_loan, withdraw_from_loan, draw_loan,
    repay_loan, reverse_loan_event, change_loan,
]  # fmt: skip
