"""`demo`: a generated marketplace replayed, its report, and the console to look around in."""

from __future__ import annotations

from huoshui.core.settings import Settings
from huoshui.facts.commerce.sample import generate
from huoshui.interfaces.cli import operating, replaying, terminal
from huoshui.interfaces.cli.operating import Serve
from huoshui.interfaces.cli.terminal import Bar, say
from huoshui.scenarios.replay import Asked

WORLD = "demo"
SEED = 20261111


def run_demo(serve: Serve, settings: Settings, orders: int, *, once: bool) -> bool:
    """Generate, replay, report, serve; with `once` end after the report. Whether it verified.

    What stands from an earlier demo is used again: a verified replay is shown, an interrupted
    one goes on.
    """
    directory = settings.home_path / f"sample-{orders}-{SEED}"
    if not (directory / "marketplace.toml").exists():
        terminal.out.print(say("demo.sample", orders=f"{orders:,}"))
        with Bar() as bar:
            generate(directory, orders, SEED, lambda s, d, t: bar.show(say("sampling"), d, t))
    asked = Asked((directory,), settings.home_path / "spools", name=f"{WORLD}-{orders}", seed=SEED)
    outcome = replaying.run_replay(settings, asked, json=False)
    replaying.keep_report(settings, outcome.world, settings.home_path / "report.html")
    if not once:
        operating.run_server(serve, settings, outcome.world)
    return outcome.row.state == "verified"
