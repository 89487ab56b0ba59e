"""Every loan product that comes along runs from the quote to the close on a real book."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from huoshui.catalog import BadProduct, read_product
from huoshui.catalog import service as catalog
from huoshui.core.db import Tx
from huoshui.lines.lending import product as products
from huoshui.lines.lending.life.view import dues
from huoshui.lines.lending.lint import balanced, entries, faults_of
from huoshui.lines.lending.loan import contract, service
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.partners import service as partners
from huoshui.lines.lending.product import Asked
from huoshui.scenarios.partners import all_statements
from huoshui.scenarios.products import LINES, checked, golden
from tests.ground import START, Ground, nets
from tests.lines.lending.loan import ground

FILES = {name: text.encode() for name, text in golden() if 'line = "lending"' in text}
GOLDEN = Path(products.__file__).parent / "golden"


def begun(tx: Tx, name: str, party: str) -> Loan:
    """A loan of the most that a product gives in the fewest instalments, applied for and drawn."""
    product = read_product(FILES[name], LINES)
    count = min(product.tables["terms"]["instalments"])
    asked = Application(product=name, party=party, amount=product.amount.max, instalments=count)
    quoted = contract.quote(tx, asked)
    loan = contract.apply(tx, asked, key=name)
    assert contract.decide(tx, loan.id).state == "offered", name
    loan = contract.consent(tx, loan.id, "in_person")
    assert loan.disclosure == contract.disclosure(quoted)
    service.draw(tx, loan.id, product.amount.max, "d")
    return loan


def test_all_run_from_the_quote_to_the_close(market: Ground) -> None:
    with market.database.begin() as tx:
        party = ground.borrower(tx)
        for content in FILES.values():
            ground.publish(tx, content)
        loans = {name: begun(tx, name, party) for name in FILES}
    now = START
    for month in range(1, 40):
        now = START + timedelta(days=31 * month)
        with market.database.begin(now=now) as tx:
            service.accrue_due(tx)
            if not sum(_paid(tx, loan, now, month) for loan in loans.values()):
                break
    with market.database.begin(now=now) as tx:
        while partners.share_due(tx):
            pass
        for name, loan in loans.items():
            assert contract.find(tx, loan.shown).state == "closed", name
        left = {
            path: net for path, net in nets(tx).items()
            if path.startswith(("loans:", "borrowers:", "funding:"))
        }  # fmt: skip
        assert left == {}, "nothing is owed, nothing is left with anybody"
        found = all_statements(tx)
        for product in {each.product for each in found}:
            assert sum(each.gain for each in found if each.product == product) == 0
        assert {each.role for each in found} >= {
            "platform",
            "funder",
            "insurer",
            "merchant",
            "borrower",
        }


def _paid(tx: Tx, loan: Loan, now: datetime, month: int) -> int:
    """Pay what fell due by now, late by some days; the rest of an account after half a year."""
    running = service.read(tx, loan.id)
    if running.loan.state != "running":
        return 0
    rows = dues(seen_on(running.state, now.date()))
    owed = sum(row.outstanding for row in rows if row.due <= now.date())
    if str(running.state.terms.kind) in ("revolving", "sales_share") and month > 6:
        owed = service.settlement(tx, loan.id).total
    if owed:
        service.repay(tx, [Repayment(loan_id=loan.id, amount=owed, key=f"m{month}")])
    return 1


def test_their_entries_balance_and_their_lives_are_sound() -> None:
    for name, content in FILES.items():
        own = checked(read_product(content, LINES))
        assert faults_of(own) == [], name
        count = min(own.product.tables["terms"]["instalments"])
        listed = entries(own, Asked(own.product.amount.max, count, date(2026, 1, 31)))
        books = balanced(listed)
        assert sum(books.values()) == 0
        owed = [path for path in books if path.startswith(("loans:", "borrowers:", "funding:"))]
        assert owed == [], (name, books)


def test_a_price_above_its_own_cap_is_found_at_publication(tx: Tx) -> None:
    dear = FILES["pay-in-instalments"].replace(b"else 0.12", b"else 0.30")
    try:
        catalog.publish(tx, dear, LINES, contract.PORTS.facts, ())
    except BadProduct as refused:
        (fault,) = refused.errors
        assert fault.pointer == "/price/rate_annual"
        assert "24" in fault.detail("en") and "24" in fault.detail("zh")
    else:
        raise AssertionError("it was published")
