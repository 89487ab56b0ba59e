"""What a party's page shows of its loans. It reads and decides nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from huoshui.catalog import Product
from huoshui.catalog import service as catalog
from huoshui.core import access, crypto
from huoshui.core.db import Tx
from huoshui.core.i18n import text
from huoshui.core.money import Money
from huoshui.interfaces.hosted import proving
from huoshui.interfaces.hosted.opening import form_token
from huoshui.interfaces.hosted.own_visit import OwnVisit
from huoshui.interfaces.papers.words import Words
from huoshui.lines.lending.life.view import Due, dues
from huoshui.lines.lending.loan import contract, relief_store, service, store
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import LOAN, Loan
from huoshui.lines.lending.loan.position import Position, position
from huoshui.lines.lending.loan.relief import Request
from huoshui.lines.lending.loan.running import Running
from huoshui.scenarios import disbursing
from huoshui.scenarios.disbursing import Disbursement

LISTED = 100
_LAWS = ("cn_simple", "cn_irr", "eu_aprc", "us_apr")


class LoanCard(msgspec.Struct, frozen=True):
    """A loan in the list."""

    href: str
    name: str
    state: str
    amount: Money
    owed: Money | None
    next_due: date | None
    next_amount: Money | None
    late_days: int


class OwnPage(msgspec.Struct, frozen=True, kw_only=True):
    """All loans of a party."""

    world: str
    href: str
    payee: str
    name: str
    sells: bool
    calculator_href: str
    loans: tuple[LoanCard, ...]


class DueLine(msgspec.Struct, frozen=True):
    """An instalment as it stands, in figures without their currency; `state` is one word."""

    due: date
    principal: str
    interest: str
    total: str
    state: str


class Pick(msgspec.Struct, frozen=True):
    """An amount that can be paid at a touch."""

    name: str
    amount: Money


class Asked(msgspec.Struct, frozen=True):
    """A request for relief, as its borrower sees it."""

    href: str
    kind: str
    count: int
    words: str
    state: str
    at: datetime
    answer: str


class Sent(msgspec.Struct, frozen=True):
    """Money of the loan on its way to its borrower; `words` say where it is."""

    at: datetime
    amount: Money
    words: str
    good: bool


class LoanPage(msgspec.Struct, frozen=True, kw_only=True):
    """One loan of a party."""

    world: str
    href: str
    own_href: str
    payee: str
    id: str
    name: str
    state: str
    state_text: str
    version: int
    token: str
    wish: str
    amount: Money
    problem: tuple[str, str] | None
    rates: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    sums: tuple[tuple[str, Money], ...]
    lines: tuple[DueLine, ...]
    sent: tuple[Sent, ...]
    digest: str
    offer_ends_at: datetime | None
    cooling_days: int
    drawable_on: date | None
    reasons: tuple[str, ...]
    has_passkey: bool
    owed: Money | None
    overdue: Money | None
    late_days: int
    credit: Money | None
    picks: tuple[Pick, ...]
    quote: service.Settlement | None
    quote_total: Money | None
    quote_spared: Money | None
    today: date
    requests: tuple[Asked, ...]
    may_ask: bool


def own_page(tx: Tx, visit: OwnVisit, lang: str) -> OwnPage:
    """The list, newest first."""
    found = store.loans(tx, party=visit.party, limit=LISTED)
    stands = store.positions(tx, [loan.id for loan in found])
    today = access.today(tx)
    return OwnPage(
        world=visit.world,
        href=visit.href,
        payee=visit.book_name,
        name=visit.name,
        sells=visit.sells,
        calculator_href=f"/calculator/{visit.opening.world}.{visit.opening.book}",
        loans=tuple(_card(tx, visit, loan, stands.get(loan.id), lang, today) for loan in found),
    )


def _card(
    tx: Tx, visit: OwnVisit, loan: Loan, at: Position | None, lang: str, today: date
) -> LoanCard:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, loan.currency)

    owed = at.principal if at else None
    since = at.oldest_open_due if at else None
    return LoanCard(
        href=f"{visit.href}/loans/{loan.shown}",
        name=_product(tx, loan).name.say(lang),
        state=text(f"state.loan.{loan.state}", lang),
        amount=Money(loan.amount, loan.currency),
        owed=money(owed) if loan.state == "running" else None,
        next_due=at.next_due if at else None,
        next_amount=money(at.next_amount) if at else None,
        late_days=max(0, (today - since).days) if since else 0,
    )


def _product(tx: Tx, loan: Loan) -> Product:
    return catalog.product_of(catalog.version(tx, loan.product, loan.version))


def version_of(loan: Loan, events: int, requests: int) -> int:
    """What a form of a loan's page was made for: the state and all that had happened."""
    return LOAN.states.index(loan.state) * 10**7 + events * 100 + requests % 100


