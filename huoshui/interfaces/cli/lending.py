"""`loan list|show|apply|consent|draw|repay|reverse|quote`: loans that run, in a book."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.money import major, parse_amount
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import loaning, terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.life.view import Due, dues
from huoshui.lines.lending.loan import contract, service, store
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import EventRow, Loan
from huoshui.lines.lending.loan.service import Outcome, Repayment
from huoshui.scenarios import disbursing
from huoshui.scenarios.disbursing import Way
from huoshui.scenarios.judged_loans import LOANS

ACTOR = "cli"


class LoansAsked(msgspec.Struct, frozen=True):
    """Which loans are listed."""

    party: str
    product: str
    state: str
    limit: int


class Payment(msgspec.Struct, frozen=True):
    """A payment as it was typed: an amount in units of the currency, a kind, a day, a key."""

    amount: str
    kind: str
    on: str
    key: str


@contextmanager
def begun(settings: Settings, where: Where) -> Iterator[Tx]:
    """A transaction of a book."""
    with (
        opened(settings, where.world) as database,
        database.begin(book=where.book, actor=ACTOR) as tx,
    ):
        yield tx


def run_list(settings: Settings, where: Where, asked: LoansAsked, *, json: bool) -> None:
    """Loans, newest first, and where each stands."""
    with begun(settings, where) as tx:
        rows = store.loans(tx, **msgspec.structs.asdict(asked))
        at = store.positions(tx, [row.id for row in rows])
    if json:
        terminal.print_json([_contract(row) for row in rows])
        return
    heads = [say(f"loan.{head}") for head in ("loan", "product", "state", "amount", "open", "due")]
    cells = []
    for row in rows:
        found = at.get(row.id)
        owed = major(found.principal, row.currency) if found else 0
        due = str(found.next_due or "") if found else ""
        told = f"{major(row.amount, row.currency):,}"
        cells.append([row.shown, row.product, _state(row), told, f"{owed:,}", due])
    terminal.table(heads, cells, numbers=(3, 4))


def _state(row: Loan) -> str:
    return i18n.text(f"state.loan.{row.state}", terminal.language())


def run_show(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """A loan with its instalments and its events."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        running = service.read(tx, loan.id)
        rows = dues(seen_on(running.state, access.today(tx))) if running.by else ()
    if json:
        told = {"schedule": [msgspec.to_builtins(row) for row in rows]}
        events = [_event(row) for row in running.rows]
        terminal.print_json(_contract(loan) | told | {"events": events})
        return
    _tell(loan)
    if rows:
        heads = ("n", "due", "principal", "interest", "charges", "paid", "open")
        table = [_cells(row, loan.currency) for row in rows]
        terminal.table([say(f"loan.{head}") for head in heads], table, numbers=(0, 2, 3, 4, 5, 6))
    for event in running.rows:
        _tell_event(event, loan.currency)


def _cells(row: Due, currency: str) -> list[str]:
    parts = (row.principal, row.interest, row.fees + row.penalties, row.paid, row.outstanding)
    return [str(row.n), row.due.isoformat(), *(f"{major(part, currency):,}" for part in parts)]


def _tell(loan: Loan) -> None:
    amount = f"{major(loan.amount, loan.currency):,} {loan.currency}"
    facts = {"loan": loan.shown, "state": _state(loan), "amount": amount, "product": loan.product}
    terminal.out.print(say("loan.stands", version=loan.version, **facts), highlight=False)


def _tell_event(row: EventRow, currency: str) -> None:
    amount = f"{major(row.amount, currency):,}" if row.amount is not None else ""
    kind = i18n.text(f"event.loan.{row.kind}", terminal.language())
    told = f"{row.on_}  {row.shown}  {kind}  {amount}"
    terminal.out.print(told.rstrip(), highlight=False)


def _contract(loan: Loan) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(loan)
    return told | {"id": loan.shown}


def _event(row: EventRow) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(row)
    reverses = ids.show("lev", row.reverses) if row.reverses else None
    return (
        told | {"id": row.shown, "reverses": reverses} | {"loan_id": ids.show("loan", row.loan_id)}
    )


