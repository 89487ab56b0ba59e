"""The commands of `huoshui` and their arguments. What they do stands in the files beside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_type_hints

import msgspec
from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number
from rich.text import Text

from huoshui import __version__
from huoshui.core import access
from huoshui.core import settings as core_settings
from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.facts.commerce.sample.marketplace import ORDERS_MOST
from huoshui.interfaces.cli import claims as claims_page
from huoshui.interfaces.cli import demo as demo_command
from huoshui.interfaces.cli import operating, proving, replaying, supposing
from huoshui.interfaces.cli.closing import add_day
from huoshui.interfaces.cli.decision_commands import add_decisions, add_policies
from huoshui.interfaces.cli.desk_commands import add_devices, add_disputes, add_mandates
from huoshui.interfaces.cli.expr_commands import add_expr
from huoshui.interfaces.cli.facility_commands import add_facilities
from huoshui.interfaces.cli.factoring_commands import add_factoring
from huoshui.interfaces.cli.feature_commands import add_features
from huoshui.interfaces.cli.ledger_commands import add_ledger
from huoshui.interfaces.cli.lending_commands import add_lending
from huoshui.interfaces.cli.loan_book import add_book
from huoshui.interfaces.cli.loan_commands import add_loans
from huoshui.interfaces.cli.member_commands import add_members
from huoshui.interfaces.cli.milestone_commands import add_milestones
from huoshui.interfaces.cli.operating import Serve
from huoshui.interfaces.cli.page_commands import add_pages
from huoshui.interfaces.cli.partner_commands import add_partners
from huoshui.interfaces.cli.product_commands import add_products
from huoshui.interfaces.cli.rail_commands import add_rails
from huoshui.interfaces.cli.risk_commands import add_risk
from huoshui.interfaces.cli.rule_commands import add_rules
from huoshui.interfaces.cli.settle_commands import add_reconcile, add_settle
from huoshui.interfaces.cli.suspect_commands import add_suspects
from huoshui.interfaces.cli.switch_commands import add_switch
from huoshui.interfaces.cli.terminal import err, say, speak, told
from huoshui.interfaces.cli.webhook_commands import add_listening, add_webhooks
from huoshui.scenarios.replay import Asked
from huoshui.scenarios.whatif.assumptions import Case

Count = Annotated[int, Parameter(validator=Number(gte=1, lte=ORDERS_MOST))]
Port = Annotated[int, Parameter(validator=Number(gte=1, lte=65535))]
Book = Annotated[int, Parameter(validator=Number(gte=1))]
Orders = Annotated[list[Path], Parameter(name="--orders", negative=())]

_GROUPS = (
    ("disputes", add_disputes),
    ("devices", add_devices),
    ("mandates", add_mandates),
    ("product", add_products),
    ("switch", add_switch),
    ("facility", add_facilities),
    ("factoring", add_factoring),
    ("partner", add_partners),
    ("milestone", add_milestones),
    ("risk", add_risk),
    ("page", add_pages),
    ("rules", add_rules),
    ("suspects", add_suspects),
    ("policy", add_policies),
    ("decision", add_decisions),
    ("features", add_features),
)


def main(serve: Serve) -> None:
    """Run the command that the arguments name."""
    with told():
        settings = core_settings.load()
        speak(settings.language)
        build(serve, settings)()


def build(serve: Serve, settings: Settings) -> App:
    """The command tree, its help in the reader's language."""
    app = App(
        name="huoshui",
        help=say("help"),
        version=__version__,
        group_commands=say("commands"),
        group_arguments=say("arguments"),
        group_parameters=say("options"),
        default_parameter=Parameter(negative=(), show_default=False),
        error_formatter=_one_line,
        error_console=err,
    )
    _add_histories(app, settings)
    _add_serving(app, settings, serve)
    _add_supposing(app, settings)
    _add_worlds(app, settings)
    _add_proofs(app, settings)
    _add_figures(app, settings)
    group = App(name="expr", help=say("help.expr"))
    add_expr(group, _command)
    app.command(group)
    group = App(name="ledger", help=say("help.ledger"))
    add_ledger(group, settings, _command)
    app.command(group)
    group = App(name="rails", help=say("help.rails"))
    add_rails(group, settings, _command)
    app.command(group)
    group = App(name="loan", help=say("help.loan"))
    add_loans(group, _command)
    add_day(group, settings, _command)
    add_book(group, settings, _command)
    add_lending(group, settings, _command)
    app.command(group)
    for name, adds in _GROUPS:
        group = App(name=name, help=say(f"help.{name}"))
        adds(group, settings, _command)
        app.command(group)
    add_listening(app, settings, _command)
    group = App(name="member", help=say("help.member"))
    add_members(group, settings, _command)
    app.command(group)
    settle = App(name="settle", help=say("help.settle"))
    add_settle(settle, settings, _command)
    app.command(settle)
    add_reconcile(app, settings, _command)
    group = App(name="webhooks", help=say("help.webhooks"))
    add_webhooks(group, _command)
    app.command(group)
    return app


