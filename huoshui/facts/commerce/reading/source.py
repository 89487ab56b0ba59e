"""The source of a history: where its files are, and what they do not hold themselves.

Currency, time zone and the delay of undated cancellations are not in the files of a marketplace;
they are given in `marketplace.toml` or stand at a default, and `assumed` names those that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from huoshui.core import money
from huoshui.core.errors import FieldError, Problem
from huoshui.facts.commerce.reading.files import find

LayoutName = Literal["huoshui", "olist"]

# The table without which there is no history, under its names in each layout.
ORDER_TABLES: dict[LayoutName, tuple[str, ...]] = {
    "huoshui": ("orders",),
    "olist": ("olist_orders_dataset", "olist_orders"),
}
DEFAULTS: dict[LayoutName, dict[str, Any]] = {
    "huoshui": {
        "name": {"en": "Marketplace", "zh": "商城"},
        "currency": "CNY",
        "time_zone": "Asia/Shanghai",
    },
    "olist": {
        "name": {"en": "Olist", "zh": "Olist"},
        "currency": "BRL",
        "time_zone": "America/Sao_Paulo",
    },
}
CANCELLATION_DELAY_DAYS = 3
_SETTINGS = {
    "marketplace": ("name", "currency", "time_zone", "generated"),
    "history": ("cancellation_delay_days", "layout", "since", "until"),
}


class HistoryMissing(Problem):
    """None of the directories holds a table of orders."""

    code = "history_missing"
    status = 404


class LayoutUnclear(Problem):
    """The directories hold tables of orders in both layouts."""

    code = "layout_unclear"
    status = 422


class SettingUnreadable(Problem):
    """A setting of `marketplace.toml` is not what it should be."""

    code = "setting_unreadable"
    status = 422


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A history to read. `since` and `until` keep the orders placed from and before those days."""

    directories: tuple[Path, ...]
    layout: LayoutName
    name: dict[str, str]
    currency: str
    time_zone: str
    cancellation_delay_days: int = CANCELLATION_DELAY_DAYS
    generated: bool = False
    since: date | None = None
    until: date | None = None
    assumed: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The marketplace's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def cancellation_delay(self) -> timedelta:
        """How long after the last known event an undated cancellation is taken to happen."""
        return timedelta(days=self.cancellation_delay_days)

    def placed_within(self, moment: datetime) -> bool:
        """Whether an order placed at this moment belongs to the part that is read."""
        day = moment.astimezone(self.zone).date()
        return (self.since is None or day >= self.since) and (
            self.until is None or day < self.until
        )


def read_source(directories: tuple[Path, ...] | list[Path], sections: Mapping[str, Any]) -> Source:
    """The source in these directories, with the settings of `marketplace.toml`.

    `[marketplace]` name, currency, time_zone, generated; `[history]` cancellation_delay_days,
    layout, since, until. Other sections belong to others and are passed over.
    """
    given = _given(sections)
    layout = given.pop("layout", None) or detect(directories)
    if layout not in DEFAULTS:
        raise _unreadable("history.layout", "setting_type", expected=" | ".join(DEFAULTS))
    settings = DEFAULTS[layout] | given
    _check(settings)
    undated = ("cancellation_delay_days",) if layout == "olist" else ()
    expected = (*DEFAULTS[layout], *undated)
    assumed = tuple(name for name in expected if name not in given)
    return Source(directories=tuple(directories), layout=layout, assumed=assumed, **settings)


def detect(directories: tuple[Path, ...] | list[Path]) -> LayoutName:
    """The layout of the tables of orders found here. Raises HistoryMissing, LayoutUnclear."""
    found = [
        layout
        for layout, names in ORDER_TABLES.items()
        if next(find(directories, names), None) is not None
    ]
    if not found:
        raise HistoryMissing(directories=", ".join(map(str, directories)))
    if len(found) > 1:
        raise LayoutUnclear(directories=", ".join(map(str, directories)))
    return found[0]


def _given(sections: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for section, names in _SETTINGS.items():
        table = sections.get(section, {})
        if not isinstance(table, Mapping):
            raise _unreadable(section, "setting_type", expected="table")
        for name in sorted(set(table) - set(names)):
            raise _unreadable(f"{section}.{name}", "setting_unknown", known=", ".join(names))
        given |= table
    if isinstance(given.get("name"), str):
        given["name"] = {"en": given["name"], "zh": given["name"]}
    return given


def _check(settings: Mapping[str, Any]) -> None:
    """Each setting has its type and bounds, or a SettingUnreadable names it."""
    _check_name(settings["name"])
    if not isinstance(settings["currency"], str):
        raise _unreadable("marketplace.currency", "setting_type", expected="text")
    money.digits(settings["currency"])
    _check_zone(settings["time_zone"])
    if not isinstance(settings.get("generated", False), bool):
        raise _unreadable("marketplace.generated", "setting_type", expected="true | false")
    days = settings.get("cancellation_delay_days", 0)
    if type(days) is not int or not 0 <= days <= 365:
        raise _unreadable(
            "history.cancellation_delay_days", "number_out_of_range", text=days, least=0, most=365
        )
    for name in ("since", "until"):
        if type(settings.get(name, date.min)) is not date:
            raise _unreadable(f"history.{name}", "setting_type", expected="YYYY-MM-DD")


def _check_name(name: Any) -> None:
    good = (
        isinstance(name, Mapping)
        and set(name) == {"en", "zh"}
        and all(isinstance(text, str) and 0 < len(text) <= 200 for text in name.values())
    )
    if not good:
        raise _unreadable("marketplace.name", "setting_type", expected='{en = "…", zh = "…"}')


def _check_zone(time_zone: Any) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise _unreadable("marketplace.time_zone", "zone_unknown", text=str(time_zone)) from None


def _unreadable(setting: str, code: str, **facts: Any) -> SettingUnreadable:
    return SettingUnreadable(errors=(FieldError(setting, code, facts),), setting=setting)
