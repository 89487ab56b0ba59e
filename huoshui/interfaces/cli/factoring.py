"""`factoring …`: what a claim would come to, the book of claims, and their verbs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from huoshui.catalog import CheckedProduct, check, read_product
from huoshui.core import access, i18n, ids
from huoshui.core.db import Tx
from huoshui.core.expr import Schema
from huoshui.core.money import major, parse_amount
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending.factoring import FACTORING, Assignment, service, store
from huoshui.lines.lending.factoring.machine import allowed
from huoshui.lines.lending.factoring.product import Quote
from huoshui.lines.lending.factoring.product import quote as quote_of
from huoshui.lines.lending.rates.apr import percent
from huoshui.scenarios import factoring_flow

ACTOR = "cli"
TRIAL_DAYS = 30
Act = Callable[[Tx, UUID, int, str], Assignment]


class Asked(msgspec.Struct, frozen=True):
    """A verb upon an assignment; an amount is in major units."""

    verb: str
    ref: str
    amount: str
    note: str


def run_quote(file: Path, face: str, days: int, *, json: bool) -> None:
    """What a claim would come to under a product's file, without a database."""
    product = read_product(file.read_bytes(), {FACTORING.name: FACTORING})
    print_trial(check(product, FACTORING, Schema(()), ()), face, days, json=json)


def print_trial(checked: CheckedProduct, face: str, days: int, *, json: bool) -> None:
    """A claim under a product: the amounts, the yearly rates, what is disclosed."""
    product = checked.product
    minor = parse_amount(face, product.currency) if face else product.amount.max
    found = quote_of(checked, minor, days)
    if json:
        terminal.print_json(document(found) | {"product": product.product})
        return
    deal, currency = found.deal, product.currency
    terminal.fields(
        [
            (say("factoring.face"), _shown(deal.face, currency)),
            (say("factoring.now"), _shown(deal.advance, currency)),
            (say("factoring.later"), _shown(deal.reserve - deal.fee_most, currency)),
            (say("factoring.cost"), _shown(deal.fee_most, currency)),
            (say("factoring.yearly"), f"{percent(deal.simple)}% / {percent(deal.compound)}%"),
        ]
    )
    for said in found.disclosures:
        terminal.out.print(said.say(terminal.language()), highlight=False, soft_wrap=True)


def document(found: Quote) -> dict[str, Any]:
    """A quote as one document; minor units, rates in percent."""
    deal = found.deal
    return {
        "face": deal.face,
        "advance": deal.advance,
        "later": deal.reserve - deal.fee_most,
        "fee_most": deal.fee_most,
        "days": deal.days,
        "yearly_simple_pct": percent(deal.simple),
        "yearly_compound_pct": percent(deal.compound),
        "disclosures": [msgspec.to_builtins(said) for said in found.disclosures],
    }


def run_list(
    settings: Settings, where: Where, state: str, debtor: str, limit: int, *, json: bool
) -> None:
    """Assignments, newest first."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = store.assignments(tx, state=state, debtor=debtor, limit=limit)
    if json:
        terminal.print_json([_told(each) for each in found])
        return
    if not found:
        terminal.out.print(say("factoring.none"), highlight=False)
        return
    heads = [say(f"factoring.{name}") for name in ("id", "state", "due", "face", "owed", "claim")]
    rows = [
        [
            ids.show("asg", each.id),
            _state(each),
            each.due_on.isoformat(),
            _shown(each.face, each.currency),
            _shown(each.receivable, each.currency),
            _shown(each.claim, each.currency),
        ]
        for each in found
    ]
    terminal.table(heads, rows, numbers=(3, 4, 5))


def run_show(settings: Settings, where: Where, ref: str, *, json: bool) -> None:
    """One assignment and what happened to it."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = service.assignment(tx, ids.read("asg", ref))
        entries = store.entries(tx, found.id)
    if json:
        told = [msgspec.to_builtins(entry) for entry in entries]
        terminal.print_json(_told(found) | {"entries": told})
        return
    _tell(found)
    terminal.fields(
        (f"#{e.number}", f"{i18n.text(f'verb.assignment.{e.verb}', terminal.language())} {e.note}".strip())
        for e in entries
    )  # fmt: skip


