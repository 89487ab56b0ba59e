"""Journal entries of loans: the books say what the loan says."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.given import folder
from huoshui.lines.lending.life import Life, dues, movements, standing
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.postings import CHART, TEMPLATES, postings
from tests.lines.lending.test_lives import draw, life_of, pay, stories

DAY = date(2024, 2, 16)


def books(life: Life) -> Counter[str]:
    """Debits less credits by account."""
    found: Counter[str] = Counter()
    for each in postings(movements(life)):
        for leg in TEMPLATES[each.template].legs({"book": "b"}, each.amounts):
            found[leg.source] += leg.amount
            found[leg.target] -= leg.amount
    return found


def test_every_account_of_a_template_has_a_kind() -> None:
    for template in TEMPLATES.values():
        for entry in (*template.debit, *template.credit):
            assert CHART.kind_of(entry.account.format(book="b")) is not None, entry


@settings(max_examples=40, deadline=None)
@given(stories())
def test_the_books_say_what_the_loan_owes(story: Any) -> None:
    terms, rules, events = story
    life = Life(terms, rules).record_all(events)
    found = standing(life.state, date(2040, 1, 1))
    told = books(life)
    owed = told["loans:b:principal"]
    assert sum(told.values()) == 0
    assert -told["borrowers:b:credit"] == found.credit
    assert owed == sum(r.principal - r.paid["principal"] for r in life.state.rows)


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        ("repayment", "repaid_lost"),
        ("merchant_issued_refund", "refunded_lost"),
        ("goodwill_credit", "goodwill_lost"),
        ("interest_payment_waiver", "interest_given_back_lost"),
        ("interest_refund", "interest_given_back_lost"),
    ],
)
def test_after_a_charge_off_what_comes_in_is_no_claim(kind: str, template: str) -> None:
    life = life_of(draw(600_000))
    life.record(e.ChargedOff(id="off", on=DAY, recorded=DAY))
    claims = books(life)["loans:b:principal"], books(life)["loans:b:receivable"]
    life.record(e.Paid(id="p", on=DAY, recorded=DAY, amount=1000, kind=kind))
    assert postings(movements(life))[-1].template == template
    assert (books(life)["loans:b:principal"], books(life)["loans:b:receivable"]) == claims
    assert claims[0] == 0


def test_a_payment_that_is_called_back_is_owed_again() -> None:
    life = life_of(draw(600_000), pay(1, 103_530, date(2024, 2, 1)))
    life.record(e.ChargedBack(id="c", on=DAY, recorded=DAY, amount=50_000, of="pay1"))
    told = books(life)
    assert told["loans:b:principal"] == sum(
        r.principal - r.paid["principal"] for r in life.state.rows
    )
    assert told["clearing:b"] == -600_000 + 103_530 - 50_000
    assert sum(row.outstanding for row in dues(life.state)) > 0


SAYS = {  # what the public tables call our accounts
    "loans:{book}:principal": "Loans Receivable",
    "loans:{book}:receivable": "Interest/Fee Receivable",
    "clearing:{book}": "Suspense/Clearing account",
    "borrowers:{book}:credit": "Overpayment account",
    "income:{book}:interest": "Interest Income",
    "income:{book}:fees": "Fee Income",
    "income:{book}:interest_charged_off": "Interest Income Charge Off",
    "income:{book}:fees_charged_off": "Fee Charge Off",
    "income:{book}:recoveries": "Recoveries",
    "expense:{book}:bad_debt": "Credit Loss/Bad Debt",
    "expense:{book}:goodwill": "Goodwill Expense Account",
    "expense:{book}:written_off": "Written off",
}
POSTED_AS = {
    "J096": "accrued",
    "J119": "charged_off",
    "J033": "charged_off",
    "J118": "charged_off",
    "J019": "charged_back",
    "J132": "charged_back_lost",
    "J049": "credit_paid_out",
    "J044": "credit_paid_out",
    "J002": "drawn",
    "J056": "repaid",
    "J149": "interest_given_back_lost",
    "J141": "interest_given_back",
    "J115": "refunded_lost",
    "J055": "repaid",
}


@pytest.mark.parametrize(("id_", "name"), POSTED_AS.items())
def test_given_journals(id_: str, name: str) -> None:
    """Each account and side of a published entry stands in our template."""
    told = folder() / "lending_journals.jsonl"
    if not told.is_file():
        pytest.skip(f"the given cases are not here: {told}")
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    case = next(line for line in lines if line["id"] == id_)
    template = TEMPLATES[name]
    ours = {(SAYS[x.account], "debit") for x in template.debit}
    ours |= {(SAYS[x.account], "credit") for x in template.credit}
    for line in case["lines"]:
        side = "debit" if line["debit"] else "credit"
        assert (line["account"].removesuffix("-Fraud"), side) in ours
