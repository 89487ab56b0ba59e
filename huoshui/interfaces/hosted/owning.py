"""A party's own page over HTTP: its loans, each with its terms, papers, payments, requests, consent.

Whoever has the address sees, pays and asks. To consent to a loan it takes the party's passkey, on a
challenge that is good for this contract, word for word, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast, get_args

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from huoshui.core import ids, money
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.passkey import Passkey
from huoshui.interfaces.hosted import answer, own_loans, pace, proving
from huoshui.interfaces.hosted.answer import draw, frame_of, html, redirect
from huoshui.interfaces.hosted.opening import (
    Ask,
    NoSuchPage,
    StrangeForm,
    address_of,
    form,
    one,
    own_form,
)
from huoshui.interfaces.hosted.own_visit import OwnVisit, enter
from huoshui.interfaces.hosted.proving import NothingToProve, Proof
from huoshui.interfaces.papers import loans as papers
from huoshui.interfaces.papers.loans import MEDIA_TYPE, File
from huoshui.lines.lending.loan import contract, relief_store, relieving, store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.relief import BadRequest, Kind
from huoshui.scenarios import own_page

Fields = dict[str, list[str]]
_WISH = re.compile(r"[A-Za-z0-9_-]{32}")
_LOAN = "/{secret:str}/loans/{loan:str}"


@get("/{secret:str}", sync_to_thread=True)
def show(request: Ask, secret: FromPath[str]) -> Response[bytes]:
    """All loans of the party."""
    visit = enter(request, secret)
    frame = frame_of(request, visit.zone)
    page = visit.run(lambda tx: own_loans.own_page(tx, visit, frame.lang))
    return html(request, draw("own.html", frame, page=page))


@get(_LOAN, sync_to_thread=True)
def show_loan(request: Ask, secret: FromPath[str], loan: FromPath[str]) -> Response[bytes]:
    """One loan: as it is offered, as it waits, as it runs, as it ended."""
    return _page(request, enter(request, secret), loan)


def _page(
    request: Ask, visit: OwnVisit, ref: str, problem: Problem | None = None
) -> Response[bytes]:
    frame = frame_of(request, visit.zone)
    told = (problem.title(frame.lang), problem.detail(frame.lang)) if problem else None
    on = _day(request.query_params.get("on", ""))

    def use_case(tx: Tx) -> own_loans.LoanPage:
        found = visit.loan(tx, ref)
        day = on if on and found.start_on and on >= found.start_on else None
        return own_loans.loan_page(tx, visit, found, frame.lang, day, told)

    page = draw("own_loan.html", frame, page=visit.run(use_case))
    found = html(request, page, status=problem.status if problem else 200)
    if problem and problem.status == 429:
        found.headers["Retry-After"] = str(problem.facts["retry_after_s"])
    return found


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None


def _done(
    request: Ask, secret: str, ref: str, body: bytes,
    act: Callable[[Tx, OwnVisit, Loan, Fields], str | None],
) -> Response[bytes]:  # fmt: skip
    """Do what a form asks where the page still shows what stands, and go on to what comes of it.

    A form of an earlier page does nothing; what is refused is told on the page.
    """
    own_form(request)
    visit = enter(request, secret)
    fields = form(body)
    version = visit.check(fields)

    def use_case(tx: Tx) -> str | None:
        return act(tx, visit, _standing(tx, visit, ref, version), fields)

    try:
        href = visit.run(use_case)
    except _Moved:
        href = None
    except NoSuchPage:
        raise
    except Problem as problem:
        return _page(request, visit, ref, problem)
    return redirect(href or f"{visit.href}/loans/{ref}")


class _Moved(Exception):
    """The page shows what stood before: nothing is done."""


def _standing(tx: Tx, visit: OwnVisit, ref: str, version: int) -> Loan:
    """The loan, locked, if a form was made for what stands of it now."""
    found = contract.locked(tx, visit.loan(tx, ref).id)
    if _version(tx, found) != version:
        raise _Moved()
    return found


def _version(tx: Tx, loan: Loan) -> int:
    asked = relief_store.requests(tx, loan_id=loan.id, limit=20)
    return own_loans.version_of(loan, len(store.events(tx, [loan.id])), len(asked))


@post(f"{_LOAN}/pay", sync_to_thread=True, status_code=200)
def pay(request: Ask, secret: FromPath[str], loan: FromPath[str], body: RawBody) -> Response[bytes]:
    """Begin a payment of the loan, and go to its checkout; the same form again leads to the same one."""
    pace.LINKS.take(f"{address_of(request)}/{loan}")

    def act(tx: Tx, visit: OwnVisit, found: Loan, fields: Fields) -> str:
        wish = one(fields, "wish")
        if not _WISH.fullmatch(wish):
            raise StrangeForm()
        amount = _amount(found, fields)
        begun = own_page.begin_payment(tx, found, amount, visit.opening.world, wish)
        return f"/pay/{begun}"

    return _done(request, secret, loan, body, act)


def _amount(loan: Loan, fields: Fields) -> int:
    """What was chosen, in minor units: an amount of the page, or another one that was typed."""
    picked = one(fields, "pick")
    if picked.isascii() and picked.isdecimal() and len(picked) < 16:
        return int(picked)
    return money.parse_amount(one(fields, "amount").replace(",", ""), loan.currency)


@post(f"{_LOAN}/withdraw", sync_to_thread=True, status_code=200)
def withdraw(
    request: Ask, secret: FromPath[str], loan: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The borrower wants the loan no more."""

    def act(tx: Tx, visit: OwnVisit, found: Loan, fields: Fields) -> None:
        contract.withdraw(tx, found.id)

    return _done(request, secret, loan, body, act)