def run_debtors(settings: Settings, where: Where, limit: int, *, json: bool) -> None:
    """Debtors on whom most is out."""
    with opened(settings, where.world) as database, database.begin(book=where.book) as tx:
        found = store.debtors(tx, access.today(tx), limit)
    if json:
        terminal.print_json([msgspec.to_builtins(each) for each in found])
        return
    heads = [say(f"factoring.{name}") for name in ("debtor", "count", "exposure", "overdue")]
    rows = [
        [each.debtor, str(each.count), _shown(each.exposure, each.currency), _shown(each.overdue, each.currency)]
        for each in found
    ]  # fmt: skip
    terminal.table(heads, rows, numbers=(1, 2, 3))


def run_offer(
    settings: Settings, where: Where, claim: tuple[str, str], product: str, *, json: bool
) -> None:
    """Register what a shipped order brings its seller, and offer to buy it."""

    def use_case(tx: Tx) -> Assignment:
        registered = factoring_flow.register_order(tx, *claim)
        return service.offer(tx, registered.id, product)

    with opened(settings, where.world) as database:
        _answer(database.run(use_case, book=where.book, actor=ACTOR), json=json)


def _noted(act: Callable[[Tx, UUID, str], Assignment]) -> Act:
    return lambda tx, id_, amount, note: act(tx, id_, note)


def _amount(act: Callable[[Tx, Assignment, int, str], Assignment]) -> Act:
    return lambda tx, id_, amount, note: act(
        tx, service.assignment(tx, id_, lock=True), amount, note
    )


_VERBS: dict[str, Act] = {
    "assign": lambda tx, id_, amount, note: service.assign(tx, id_),
    "decline": _noted(service.decline),
    "advance": lambda tx, id_, amount, note: factoring_flow.advance(tx, id_),
    "release": _noted(factoring_flow.release),
    "confirm": _noted(factoring_flow.confirm),
    "collect": factoring_flow.collect,
    "repay": factoring_flow.repay,
    "dilute": _amount(service.dilute),
    "dispute": _noted(service.dispute),
    "resume": _noted(service.resume),
    "recourse": _noted(service.recourse),
    "write-off": _noted(service.write_off),
}


def run_do(settings: Settings, where: Where, asked: Asked, *, json: bool) -> None:
    """Do a verb of an assignment."""
    id_ = ids.read("asg", asked.ref)

    def use_case(tx: Tx) -> Assignment:
        currency = service.assignment(tx, id_).currency
        amount = parse_amount(asked.amount, currency) if asked.amount else 0
        return _VERBS[asked.verb](tx, id_, amount, asked.note[:200])

    with opened(settings, where.world) as database:
        _answer(database.run(use_case, book=where.book, actor=ACTOR), json=json)


def _answer(found: Assignment, *, json: bool) -> None:
    if json:
        terminal.print_json(_told(found))
    else:
        _tell(found)


def _told(found: Assignment) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(found)
    shown = {"id": ids.show("asg", found.id), "fingerprint": found.fingerprint.hex()}
    return told | shown | {"allowed": list(allowed(found.state))}


def _tell(found: Assignment) -> None:
    money = ("face", "advance", "paid", "owed", "claim", "fee", "exposure")
    values = {name: getattr(found, {"owed": "receivable"}.get(name, name)) for name in money}
    terminal.fields(
        [
            (ids.show("asg", found.id), _state(found)),
            (say("factoring.product"), f"{found.product} {found.version}"),
            (say("factoring.debtor"), found.debtor),
            (say("factoring.due"), found.due_on.isoformat()),
            *((say(f"factoring.{name}"), _shown(values[name], found.currency)) for name in money),
        ]
    )


def _state(found: Assignment) -> str:
    return i18n.text(f"state.assignment.{found.state}", terminal.language())


def _shown(amount: int, currency: str) -> str:
    return f"{major(amount, currency):,} {currency}"
