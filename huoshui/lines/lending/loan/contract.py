"""From the application to the consent: apply, decide, offer, consent, withdraw, lapse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct, Said, check
from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Conflict
from huoshui.core.work import Item, Run
from huoshui.facts import partners
from huoshui.facts.commerce import service as commerce
from huoshui.lines.lending.loan import paper_store, store
from huoshui.lines.lending.loan.model import (
    LOAN,
    Loan,
    NoConsent,
    NothingOffered,
    OfferOver,
    UnknownLoan,
)
from huoshui.lines.lending.loan.paper import DRAWING, Contract, Kept, Parties, partners_of, written
from huoshui.lines.lending.loan.ports import Ports
from huoshui.lines.lending.product import (
    LENDING,
    Asked,
    LoanTables,
    ProductQuote,
    asked_facts,
    quote_checked,
    read_tables,
)
from huoshui.lines.lending.quote import Rates
from huoshui.lines.lending.rates.apr import percent

PORTS = Ports()
LAPSE_DUE = "loan.lapse"


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A loan that is asked for: of a product on offer, an amount in minor units, by a party."""

    product: str
    party: str
    amount: int
    instalments: int
    facts: dict[str, Any] = {}
    facility_id: UUID | None = None


def checked(tx: Tx, product: str, version: int, ports: Ports = PORTS) -> CheckedProduct:
    """A version of a product with its expressions. Raises UnknownProduct."""
    key = ("loan.product", tx.book, product, version, tuple(ports.facts.by_name))
    known: CheckedProduct | None = tx.known(key)
    if known is None:
        found = catalog.product_of(catalog.version(tx, product, version))
        known = check(found, LENDING, ports.facts, list(ports.facts.by_name))
        tx.learn(key, known)
    return known


def tables(tx: Tx, loan: Loan) -> LoanTables:
    """The tables of the version to which a loan is pinned. Raises UnknownProduct."""
    key = ("loan.tables", tx.book, loan.product, loan.version)
    known: LoanTables | None = tx.known(key)
    if known is None:
        row = catalog.version(tx, loan.product, loan.version)
        known = read_tables(catalog.product_of(row).tables)
        tx.learn(key, known)
    return known


def find(tx: Tx, ref: str) -> Loan:
    """One loan by its public id. Raises BadId, UnknownLoan."""
    found = store.loan(tx, ids.read("loan", ref))
    if found is None:
        raise UnknownLoan(kind="loan", id=ref)
    return found


def quote(tx: Tx, asked: Application, ports: Ports = PORTS) -> ProductQuote:
    """What a loan would cost if it began today; nothing is kept.

    Raises NotOffered, AmountOutside, RateAboveCap and what the price expression may.
    """
    row = catalog.offered(tx, asked.product)
    product = checked(tx, row.product, row.number, ports)
    return quote_checked(
        product, Asked(asked.amount, asked.instalments, access.today(tx)), asked.facts
    )


def currency(tx: Tx, product: str) -> str:
    """The currency of a product on offer. Raises NotOffered."""
    return catalog.product_of(catalog.offered(tx, product)).currency


def apply(tx: Tx, asked: Application, ports: Ports = PORTS, *, key: str = "") -> Loan:
    """Ask for a loan: it is pinned to the version that is offered now. `key` is the caller's word.

    Raises NotOffered, UnknownBuyer, UnknownSeller, AmountOutside, FactsUnreadable.
    """
    row = catalog.offered(tx, asked.product)
    commerce.demand_party(tx, asked.party)
    product = checked(tx, row.product, row.number, ports)
    quote_checked(product, Asked(asked.amount, asked.instalments, access.today(tx)), asked.facts)
    loan = Loan(
        id=tx.id("loan", f"{asked.party}/{asked.product}/{tx.now.isoformat()}/{key}"),
        party=asked.party,
        product=row.product,
        version=row.number,
        currency=product.product.currency,
        facility_id=asked.facility_id,
        state=LOAN.initial,
        amount=asked.amount,
        instalments=asked.instalments,
        facts=asked.facts,
        applied_at=tx.now,
    )
    store.add(tx, loan)
    tx.emit("loan.applied", loan.shown, party=loan.party, product=loan.product)
    return loan


def decide(tx: Tx, loan_id: UUID, ports: Ports = PORTS) -> Loan:
    """Offer what was asked for with its full disclosure, or decline it with reasons, or let it wait.

    Raises IllegalMove, RateAboveCap and what the price expression may.
    """
    loan = locked(tx, loan_id)
    LOAN.after(loan.state, "offer")
    product = checked(tx, loan.product, loan.version, ports)
    asked = Asked(loan.amount, loan.instalments, access.today(tx))
    facts = product.schema.read({**loan.facts, **asked_facts(product.product, asked)})
    decision = ports.decide(tx, loan, product, facts)
    if decision.waits:
        return loan
    if not decision.offered:
        return moved(tx, loan, "decline", reasons=list(decision.reasons))
    found = quote_checked(product, asked, loan.facts)
    ends_at = tx.now + timedelta(days=tables(tx, loan).offer.valid_days)
    tx.later(LAPSE_DUE, loan.shown, ends_at, loan=loan.shown)
    return moved(
        tx,
        loan,
        "offer",
        rate_annual=str(found.rate_annual),
        disclosure=disclosure(found),
        offer_ends_at=ends_at,
    )


