"""`loan book|ecl|vintage|roll|losses`: the loans of a book seen together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.money import Money
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli import terminal
from huoshui.interfaces.cli.ledgering import Where
from huoshui.interfaces.cli.proving import BadMoment, opened
from huoshui.interfaces.cli.terminal import say
from huoshui.lines.lending import portfolio
from huoshui.lines.lending.day import losses
from huoshui.lines.lending.day import store as days
from huoshui.lines.lending.impairment import Rules
from huoshui.lines.lending.impairment.loss import BadScenarios
from huoshui.lines.lending.portfolio import store
from huoshui.lines.lending.portfolio.service import KINDS, STAGES

Add = Callable[[App, str, Callable[..., None]], None]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=10_000))]
Bucket = Annotated[int, Parameter(validator=Number(gte=-1, lte=6))]
Stage = Annotated[int, Parameter(validator=Number(gte=0, lte=3))]
What = Literal["over_30", "over_60", "over_90", "lost"]
_MONTHS_SHOWN = 13
_DAY = timedelta(days=1)


def add_book(app: App, settings: Settings, add: Add) -> None:
    """The commands; `add` gives each its help in the reader's language."""

    def book(
        *, product: str = "", state: str = "", bucket: Bucket = -1, stage: Stage = 0,
        limit: Limit = 50, world: str = SANDBOX, book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        asked = (product, state, bucket, stage, limit)
        _told(settings, Where(world, book), lambda tx: _book(tx, *asked), _show_book, json=json)

    def ecl(
        *, until: str = "", since: str = "", product: str = "", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        asked = (_day(until), _day(since), product)
        _told(settings, Where(world, book), lambda tx: _ecl(tx, *asked), _show_ecl, json=json)

    def vintage(
        *, what: What = "over_30", product: str = "", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        _told(
            settings, Where(world, book),
            lambda tx: {"what": what, "cohorts": portfolio.vintages(tx, what, product)},
            _show_vintage, json=json,
        )  # fmt: skip

    def roll(
        *, until: str = "", since: str = "", product: str = "", world: str = SANDBOX, book: int = 1,
        json: bool = False,
    ) -> None:  # fmt: skip
        asked = (_day(until), _day(since), product)
        _told(settings, Where(world, book), lambda tx: _roll(tx, *asked), _show_roll, json=json)

    def losses_(
        file: str = "", *, cause: str = "", product: str = "", since: str = "", world: str = SANDBOX,
        book: int = 1, json: bool = False,
    ) -> None:  # fmt: skip
        def act(tx: Tx) -> Any:
            if file:
                losses.say(tx, product, _read(file), cause, _day(since))
            return days.all_rules(tx, 100)

        _told(settings, Where(world, book), act, _show_rules, json=json)

    add(app, "loan.book", book)
    add(app, "loan.ecl", ecl)
    add(app, "loan.vintage", vintage)
    add(app, "loan.roll", roll)
    add(app, "loan.losses", losses_)


def _told(
    settings: Settings, where: Where, look: Callable[[Tx], Any], show: Callable[[Any], None], *,
    json: bool,
) -> None:  # fmt: skip
    with opened(settings, where.world) as database:
        found = database.run(look, book=where.book, actor="cli")
    if json:
        terminal.print_json(msgspec.to_builtins(found, enc_hook=str, str_keys=True))
        return
    show(found)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadMoment(text=text[:40]) from error


def _read(file: str) -> Rules:
    """Parameters of expected losses from a file of TOML. Raises FileUnusable, BadScenarios."""
    try:
        return msgspec.toml.decode(Path(file).read_bytes(), type=Rules)
    except OSError as error:
        raise terminal.FileUnusable(file=file, reason=error.strerror or "") from error
    except msgspec.DecodeError as error:
        raise BadScenarios(name=file[-40:], field=str(error)[:200]) from error


def _book(tx: Tx, product: str, state: str, bucket: int, stage: int, limit: int) -> list[Any]:
    today = access.today(tx)
    rows = store.book(
        tx, product=product, state=state, bucket=None if bucket < 0 else bucket,
        stage=stage or None, limit=limit,
    )  # fmt: skip
    return [
        msgspec.structs.asdict(row)
        | {
            "id": row.shown,
            "days_past_due": row.days_past_due(today),
            "rate_annual": row.rate_annual,
        }
        for row in rows
    ]


def _show_book(rows: list[dict[str, Any]]) -> None:
    def amount(row: dict[str, Any], name: str) -> str:
        return "–" if row[name] is None else f"{Money(row[name], row['currency'])}"

    told = [
        [row["id"], row["product"], row["state"], amount(row, "amount"), amount(row, "principal"),
         f"{row['days_past_due']}", f"{row['stage'] or '–'}", amount(row, "held")]
        for row in rows
    ]  # fmt: skip
    names = ("loan", "product", "state", "signed", "principal", "days_past_due", "stage", "held")
    terminal.table([say(f"loan_book.{name}") for name in names], told, numbers=(3, 4, 5, 6, 7))


def _ecl(tx: Tx, until: date | None, since: date | None, product: str) -> Any:
    found = portfolio.losses(tx, until, product)
    changes = []
    if found.day is not None:
        begin = since or found.day.replace(day=1) - _DAY
        changes = portfolio.roll_forward(tx, begin, found.day, product)
    held = [
        {"product": name, "currency": currency, "amount": amount}
        for (name, currency), amount in sorted(found.on_ledger.items())
    ]
    told = [
        msgspec.to_builtins(msgspec.structs.replace(c, moved={}), str_keys=True)
        | {"moved": [{"stage_before": a, "stage": b, "loans": n} for (a, b), n in c.moved.items()],
           "holds": c.holds}
        for c in changes
    ]  # fmt: skip
    return {"day": found.day, "rows": found.rows, "on_ledger": held, "changes": told}


def _show_ecl(found: dict[str, Any]) -> None:
    terminal.fields([(say("loan_book.day"), str(found["day"] or ""))])
    rows = [
        [r.product, f"{r.stage}", f"{r.loans:,}", f"{Money(r.gross, r.currency)}",
         f"{Money(r.held + r.provided, r.currency)}", _part(r.held + r.provided, r.gross)]
        for r in found["rows"]
    ]  # fmt: skip
    names = ("product", "stage", "loans", "gross", "held", "coverage")
    terminal.table([say(f"loan_book.{name}") for name in names], rows, numbers=(1, 2, 3, 4, 5))
    for change in found["changes"]:
        currency = change["currency"]
        lines = [("opening", change["opening"])]
        lines += [(kind, change["flows"][kind]) for kind in KINDS] + [
            ("closing", change["closing"])
        ]
        terminal.table(
            [
                f"{change['since']} → {change['until']}",
                *(f"{say('loan_book.stage')} {s}" for s in STAGES),
            ],
            [
                [say(f"loan_book.{name}"), *(f"{Money(sums[str(s)], currency)}" for s in STAGES)]
                for name, sums in lines
            ],
            numbers=(1, 2, 3),
        )


def _part(part: int, whole: int) -> str:
    return f"{Decimal(part) * 100 / whole:.2f} %" if whole else "–"


def _show_vintage(found: dict[str, Any]) -> None:
    cohorts = found["cohorts"]
    most = min(_MONTHS_SHOWN, max((len(c.reached_amount) for c in cohorts), default=0))
    rows = [
        [f"{c.month:%Y-%m}", f"{c.loans:,}", *(_part(n, c.amount) for n in c.reached_amount[:most]),
         *([""] * (most - len(c.reached_amount[:most])))]
        for c in cohorts
    ]  # fmt: skip
    heads = [say("loan_book.month"), say("loan_book.loans"), *(f"{n}" for n in range(most))]
    terminal.table(heads, rows, numbers=tuple(range(1, most + 2)))


def _roll(tx: Tx, until: date | None, since: date | None, product: str) -> Any:
    last = until or store.last_day(tx)
    if last is None:
        return None
    return portfolio.roll(tx, since or last.replace(day=1) - _DAY, last, product)


def _show_roll(found: portfolio.Roll | None) -> None:
    if found is None:
        terminal.out.print(say("loan_book.no_day"))
        return
    names = [say(f"loan_book.bucket.{n}") for n in range(7)]
    rows = [
        [names[n], *(f"{count:,}" if count else "·" for count in row), f"{sum(row):,}"]
        for n, row in enumerate(found.loans)
    ]
    heads = [f"{found.since} → {found.until}", *names, say("loan_book.loans")]
    terminal.table(heads, rows, numbers=tuple(range(1, 9)))


def _show_rules(rows: list[days.RulesRow]) -> None:
    told = [
        [row.product or "*", f"{row.number}", f"{row.since}", row.cause,
         ", ".join(f"{s['name']} {s['weight']}×PD {s['pd_annual'][0]}×LGD {s['lgd']}" for s in row.rules["scenarios"])]
        for row in rows
    ]  # fmt: skip
    terminal.table(
        [say(f"loan_book.{n}") for n in ("product", "number", "since", "cause", "scenarios")], told
    )


__all__ = ["add_book"]
