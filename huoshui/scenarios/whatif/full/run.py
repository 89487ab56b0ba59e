"""Running a history in full: a replay with the products live, and the estimate beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from huoshui.catalog import read_product
from huoshui.core.worlds import Worlds
from huoshui.scenarios import whatif
from huoshui.scenarios.products import LINES, checked
from huoshui.scenarios.replay import Asked, Progress, replay
from huoshui.scenarios.replay import store as replays
from huoshui.scenarios.replay.driver import BOOK, Outcome, Tell
from huoshui.scenarios.whatif.assumptions import Assumptions, Case
from huoshui.scenarios.whatif.assumptions import checked as read_assumed
from huoshui.scenarios.whatif.full import service
from huoshui.scenarios.whatif.service import NotPrepared, Offered


def run(
    worlds: Worlds, asked: Asked, assumptions: Assumptions, files: Mapping[str, Offered],
    case: Case = "base", tell: Tell = lambda _: None,
) -> Outcome:  # fmt: skip
    """Replay a history with products live, to its end, and prepare the estimate beside it.

    Raises what a replay does, and NoProductFile.
    """
    going = service.going(assumptions, files, case, asked.seed)
    done = replay(worlds, asked, tell, going)

    def told(product: str, at: int, total: int) -> None:
        tell(Progress("estimate", at, total, world=done.world))

    worlds.database(done.world).run(lambda tx: service.prepare(tx, told), book=BOOK)
    return done


def again(
    worlds: Worlds, base: str, spool: Path, case: Case = "base", tell: Tell = lambda _: None
) -> Outcome:
    """Run in full what was estimated in a world, on the same history: in a world of its own.

    Raises NotPrepared for a world without an estimate, and what a replay does.
    """
    row, setup = worlds.database(base).run(
        lambda tx: (replays.replay(tx), whatif.setup(tx)), book=BOOK
    )
    if row is None or setup is None:
        raise NotPrepared(product=base)
    source = row.sections["source"]
    asked = Asked(
        directories=tuple(Path(each) for each in source["directories"]),
        spool=spool, name=full_name(base), seed=int(row.sections["seed"]),
        since=source.get("since") or "", until=source.get("until") or "", fresh=True,
    )  # fmt: skip
    files = {key: _offered(text) for key, text in setup.products.items()}
    return run(worlds, asked, read_assumed(setup.assumptions), files, case, tell)


def full_name(base: str) -> str:
    """The world in which what was estimated in another one is run in full."""
    return f"{base[:56]}-full"


def _offered(source: str) -> Offered:
    return Offered(checked(read_product(source.encode(), LINES)), source)