def _one_line(error: CycloptsError) -> Text:
    return Text(say("bad_arguments", reason=" ".join(str(error).split())))


def _command(app: App, name: str, function: Callable[..., None]) -> None:
    """Add a command; the help of each argument comes from the catalogue, as its own does.

    `ledger.size` is the command `size` of the group `ledger`.
    """
    for argument, hint in get_type_hints(function, include_extras=True).items():
        if argument != "return":
            told_as = Parameter(help=say(f"option.{name}.{argument.rstrip('_')}"))
            function.__annotations__[argument] = Annotated[hint, told_as]
    app.command(function, name=name.rpartition(".")[2], help=say(f"help.{name}"))


def _end(good: bool) -> None:
    raise SystemExit(0 if good else 1)


def _add_histories(app: App, settings: Settings) -> None:
    def replay(
        *,
        orders: Orders,
        name: str = "",
        seed: int = 1,
        since: Annotated[str, Parameter(name=["--from", "--since"])] = "",
        until: Annotated[str, Parameter(name=["--to", "--until"])] = "",
        marketplace: Path | None = None,
        faults: list[str] | None = None,
        fresh: bool = False,
        report: Path | None = None,
        products: list[str] | None = None,
        assumptions: Path | None = None,
        full: bool = False,
        case: Case = "base",
        json: bool = False,
    ) -> None:
        asked = Asked(
            tuple(orders), settings.home_path / "spools", name, seed, since, until,
            marketplace, fresh, tuple(faults or ()),
        )  # fmt: skip
        credit = _supposed(products, assumptions, seed, full=full, case=case)
        outcome = replaying.run_replay(settings, asked, credit, json=json)
        if report:
            replaying.keep_report(settings, outcome.world, report)
        _end(outcome.row.state == "verified")

    def import_(
        directories: list[Path], *, world: str = SANDBOX, money: bool = False, json: bool = False
    ) -> None:
        _end(replaying.run_import(settings, tuple(directories), world, money=money, json=json))

    def sample(directory: Path, *, orders: Count = 3000, seed: int = 1, json: bool = False) -> None:
        replaying.run_sample(directory, orders, seed, json=json)

    _command(app, "replay", replay)
    _command(app, "import", import_)
    _command(app, "sample", sample)


def _supposed(
    products: list[str] | None,
    assumptions: Path | None,
    seed: int,
    *,
    full: bool = False,
    case: Case = "base",
) -> supposing.Supposed | None:
    """What is to be supposed, where anything is; names may be given with commas between."""
    names = tuple(name for each in products or () for name in each.split(",") if name)
    if not (names or assumptions or full):
        return None
    return supposing.Supposed(names, assumptions, seed, full, case)


def _add_supposing(app: App, settings: Settings) -> None:
    def whatif(
        world: str,
        *,
        products: list[str] | None = None,
        assumptions: Path | None = None,
        seed: int = 1,
        full: bool = False,
        run_full: bool = False,
        json: bool = False,
    ) -> None:
        if run_full:
            from huoshui.interfaces.cli import fulling

            fulling.run_again(settings, world, json=json)
            return
        if full:
            from huoshui.interfaces.cli import fulling

            fulling.run_compare(settings, world, json=json)
            return
        asked = _supposed(products, assumptions, seed) or supposing.Supposed(seed=seed)
        supposing.run_whatif(settings, world, asked, json=json)

    def trace(
        world: str, product: str, figure: str, *, after: str = "", json: bool = False
    ) -> None:
        from huoshui.interfaces.cli import fulling

        fulling.run_trace(settings, world, product, figure, after, json=json)

    _command(app, "whatif", whatif)
    _command(app, "trace", trace)


