"""Credit: from the application to the payout, and who bears a loss where partners share it.

On a real book, each step committed: what a borrower waits for, and what a bank, an insurer and a public
fund have of loans that are lost whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from edge.protocol import Milestone, new_key, public_text, sealed
from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.core.expr import Schema
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.model import Seller
from huoshui.facts.milestones import service as milestones
from huoshui.interfaces.cli.bench.figures import Measured, Target, percentile
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.replaying import open_default_book
from huoshui.lines.lending.funding.tables import PLATFORM
from huoshui.lines.lending.life.events import ChargedOff
from huoshui.lines.lending.loan import contract, service
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.partners import service as covers
from huoshui.lines.lending.partners import store
from huoshui.lines.lending.partners.statement import Statement
from huoshui.lines.lending.product import LENDING
from huoshui.scenarios import credit_lines, partners, products

_LOANS, _LOANS_QUICK = 2_000, 200
_LOST, _LOST_QUICK = 50, 10
_STUDENTS, _STUDENTS_QUICK = 100, 10
_ALONE, _SHARED, _COURSE = "pay-in-instalments", "joint-insured-loan", "course-instalments"
_AMOUNT = {_ALONE: 1_200_000, _SHARED: 10_000_001}  # the odd unit must be somebody's
_TARGETS = {
    "apply_to_paid_p99_ms": Target(at_most=1_000),
    "milestone_to_limit_p99_ms": Target(at_most=1_000),
    "loss_unexplained_minor": Target(at_most=0),
}
_QUARTER_MS = 90 * 86_400_000
T = TypeVar("T")


def measure(settings: Settings, quick: bool) -> Measured:
    """Milliseconds from an application to an offer and to the money; shares of what is lost."""
    with opened(settings, SANDBOX) as database:
        party = database.run(_ready)
        waits = [_borrow(database, party, n) for n in range(_LOANS_QUICK if quick else _LOANS)]
        lost = _LOST_QUICK if quick else _LOST
        _lose(database, party, lost)
        stated = database.run(partners.all_statements)
        lifted = _lift(database, _STUDENTS_QUICK if quick else _STUDENTS)
    offered, paid = [each[0] for each in waits], [sum(each) for each in waits]
    figures = {
        "apply_to_offer_p50_ms": percentile(offered, 50),
        "apply_to_offer_p99_ms": percentile(offered, 99),
        "apply_to_paid_p50_ms": percentile(paid, 50),
        "apply_to_paid_p99_ms": percentile(paid, 99),
        "loans_per_s": len(paid) / (sum(paid) / 1000),
        "milestone_to_limit_p50_ms": percentile(lifted, 50),
        "milestone_to_limit_p99_ms": percentile(lifted, 99),
    }
    notes = (
        f"one caller; three commits a loan: offer, consent, payout; {lost} shared loans lost whole",
        "shares: of principal and earned interest (insurer), of principal (fund), of what is lent (bank)",
    )
    return Measured(figures | _shares([s for s in stated if s.product == _SHARED]), _TARGETS, notes=notes)  # fmt: skip


def _ready(tx: Tx) -> str:
    """The products on offer, and a seller who borrows."""
    open_default_book(tx)
    for name, text in products.golden():
        if name in (_ALONE, _SHARED, _COURSE):
            row = catalog.publish(tx, text.encode(), {"lending": LENDING}, Schema(()), ())
            catalog.offer(tx, row.product, row.number)
    return _seller(tx, "bench")


def _seller(tx: Tx, key: str) -> str:
    commerce.ingest(tx, [Seller(key=key, occurred_at=tx.now, name=key)])
    return ids.show("slr", commerce.seller(tx, key).id)


def _borrow(database: Database, party: str, n: int) -> tuple[float, float, float]:
    """Milliseconds of the offer, the consent and the payout."""
    loan_id, offered = _timed(database, lambda tx: _offer(tx, party, _ALONE, f"b{n}"))
    _, agreed = _timed(database, lambda tx: contract.consent(tx, loan_id, "in_person"))
    _, paid = _timed(database, lambda tx: service.draw(tx, loan_id, _AMOUNT[_ALONE], "draw"))
    return offered, agreed, paid


def _offer(tx: Tx, party: str, product: str, key: str) -> UUID:
    asked = Application(product=product, party=party, amount=_AMOUNT[product], instalments=12)
    loan = contract.decide(tx, contract.apply(tx, asked, key=key).id)
    assert loan.state == "offered", loan.state
    return loan.id


def _lose(database: Database, party: str, count: int) -> None:
    """Loans that are paid out, and a month later have brought nothing back."""

    def lent(tx: Tx, n: int) -> UUID:
        loan_id = _offer(tx, party, _SHARED, f"lost{n}")
        contract.consent(tx, loan_id, "in_person")
        service.draw(tx, loan_id, _AMOUNT[_SHARED], "draw")
        return loan_id

    loan_ids = [database.run(partial(lent, n=n)) for n in range(count)]
    with database.begin() as tx:
        later = tx.now + timedelta(days=31)
    with database.begin(now=later) as tx:
        day = access.today(tx)
        for loan_id in loan_ids:
            service.record(tx, loan_id, ChargedOff(id="", on=day, recorded=day), "off")
        for claim in store.claims_of(tx, loan_ids):
            covers.submit(tx, claim.id)
            covers.accept(tx, claim.id)
            covers.pay(tx, claim.id)


def _lift(database: Database, count: int) -> list[float]:
    """Milliseconds from a school's signed certificate to the higher limit of who passed the course."""
    key = new_key()
    with database.begin() as tx:
        school = milestones.register(tx, "School", public_text(key), ["course_completed"])
        students = [_seller(tx, f"student{n}") for n in range(count)]
        for student in students:
            credit_lines.open_line(tx, _COURSE, student)
        market, at = access.this_book(tx).slug, int(tx.now.timestamp() * 1000)
    waits = []
    for n, student in enumerate(students):
        said = Milestone(
            source=school.shown, number=str(n), kind="course_completed", subject=student,
            reference="course", market=market, at=at, ends=at + _QUARTER_MS,
        )  # fmt: skip
        done, wait = _timed(database, partial(credit_lines.present, text=sealed(said, key)))
        assert len(done.turned) == 1
        waits.append(wait)
    return waits


def _shares(stated: list[Statement]) -> dict[str, float]:
    """Who bears which part of what was lost, in percent; and minor units that nobody has."""
    by = {each.role: each.items for each in stated}
    bank, platform = by["funder"], by[PLATFORM]
    principal = bank["lost_principal"] - platform["bad_debt"] - platform.get("recoveries", 0)
    interest = bank["lost_interest"] - platform["interest_charged_off"]
    borne = {role: by[role]["accepted"] for role in ("insurer", "government")}
    return {
        "insurer_part_of_loss_percent": 100 * borne["insurer"] / (principal + interest),
        "fund_part_of_principal_percent": 100 * borne["government"] / principal,
        "bank_part_of_principal_percent": 100 * bank["lent"] / principal,
        "loss_unexplained_minor": abs(sum(each.gain for each in stated)),
    }


def _timed(database: Database, use_case: Callable[[Tx], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    found = database.run(use_case)
    return found, (time.perf_counter() - begun) * 1000
