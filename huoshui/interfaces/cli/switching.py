"""`switch`: products made live for orders, and taken off."""

from __future__ import annotations

from pathlib import Path

import msgspec

from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.fields import field_error
from huoshui.core.money import major
from huoshui.core.settings import Settings
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import opened
from huoshui.interfaces.cli.supposing import NoSuchProduct
from huoshui.interfaces.cli.terminal import say
from huoshui.scenarios import seller_loans, switching, whatif
from huoshui.scenarios.products import golden
from huoshui.scenarios.switching import Switched
from huoshui.scenarios.whatif import switch
from huoshui.scenarios.whatif.service import NotPrepared


class BadSettings(Problem):
    """Settings with which no product can be live; the error names the field and the mend."""

    code = "bad_switch_settings"
    status = 422


def chosen(fee: str, limit_each: int | None, limit_all: int | None) -> switching.Settings:
    """Settings as they were typed. Raises BadSettings."""
    said = {"fee": fee or None, "limit_each": limit_each, "limit_all": limit_all}
    try:
        return msgspec.convert(said, switching.Settings)
    except msgspec.ValidationError as error:
        raise BadSettings(errors=(field_error(str(error)),)) from error


def run_on(
    settings: Settings, where: Where, product: str, chosen: switching.Settings, *, json: bool
) -> None:
    """Switch on a product by its file, or one that comes along."""
    known = dict(golden())
    path = Path(product)
    if path.is_file():
        content = path.read_bytes()
    elif product in known:
        content = known[product].encode()
    else:
        raise NoSuchProduct(product=product, known=", ".join(known))
    with opened(settings, where.world) as database:
        made = database.run(lambda tx: switching.switch_on(tx, content, chosen), book=where.book)
    _show([made], json=json)


def run_on_as_tried(
    settings: Settings, where: Where, world: str, products: tuple[str, ...], *, json: bool
) -> None:
    """Switch on what was tried in a replay's world, with the settings that it was tried with."""
    with opened(settings, world) as tried, tried.begin() as tx:
        setup = whatif.setup(tx)
    if setup is None:
        raise NotPrepared(product=", ".join(products) or world)
    names = products or tuple(setup.assumptions["products"])
    with opened(settings, where.world) as database:
        made = database.run(lambda tx: switch.switch_on(tx, setup, names), book=where.book)
    _show(made, json=json)


def run_off(settings: Settings, where: Where, product: str, *, json: bool) -> None:
    """Switch a product off for new orders."""
    with opened(settings, where.world) as database:
        ended = database.run(lambda tx: switching.switch_off(tx, product), book=where.book)
    if json:
        terminal.print_json(_document(ended))
    else:
        terminal.out.print(say("switched_off", product=product), highlight=False)


def run_list(settings: Settings, where: Where, *, json: bool) -> None:
    """The products that are live."""

    def use_case(tx: Tx) -> list[Switched]:
        return switching.live(tx)

    with opened(settings, where.world) as database:
        found = database.run(use_case, book=where.book)
    _show(found, json=json)


def run_offers(settings: Settings, where: Where, seller: str, *, json: bool) -> None:
    """What a seller could borrow now by what it sold, or why not."""
    with opened(settings, where.world) as database:
        found = database.run(lambda tx: seller_loans.offers(tx, seller), book=where.book)
    if json:
        terminal.print_json([msgspec.to_builtins(each) for each in found])
        return
    lang = terminal.language()
    terminal.table(
        [say(f"offers.{head}") for head in ("product", "instalments", "amount", "why")],
        [[o.name[lang], str(o.instalments), f"{major(o.amount, o.currency):,} {o.currency}",
          "; ".join(reason[lang] for reason in o.reasons) or "–"] for o in found],
        numbers=(1, 2),
    )  # fmt: skip


def _show(rows: list[Switched], *, json: bool) -> None:
    if json:
        terminal.print_json([_document(row) for row in rows])
        return
    heads = [say(f"switched.{head}") for head in ("product", "version", "line", "fee", "since")]
    terminal.table(
        heads,
        [[r.product, str(r.version), r.line, r.settings.fee or "–", f"{r.on_at:%Y-%m-%d %H:%M}"]
         for r in rows],
        numbers=(1, 3),
    )  # fmt: skip


def _document(row: Switched) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(row)
    return found
