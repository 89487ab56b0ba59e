"""Papers of a loan, for whoever may see it: the contract and the statement as files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec

from huoshui.catalog import service as catalog
from huoshui.core.db import Tx
from huoshui.interfaces.papers.account import Account, account
from huoshui.interfaces.papers.agreement import agreement
from huoshui.interfaces.papers.draw import pdf
from huoshui.lines.lending.loan import contract, paper_store, service
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.paper import DRAWING, Contract

MEDIA_TYPE = "application/pdf"


def _first(found: Contract, lang: str) -> bytes:
    return pdf(agreement(found, lang))


# Each way in which contracts were ever drawn. Who changes one byte of what a way draws adds another way and
# leaves that one as it is: a contract is drawn again as it was when it was consented to.
DRAWINGS: dict[int, Callable[[Contract, str], bytes]] = {1: _first}


class File(msgspec.Struct, frozen=True):
    """A paper as a file; `digest` is that of what it says, and stands at its foot.

    `agreed` is the digest that was kept with the consent, empty before: they are one, unless contracts
    have since learnt to say more than that one said.
    """

    name: str
    content: bytes
    digest: str
    agreed: str = ""


def contract_file(tx: Tx, loan: Loan, lang: str) -> File:
    """The contract, as it was consented to or is offered. Raises NothingOffered."""
    found, kept = contract.paper(tx, loan), paper_store.kept(tx, loan.id)
    name = f"{loan.shown}-contract-{lang}.pdf"
    drawn = DRAWINGS[kept.drawing if kept else DRAWING](found, lang)
    return File(name, drawn, found.digest, kept.digest if kept else "")


def statement_file(
    tx: Tx, loan: Loan, lang: str, since: date | None = None, until: date | None = None,
    known: int | None = None,
) -> File:  # fmt: skip
    """The statement from a day to a day, of the whole life if none is named; as it was when so many events
    of the loan were `known`, or as it is known now.

    Raises NotBegun, BadLoanDay.
    """
    told = service.statement(tx, loan.id, since, until, known)
    kept = paper_store.kept(tx, loan.id)  # by the names of the contract, whatever they are now
    parties = kept.parties if kept else contract.parties_of(tx, loan.party)
    product = catalog.product_of(catalog.version(tx, loan.product, loan.version))
    of = Account(loan.shown, product.name, loan.currency, parties, told)
    days = f"{told.since}-{told.until}"
    return File(f"{loan.shown}-statement-{days}-{lang}.pdf", pdf(account(of, lang)), of.digest)