def disclosure(found: ProductQuote) -> dict[str, Any]:
    """All that is told before the consent: instalments, sums, yearly rates by law, texts."""
    return {
        "rate_annual": str(found.rate_annual),
        "rates": told_rates(found.quote.rates),
        "instalments": [
            {"n": row.n, "due": row.due.isoformat(), "principal": row.principal,
             "interest": row.interest, "total": row.total, "balance": row.balance}
            for row in found.quote.rows
        ],
        "sums": msgspec.to_builtins(found.quote.sums),
        "fee": found.quote.fee,
        "texts": [msgspec.to_builtins(said) for said in found.disclosures],
    }  # fmt: skip


def told_rates(rates: Rates) -> dict[str, str]:
    """Yearly rates by each law, in per cent."""
    return {
        "cn_irr_pct": percent(rates.china.compound),
        "cn_simple_pct": percent(rates.china.simple),
        "eu_aprc_pct": percent(rates.eu),
        "us_apr_pct": percent(rates.us),
    }


def consent(tx: Tx, loan_id: UUID, proof: str) -> Loan:
    """The borrower agrees; `proof` says how it confirmed. It may be drawn after the cooling-off.

    Raises NoConsent, OfferOver, IllegalMove.
    """
    loan = locked(tx, loan_id)
    if not proof:
        raise NoConsent(id=loan.shown)
    over = loan.offer_ends_at is not None and tx.now >= loan.offer_ends_at
    if loan.state == "lapsed" or (loan.state == "offered" and over):
        raise OfferOver(id=loan.shown)
    LOAN.after(loan.state, "consent")
    drawable = access.today(tx) + timedelta(days=tables(tx, loan).offer.cooling_off_days)
    agreed = paper(tx, loan)
    paper_store.keep(tx, loan.id, Kept(agreed.parties, agreed.digest, tx.now, agreed.text, DRAWING))
    changed = {"consent_at": tx.now, "consent": proof, "drawable_on": drawable}
    return moved(tx, loan, "consent", {"contract": agreed.digest}, **changed)


def paper(tx: Tx, loan: Loan) -> Contract:
    """The contract of a loan as facts: as it was consented to, or as it is offered. Raises NothingOffered."""
    if loan.disclosure is None:
        raise NothingOffered(id=loan.shown)
    kept = paper_store.kept(tx, loan.id)
    if kept and (signed := kept.contract):
        return signed
    row, told = catalog.version(tx, loan.product, loan.version), tables(tx, loan)
    parties = kept.parties if kept else parties_of(tx, loan.party)
    names = {} if kept else _names(tx, told)
    product = catalog.product_of(row)
    return written(loan, product, row.digest, told, parties, access.zone_of(tx), names)


def _names(tx: Tx, told: LoanTables) -> dict[str, Said]:
    """What the partners of a loan are called today."""
    found = partners.named(tx, partners_of(told))
    return {party: Said(name.en, name.zh) for party, name in found.items()}


def parties_of(tx: Tx, party: str) -> Parties:
    """Who lends and who borrows, by the names that they have today."""
    return Parties(access.this_book(tx).name, party, commerce.name_of(tx, party))


def withdraw(tx: Tx, loan_id: UUID) -> Loan:
    """The borrower wants it no more; before the first drawdown that costs nothing. Raises IllegalMove."""
    return moved(tx, locked(tx, loan_id), "withdraw")


def lapse(tx: Tx, loan_id: UUID) -> Loan:
    """An offer that nobody took up in time is over; one that still stands is left as it is."""
    loan = locked(tx, loan_id)
    if loan.state != "offered" or loan.offer_ends_at is None or tx.now < loan.offer_ends_at:
        return loan
    return moved(tx, loan, "lapse")


def lapse_due(tx: Tx, items: list[Item]) -> None:
    """Offers whose time is over."""
    for item in items:
        lapse(tx, ids.read("loan", item.payload["loan"]))


WORK: dict[str, Run] = {LAPSE_DUE: lapse_due}


def locked(tx: Tx, loan_id: UUID) -> Loan:
    """One loan, locked. Raises UnknownLoan."""
    found = store.lock(tx, [loan_id]).get(loan_id)
    if found is None:
        raise UnknownLoan(kind="loan", id=ids.show("loan", loan_id))
    return found


def moved(
    tx: Tx, before: Loan, verb: str, tell: dict[str, Any] | None = None, **changed: object
) -> Loan:
    """The loan after a verb, written and told, with what else is to be told. Raises IllegalMove."""
    after = msgspec.structs.replace(before, state=LOAN.after(before.state, verb), **changed)
    if not store.move(tx, before, after):
        raise Conflict()
    tx.emit(_TOLD[verb], after.shown, party=after.party, **(tell or {}))
    return after


_TOLD: Mapping[str, str] = {
    "offer": "loan.offered",
    "decline": "loan.declined",
    "consent": "loan.signed",
    "lapse": "loan.lapsed",
    "withdraw": "loan.withdrawn",
    "start": "loan.started",
    "close": "loan.closed",
    "reopen": "loan.reopened",
}


def cap_of(found: LoanTables) -> Decimal:
    """The yearly rate above which nothing is lent, as a part of one."""
    return Decimal(found.law.cap_annual)
