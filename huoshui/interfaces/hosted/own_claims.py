"""A seller's page “get your money now”: what its shipped orders would bring today, and what is out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.facts.commerce import store as facts
from huoshui.interfaces.hosted.answer import draw, frame_of, html, redirect
from huoshui.interfaces.hosted.opening import Ask, NoSuchPage, form, form_token, one, own_form
from huoshui.interfaces.hosted.own_visit import OwnVisit, enter
from huoshui.lines.lending.factoring import service, store
from huoshui.lines.lending.factoring.machine import ENDED
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.lines.lending.rates.apr import percent
from huoshui.scenarios import early_money
from huoshui.scenarios.early_money import Advance, Product

LISTED = 100
_VERSION = 1  # of the form: an advance's own mark says what was shown


class Choice(msgspec.Struct, frozen=True):
    """A product that can be chosen."""

    name: str
    title: str
    about: str
    recourse: str
    chosen: bool
    href: str


class AdvanceCard(msgspec.Struct, frozen=True):
    """What an order would bring now, in a list."""

    href: str
    order: str
    face: Money
    now: Money
    cost: Money
    due: date


class SoldCard(msgspec.Struct, frozen=True):
    """A claim that was sold, or is offered to be bought."""

    document: str
    product: str
    state: str
    stands: str
    paid: Money
    to_come: Money
    owed: Money
    fee: Money
    due: date
    agree_href: str
    decline_href: str
    fee_most: Money
    advance: Money


class ClaimsPage(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    world: str
    href: str
    payee: str
    name: str
    sells: bool
    version: int
    token: str
    problem: tuple[str, str] | None
    choices: tuple[Choice, ...]
    total: Money | None
    advances: tuple[AdvanceCard, ...]
    offers: tuple[SoldCard, ...]
    open: tuple[SoldCard, ...]
    ended: tuple[SoldCard, ...]


class AdvancePage(msgspec.Struct, frozen=True, kw_only=True):
    """One order: now, or by waiting."""

    world: str
    href: str
    claims_href: str
    payee: str
    version: int
    token: str
    order: str
    product: str
    title: str
    recourse: str
    mark: str
    face: Money
    now: Money
    later: Money
    cost: Money
    due: date
    days: int
    simple: str
    compound: str
    texts: tuple[str, ...]


@get("/{secret:str}/claims", sync_to_thread=True)
def show(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """What could be had now, and what has been."""
    return _page(request, _enter(request, secret))


def _enter(request: Ask, secret: str) -> OwnVisit:
    """A seller's page. Raises NoSuchPage for a buyer's."""
    visit = enter(request, secret)
    if not visit.sells:
        raise NoSuchPage()
    return visit


def _seller(visit: OwnVisit) -> UUID:
    return ids.read("slr", visit.party)


def _page(request: Ask, visit: OwnVisit, problem: Problem | None = None) -> Response[bytes]:
    frame = frame_of(request, visit.zone)
    told = (problem.title(frame.lang), problem.detail(frame.lang)) if problem else None
    wanted = request.query_params.get("product", "")

    def use_case(tx: Tx) -> ClaimsPage:
        return claims_page(tx, visit, frame.lang, wanted, told)

    page = draw("own_claims.html", frame, page=visit.run(use_case))
    return html(request, page, status=problem.status if problem else 200)


def claims_page(
    tx: Tx, visit: OwnVisit, lang: str, wanted: str, problem: tuple[str, str] | None = None
) -> ClaimsPage:
    """The page as it stands now."""
    offered, seller = early_money.products(tx), _seller(visit)
    chosen = next((p for p in offered if p.name == wanted), offered[0] if offered else None)
    found = early_money.advances(tx, seller, chosen.name) if chosen else []
    sold = store.assignments(tx, sellers=[seller], limit=LISTED)
    keys = _documents(tx, sold)
    cards = [(each, _sold(visit, each, keys, lang)) for each in sold]
    total = sum(each.deal.advance for each in found)
    return ClaimsPage(
        world=visit.world,
        href=visit.href,
        payee=visit.book_name,
        name=visit.name,
        sells=True,
        version=_VERSION,
        token=form_token(visit.secret, _VERSION),
        problem=problem,
        choices=tuple(_choice(visit, each, each is chosen, lang) for each in offered),
        total=Money(total, found[0].currency) if found else None,
        advances=tuple(_card(visit, each, chosen) for each in found if chosen),
        offers=tuple(card for each, card in cards if each.state == "offered"),
        open=tuple(c for each, c in cards if each.state not in (*ENDED, "offered")),
        ended=tuple(card for each, card in cards if each.state in ENDED),
    )


def _choice(visit: OwnVisit, each: Product, chosen: bool, lang: str) -> Choice:
    href = f"{visit.href}/claims?product={each.name}"
    return Choice(
        each.name, each.title.say(lang), each.about.say(lang), each.recourse, chosen, href
    )


def _card(visit: OwnVisit, each: Advance, product: Product) -> AdvanceCard:
    unit = each.currency
    return AdvanceCard(
        f"{visit.href}/claims/{each.order}?product={product.name}", each.order,
        Money(each.face, unit), Money(each.deal.advance, unit), Money(each.deal.fee_most, unit),
        each.due_on,
    )  # fmt: skip


def _documents(tx: Tx, sold: list[Assignment]) -> dict[UUID, str]:
    """What the seller calls each claim."""
    found = {each.id: store.receivable(tx, each.receivable_id) for each in sold}
    return {id_: row.document for id_, row in found.items() if row}


def _sold(visit: OwnVisit, each: Assignment, keys: dict[UUID, str], lang: str) -> SoldCard:
    def money(minor: int) -> Money:
        return Money(minor, each.currency)

    fee = each.fee if each.confirmed_at else each.fee_most
    href = f"{visit.href}/claims/offers/{ids.show('asg', each.id)}"
    return SoldCard(
        document=keys.get(each.id, ""),
        product=each.product,
        state=each.state,
        stands=text(f"state.assignment.{each.state}", lang),
        paid=money(each.paid),
        to_come=money(max(0, each.reserve - (0 if each.confirmed_at else fee))),
        owed=money(each.claim),
        fee=money(fee),
        due=each.due_on,
        agree_href=f"{href}/agree",
        decline_href=f"{href}/decline",
        fee_most=money(each.fee_most),
        advance=money(each.advance),
    )


@get("/{secret:str}/claims/{order:str}", sync_to_thread=True)
def show_order(request: Ask, secret: FromPath[str], order: FromPath[str]) -> Response[bytes]:
    """One order: what it brings now, what it costs, and what waiting brings."""
    visit = _enter(request, secret)
    frame = frame_of(request, visit.zone)
    product = request.query_params.get("product", "")

    def use_case(tx: Tx) -> AdvancePage:
        return advance_page(tx, visit, order, product, frame.lang)

    try:
        page = visit.run(use_case)
    except NoSuchPage:
        raise
    except Problem as problem:
        return _page(request, visit, problem)
    return html(request, draw("own_advance.html", frame, page=page))


def advance_page(tx: Tx, visit: OwnVisit, order: str, product: str, lang: str) -> AdvancePage:
    """The page of one order. Raises NoSuchPage for what is not the seller's."""
    of = next((p for p in early_money.products(tx) if p.name == product), None)
    if of is None or not facts.order_ids(tx, [order]):
        raise NoSuchPage()
    found = early_money.find(tx, _seller(visit), order, product)
    deal, unit = found.deal, found.currency
    return AdvancePage(
        world=visit.world,
        href=f"{visit.href}/claims/{order}",
        claims_href=f"{visit.href}/claims",
        payee=visit.book_name,
        version=_VERSION,
        token=form_token(visit.secret, _VERSION),
        order=order,
        product=product,
        title=of.title.say(lang),
        recourse=of.recourse,
        mark=found.mark,
        face=Money(found.face, unit),
        now=Money(deal.advance, unit),
        later=Money(deal.reserve - deal.fee_most, unit),
        cost=Money(deal.fee_most, unit),
        due=found.due_on,
        days=(found.due_on - access.today(tx)).days,
        simple=f"{percent(deal.simple)}%",
        compound=f"{percent(deal.compound)}%",
        texts=tuple(said.say(lang) for said in found.disclosures),
    )


