"""Hosted pages over HTTP: the checkout with what may be done on it, and the receipt."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, RawBody

from huoshui.core import money
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.money import Money
from huoshui.interfaces.hosted import (
    answer,
    calculating,
    consenting,
    linking,
    own_claims,
    owning,
    pace,
    pages,
    proving,
)
from huoshui.interfaces.hosted.answer import draw, frame_of, html, redirect
from huoshui.interfaces.hosted.opening import (
    Ask,
    NoSuchPage,
    Visit,
    enter,
    form,
    one,
    own_form,
    shown_id,
)
from huoshui.interfaces.hosted.pages import Given
from huoshui.lines.payments import links
from huoshui.lines.payments.payment import store
from huoshui.lines.payments.payment.model import Payment
from huoshui.scenarios import checkout
from huoshui.scenarios.checkout import Wish

_SEE = "/{secret:str}"


class NotAgreed(Problem):
    """A loan is agreed to before it is given: the box beside its figures says so."""

    code = "pay_later_not_agreed"
    status = 422


def routes() -> list[Any]:
    """Everything that needs no key, for the composition root."""
    errors: dict[Any, Any] = {Problem: answer.on_problem, HTTPException: _on_http}
    return [
        Router(
            path="/pay",
            route_handlers=[show, pay, call_off, moved],
            exception_handlers=errors,
            include_in_schema=False,
        ),
        Router(
            path="/pay",
            route_handlers=proving.HANDLERS,
            exception_handlers=errors | {Problem: proving.on_problem},
            include_in_schema=False,
        ),
        Router(
            path="/link",
            route_handlers=linking.HANDLERS,
            exception_handlers=errors,
            include_in_schema=False,
        ),
        Router(
            path="/consent",
            route_handlers=consenting.HANDLERS,
            exception_handlers=errors | {Problem: consenting.on_problem},
            include_in_schema=False,
        ),
        Router(
            path="/mine",
            route_handlers=[*owning.HANDLERS, *own_claims.HANDLERS],
            exception_handlers=errors | {Problem: owning.on_problem},
            include_in_schema=False,
        ),
        Router(
            path="/calculator",
            route_handlers=calculating.HANDLERS,
            exception_handlers=errors,
            include_in_schema=False,
        ),
        Router(
            path="/receipt",
            route_handlers=[receipt, receipt_json],
            exception_handlers=errors,
            include_in_schema=False,
        ),
    ]


def _on_http(request: Ask, error: HTTPException) -> Response[bytes]:
    """What the framework refuses, as a page."""
    return answer.on_problem(request, NoSuchPage())


@get(_SEE, sync_to_thread=True)
def show(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """The checkout of a payment, by what is to happen next."""
    visit = enter(request, secret)
    return _page(request, visit)


@post(_SEE, sync_to_thread=True, status_code=200)
def pay(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """Pay by what was chosen; then to the page of what comes next. What is refused is told on it."""
    own_form(request)
    visit = enter(request, secret)
    fields = form(body)
    version = visit.check_form(fields)
    try:
        pace.DEEDS.take(shown_id(visit.payment))
        wish = _wish(visit, fields)
        if wish.voucher:
            pace.VOUCHERS.take(shown_id(visit.payment))
        visit.run(lambda tx: checkout.pay(tx, visit.payment.id, version, wish, live=visit.live))
    except Problem as problem:
        return _page(request, visit, problem, fields)
    return redirect(f"/pay/{secret}")


@post(f"{_SEE}/call-off", sync_to_thread=True, status_code=200)
def call_off(request: Ask, secret: FromPath[str], body: RawBody) -> Response[bytes]:
    """The buyer does not want to pay."""
    own_form(request)
    visit = enter(request, secret)
    version = visit.check_form(form(body))
    pace.DEEDS.take(shown_id(visit.payment))
    visit.run(lambda tx: checkout.call_off(tx, visit.payment.id, version))
    return redirect(f"/pay/{secret}")


@get(f"{_SEE}/moved", sync_to_thread=True)
def moved(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """Whether the payment has moved on since a version: 205 then, else 204."""
    visit = enter(request, secret)
    same = request.query_params.get("version", "") == str(visit.payment.version)
    return Response(b"", status_code=204 if same else 205, headers=answer.HEADERS)


@get(_SEE, sync_to_thread=True)
def receipt(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """What was paid, by which means, and what went back; before anything was, the checkout."""
    visit = enter(request, secret)
    if not visit.payment.captured:
        return redirect(f"/pay/{secret}")
    frame = frame_of(request, visit.zone)

    def use_case(tx: Tx) -> pages.ReceiptPage:
        refunds = store.refunds_of(tx, visit.payment.id)
        cleared = store.clearing_of(tx, visit.payment.id)
        sellers = checkout.payees(tx, visit.payment)
        what = _what(tx, visit.payment, frame.lang)
        return pages.receipt_page(visit, frame.lang, refunds, cleared, sellers, what)

    return html(request, draw("receipt.html", frame, page=visit.run(use_case)))


class ReceiptView(msgspec.Struct, frozen=True):
    """A receipt for a program."""

    payment: str
    payee: str
    sellers: list[str]
    state: str
    amount: Money
    captured: Money
    refunded: Money
    tenders: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    windows: list[int]


@get(f"{_SEE}/json", sync_to_thread=True)
def receipt_json(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """The receipt as JSON."""
    visit = enter(request, secret)
    payment, currency = visit.payment, visit.payment.currency

    def use_case(tx: Tx) -> ReceiptView:
        return ReceiptView(
            payment=shown_id(payment),
            payee=visit.book_name,
            sellers=checkout.payees(tx, payment),
            state=payment.state,
            amount=Money(payment.amount, currency),
            captured=Money(payment.captured, currency),
            refunded=Money(payment.refunded, currency),
            tenders=[{"rail": t.rail, "captured": Money(t.taken, currency),
                      "refunded": Money(t.back, currency)} for t in payment.tenders if t.taken],
            refunds=[{"amount": Money(r.amount, r.currency), "state": r.state, "at": r.at}
                     for r in store.refunds_of(tx, payment.id)],
            windows=sorted({row.window_number for row in store.clearing_of(tx, payment.id)}),
        )  # fmt: skip

    content = msgspec.json.encode(visit.run(use_case))
    return Response(content, media_type="application/json", headers=answer.HEADERS)


def _wish(visit: Visit, fields: dict[str, list[str]]) -> Wish:
    """What a form chose. Raises AmountUnreadable, AmountTooFine."""
    used, rail, later = fields.get("use", []), one(fields, "rail"), ""
    if rail.startswith(pages.LATER):
        rail, later = "", rail.removeprefix(pages.LATER)
        need_agreement(fields, later)
    return Wish(
        balance=_at_most(visit.payment, fields, "balance") if "balance" in used else None,
        points=_at_most(visit.payment, fields, "points") if "points" in used else None,
        voucher=one(fields, "voucher"),
        rail=rail,
        token=one(fields, f"token_{rail}"),
        later=later,
        agreed=one(fields, f"mark_{later}"),
    )


def need_agreement(fields: dict[str, list[str]], later: str) -> None:
    """That who pays later has said that it agrees to what it was shown. Raises NotAgreed."""
    if "yes" not in fields.get(f"agree_{later}", []):
        raise NotAgreed()


def _at_most(payment: Payment, fields: dict[str, list[str]], name: str) -> int:
    """A field's amount in minor units; without one, all there is."""
    said = one(fields, name).replace(",", "")
    return money.parse_amount(said, payment.currency) if said else payment.amount


