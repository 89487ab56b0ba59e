"""The papers of a loan: what they say is what was signed and what happened; the same bytes each time."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from huoshui.core import access
from huoshui.interfaces.papers import loans as papers
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import contract, paper_store, service
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import BadLoanDay, NotBegun, NothingOffered
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import START, Ground
from tests.lines.lending.loan import ground

LANGUAGES = ("en", "zh")


def test_papers_say_what_was_signed_and_what_happened(market: Ground) -> None:
    with market.database.begin(book=market.number, now=START + timedelta(minutes=1)) as tx:
        party, name = ground.borrower(tx), ground.product(tx)
        asked = Application(product=name, party=party, amount=1_200_000, instalments=12)
        loan = contract.apply(tx, asked)
        with pytest.raises(NothingOffered):
            papers.contract_file(tx, loan, "en")
        loan = contract.decide(tx, loan.id)
        offered = {lang: papers.contract_file(tx, loan, lang) for lang in LANGUAGES}
        contract.consent(tx, loan.id, "in_person")
        with pytest.raises(NotBegun):
            service.statement(tx, loan.id)
        service.draw(tx, loan.id, 1_200_000, "d")
    # A day later: what is signed stays, whatever has happened since.
    with market.database.begin(book=market.number, now=START + timedelta(days=1)) as tx:
        loan = contract.find(tx, loan.shown)
        signed = {lang: papers.contract_file(tx, loan, lang) for lang in LANGUAGES}
        assert {lang: file.content for lang, file in signed.items()} == {
            lang: file.content for lang, file in offered.items()
        }
        assert {file.agreed for file in offered.values()} == {""}
        assert {file.agreed for file in signed.values()} == {signed["en"].digest}
        assert signed["en"].digest == signed["zh"].digest == paper_store.kept(tx, loan.id).digest
        assert signed["en"].content != signed["zh"].content
        told = tx.value(
            """SELECT data->>'contract' FROM event
            WHERE book = %(book)s AND type = 'loan.signed' AND object = %(loan)s""",
            loan=loan.shown,
        )
        assert told == signed["en"].digest
        with pytest.raises(psycopg.errors.IntegrityError), tx.savepoint():
            tx.run("UPDATE loan_paper SET digest = repeat('0', 64) WHERE book = %(book)s")
        today = access.today(tx)
        first = service.statement(tx, loan.id, until=today - timedelta(days=1))
        charge = e.Charged(id="", on=today, recorded=today, amount=500, due=today)
        service.record(tx, loan.id, charge, "c")
        service.repay(tx, [Repayment(loan_id=loan.id, amount=100_500, key="p")])
        told = service.statement(tx, loan.id, since=today)
        assert [line.kind for line in first.lines] == ["disbursement"]
        assert [line.kind for line in told.lines] == ["charged_fee", "repayment"]
        assert (told.opening.on, told.opening.principal) == (first.closing.on, 1_200_000)
        whole = service.statement(tx, loan.id)
        assert whole.lines == first.lines + told.lines
        assert (whole.opening.payoff, whole.closing) == (0, told.closing)
        files = {lang: papers.statement_file(tx, loan, lang) for lang in LANGUAGES}
        assert files == {lang: papers.statement_file(tx, loan, lang) for lang in LANGUAGES}
        assert files["en"].digest == files["zh"].digest
        with pytest.raises(BadLoanDay):
            papers.statement_file(tx, loan, "en", until=today + timedelta(days=1))
