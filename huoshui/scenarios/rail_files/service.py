"""Issuing the files of a day and taking them in, as due work of a simulated clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.lines.payments.rails.simulator import files
from huoshui.lines.payments.reconciliation import Upload, intake
from huoshui.lines.payments.statements import PROFILES
from huoshui.scenarios.rail_files import model, store
from huoshui.scenarios.rail_files.model import Deal, RailFiles

FILES_DUE = "rail_files.due"
_ACCOUNT = "main"
_DAY = timedelta(days=1)


def start(tx: Tx, asked: RailFiles, seed: int) -> None:
    """From now on rails issue a file of each day."""
    day = tx.now.astimezone(access.zone_of(tx)).date()
    _schedule(tx, day + _DAY, asked, seed)


def _schedule(tx: Tx, day: date, asked: RailFiles, seed: int) -> None:
    settings = msgspec.to_builtins(asked)
    tx.later(
        FILES_DUE, "calendar", access.midnight(tx, day), day=str(day), seed=seed, rails=settings
    )


def issue(tx: Tx, items: list[Item]) -> None:
    """Due work: rails write the files of a day that settles now, and these are taken in."""
    for item in items:
        asked = msgspec.convert(item.payload["rails"], RailFiles, strict=False)
        seed, today = int(item.payload["seed"]), date.fromisoformat(item.payload["day"])
        uploads = daily(tx, today - timedelta(days=asked.settle_days), asked, seed)
        if uploads:
            intake.take_files(tx, uploads)
        _schedule(tx, today + _DAY, asked, seed)


def daily(tx: Tx, day: date, asked: RailFiles, seed: int) -> list[Upload]:
    """The files of a local day, one for each rail that did something; whole ones are left out."""
    found = store.deals(tx, access.midnight(tx, day), access.midnight(tx, day + _DAY))
    made = [
        _file(rail, day, deals, asked, seed, access.zone_of(tx))
        for rail, deals in groupby(found, key=lambda deal: deal.rail)
    ]
    return [upload for upload in made if upload]


def _file(
    rail: str, day: date, deals: Iterable[Deal], asked: RailFiles, seed: int, zone: ZoneInfo
) -> Upload | None:
    local = [msgspec.structs.replace(deal, at=deal.at.astimezone(zone)) for deal in deals]
    lines = model.with_faults(model.lines(rail, day, local), asked, f"{seed}/{rail}/{day}")
    if not lines:
        return None
    return Upload(
        name=f"{rail}-{day}.csv", content=files.as_csv(lines).encode(),
        profile=PROFILES["acquirer"], rail=rail, account=_ACCOUNT,
    )  # fmt: skip


WORK: dict[str, Run] = {FILES_DUE: issue}
