"""How simulated rails issue their files: when, with which faults, and what a line is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from huoshui.core.errors import FieldError, Problem
from huoshui.lines.payments.rails.simulator import faults, files
from huoshui.lines.payments.rails.simulator.model import Deed, Line

BANK = "bank"
_LESS = 100  # a wrong amount is a hundredth less, at the least a minor unit
_TRANSFERS = ("transfer", "boleto", "pix", "bank")
Verb = Literal["capture", "refund", "pay_out"]


class BadRailFiles(Problem):
    """Settings of rail files that cannot be read; the problem names what they may be."""

    code = "bad_rail_files"
    status = 422


class RailFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The daily files of simulated rails; chances are decimals of one, each line's own.

    A file of a day comes as the day begins that lies `settle_days` later, and its money with it.
    `missing_line` leaves a line out, `wrong_amount` makes it less, `duplicate_line` says it twice.
    """

    settle_days: Annotated[int, Meta(ge=1, le=60)] = 1
    missing_line: Decimal = Decimal(0)
    wrong_amount: Decimal = Decimal(0)
    duplicate_line: Decimal = Decimal(0)

    @property
    def chances(self) -> dict[str, int]:
        """Of each fault that may happen, its chance in a million."""
        found = {name: int(getattr(self, name) * faults.CERTAIN) for name in FAULTS}
        return {name: chance for name, chance in found.items() if chance}


FAULTS = ("missing_line", "wrong_amount", "duplicate_line")


class Deal(msgspec.Struct, frozen=True):
    """What a rail did for us: `about` is our id of the order or payout, amount in minor units."""

    rail: str
    verb: Verb
    about: str
    amount: int
    currency: str
    at: datetime


def read_rail_files(section: dict[str, Any], chosen: Iterable[str] = ()) -> RailFiles:
    """Settings from the `[rails]` section of marketplace.toml, and faults as `missing_line=0.01`.

    Raises BadRailFiles.
    """
    wanted = dict(section)
    for fault in chosen:
        name, _, chance = fault.partition("=")
        if name not in FAULTS:
            raise _bad(f"{name[:40]}: {', '.join(FAULTS)}")
        wanted[name] = chance or "1"
    try:
        found = msgspec.convert(wanted, RailFiles, strict=False)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from error
    for name in FAULTS:
        if not 0 <= getattr(found, name) <= 1:
            raise _bad(f"{name}: 0 to 1")
    return found


def _bad(reason: str) -> BadRailFiles:
    return BadRailFiles(reason=reason, errors=(FieldError("rails", "term", {"reason": reason}),))


def lines(rail: str, day: date, deals: Iterable[Deal]) -> list[Line]:
    """What a rail says of a day; `deals` are its own, their times local."""
    like = kind(rail)
    return files.lines(like, day, [_deed(like, deal) for deal in deals], ())


def kind(rail: str) -> str:
    """The simulated rail whose fees a means of payment pays: what is no card or transfer is a wallet."""
    if "card" in rail:
        return "card"
    if rail == BANK:
        return BANK
    return "transfer" if any(word in rail for word in _TRANSFERS) else "qr"


def _deed(like: str, deal: Deal) -> Deed:
    return Deed(
        key="", rail=like, verb=deal.verb, amount=deal.amount, currency=deal.currency, token="",
        about="", subject=deal.about, tender=0, reference=deal.about, root="",
        verdict="succeeded", moved=deal.amount, at=deal.at, settled_at=deal.at,
    )  # fmt: skip


def with_faults(found: Iterable[Line], asked: RailFiles, seed: str) -> list[Line]:
    """The lines as a rail with such faults would write them; the same for the same seed."""
    chances = asked.chances
    if not chances:
        return list(found)
    written: list[Line] = []
    for number, line in enumerate(found):
        fault, _ = faults.by_chance(chances, f"{seed}/{number}")
        match fault:
            case "missing_line":
                continue
            case "wrong_amount":
                written.append(_less(line))
            case "duplicate_line":
                written += [line, line]
            case _:
                written.append(line)
    return written


def _less(line: Line) -> Line:
    off = max(1, abs(line.gross) // _LESS) * (1 if line.gross > 0 else -1)
    return msgspec.structs.replace(line, gross=line.gross - off, net=line.net - off)