def _add_serving(app: App, settings: Settings, serve: Serve) -> None:
    def demo(*, orders: Count = 3000, once: bool = False) -> None:
        good = demo_command.run_demo(serve, settings, orders, once=once)
        _end(good)

    def serve_(*, port: Port | None = None, world: str = SANDBOX) -> None:
        chosen = msgspec.structs.replace(settings, port=port) if port else settings
        operating.run_server(serve, chosen, world)

    def down() -> None:
        operating.run_down(settings)

    _command(app, "demo", demo)
    _command(app, "serve", serve_)
    _command(app, "down", down)


def _add_worlds(app: App, settings: Settings) -> None:
    def worlds(*, json: bool = False) -> None:
        operating.run_worlds(settings, json=json)

    def drop(world: str) -> None:
        operating.run_drop(settings, world)

    def key(
        name: str, *, world: str = SANDBOX, scope: list[str] | None = None, json: bool = False
    ) -> None:
        operating.run_key(settings, world, name, scope or [], json=json)

    def open_(
        name: str, *, currency: str = "CNY", time_zone: str = "Asia/Shanghai", world: str = SANDBOX
    ) -> None:
        book = access.Book(1, "main", name, currency, time_zone, False)
        operating.run_open(settings, world, book)

    def clock(by: str, *, world: str = SANDBOX) -> None:
        operating.run_advance(settings, world, by)

    _command(app, "worlds", worlds)
    _command(app, "drop", drop)
    _command(app, "open", open_)
    _command(app, "key", key)
    _command(app, "clock", clock)


def _add_proofs(app: App, settings: Settings) -> None:
    def verify(
        *,
        world: str = SANDBOX,
        book: Book = 1,
        statement: Path | None = None,
        key: str = "",
        checkpoint: Path | None = None,
        json: bool = False,
    ) -> None:
        if statement:
            _end(proving.run_verify_statement(settings, statement, key, json=json))
        trusted = proving.trust(key, checkpoint)
        _end(proving.run_verify(settings, world, book, trusted, json=json))

    def statement(
        path: str,
        *,
        out: Path,
        since: str = "",
        until: str = "",
        currency: str = "",
        world: str = SANDBOX,
        book: Book = 1,
    ) -> None:
        asked = proving.Asked(path, currency, since, until)
        proving.run_statement(settings, world, book, asked, out)

    def seal(
        *, world: str = SANDBOX, book: Book = 1, new_key: bool = False, json: bool = False
    ) -> None:
        proving.run_seal(settings, world, book, new_key=new_key, json=json)

    def checkpoint(*, world: str = SANDBOX, book: Book = 1, json: bool = False) -> None:
        proving.run_checkpoint(settings, world, book, json=json)

    _command(app, "verify", verify)
    _command(app, "statement", statement)
    _command(app, "seal", seal)
    _command(app, "checkpoint", checkpoint)


def _add_figures(app: App, settings: Settings) -> None:
    def migrate() -> None:
        operating.run_migrate(settings)

    def config(*, json: bool = False) -> None:
        operating.run_config(settings, json=json)

    def doctor() -> None:
        _end(operating.run_doctor(settings))

    def claims(*, json: bool = False) -> None:
        claims_page.run_claims(settings, json=json)

    def bench(
        name: str = "",
        *,
        list_: Annotated[bool, Parameter(name="--list")] = False,
        json: bool = False,
        quick: bool = False,
        scale: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    ) -> None:
        from huoshui.interfaces.cli.bench import run_bench  # with all that benchmarks need

        run_bench(settings, "" if list_ else name, json=json, quick=quick, scale=scale)

    _command(app, "migrate", migrate)
    _command(app, "config", config)
    _command(app, "doctor", doctor)
    _command(app, "claims", claims)
    _command(app, "bench", bench)