def run_apply(
    settings: Settings, where: Where, product: str, party: str, amount: str, instalments: int,
    *, json: bool,
) -> None:  # fmt: skip
    """Apply for a loan of a product on offer; it is decided at once."""
    with begun(settings, where) as tx:
        minor = parse_amount(amount, contract.currency(tx, product))
        asked = Application(product=product, party=party, amount=minor, instalments=instalments)
        loan = contract.decide(tx, contract.apply(tx, asked).id, LOANS)
    _answer(loan, json=json)
    if json:
        return
    for each in loan.reasons:
        told = say("product.refused", why=each[terminal.language()])
        terminal.out.print(told, highlight=False)
    for said in (loan.disclosure or {}).get("texts", ()):
        terminal.out.print(said[terminal.language()], highlight=False)


def run_consent(settings: Settings, where: Where, ref: str, proof: str, *, json: bool) -> None:
    """The borrower agrees to the offer."""
    with begun(settings, where) as tx:
        loan = contract.consent(tx, contract.find(tx, ref).id, proof)
    _answer(loan, json=json)


def _answer(loan: Loan, *, json: bool) -> None:
    if json:
        terminal.print_json(_contract(loan))
        return
    _tell(loan)


def run_draw(
    settings: Settings, where: Where, ref: str, asked: Payment, way: Way, *, json: bool
) -> None:
    """Pay out to the borrower."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        minor = parse_amount(asked.amount, loan.currency)
        done = disbursing.draw(tx, loan.id, minor, _key(tx, asked.key), on=_on(asked.on), way=way)
    _done(done, json=json)


def run_repay(settings: Settings, where: Where, ref: str, asked: Payment, *, json: bool) -> None:
    """Take a payment by the waterfall."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        one = Repayment(
            loan_id=loan.id,
            amount=parse_amount(asked.amount, loan.currency),
            key=_key(tx, asked.key),
            kind=asked.kind,
            on=_on(asked.on),
        )
        (done,) = service.repay(tx, [one])
    _done(done, json=json)


def run_reverse(
    settings: Settings, where: Where, ref: str, event: str, key: str, *, json: bool
) -> None:
    """Undo an event of a loan."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        done = disbursing.reverse(tx, loan.id, event, _key(tx, key))
    _done(done, json=json)


def _key(tx: Tx, key: str) -> str:
    """The key that was given; else one of this moment, so that two calls are two events."""
    return f"cli/{key}" if key else f"cli/{tx.now.isoformat()}"


def _on(text: str) -> date | None:
    return loaning.day(text) if text else None


def _done(done: Outcome, *, json: bool) -> None:
    currency, at = done.loan.currency, done.position
    if json:
        terminal.print_json(
            {"event": _event(done.event), "again": done.again, "state": done.loan.state}
            | {"moved": [msgspec.to_builtins(each) for each in done.moved]}
            | {"postings": [msgspec.to_builtins(each) for each in done.postings]}
            | {"position": msgspec.to_builtins(at)}
        )
        return
    _tell_event(done.event, currency)
    parts = {"principal": at.principal, "interest": at.interest, "charges": at.fees + at.penalties}
    told = {name: f"{major(part, currency):,}" for name, part in parts.items()}
    terminal.out.print(
        say("loan.owes", currency=currency, state=_state(done.loan), **told), highlight=False
    )


def run_quote(settings: Settings, where: Where, ref: str, on: str, *, json: bool) -> None:
    """What would settle a loan early."""
    with begun(settings, where) as tx:
        loan = contract.find(tx, ref)
        found = service.settlement(tx, loan.id, _on(on))
    if json:
        terminal.print_json(msgspec.to_builtins(found) | {"currency": loan.currency})
        return
    names = ("total", "principal", "interest", "charges", "spared")
    told = {name: f"{major(getattr(found, name), loan.currency):,}" for name in names}
    terminal.out.print(
        say("loan.settles", on=found.on, currency=loan.currency, **told), highlight=False
    )