def _done(
    request: Ask, secret: str, body: bytes, act: Callable[[Tx, OwnVisit, dict[str, list[str]]], Any]
) -> Response[bytes]:
    own_form(request)
    visit = _enter(request, secret)
    fields = form(body)
    visit.check(fields)
    try:
        visit.run(lambda tx: act(tx, visit, fields))
    except NoSuchPage:
        raise
    except Problem as problem:
        return _page(request, visit, problem)
    return redirect(f"{visit.href}/claims")


@post("/{secret:str}/claims/{order:str}", sync_to_thread=True, status_code=200)
def take(
    request: Ask, secret: FromPath[str], order: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The seller agrees to what it was shown; the same form again finds the claim sold."""

    def act(tx: Tx, visit: OwnVisit, fields: dict[str, list[str]]) -> None:
        if one(fields, "agree") != "yes":
            raise NotAgreed()
        product, mark = one(fields, "product"), one(fields, "mark")
        early_money.take(tx, _seller(visit), order, product, mark)

    return _done(request, secret, body, act)


class NotAgreed(Problem):
    """The box that says that the seller agrees is not ticked."""

    code = "advance_not_agreed"
    status = 422


def _offer(tx: Tx, visit: OwnVisit, ref: str) -> Assignment:
    """An offer that stands to this seller. Raises NoSuchPage."""
    try:
        found = service.assignment(tx, ids.read("asg", ref))
    except Problem as error:
        raise NoSuchPage() from error
    if found.seller_id != _seller(visit):
        raise NoSuchPage()
    return found


@post("/{secret:str}/claims/offers/{ref:str}/agree", sync_to_thread=True, status_code=200)
def agree(
    request: Ask, secret: FromPath[str], ref: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The seller agrees to an offer of the marketplace."""
    return _done(
        request, secret, body,
        lambda tx, visit, _: early_money.agree(tx, _seller(visit), _offer(tx, visit, ref).id),
    )  # fmt: skip


@post("/{secret:str}/claims/offers/{ref:str}/decline", sync_to_thread=True, status_code=200)
def decline(
    request: Ask, secret: FromPath[str], ref: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The seller does not want it."""
    return _done(
        request, secret, body,
        lambda tx, visit, _: service.decline(tx, _offer(tx, visit, ref).id, "seller"),
    )  # fmt: skip


HANDLERS: list[Any] = [show, show_order, take, agree, decline]