def _what(tx: Tx, payment: Payment, lang: str) -> str:
    """What a payment by a link is for; empty for every other one, which says it itself."""
    link = links.of_reference(tx, payment.reference)
    return link.title(lang) if link else ""


def _given(fields: dict[str, list[str]]) -> Given:
    return Given(
        used=tuple(fields.get("use", [])),
        balance=one(fields, "balance"),
        points=one(fields, "points"),
        voucher=one(fields, "voucher"),
        rail=one(fields, "rail"),
        token=one(fields, f"token_{one(fields, 'rail')}"),
    )


def _page(
    request: Ask,
    visit: Visit,
    problem: Problem | None = None,
    fields: dict[str, list[str]] | None = None,
) -> Response[bytes]:
    """The checkout as it stands now; with what was refused above it, and what was given kept."""
    frame = frame_of(request, visit.zone)
    told = (problem.title(frame.lang), problem.detail(frame.lang)) if problem else None

    def use_case(tx: Tx) -> pages.CheckoutPage:
        payment = store.payment(tx, visit.payment.id)
        if payment is None:
            raise NoSuchPage()
        return pages.checkout_page(
            visit,
            frame.lang,
            payment,
            tx.now,
            checkout.offer(tx, payment, live=visit.live),
            sellers=checkout.payees(tx, payment),
            what=_what(tx, payment, frame.lang),
            problem=told,
            given=_given(fields) if fields else None,
            has_passkey=proving.has_passkey(tx, payment.buyer),
        )

    text = draw("pay.html", frame, page=visit.run(use_case))
    found = html(request, text, status=problem.status if problem else 200)
    if problem and problem.status == 429:
        found.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return found
