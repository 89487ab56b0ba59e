"""`product …`: files of products checked, published, offered and compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from huoshui.catalog import CheckedProduct, Product, read_product, service
from huoshui.catalog.file import bad
from huoshui.core.db import Tx
from huoshui.core.money import major, parse_amount
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import factoring, loaning, terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending import lint
from huoshui.lines.lending.factoring import FACTORING
from huoshui.lines.lending.factoring import trial as claims
from huoshui.lines.lending.product import (
    Asked,
    ProductQuote,
    asked_facts,
    quote_checked,
)
from huoshui.lines.lending.rates.apr import percent
from huoshui.scenarios.products import LINES, OTHERS, SOURCES, checked

ACTOR = "cli"
LIVES = 25  # of its loans, tried by a check


class Trial(msgspec.Struct, frozen=True):
    """The loan that a check shows; what is empty is chosen by the product."""

    amount: str
    instalments: int
    start: str


def run_check(file: Path, trial: Trial, *, json: bool) -> None:
    """Check a file as it would be at publication, and show a loan of its product."""
    product = read_product(file.read_bytes(), LINES)
    own = checked(product)
    faults = LINES[product.line].tried(own, LIVES)
    if faults:
        raise bad(*faults)
    if product.line == FACTORING.name:
        if not json:
            told = say("product.fine", name=product.name.say(terminal.language()), sha=_digest(own))
            terminal.out.print(told, highlight=False)
        factoring.print_trial(own, trial.amount, factoring.TRIAL_DAYS, json=json)
        if not json:
            face = (
                parse_amount(trial.amount, product.currency) if trial.amount else product.amount.max
            )
            _print_entries(claims.entries(own, face, factoring.TRIAL_DAYS), product)
        return
    asked = _asked(own, trial)
    found = quote_checked(own, asked, {})
    listed = lint.entries(own, asked)
    refusals = own.refusals(own.schema.read(asked_facts(product, asked)))
    if json:
        refused = [each.rule.name for each in refusals]
        told_entries = [msgspec.to_builtins(each) for each in listed]
        terminal.print_json(
            _document(own, found) | {"refused_by": refused, "entries": told_entries}
        )
        return
    told = say("product.fine", name=product.name.say(terminal.language()), sha=_digest(own))
    terminal.out.print(told, highlight=False)
    amount = f"{major(found.asked.amount, product.currency):,} {product.currency}"
    facts = {"instalments": found.asked.instalments, "rate": percent(found.rate_annual)}
    terminal.out.print(say("product.trial", amount=amount, **facts), highlight=False)
    for each in refusals:
        why = each.rule.say(terminal.language())
        terminal.out.print(say("product.refused", why=why), highlight=False)
    loaning.print_quote(found.quote, product.currency)
    for said in found.disclosures:
        for text in (said.en, said.zh):  # as customers of both languages will read it
            terminal.out.print(text, highlight=False)
    _print_entries(listed, product)


def _print_entries(listed: list[lint.Entry], product: Product) -> None:
    """The entries of a life on which everything is paid on time."""
    terminal.out.print(say("product.entries"), highlight=False)
    heads = [say(f"product.{head}") for head in ("posting", "debit", "credit", "amount")]
    own = f":{product.product}"  # in each of their names
    rows = [
        [
            each.template.removeprefix("loan."), each.debit.replace(own, ""),
            each.credit.replace(own, ""), f"{major(each.amount, product.currency):,}",
        ]
        for each in listed
    ]  # fmt: skip
    terminal.table(heads, rows, numbers=(3,))


def _asked(checked: CheckedProduct, trial: Trial) -> Asked:
    product = checked.product
    amount = parse_amount(trial.amount, product.currency) if trial.amount else product.amount.max
    most = max(product.tables["terms"]["instalments"])
    return Asked(amount, trial.instalments or most, loaning.day(trial.start))


def _digest(checked: CheckedProduct) -> str:
    return service.digest_of(checked.product)


def _document(checked: CheckedProduct, found: ProductQuote) -> dict[str, Any]:
    product = checked.product
    return {
        "product": product.product,
        "digest": _digest(checked),
        "facts": list(checked.facts),
        "trial": {
            "amount": found.asked.amount,
            "instalments": found.asked.instalments,
            "on": found.asked.on.isoformat(),
            "rate_annual_pct": percent(found.rate_annual),
            **loaning.document(found.quote, product.currency),
        },
        "disclosures": [msgspec.to_builtins(said) for said in found.disclosures],
    }


@contextmanager
def _begun(settings: Settings, where: Where) -> Iterator[Tx]:
    with (
        opened(settings, where.world) as database,
        database.begin(book=where.book, actor=ACTOR) as tx,
    ):
        yield tx


def run_list(settings: Settings, where: Where, *, json: bool) -> None:
    """Products, their latest versions and what is offered."""
    with _begun(settings, where) as tx:
        found = service.products(tx, limit=1_000)
    if json:
        terminal.print_json([msgspec.to_builtins(row) for row in found])
        return
    if not found:
        terminal.out.print(say("product.none"), highlight=False)
        return
    heads = [say(f"product.{head}") for head in ("product", "line", "latest", "offered_now")]
    rows = [[r.product, r.line, str(r.latest), str(r.offered or "")] for r in found]
    terminal.table(heads, rows, numbers=(2, 3))


def run_show(settings: Settings, where: Where, product: str, number: int, *, json: bool) -> None:
    """A version as it was published; the latest for number 0."""
    with _begun(settings, where) as tx:
        row = service.version(tx, product, number) if number else service.latest(tx, product)
    if json:
        terminal.print_json(msgspec.to_builtins(row))
        return
    terminal.out.print(row.source, highlight=False, markup=False)


def run_publish(settings: Settings, where: Where, file: Path, *, offer: bool, json: bool) -> None:
    """Publish a file; with `offer` it is on offer at once."""
    content = file.read_bytes()
    with _begun(settings, where) as tx:
        row = service.publish(tx, content, LINES, OTHERS, SOURCES)
        if offer:
            service.offer(tx, row.product, row.number)
    told = {"product": row.product, "number": row.number, "digest": row.digest, "offered": offer}
    if json:
        terminal.print_json(told)
        return
    _tell("published", row.product, row.number)
    if offer:
        _tell("offered", row.product, row.number)


def run_offer(settings: Settings, where: Where, product: str, number: int, *, json: bool) -> None:
    """Offer a version."""
    with _begun(settings, where) as tx:
        service.offer(tx, product, number)
    if json:
        terminal.print_json({"product": product, "offered": number})
        return
    _tell("offered", product, number)


def run_withdraw(settings: Settings, where: Where, product: str, *, json: bool) -> None:
    """Offer a product no longer."""
    with _begun(settings, where) as tx:
        service.withdraw(tx, product)
    if json:
        terminal.print_json({"product": product, "offered": None})
        return
    terminal.out.print(say("product.withdrawn", name=product), highlight=False)


def run_diff(
    settings: Settings, where: Where, product: str, before: int, after: int, *, json: bool
) -> None:
    """What a version says otherwise than another one."""
    with _begun(settings, where) as tx:
        old, new = (service.version(tx, product, number) for number in (before, after))
    found = service.changed(service.product_of(old), service.product_of(new))
    if json:
        terminal.print_json([msgspec.to_builtins(each) for each in found])
        return
    if not found:
        terminal.out.print(say("product.same"), highlight=False)
        return
    heads = [say(f"product.{head}") for head in ("field", "before", "after")]
    rows = [[each.pointer, _cell(each.before), _cell(each.after)] for each in found]
    terminal.table(heads, rows)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _tell(what: str, product: str, number: int) -> None:
    terminal.out.print(say(f"product.{what}", name=product, number=number), highlight=False)