@post(f"{_LOAN}/relief", sync_to_thread=True, status_code=200)
def ask_relief(
    request: Ask, secret: FromPath[str], loan: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The borrower cannot pay as agreed, and asks for something else."""

    def act(tx: Tx, visit: OwnVisit, found: Loan, fields: Fields) -> None:
        kind, count = one(fields, "kind"), one(fields, "count")
        if kind not in get_args(Kind):
            raise BadRequest(field="kind")
        number = int(count) if count.isascii() and count.isdecimal() and len(count) < 3 else 0
        words = "".join(fields.get("words", []))[:1000]
        asked = 0 if kind == "spread" else number
        relieving.ask(tx, found.id, cast(Kind, kind), asked, words)

    return _done(request, secret, loan, body, act)


@post(f"{_LOAN}/relief/{{asked:str}}/take-back", sync_to_thread=True, status_code=200)
def take_back(
    request: Ask, secret: FromPath[str], loan: FromPath[str], asked: FromPath[str], body: RawBody
) -> Response[bytes]:
    """The borrower takes the request back."""

    def act(tx: Tx, visit: OwnVisit, found: Loan, fields: Fields) -> None:
        row = relieving.find(tx, ids.read("lrq", asked))
        if row.loan_id != found.id:
            raise NoSuchPage()
        relieving.take_back(tx, row.id)

    return _done(request, secret, loan, body, act)


@get(f"{_LOAN}/contract.pdf", sync_to_thread=True)
def contract_file(request: Ask, secret: FromPath[str], loan: FromPath[str]) -> Response[bytes]:
    """The contract as a PDF."""
    return _file(request, secret, loan, papers.contract_file)


@get(f"{_LOAN}/statement.pdf", sync_to_thread=True)
def statement_file(request: Ask, secret: FromPath[str], loan: FromPath[str]) -> Response[bytes]:
    """The statement of the whole loan as a PDF."""
    return _file(request, secret, loan, papers.statement_file)


def _file(
    request: Ask, secret: str, ref: str, make: Callable[[Tx, Loan, str], File]
) -> Response[bytes]:
    visit = enter(request, secret)
    lang = frame_of(request, visit.zone).lang
    file = visit.run(lambda tx: make(tx, visit.loan(tx, ref), lang))
    told = {"Content-Disposition": f'inline; filename="{file.name}"'}
    return Response(file.content, media_type=MEDIA_TYPE, headers=answer.HEADERS | told)


@post(f"{_LOAN}/passkey/begin", sync_to_thread=True, status_code=200)
def begin(
    request: Ask, secret: FromPath[str], loan: FromPath[str], body: RawBody
) -> Response[bytes]:
    """What the browser is to ask for: a new passkey at the first use, else one that stands."""
    own_form(request)
    visit = enter(request, secret)
    visit.check(form(body))
    return proving.answer_begun(request, visit, lambda tx: _proof(tx, _awaiting(tx, visit, loan)))


@post(f"{_LOAN}/passkey", sync_to_thread=True, status_code=200)
def finish(
    request: Ask, secret: FromPath[str], loan: FromPath[str], body: RawBody
) -> Response[bytes]:
    """Keep the passkey that was made, or consent by the one that has confirmed the contract."""
    own_form(request)
    visit = enter(request, secret)
    said = proving.said_by(body)
    visit.check({"version": [said.version], "token": [said.token]})

    def agreed(tx: Tx, used: Passkey) -> Loan:
        return contract.consent(tx, _awaiting(tx, visit, loan).id, f"passkey: {used.name}")

    return proving.answer_finished(
        request, visit, said, lambda tx: _proof(tx, _awaiting(tx, visit, loan)), agreed,
        f"{visit.href}/loans/{loan}",
    )  # fmt: skip


def _awaiting(tx: Tx, visit: OwnVisit, ref: str) -> Loan:
    """A loan that waits for its borrower's consent. Raises NoSuchPage, NothingToProve."""
    found = visit.loan(tx, ref)
    over = found.offer_ends_at is not None and found.offer_ends_at <= tx.now
    if found.state != "offered" or over:
        raise NothingToProve()
    return found


def _proof(tx: Tx, loan: Loan) -> Proof:
    """All that the contract says is in the purpose: an answer agrees to that and to nothing else."""
    return Proof(loan.party, f"loan/{loan.shown}/{contract.paper(tx, loan).digest}")


def on_problem(request: Ask, problem: Problem) -> Response[bytes]:
    """A problem as a page, or for the script that asked."""
    scripted = "/passkey" in request.url.path
    return (proving.on_problem if scripted else answer.on_problem)(request, problem)


HANDLERS: list[Any] = [
    show, show_loan, pay, withdraw, ask_relief, take_back, contract_file, statement_file, begin,
    finish,
]  # fmt: skip