def loan_page(
    tx: Tx, visit: OwnVisit, loan: Loan, lang: str, on: date | None,
    problem: tuple[str, str] | None = None,
) -> LoanPage:  # fmt: skip
    """One loan as it stands; `on` is the day for which it is asked what would settle it."""
    running, today = service.read(tx, loan.id), access.today(tx)
    asked = relief_store.requests(tx, loan_id=loan.id, limit=20)
    version = version_of(loan, len(running.rows), len(asked))
    at = _position(running, today)
    offered = loan.disclosure is not None
    agreed = contract.paper(tx, loan) if offered else None
    rows = dues(seen_on(running.state, today)) if running.by else ()
    quote = service.settlement(tx, loan.id, on) if at and loan.state == "running" else None

    def money(minor: int) -> Money:
        return Money(minor, loan.currency)

    overdue = sum(row.outstanding for row in rows if row.due < today)
    since = at.oldest_open_due if at else None
    href = f"{visit.href}/loans/{loan.shown}"
    return LoanPage(
        world=visit.world,
        href=href,
        own_href=visit.href,
        payee=visit.book_name,
        id=loan.shown,
        name=_product(tx, loan).name.say(lang),
        state=loan.state,
        state_text=text(f"state.loan.{loan.state}", lang),
        version=version,
        token=form_token(visit.secret, version),
        wish=crypto.token(),
        amount=money(loan.amount),
        problem=problem,
        rates=_rates(loan.disclosure, lang),
        texts=tuple(said[lang] for said in (loan.disclosure or {}).get("texts", ())),
        sums=_sums(loan, lang),
        lines=_lines(loan, rows, today),
        sent=tuple(_sent(each, lang) for each in disbursing.of_loan(tx, loan.id)),
        digest=agreed.digest if agreed else "",
        offer_ends_at=loan.offer_ends_at,
        cooling_days=agreed.cooling_off_days if agreed else 0,
        drawable_on=loan.drawable_on,
        reasons=tuple(each[lang] for each in loan.reasons),
        has_passkey=proving.has_passkey(tx, visit.party),
        owed=money(at.principal) if at else None,
        overdue=money(overdue) if overdue else None,
        late_days=max(0, (today - since).days) if since else 0,
        credit=money(at.credit) if at and at.credit else None,
        picks=_picks(loan, at, overdue, service.settlement(tx, loan.id).total if quote else 0),
        quote=quote,
        quote_total=money(quote.total) if quote else None,
        quote_spared=money(quote.spared) if quote else None,
        today=today,
        requests=tuple(_asked(href, each, lang) for each in asked),
        may_ask=loan.state == "running" and all(each.state != "open" for each in asked),
    )


def _sent(of: Disbursement, lang: str) -> Sent:
    words = text(f"hosted.own.sent.{of.way}.{of.state}", lang)
    if of.back_txn and of.undone_id:
        words += text("hosted.own.sent.undone", lang)
    return Sent(of.made_at, Money(of.amount, of.currency), words, of.out)


def _position(running: Running, today: date) -> Position | None:
    if running.by is None:
        return None
    loan = running.loan
    return position(
        running.state, loan_id=loan.id, product=loan.product, currency=loan.currency,
        events=len(running.rows), day=today,
    )  # fmt: skip


def _rates(disclosure: dict[str, Any] | None, lang: str) -> tuple[tuple[str, str], ...]:
    if disclosure is None:
        return ()
    rates = disclosure["rates"]
    return tuple((text(f"paper.law.{law}", lang), f"{rates[f'{law}_pct']}%") for law in _LAWS)


def _sums(loan: Loan, lang: str) -> tuple[tuple[str, Money], ...]:
    if loan.disclosure is None:
        return ()
    sums, fee = loan.disclosure["sums"], loan.disclosure["fee"]
    told = {
        "received": loan.amount - fee, "fee": fee, "interest": sums["interest"],
        "repaid": sums["total"],
    }  # fmt: skip
    return tuple(
        (text(f"paper.{name}", lang), Money(minor, loan.currency)) for name, minor in told.items()
    )


def _lines(loan: Loan, rows: tuple[Due, ...], today: date) -> tuple[DueLine, ...]:
    if rows:
        return tuple(_line(loan, row, today) for row in rows)
    told = (loan.disclosure or {}).get("instalments", ())
    words = Words("en", loan.currency)
    return tuple(
        DueLine(
            date.fromisoformat(each["due"]), words.bare(each["principal"]),
            words.bare(each["interest"]), words.bare(each["total"]), "open",
        )
        for each in told
    )  # fmt: skip


def _line(loan: Loan, row: Due, today: date) -> DueLine:
    words = Words("en", loan.currency)
    state = "paid" if not row.outstanding else "late" if row.due < today else "open"
    if state == "open" and row.paid:
        state = "partly"
    principal, interest, total = map(words.bare, (row.principal, row.interest, row.total))
    return DueLine(row.due, principal, interest, total, state)


def _picks(loan: Loan, at: Position | None, overdue: int, whole: int) -> tuple[Pick, ...]:
    """What is overdue, the next instalment with it, and all: each once."""
    if at is None or not whole:
        return ()
    unit = loan.currency
    found = {"overdue": overdue, "next": overdue + (at.next_amount or 0), "all": whole}
    picks: list[Pick] = []
    for name, minor in found.items():
        if minor and minor <= whole and all(minor != each.amount.amount for each in picks):
            picks.append(Pick(name, Money(minor, unit)))
    return tuple(picks)


def _asked(href: str, each: Request, lang: str) -> Asked:
    return Asked(
        f"{href}/relief/{each.shown}/take-back", each.kind, each.count, each.words, each.state,
        each.made_at, each.answer,
    )  # fmt: skip
