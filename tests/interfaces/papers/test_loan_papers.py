"""The papers of a loan: what they say is what was signed and what happened; the same bytes each time."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest

from huoshui.core import access
from huoshui.facts import partners
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import Seller
from huoshui.interfaces.papers import loans as papers
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import contract, paper_store, service
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import BadLoanDay, NotBegun, NothingOffered
from huoshui.lines.lending.loan.paper import Contract
from huoshui.lines.lending.loan.service import Repayment
from huoshui.scenarios import order_flow
from tests.ground import START, Ground
from tests.interfaces.papers.test_agreement import PARTNERS as DRAWN_PARTNERS
from tests.interfaces.papers.test_agreement import contract as drawn_contract
from tests.interfaces.papers.test_agreement import said
from tests.lines.lending.loan import ground
from tests.lines.lending.partners.test_partners import PARTNERS

LANGUAGES = ("en", "zh")
# What each way of drawing makes of one contract: not a byte of a way may change. Where one must, it is another
# way, with its own number in `papers.DRAWINGS`, and the number of new contracts (`paper.DRAWING`) goes up.
DRAWN = {
    1: {
        "en": "026ad9acae1999fc98a5c26a5112edaeb3cd33362ecae448c7fe3fd935d77f63",
        "zh": "31821aaf205df2a0cb7f008a8d65d4eaa981c55d09d1b73a2b62366040298a12",
    }
}


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


def test_papers_are_the_same_bytes_a_year_later_whatever_has_moved_on(market: Ground) -> None:
    with market.database.begin(book=market.number, now=START + timedelta(minutes=1)) as tx:
        party = ground.borrower(tx)
        ground.product(tx, "joint", more=PARTNERS)
        partners.name_partner(tx, "bank", "First Bank", "第一银行")
        loan = ground.signed(tx, party, "joint")
        service.draw(tx, loan.id, 1_200_000, "d")
        first = access.today(tx)
    with market.database.begin(book=market.number, now=START + timedelta(days=40)) as tx:
        service.repay(tx, [Repayment(loan_id=loan.id, amount=100_000, key="p")])
        loan = contract.find(tx, loan.shown)
        signed = {lang: papers.contract_file(tx, loan, lang) for lang in LANGUAGES}
        until = access.today(tx)
        known = service.statement(tx, loan.id).events
        stated = {lang: papers.statement_file(tx, loan, lang, first, until) for lang in LANGUAGES}
    assert "第一银行" in said(paper_of(market, loan.shown), "zh")
    assert "First Bank" in said(paper_of(market, loan.shown), "en")
    with market.database.begin(book=market.number, now=START + timedelta(days=405)) as tx:
        ground.product(tx, "joint", more=PARTNERS, rate="0.2")
        partners.name_partner(tx, "bank", "Second Bank", "第二银行")
        tx.run("UPDATE book SET name = 'Renamed' WHERE book = %(book)s")
        order_flow.take(tx, [Seller(key="s1", occurred_at=tx.now, name="Renamed")])
        assert commerce.name_of(tx, party) == "Renamed"
        late = e.Charged(id="", on=first + timedelta(days=9), recorded=access.today(tx), amount=500,
                         due=until)  # fmt: skip
        service.record(tx, loan.id, late, "late")
        loan = contract.find(tx, loan.shown)
        for lang in LANGUAGES:
            assert papers.contract_file(tx, loan, lang) == signed[lang]
            again = papers.statement_file(tx, loan, lang, first, until, known)
            assert again == stated[lang]
            now = papers.statement_file(tx, loan, lang, first, until)
            assert (now.digest != again.digest, now.name) == (True, again.name)
        new = ground.signed(tx, party, "joint")
        assert "Second Bank" in said(contract.paper(tx, new), "en")
        with pytest.raises(psycopg.errors.IntegrityError), tx.savepoint():
            tx.count("UPDATE loan_paper SET facts = '' WHERE book = %(book)s")


def paper_of(market: Ground, loan: str) -> Contract:
    """A loan's contract as it is told from the database."""
    with market.database.begin(book=market.number) as tx:
        return contract.paper(tx, contract.find(tx, loan))


def test_a_contract_of_before_contracts_were_kept_whole_is_told_anew(market: Ground) -> None:
    with market.database.begin(book=market.number, now=START + timedelta(minutes=1)) as tx:
        party = ground.borrower(tx)
        ground.product(tx, "joint", more=PARTNERS)
        loan = ground.signed(tx, party, "joint")
        kept = paper_store.kept(tx, loan.id)
        assert kept.contract.digest == kept.digest == contract.paper(tx, loan).digest
        partners.name_partner(tx, "bank", "First Bank", "第一银行")
        tx.run("ALTER TABLE loan_paper DISABLE TRIGGER loan_paper_stands")
        tx.run("UPDATE loan_paper SET facts = '' WHERE book = %(book)s")
        tx.run("ALTER TABLE loan_paper ENABLE TRIGGER loan_paper_stands")
        assert contract.paper(tx, loan).digest == kept.digest


@pytest.mark.parametrize("way", sorted(papers.DRAWINGS))
def test_no_way_of_drawing_a_contract_changes(way: int) -> None:
    found = {
        lang: sha256(papers.DRAWINGS[way](drawn_contract(DRAWN_PARTNERS), lang)).hexdigest()
        for lang in LANGUAGES
    }
    assert found == DRAWN[way]
