"""The commands of `huoshui risk` and their arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from huoshui.core.settings import Settings
from huoshui.core.worlds import SANDBOX
from huoshui.interfaces.cli.ledgering import Where

Add = Callable[[App, str, Callable[..., None]], None]
Trials = Annotated[int, Parameter(validator=Number(gte=1, lte=8))]
Threads = Annotated[int, Parameter(validator=Number(gte=1, lte=64))]
Weight = Annotated[float, Parameter(validator=Number(gte=0))]


def add_risk(app: App, settings: Settings, add: Add) -> None:
    """The group's commands; `add` gives each its help in the reader's language."""

    def train(
        *,
        data: Path,
        target: str,
        time: str = "",
        bad: str = "",
        test_from: str = "",
        exclude: list[str] | None = None,
        keep: list[str] | None = None,
        group: list[str] | None = None,
        name: str = "",
        trials: Trials = 6,
        threads: Threads = 1,
        gain: Weight = 1,
        loss: Weight = 5,
        out: Path | None = None,
        dry: bool = False,
        world: str = SANDBOX,
        book: int = 1,
        json: bool = False,
    ) -> None:
        from huoshui.judgement.risk.models.training import demand_extra

        demand_extra()
        from huoshui.interfaces.cli import risking
        from huoshui.judgement.risk.models.training.options import Options

        asked = Options(
            target=target, time=time, bad=bad, test_from=test_from, name=name, trials=trials,
            exclude=_names(exclude), keep=_names(keep), groups=_names(group), threads=threads,
            gain=gain, loss=loss,
        )  # fmt: skip
        where = None if dry else Where(world, book)
        risking.run_train(settings, where, risking.Job(data, asked, out), json=json)

    add(app, "risk.train", train)
    _add_registry(app, settings, add)


def _add_registry(app: App, settings: Settings, add: Add) -> None:
    def score(model: str, values: str, *, world: str = SANDBOX, book: int = 1) -> None:
        from huoshui.interfaces.cli import risking

        risking.run_score(settings, Where(world, book), model, values)

    def card(model: str, *, out: Path | None = None, world: str = SANDBOX, book: int = 1) -> None:
        from huoshui.interfaces.cli import risking

        risking.run_card(settings, Where(world, book), model, out)

    def models(*, world: str = SANDBOX, book: int = 1, json: bool = False) -> None:
        from huoshui.interfaces.cli import risking

        risking.run_models(settings, Where(world, book), json=json)

    def retire(model: str, reason: str, *, world: str = SANDBOX, book: int = 1) -> None:
        from huoshui.interfaces.cli import risking

        risking.run_retire(settings, Where(world, book), model, reason)

    add(app, "risk.score", score)
    add(app, "risk.card", card)
    add(app, "risk.models", models)
    add(app, "risk.retire", retire)


def _names(given: list[str] | None) -> tuple[str, ...]:
    """Names as they were given, once or with commas between."""
    return tuple(name for each in given or () for name in each.split(",") if name)
